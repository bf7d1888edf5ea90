# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the shell scripts of role kdump, with stand-ins for the programs that they run."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.checkout import ROOT
from tests.rendezvous import Rendezvous
from tests.unit.plugins.module_utils.target import export_stub

FILES = ROOT / "roles/kdump/files"


class Machine:
    """A directory in place of a machine, and programs that note how they were called."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.programs = root / "bin"
        self.programs.mkdir()
        self.called = root / "called"

    def program(self, name: str, body: str = "") -> None:
        path = self.programs / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >>"{self.called}"\n{body}\n')
        path.chmod(0o755)

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run(self, script: str, *words: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/sh", FILES / script, *words],
            check=False,
            input=stdin,
            capture_output=True,
            text=True,
            env={"PATH": f"{self.programs}:{os.environ['PATH']}", "KDUMP_ROOT": str(self.root), **environment},
        )

    def calls(self) -> list[str]:
        return self.called.read_text().splitlines() if self.called.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


# ---- make-key.sh


def make_key(machine: Machine, fips: str | None, how: str = "write") -> list[str]:
    if fips is not None:
        machine.write("fips", fips + "\n")
    words = [str(machine.root / "root/.ssh/key"), "kdump-n1", how]
    done = machine.run("make-key.sh", *words, FIPS_FILE=str(machine.root / "fips"))
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


@pytest.mark.parametrize(("fips", "kind"), [("0", "ed25519"), ("1", "ecdsa -b 384"), (None, "ed25519")])
def test_a_key_is_of_a_kind_that_the_host_may_use(machine: Machine, fips: str | None, kind: str) -> None:
    machine.program("ssh-keygen")
    key = machine.root / "root/.ssh/key"
    assert make_key(machine, fips, "look") == [f"made {key}"]
    assert not key.parent.exists()
    assert make_key(machine, fips) == [f"made {key}"]
    assert machine.calls() == [f"ssh-keygen -q -t {kind} -N  -C kdump-n1 -f {key}"]
    assert key.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_a_host_that_is_switched_to_fips_mode_gets_another_key(machine: Machine, kind: str) -> None:
    """In the place of one that its ssh would refuse, and of no other; once."""
    key = machine.root / "root/.ssh/key"
    key.parent.mkdir(parents=True)
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", key], check=True)
    former = key.read_bytes()
    assert make_key(machine, "0") == []
    expected = [f"made {key}"] if kind == "ed25519" else []
    assert make_key(machine, "1", "look") == expected
    assert key.read_bytes() == former
    assert make_key(machine, "1") == expected
    assert key.with_suffix(".pub").read_text().startswith("ssh-rsa" if kind == "rsa" else "ecdsa-sha2-nistp")
    if kind == "ed25519":  # somebody may have use for it yet
        assert key.with_name("key.before-fips").read_bytes() == former
    assert make_key(machine, "1") == []


# ---- authorise-keys.sh


def authorise(machine: Machine, keys: list[str], how: str = "write") -> list[str]:
    done = machine.run("authorise-keys.sh", str(machine.root), how, stdin="\n".join(keys) + "\n")
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.fixture
def account(machine: Machine) -> Machine:
    machine.program("restorecon")
    return machine


def authorised(machine: Machine) -> list[str]:
    return (machine.root / ".ssh/authorized_keys").read_text().splitlines()


def test_all_keys_are_added_once(account: Machine) -> None:
    keys = [f"ssh-ed25519 AAAA{number} kdump-n{number}" for number in range(200)]
    assert authorise(account, keys, "look") == [f"added {key}" for key in keys]
    assert not (account.root / ".ssh").exists()
    assert authorise(account, keys) == [f"added {key}" for key in keys]
    assert authorised(account) == keys
    assert authorise(account, keys) == authorise(account, keys, "look") == []
    assert authorised(account) == keys
    assert (account.root / ".ssh").stat().st_mode & 0o777 == 0o700
    assert (account.root / ".ssh/authorized_keys").stat().st_mode & 0o777 == 0o600
    assert account.calls() == [f"restorecon -R {account.root}/.ssh"]


def test_what_is_there_stays_even_without_a_last_line_break(account: Machine) -> None:
    account.write(".ssh/authorized_keys", "# mine\nssh-rsa OLD me")
    assert authorise(account, ["ssh-ed25519 NEW n1"]) == ["added ssh-ed25519 NEW n1"]
    assert authorised(account) == ["# mine", "ssh-rsa OLD me", "ssh-ed25519 NEW n1"]


def test_two_hundred_writers_at_once_lose_no_key(account: Machine) -> None:
    """Other batches and controllers write at the same time: 200 of 200, twice, and the second time adds nothing."""
    keys = {f"n{number}": f"ssh-ed25519 AAAA{number} kdump-n{number}" for number in range(200)}
    for host, key in keys.items():
        account.write(f"keys/{host}", f"{key}\n")
    rendezvous = Rendezvous(account.root)

    def all_at_once() -> list[str]:
        script = f"exec /bin/sh {FILES / 'authorise-keys.sh'} {account.root} write"
        writers = []
        with rendezvous.of(len(keys)):
            for host in keys:
                with (account.root / "keys" / host).open() as key:
                    command = ["/bin/sh", "-c", f"{rendezvous.wait(host)} && {script}"]
                    environment = {"PATH": f"{account.programs}:{os.environ['PATH']}"}
                    writers.append(
                        subprocess.Popen(command, stdin=key, stdout=subprocess.PIPE, env=environment, text=True)
                    )
            said = [writer.communicate(timeout=300)[0] for writer in writers]
        assert [writer.returncode for writer in writers] == [0] * len(keys)
        return sorted(line for text in said for line in text.splitlines())

    assert all_at_once() == sorted(f"added {key}" for key in keys.values())
    first = authorised(account)
    assert sorted(first) == sorted(keys.values())
    assert all_at_once() == []
    assert authorised(account) == first


# ---- host-keys.sh


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("echo port 22; echo hostkey {0}/ssh_host_b_key", ["key b"]),
        ("echo hostkey {0}/ssh_host_a_key; echo hostkey {0}/ssh_host_b_key", ["key a", "key b"]),
        ("echo hostkey {0}/ssh_host_b_key; echo hostkey {0}/gone; echo hostkey {0}/ssh_host_b_key", ["key b"]),
        ("echo 'sshd: no hostkeys available' >&2; exit 1", ["key a", "key b"]),
    ],
)
def test_host_keys_are_those_that_are_served(machine: Machine, said: str, expected: list[str]) -> None:
    for letter in "ab":
        machine.write(f"ssh_host_{letter}_key.pub", f"key {letter}\n")
        machine.write(f"ssh_host_{letter}_key", "private\n")
    machine.program("sshd", said.format(machine.root))
    done = machine.run("host-keys.sh", SSH_DIRECTORY=str(machine.root))
    assert (done.returncode, done.stdout.splitlines()) == (0, expected)


def test_host_keys_are_those_of_the_private_keys(machine: Machine) -> None:
    """A .pub may be another's. A previous key is served until it is seen that it is not."""
    machine.write("ssh_host_a_key", "private\n")
    machine.write("ssh_host_a_key.pub", "ssh-rsa OLDER root\n")
    machine.write("ssh_host_a_key.former.pub", "ssh-rsa FORMER root\n")
    machine.program("sshd", f"echo hostkey {machine.root}/ssh_host_a_key")
    machine.program("ssh-keygen", "echo ssh-rsa NEW root")
    done = machine.run("host-keys.sh")
    assert (done.returncode, done.stdout.splitlines()) == (0, ["ssh-rsa NEW root", "ssh-rsa FORMER root"])
    assert machine.calls() == [
        "sshd -T -C user=root,host=localhost,addr=127.0.0.1,laddr=127.0.0.1,lport=22",
        f"ssh-keygen -y -P  -f {machine.root}/ssh_host_a_key",
    ]


def test_a_server_without_host_keys_is_an_error(machine: Machine) -> None:
    machine.program("sshd", "exit 1")
    done = machine.run("host-keys.sh", SSH_DIRECTORY=str(machine.root))
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "sshd has no host keys\n")


# ---- export-path.sh


@pytest.fixture
def client(machine: Machine) -> Machine:
    (machine.root / "export").mkdir()
    (machine.root / "mounted").mkdir()
    export_stub.programs(machine.programs, machine.root / "export")
    return machine


def export_path(client: Machine) -> subprocess.CompletedProcess[str]:
    return client.run("export-path.sh", "dump1:/export", "/var/crash", MOUNT_POINT=str(client.root / "mounted"))


def test_the_directory_on_the_export_is_made_once(client: Machine) -> None:
    first = export_path(client)
    assert (first.returncode, first.stdout) == (0, "made /var/crash\n")
    assert (client.root / "export/var/crash").stat().st_mode & 0o777 == 0o700
    again = export_path(client)
    assert (again.returncode, again.stdout) == (0, "")
    assert list((client.root / "export/var/crash").iterdir()) == []
    assert str(client.root) not in Path("/proc/self/mounts").read_text()


def test_an_export_is_mounted_softly_and_for_the_script_alone(client: Machine) -> None:
    """A server that dies is an error then; and no lock daemon lives on in the script's namespace."""
    client.program("unshare", 'shift; exec "$@"')
    client.program("mount", 'case $1 in -t) echo "mount.nfs: access denied by server" >&2; exit 32 ;; esac')
    done = export_path(client)
    assert done.returncode == 32
    assert "access denied" in done.stderr
    script = FILES / "export-path.sh"
    options = "soft,timeo=50,retrans=2,retry=0,nolock,nosuid,nodev,noexec"
    assert client.calls() == [
        f"unshare --mount /bin/sh {script} inside dump1:/export /var/crash",
        "mount --make-rslave /",
        f"mount -t nfs -o {options} dump1:/export {client.root / 'mounted'}",
    ]


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_script_that_is_stopped_leaves_nothing_mounted(client: Machine, sent: signal.Signals) -> None:
    """A task that runs into its time limit, or an ssh connection that breaks."""
    here, argv = client.root / "mounted", ["/bin/sh", str(FILES / "export-path.sh"), "dump1:/export", "/var/crash"]
    export_stub.stop(argv, sent, client.programs, client.root / "export", here, MOUNT_POINT=str(here))


# ---- collect-dump.sh


@pytest.mark.parametrize(
    ("words", "called"),
    [
        ("-l -d 31 /proc/vmcore", "-F -l -d 31 /proc/vmcore"),
        ("/proc/vmcore", "-F /proc/vmcore"),
        ("-l -d 31 /proc/vmcore /sysroot/var/crash/vmcore-incomplete",) * 2,
    ],
)
def test_a_stream_is_flattened_and_a_file_is_not(machine: Machine, words: str, called: str) -> None:
    machine.program("makedumpfile", "printf dump; exit 3")
    done = machine.run("collect-dump.sh", *words.split())
    assert (done.returncode, done.stdout) == (3, "dump")
    assert machine.calls() == ["makedumpfile " + called]


# ---- save-dump.sh

SAVED = "echo ' * kdump-config: saved vmcore in kdump@dump1:/var/crash/192.0.2.7-202611230000'"
FAILED = "echo ' * kdump-config: failed to save vmcore in kdump@dump1:/var/crash/192.0.2.7-202611230000'"


@pytest.fixture
def crashed(machine: Machine) -> Machine:
    """A capture kernel with an ssh target."""
    machine.write("proc/vmcore", "core")
    machine.write("proc/self/mounts", "/dev/vda1 / ext4 rw 0 0\n")
    machine.write("etc/default/kdump-tools", 'USE_KDUMP=1\nKDUMP_COREDIR="/var/crash"\nSSH="kdump@dump1"\n')
    machine.write("etc/init.d/kdump-tools", "")
    (machine.root / "run").mkdir()
    for name in ("reboot", "poweroff", "sync", "umount", "logger"):
        machine.program(name)
    machine.program("kdump-config", FAILED)  # with status 0, as it does
    machine.program(
        "makedumpfile",
        'case $1 in --dump-dmesg) echo log >"$3" ;; *) printf dump ;; esac',
    )
    return machine


def dumps(machine: Machine) -> list[str]:
    return sorted(path.name.split(".")[0] for path in (machine.root / "var/crash").glob("*/*"))


def test_a_dump_that_arrived_is_not_saved_again(crashed: Machine) -> None:
    crashed.program("kdump-config", SAVED)
    done = crashed.run("save-dump.sh")
    assert done.returncode == 0
    assert crashed.calls() == ["kdump-config savecore", "reboot -f"]
    assert "saved vmcore in kdump@dump1" in done.stdout
    assert not (crashed.root / "var/crash").exists()


def test_a_dump_that_did_not_arrive_is_saved_here(crashed: Machine) -> None:
    done = crashed.run("save-dump.sh")
    core = crashed.root / "proc/vmcore"
    assert [call for call in crashed.calls() if call.startswith("makedumpfile -")][
        1
    ] == f"makedumpfile -c -d 31 -F {core}"
    assert crashed.calls()[-1] == "reboot -f"
    assert dumps(crashed) == ["dmesg", "dump"]
    (dump,) = (crashed.root / "var/crash").glob("*/dump.*")
    assert dump.read_text() == "dump"
    assert (dump.stat().st_mode & 0o777, dump.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert "did not reach its server" in done.stdout


def test_settings_of_the_host_are_used(crashed: Machine) -> None:
    crashed.write(
        "etc/default/kdump-tools",
        'NFS="dump1:/export"\nKDUMP_COREDIR=/srv/crash\nMAKEDUMP_ARGS="-l -d 1"\nKDUMP_DUMP_DMESG=0\n',
    )
    crashed.write("proc/self/mounts", "/dev/vda1 / ext4 rw 0 0\ndump1:/export /srv/crash nfs4 rw 0 0\n")
    crashed.run("save-dump.sh")
    core = crashed.root / "proc/vmcore"
    assert crashed.calls() == [
        "kdump-config savecore",
        "umount -l /srv/crash",
        f"makedumpfile -l -d 1 -F {core}",
        "sync ",
        "reboot -f",
    ]
    assert len(list((crashed.root / "srv/crash").glob("*/dump.*"))) == 1


@pytest.mark.parametrize("written", ["/var/crash/", "//var//./crash", "/crash", "/there/crash", "var/crash"])
def test_an_export_that_hangs_is_left_however_its_path_is_written(crashed: Machine, written: str) -> None:
    """The table of mounts knows no links and no spare slashes; what is saved into the export would be lost with it."""
    (crashed.root / "var/crash").mkdir(parents=True)
    (crashed.root / "crash").symlink_to("var/crash")
    (crashed.root / "there").symlink_to("var")
    crashed.write("etc/default/kdump-tools", f'NFS="dump1:/export"\nKDUMP_COREDIR="{written}"\n')
    crashed.write("proc/self/mounts", "/dev/vda1 / ext4 rw 0 0\ndump1:/export /var/crash nfs4 rw 0 0\n")
    done = crashed.run("save-dump.sh")
    assert "umount -l /var/crash" in crashed.calls()
    assert dumps(crashed) == ["dmesg", "dump"]
    assert "saved vmcore on this host, in /var/crash/" in done.stdout


def test_a_path_is_looked_up_before_anything_hangs_there(crashed: Machine) -> None:
    crashed.program("readlink", 'exec /bin/readlink "$@"')
    crashed.run("save-dump.sh")
    assert [call.split()[0] for call in crashed.calls()][:2] == ["readlink", "kdump-config"]


def test_a_capture_kernel_without_readlink_saves_all_the_same(crashed: Machine) -> None:
    crashed.program("readlink", "exit 127")
    crashed.run("save-dump.sh")
    assert dumps(crashed) == ["dmesg", "dump"]


@pytest.mark.parametrize(("free", "kept"), [("99999999", ["dmesg", "dump-incomplete"]), ("100", ["dmesg"])])
@pytest.mark.parametrize(("setting", "last"), [("", "reboot -f"), ('KDUMP_FAIL_CMD="poweroff -f"\n', "poweroff -f")])
def test_a_dump_that_fails_here_too_is_told_from_a_whole_one(
    crashed: Machine, free: str, kept: list[str], setting: str, last: str
) -> None:
    crashed.write("etc/default/kdump-tools", 'SSH="kdump@dump1"\n' + setting)
    crashed.program("makedumpfile", 'case $1 in --dump-dmesg) echo log >"$3" ;; *) printf du; exit 1 ;; esac')
    crashed.program("df", f"echo Avail; echo {free}")
    done = crashed.run("save-dump.sh")
    assert crashed.calls()[-1] == last
    assert dumps(crashed) == kept
    assert ("no room" in done.stdout) == (free == "100")


def test_an_ordinary_boot_is_left_to_kdump_tools(machine: Machine) -> None:
    machine.write("proc/vmcore", "")
    machine.write("etc/init.d/kdump-tools", '#!/bin/sh\necho "loading: $*"\n')
    (machine.root / "etc/init.d/kdump-tools").chmod(0o755)
    assert machine.run("save-dump.sh").stdout == "loading: start\n"
