# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the shell scripts of role dump_server, with stand-ins for the programs that they run."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.checkout import ROOT
from tests.rendezvous import Rendezvous

FILES = ROOT / "roles/dump_server/files"
GATE = "/usr/local/libexec/kdump-gate"
COLLECTOR = f'restrict,command="{GATE} --collect" ssh-ed25519 AAAA collector'


def entry(host: str, key: str) -> str:
    return f'restrict,command="{GATE} {host} /var/crash" ssh-ed25519 {key} {host}'


class Machine:
    """A directory in place of a server, with programs that stand in for those of the machine."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.programs = root / "bin"
        self.programs.mkdir()
        self.keys = root / "authorized_keys"
        self.program("restorecon")

    def program(self, name: str, body: str = "") -> Path:
        path = self.programs / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        return path

    @property
    def environment(self) -> dict[str, str]:
        return {"PATH": f"{self.programs}:{os.environ['PATH']}"}

    def run(self, script: str, *words: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
        command = ["/bin/sh", FILES / script, *words]
        return subprocess.run(
            command, check=False, input=stdin, capture_output=True, text=True, env=self.environment, timeout=60
        )

    def said(self, script: str, *words: str | Path, stdin: str = "") -> list[str]:
        done = self.run(script, *words, stdin=stdin)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.splitlines()

    def merge(self, *lines: str) -> list[str]:
        """What the file is afterwards, which is what the look said."""
        stdin = "".join(f"{line}\n" for line in lines)
        before = self.keys.read_bytes() if self.keys.exists() else None
        predicted = self.said("merge-keys.sh", GATE, "root", self.keys, "look", stdin=stdin)
        assert (self.keys.read_bytes() if self.keys.exists() else None) == before
        assert self.said("merge-keys.sh", GATE, "root", self.keys, "write", stdin=stdin) == []
        assert self.keys.read_text().splitlines() == predicted
        assert self.keys.stat().st_mode & 0o777 == 0o644
        assert sorted(path.name for path in self.root.iterdir()) == ["authorized_keys", "bin"]
        return predicted


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


# ---- merge-keys.sh


def test_entries_are_sorted_and_a_second_time_the_same(machine: Machine) -> None:
    wanted = [COLLECTOR, entry("web10", "A"), entry("web9", "OLD"), entry("web9", "NEW")]
    assert machine.merge(*reversed(wanted[1:3]), wanted[3], COLLECTOR) == wanted
    assert machine.merge(*wanted) == wanted
    assert machine.merge(COLLECTOR) == wanted


def test_a_host_with_new_entries_loses_its_former_ones(machine: Machine) -> None:
    machine.merge(entry("web1", "OLD"), entry("web1", "NEW"), entry("web2", "B"))
    assert machine.merge(entry("web1", "NEW")) == [entry("web1", "NEW"), entry("web2", "B")]


def test_a_host_that_is_to_be_forgotten_is(machine: Machine) -> None:
    machine.merge(entry("web1", "A"), entry("web2", "B"), entry("web22", "C"))
    assert machine.merge("forget web2", "forget web3") == [entry("web1", "A"), entry("web22", "C")]
    assert machine.merge("forget web1", "forget web22") == []


def test_nothing_but_entries_of_hosts_survives(machine: Machine) -> None:
    """Lines of somebody else, for another program, or of one host with the name of another; collectors that left."""
    strange = [
        "ssh-ed25519 AAAA admin",
        COLLECTOR,
        entry("web1", "A").replace(GATE, "/bin/sh"),
        entry("web1", "A") + "x",
        entry("web1", "A").replace("/var/crash", "/var/crash more"),
        "# a remark",
        "",
    ]
    machine.keys.write_text("\n".join([*strange, entry("web2", "B")]) + "\n")
    assert machine.merge(entry("web3", "C")) == [entry("web2", "B"), entry("web3", "C")]


def test_a_file_that_cannot_be_merged_stays(machine: Machine) -> None:
    """An empty one would lock all hosts out."""
    machine.merge(entry("web1", "A"))
    for name in ("awk", "sort", "cut", "cp"):
        program = machine.program(name, "exit 3")
        done = machine.run("merge-keys.sh", GATE, "root", machine.keys, "write", stdin=entry("web2", "B"))
        assert done.returncode == 3, name
        assert machine.keys.read_text().splitlines() == [entry("web1", "A")]
        program.unlink()


def test_writers_at_the_same_time_lose_no_key(machine: Machine) -> None:
    """Each knows one host and nothing of the others, as job slices do: 40 of 40, twice; the second time they leave."""
    hosts = [f"web{number}" for number in range(40)]
    rendezvous = Rendezvous(machine.root)
    script = f"exec /bin/sh {FILES / 'merge-keys.sh'} {GATE} root {machine.keys} write"

    def all_at_once(lines: dict[str, str]) -> list[str]:
        writers: list[subprocess.Popen[bytes]] = []
        with rendezvous.of(len(lines)):
            for host, line in lines.items():
                (machine.root / host).write_text(f"{line}\n")
                with (machine.root / host).open() as stdin:
                    command = ["/bin/sh", "-c", f"{rendezvous.wait(host)} && {script}"]
                    writers.append(subprocess.Popen(command, stdin=stdin, env=machine.environment))
            status = [writer.wait(timeout=120) for writer in writers]
        assert status == [0] * len(lines)
        return machine.keys.read_text().splitlines()

    expected = {host: entry(host, f"A{host}") for host in hosts}
    assert sorted(all_at_once(expected)) == sorted(expected.values())
    renewed = {host: entry(host, f"B{host}") for host in hosts[20:]}
    assert sorted(all_at_once({host: f"forget {host}" for host in hosts[:20]} | renewed)) == sorted(renewed.values())


def refusal(host: str, other: str) -> str:
    return f"refused\t{host}\tthe public key that it gives is that of {other}"


SHARED: list[tuple[list[str], list[str], list[str], list[str]]] = [  # in the file, wanted, afterwards, refused
    # the one that has it keeps it; the others of the run are enrolled
    (
        [entry("web1", "A")],
        [entry("aaa", "A"), entry("web1", "A"), entry("web2", "B")],
        [entry("web1", "A"), entry("web2", "B")],
        [refusal("aaa", "web1")],
    ),
    # that one need not be in the run
    ([entry("web1", "A")], [entry("aaa", "A")], [entry("web1", "A")], [refusal("aaa", "web1")]),
    # nobody can say whose it is
    ([], [entry("aaa", "A"), entry("web1", "A")], [], [refusal("aaa", "web1"), refusal("web1", "aaa")]),
    # what both have had until now; sshd takes the first
    (
        [entry("aaa", "A"), entry("web1", "A"), entry("web2", "B")],
        [entry("web2", "B")],
        [entry("web2", "B")],
        [refusal("aaa", "web1"), refusal("web1", "aaa")],
    ),
    # what it has is not taken by what is refused
    (
        [entry("aaa", "C"), entry("web1", "A")],
        [entry("aaa", "A")],
        [entry("aaa", "C"), entry("web1", "A")],
        [refusal("aaa", "web1")],
    ),
    # a rotation of either: the new keys are its own
    (
        [entry("web1", "A")],
        [entry("web1", "A"), entry("web1", "N"), entry("web2", "A"), entry("web2", "M")],
        [entry("web1", "A"), entry("web1", "N"), entry("web2", "M")],
        [refusal("web2", "web1")],
    ),
    # a host that leaves, or gives its key up, in the same run has had it until now
    ([entry("web1", "A")], ["forget web1", entry("web2", "A")], [], [refusal("web2", "web1")]),
    ([entry("web1", "A")], [entry("web1", "N"), entry("web2", "A")], [entry("web1", "N")], [refusal("web2", "web1")]),
    # a collector's entry comes first
    (
        [entry("web1", "AAAA"), entry("web2", "B")],
        [COLLECTOR, entry("web3", "AAAA")],
        [COLLECTOR, entry("web2", "B")],
        [refusal("web1", "a collector"), refusal("web3", "a collector")],
    ),
    # what the filter has refused
    ([], [refusal("web1", "web9"), entry("web2", "B")], [entry("web2", "B")], [refusal("web1", "web9")]),
]


@pytest.mark.parametrize(("found", "wanted", "left", "refused"), SHARED)
def test_a_key_of_another_is_refused(
    machine: Machine, found: list[str], wanted: list[str], left: list[str], refused: list[str]
) -> None:
    """With both names, for this host alone; a look says the same."""
    machine.keys.write_text("".join(f"{line}\n" for line in found))
    stdin = "".join(f"{line}\n" for line in wanted)
    look = machine.run("merge-keys.sh", GATE, "root", machine.keys, "look", stdin=stdin)
    assert (look.returncode, look.stdout.splitlines(), look.stderr.splitlines()) == (0, left, refused)
    assert machine.keys.read_text().splitlines() == found
    write = machine.run("merge-keys.sh", GATE, "root", machine.keys, "write", stdin=stdin)
    assert (write.returncode, write.stdout, write.stderr.splitlines()) == (0, "", refused)
    assert machine.keys.read_text().splitlines() == left


def test_of_two_runs_at_once_one_gets_the_key(machine: Machine) -> None:
    """Each has looked before the other has written; who writes looks again."""
    rendezvous = Rendezvous(machine.root)
    script = f"exec /bin/sh {FILES / 'merge-keys.sh'} {GATE} root {machine.keys} write"
    writers = {}
    with rendezvous.of(2):
        for host in ("aaa", "web1"):
            (machine.root / host).write_text(f"{entry(host, 'A')}\n")
            with (machine.root / host).open() as stdin:
                command = ["/bin/sh", "-c", f"{rendezvous.wait(host)} && {script}"]
                writers[host] = subprocess.Popen(
                    command, stdin=stdin, stderr=subprocess.PIPE, text=True, env=machine.environment
                )
        said = {host: writer.communicate(timeout=60)[1] for host, writer in writers.items()}
    (holder,) = [host for host in writers if not said[host]]
    (other,) = [host for host in writers if said[host]]
    assert said[other] == refusal(other, holder) + "\n"
    assert machine.keys.read_text().splitlines() == [entry(holder, "A")]


# ---- make-folders.sh


def folders(machine: Machine, how: str = "write", user: str = "nobody") -> list[str]:
    return machine.said("make-folders.sh", machine.root, user, how, stdin="web1\nweb2\n")


def test_folders_are_made_once(machine: Machine) -> None:
    made = [f"made {machine.root}/web{number}" for number in (1, 2)]
    assert folders(machine, "look", user="not-yet-there") == made
    assert sorted(machine.root.glob("web*")) == []
    machine.program("chown", f'echo "$*" >>{machine.root}/chowned')
    machine.program("id", 'case $* in -u) echo 0 ;; *) stat -c %u "$0" ;; esac')  # root, and the user is the tests' own
    assert folders(machine) == made
    assert (machine.root / "chowned").read_text().splitlines() == [
        f"-h nobody: {machine.root}/web{number}" for number in (1, 2)
    ]
    assert {path.stat().st_mode & 0o777 for path in machine.root.glob("web*")} == {0o700}
    assert folders(machine) == []


def test_a_folder_of_somebody_else_is_given_to_the_user(machine: Machine) -> None:
    """A run was interrupted behind mkdir, the user is another one, or the disk came from a backup."""
    for name in ("web1", "web2", "web3"):
        (machine.root / name).mkdir()
    machine.program("chown", f'echo "$*" >>{machine.root}/chowned')
    machine.program("id", "case $* in -u) echo 0 ;; *) echo 12345 ;; esac")
    gave = [f"gave {machine.root}/web{number} to nobody" for number in (1, 2)]
    assert folders(machine, "look") == gave
    assert not (machine.root / "chowned").exists()
    assert folders(machine) == gave
    assert (machine.root / "chowned").read_text().splitlines() == [
        f"-h nobody: {machine.root}/web{number}" for number in (1, 2)
    ]


# ---- export-all.sh


@pytest.mark.parametrize(
    ("status", "said", "expected"),
    [
        (0, "", 0),
        (0, "exportfs: Failed to resolve elsewhere", 0),  # of an export of the administrator's
        (0, "exportfs: Failed to resolve web1", 1),
        (0, "exportfs: Failed to resolve web", 0),
        (1, "exportfs: /etc/exports:1: syntax error", 1),
    ],
)
def test_a_client_that_is_left_out_is_named(machine: Machine, status: int, said: str, expected: int) -> None:
    exports = machine.root / "exports"
    exports.write_text("/srv/kdump/web1 web1(rw,sync)\n/srv/kdump/web2 192.0.2.7(rw,sync)\n")
    machine.program("exportfs", f'[ "$*" = -ra ] || exit 9\n[ -z "{said}" ] || echo "{said}" >&2\nexit {status}')
    done = machine.run("export-all.sh", exports)
    assert done.returncode == expected
    assert done.stderr.startswith(said)
    named = "names of hosts: web1. Give each such host dump_client_addresses" in done.stderr
    assert named == said.endswith("web1")


# ---- max-startups.sh


@pytest.mark.parametrize(
    ("effective", "wanted", "right"),
    [
        ("200:30:400", "200:30:400", True),
        ("200:30:200", "200", True),
        ("10:30:100", "200:30:400", False),
        ("200:30:400", "200", False),
    ],
)
def test_sshd_itself_is_asked(machine: Machine, effective: str, wanted: str, right: bool) -> None:
    sshd = machine.program("sshd", f"echo port 22; echo maxstartups {effective}; echo persourcemaxstartups none")
    config = machine.root / "sshd_config"
    config.write_text("Port 22\n  MaxStartups 10:30:100\n")
    done = machine.run("max-startups.sh", sshd, config, wanted)
    assert done.returncode == (0 if right else 1)
    if right:
        assert done.stderr == ""
    else:
        assert f"goes by MaxStartups {effective}, and dump_server_max_startups is {wanted}" in done.stderr
        assert done.stderr.splitlines()[-1] == f"{config}:  MaxStartups 10:30:100"


def test_an_sshd_that_refuses_its_configuration_is_heard(machine: Machine) -> None:
    sshd = machine.program("sshd", "echo 'line 3: Bad configuration option: x' >&2; exit 255")
    done = machine.run("max-startups.sh", sshd, machine.root / "sshd_config", "200:30:400")
    assert (done.returncode, done.stderr) == (255, "line 3: Bad configuration option: x\n")
