# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""New host keys step by step, with stand-ins for OpenSSH: interrupted anywhere, nobody is locked out, and it ends.

A private key is a file that holds its public one. What the real sshd does is asked in tests/machines/test_host_keys.py.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.checkout import ROOT

ROTATE = ROOT / "roles/dump_server/files/rotate-host-keys.sh"
READ = ROOT / "roles/kdump/files/host-keys.sh"
SSHD = """\
for word; do
    case $word in HostKey=*) first=${word#HostKey=} ;; -t) exit ${BROKEN:-0} ;; esac
    [ "${last:-}" != -f ] || config=$word
    last=$word
done
echo "port 22"
echo "listenaddress [::]:22"
cat "$DIRECTORY/more"
{ echo "HostKey ${first:-}"; cat "${config:-$DIRECTORY/sshd_config}"; } | sed -n 's/^HostKey \\(.\\)/hostkey \\1/p' \\
    >"$DIRECTORY/named"
[ -s "$DIRECTORY/named" ] || for kind in rsa ecdsa ed25519; do echo "hostkey $DIRECTORY/ssh_host_${kind}_key"; done
cat "$DIRECTORY/named"
"""
KEYGEN = """\
case $1 in
    -y) cat "$5" ;;
    -l)
        read -r type _rest
        case $type in *nistp*) echo "${type##*nistp} SHA256:x comment" ;; *) echo "2048 SHA256:x comment" ;; esac
        ;;
    -q)
        for file; do :; done
        case $3 in ecdsa) type=ecdsa-sha2-nistp$5 ;; *) type=ssh-$3 ;; esac
        echo "$*" >>"$DIRECTORY/generated"
        echo "$type NEW$(grep -c . "$DIRECTORY/generated") root@dump1" | tee "$file" >"$file.pub" ;;
esac
"""
SCAN = 'sed "s/^/::1 /" "$DIRECTORY/running"\n'
# Programs that change something: before the one of that number the whole script is killed.
DIES = """\
echo x >>"$DIRECTORY/count"
[ "$(grep -c x "$DIRECTORY/count")" != "${DIE_AT:-0}" ] || kill -9 0
"""


class Server:
    """A directory in the place of /etc/ssh, and a running sshd that has read it once."""

    def __init__(self, directory: Path, *kinds: str, own: str = "") -> None:
        self.directory = directory
        self.config = directory / "sshd_config"
        self.programs = directory / "bin"
        self.programs.mkdir()
        for name, body in (("sshd", SSHD), ("ssh-keygen", KEYGEN), ("ssh-keyscan", SCAN), ("restorecon", "")):
            self.program(name, body)
        for name in ("mv", "cp", "rm", "chmod", "chown"):
            self.program(name, DIES + f'exec {shutil.which(name)} "$@"\n')
        self.config.write_text("PermitRootLogin no\n" + own)
        for name in ("more", "generated", "count"):
            (directory / name).touch()
        for kind in kinds:
            key = directory / f"ssh_host_{re.sub('ssh-|-sha2.*', '', kind)}_key"
            for path in (key, key.with_name(key.name + ".pub")):
                path.write_text(f"{kind} FORMER comment\n")
            key.chmod(0o640)
        self.running: set[str] = set()
        self.reload()

    def program(self, name: str, body: str) -> None:
        path = self.programs / name
        path.write_text(f"#!/bin/sh\n{body}")
        path.chmod(0o755)

    def execute(self, *words: str | Path, die_at: int = 0, **variables: str) -> subprocess.CompletedProcess[str]:
        (self.directory / "count").write_text("")
        (self.directory / "running").write_text("".join(f"{key}\n" for key in sorted(self.running)))
        environment = {
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "DIRECTORY": str(self.directory),
            "TMPDIR": str(self.directory),
            "DIE_AT": str(die_at),
            **variables,
        }
        return subprocess.run(
            ["/bin/sh", *words],
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )

    def step(self, step: str, how: str = "write", die_at: int = 0) -> list[str]:
        """One step of the script, whole or killed."""
        done = self.execute(ROTATE, self.config, how, step, die_at=die_at)
        if done.returncode < 0:
            raise InterruptedError
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.splitlines()

    def published(self) -> set[str]:
        """What hosts are told to pin."""
        done = self.execute(READ, SSH_DIRECTORY=str(self.directory))
        assert (done.returncode, done.stderr) == (0, "")
        keys = [" ".join(line.split()[:2]) for line in done.stdout.splitlines()]
        assert len(keys) == len(set(keys))
        return set(keys)

    def reload(self) -> None:
        """Sshd reads its configuration and its keys."""
        self.running = self.shown()

    def shown(self) -> set[str]:
        """What sshd shows by the files as they are: of each type the first key. OpenSSH before 9.8 reads them again."""
        named = re.findall(r"^HostKey (.*)", self.config.read_text(), re.M)
        paths = [Path(name) for name in named] or sorted(self.directory.glob("ssh_host_*_key"))
        first: dict[str, str] = {}
        for path in paths:
            if path.exists():
                kind, content = path.read_text().split()[:2]
                first.setdefault(kind, f"{kind} {content}")
                public = path.with_name(path.name + ".pub")  # another's would break OpenSSH before 8.4
                assert not public.exists() or public.read_text().split()[:2] == [kind, content]
        return set(first.values())

    def block(self, lines: list[str]) -> None:
        """As ansible.builtin.blockinfile writes it, and takes it away."""
        text = re.sub(
            r"(?ms)^# BEGIN kdump.fleet host keys\n.*^# END kdump.fleet host keys\n", "", self.config.read_text()
        )
        wanted = [line[len("line ") :] for line in lines if line.startswith("line ")]
        if wanted:
            text += "\n".join(["# BEGIN kdump.fleet host keys", "Match all", *wanted, "# END kdump.fleet host keys\n"])
        self.config.write_text(text)


class Host:
    """What knows the server by its pins, and has to get through after every step."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.pins = server.published()

    def gets_through(self) -> None:
        assert self.server.running | self.server.shown() <= self.pins

    def play(self, rotate: bool, die_in: str = "", die_at: int = 0) -> None:
        """The playbook, as the role's tasks have it."""
        server = self.server

        def at(step: str) -> int:
            return die_at if step == die_in else 0

        begun = server.step("state") == ["begun"]
        if rotate and not begun:
            server.block(server.step("make", die_at=at("make")))
            self.gets_through()
            server.reload()
        if not begun:
            self.pins = server.published()
            self.gets_through()
        if begun or rotate:
            server.step("switch", die_at=at("switch"))
            self.gets_through()
            server.block([])
            self.gets_through()
            server.reload()
            self.gets_through()
            server.step("confirm", die_at=at("confirm"))
        self.gets_through()
        self.pins = server.published()
        self.gets_through()


KINDS = ("ecdsa-sha2-nistp384", "ssh-ed25519")


def test_new_keys_are_of_the_former_ones_kinds_and_as_readable(tmp_path: Path) -> None:
    server = Server(tmp_path, "ssh-rsa", "ssh-ed25519")
    before = sorted(tmp_path.iterdir())
    predicted = server.step("make", "look")
    assert sorted({*tmp_path.iterdir()} - {tmp_path / "named", tmp_path / "running"}) == before
    said = server.step("make")
    rsa, ed25519 = (tmp_path / f"ssh_host_{kind}_key" for kind in ("rsa", "ed25519"))
    # A key of 2048 bits gets a successor of today's size.
    assert (tmp_path / "generated").read_text().splitlines() == [
        f"-q -t rsa -b 3072 -N  -C root@{os.uname().nodename} -f {rsa}.making",
        f"-q -t ed25519 -N  -C root@{os.uname().nodename} -f {ed25519}.making",
    ]
    lines = [f"line HostKey {path}" for path in (rsa, ed25519, f"{rsa}.new", f"{ed25519}.new")]
    assert said == [
        *(f"made {rsa}.new", "key ssh-rsa NEW1 root@dump1"),
        *(f"made {ed25519}.new", "key ssh-ed25519 NEW2 root@dump1"),
        *lines,
    ]
    assert predicted == [
        *(f"made {rsa}.new", f"key ssh-rsa made-by-the-run:{rsa}.new"),
        *(f"made {ed25519}.new", f"key ssh-ed25519 made-by-the-run:{ed25519}.new"),
        *lines,
    ]
    assert (tmp_path / "ssh_host_rsa_key.new").stat().st_mode & 0o777 == 0o640
    assert server.step("make") == [line for line in said if not line.startswith("made ")]


def test_what_the_administrator_names_is_not_named_again(tmp_path: Path) -> None:
    """Clients that learn keys refuse a list with duplicates."""
    own = f"HostKey {tmp_path}/ssh_host_ed25519_key\n"
    server = Server(tmp_path, "ssh-rsa", "ssh-ed25519", own=own)
    said = server.step("make")
    assert [line for line in said if line.startswith("line ")] == [f"line HostKey {tmp_path}/ssh_host_ed25519_key.new"]
    server.block(said)
    assert server.step("make") == said[1:]


@pytest.mark.parametrize(
    ("more", "kind", "expected"),
    [
        ("hostcertificate /etc/ssh/host-cert.pub\n", "ssh-rsa", "A certificate is for one key"),
        ("", "ssh-dss", "of type ssh-dss, which this cannot renew"),
        ("", "", "sshd has no host keys"),
    ],
)
def test_what_cannot_be_renewed_is_said(tmp_path: Path, more: str, kind: str, expected: str) -> None:
    server = Server(tmp_path, *filter(None, [kind]), own=f"HostKey {tmp_path}/ssh_host_{kind[4:]}_key\n")
    (tmp_path / "more").write_text(more)
    done = server.execute(ROTATE, server.config, "write", "make")
    assert done.returncode == 1
    assert expected in done.stderr
    assert list(tmp_path.glob("*.new")) == []


def test_a_key_in_an_agent_is_not_renewed(tmp_path: Path) -> None:
    server = Server(tmp_path, "ssh-rsa")
    server.program("ssh-keygen", "echo 'Load key: invalid format' >&2; exit 255")
    done = server.execute(ROTATE, server.config, "write", "make")
    assert done.returncode == 1
    assert "ssh_host_rsa_key is not a private key that can be read here" in done.stderr


def test_nothing_is_switched_where_sshd_refuses_its_configuration(tmp_path: Path) -> None:
    server = Server(tmp_path, "ssh-rsa")
    server.step("make")
    done = server.execute(ROTATE, server.config, "write", "switch", BROKEN="255")
    assert done.returncode == 255
    assert server.published() == {"ssh-rsa FORMER"}


def test_a_reload_that_came_to_nothing_is_noticed(tmp_path: Path) -> None:
    """Hosts are told of both keys until sshd has let go of the previous one."""
    server = Server(tmp_path, "ssh-ed25519")
    server.block(server.step("make"))
    server.step("switch")
    server.block([])
    done = server.execute(ROTATE, server.config, "write", "confirm")
    assert done.returncode == 1
    assert "sshd does not serve them yet. It serves on [::]:22: ssh-ed25519 FORMER" in done.stderr
    assert server.published() == {"ssh-ed25519 FORMER", "ssh-ed25519 NEW1"}
    assert server.step("state") == ["begun"]
    server.reload()
    assert server.step("confirm") == []
    assert (server.step("state"), server.published()) == ([], {"ssh-ed25519 NEW1"})


@pytest.mark.parametrize("step", ["make", "switch", "confirm"])
@pytest.mark.parametrize("again", [True, False], ids=["again", "without the variable"])
def test_interrupted_anywhere_nobody_is_locked_out(tmp_path: Path, step: str, again: bool) -> None:
    """Killed before each change of each step: hosts get through, and the next run ends with new keys alone."""
    kinds = KINDS if step == "switch" else KINDS[1:]
    for number in range(1, 40):
        directory = tmp_path / str(number)
        directory.mkdir()
        server = Server(directory, *kinds)
        host = Host(server)
        try:
            host.play(rotate=True, die_in=step, die_at=number)
        except InterruptedError:
            interrupted = True
        else:
            interrupted = False
        begun = server.step("state") == ["begun"]
        host.gets_through()
        if interrupted:
            host.play(rotate=again)
        if again or begun or not interrupted:
            assert len(host.pins) == len(kinds)
            assert not any("FORMER" in key for key in host.pins)
            made = (directory / "generated").read_text().count("\n")
            assert made <= len(kinds) + (0 if step == "switch" else 1)  # one that is half made, or one after the end
            assert [
                path.name for path in directory.glob("ssh_host_*") if not re.search("_key(.pub)?$", path.name)
            ] == []
            assert "kdump.fleet" not in server.config.read_text()
        if not interrupted:
            return
    pytest.fail("the step has more changes than this test has tried")
