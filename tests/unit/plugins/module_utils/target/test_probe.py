# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of probe.py: each step to a dump server that can fail, and nothing said when none does.

The words of ssh and mount are those of OpenSSH 9.2 and nfs-utils 2.6.
"""

import errno
import os
import signal
import socket
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Dict, List, NamedTuple, Optional, Tuple
from unittest import mock

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import CommandError, CommandResult, Host
from ansible_collections.kdump.fleet.plugins.module_utils.readiness.look import gather
from ansible_collections.kdump.fleet.plugins.module_utils.readiness.report import report
from ansible_collections.kdump.fleet.plugins.module_utils.target import probe as dump_target_probe
from ansible_collections.kdump.fleet.plugins.module_utils.target.dump_size import DumpSize
from ansible_collections.kdump.fleet.plugins.module_utils.target.obstacle import Obstacle
from ansible_collections.kdump.fleet.plugins.module_utils.target.probe import Probe
from ansible_collections.kdump.fleet.plugins.module_utils.target.server_address import connect, is_this_host
from ansible_collections.kdump.fleet.plugins.module_utils.tools.policy import Policy
from ansible_collections.kdump.fleet.plugins.module_utils.tools.records import Target, server_of
from tests.unit.plugins.module_utils.host_tree import CONFIGURATION, HostTree
from tests.unit.plugins.module_utils.target import export_stub

KEY = "/root/.ssh/kdump_id_rsa"
SSH = Target("ssh", "kdump@dump1", "/var/crash", sshkey=KEY)
NFS = Target("nfs", "dump1:/export", "/var/crash")
MOUNTED_NFS = NFS._replace(directory="/mnt/dumps/var/crash")
MIB = 1 << 20
SQUASHED = "mktemp: failed to create file via template '/mnt/var/crash/.kdump-fleet-XXXXXX': Permission denied"
DENIED = "kdump@dump1: Permission denied (publickey)."
UNKNOWN = (
    "No ED25519 host key is known for dump1 and you have requested strict checking.\nHost key verification failed."
)
CHANGED = "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed."
NO_WAY = "ssh: connect to host dump1 port 22: {0}\r\n"
Answer = Tuple[int, str, str]


def whole(host: Host, memory: int) -> DumpSize:
    """A dump of all memory."""
    return DumpSize(host, memory, "")


class Server(object):
    """Stands for a dump server, for the way to it, and for the programs that go there."""

    def __init__(self, tree: HostTree, **answers: Answer) -> None:
        self.tree = tree
        self.answers: Dict[str, Answer] = {
            "getent": (0, "192.0.2.1      STREAM dump1\n192.0.2.1      DGRAM\n2001:db8::1     STREAM\n", ""),
            "-G": (0, "user kdump\nhostname dump1\nport 22\nproxycommand none\n", ""),
            "mkdir": (0, "", ""),
            "mktemp": (0, "/var/crash/tmp.x1\n", ""),
            "rmdir": (0, "", ""),
            "df": (0, "     Avail\n  20971520\n", ""),
            "unshare": (0, "     Avail\n  20971520\n", ""),
            "sh": (0, "     Avail\n  20971520\n", ""),
        }
        self.answers.update(answers)
        self.refusing: Dict[str, OSError] = {}
        self.late: List[str] = []  # commands that do not end in time
        self.ran: List[str] = []
        self.limits: List[float] = []
        self.connected: List[Tuple[str, int]] = []

    def run(self, argv: List[str], timeout: float) -> CommandResult:
        name = next(word for word in argv if word in self.answers)
        self.ran.append(name)
        self.limits.append(timeout)
        if name in self.late:
            raise CommandError("'{0}' had not ended after {1:.0f} seconds and was stopped.".format(name, timeout))
        rc, stdout, stderr = self.answers[name]
        return CommandResult(argv, rc, stdout, stderr)

    def connect(self, address: str, port: int, limit: float) -> None:
        self.connected.append((address, port))
        if address in self.refusing:
            raise self.refusing[address]

    def found(self, target: Target, how: str = "write", needed: int = 0) -> List[Obstacle]:
        host = Host(str(self.tree.root), self.run)
        return Probe(host, target, target.path, whole(host, needed), how, self.connect).findings()


@pytest.fixture
def client(tree: HostTree) -> HostTree:
    tree.program("/usr/bin/ssh")
    tree.program("/usr/sbin/mount.nfs")
    tree.write(KEY, "")
    return tree


class Case(NamedTuple):
    """What goes wrong, and the finding that it makes."""

    code: str
    target: Target
    answers: Dict[str, Answer]
    message: str


CASES = [
    Case(
        "target-name-unresolved",
        SSH,
        {"getent": (2, "", "")},
        "The server dump1 of the target kdump@dump1 cannot be resolved: no address is known for it.",
    ),
    Case(
        "target-name-unresolved",
        NFS,
        {"getent": (2, "", "")},
        "The server dump1 of the target dump1:/export cannot be resolved: no address is known for it.",
    ),
    Case(
        "target-host-key-unknown",
        SSH,
        {"mkdir": (255, "", UNKNOWN)},
        "ssh does not trust kdump@dump1: No ED25519 host key is known for dump1 and you have requested strict "
        "checking. / Host key verification failed.",
    ),
    Case(
        "target-host-key-unknown",
        SSH,
        {"mkdir": (255, "", CHANGED)},
        "ssh does not trust kdump@dump1: @ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @ / "
        "Host key verification failed.",
    ),
    Case(
        "target-key-refused",
        SSH,
        {"mkdir": (255, "", DENIED)},
        "kdump@dump1 does not accept the key {0}: kdump@dump1: Permission denied (publickey).".format(KEY),
    ),
    Case(
        "target-port-closed",
        SSH,
        {"mkdir": (255, "", NO_WAY.format("Network is unreachable") + NO_WAY.format("Connection refused"))},
        "dump1 refuses connections to port 22.",
    ),
    Case(
        "target-unreachable",
        SSH,
        {"mkdir": (255, "", NO_WAY.format("No route to host") + NO_WAY.format("Connection timed out"))},
        "No connection to port 22 of dump1: Connection timed out; No route to host.",
    ),
    Case(
        "target-unreachable",
        SSH,
        {"mkdir": (255, "", "Connection closed by 192.0.2.1 port 22")},
        "ssh to kdump@dump1 failed: Connection closed by 192.0.2.1 port 22.",
    ),
    Case(
        "target-path-not-writable",
        SSH,
        {"mkdir": (1, "", "mkdir: cannot create directory '/var/crash': Permission denied")},
        "'mkdir -p /var/crash' on kdump@dump1 failed with exit status 1: "
        "mkdir: cannot create directory '/var/crash': Permission denied.",
    ),
    Case(
        "target-path-not-writable",
        SSH,
        {"mktemp": (1, "", "")},
        "'mktemp -dqp /var/crash' on kdump@dump1 failed with exit status 1: no output.",
    ),
    Case("target-path-not-writable", SSH, {"mktemp": (0, "hello world\n", "")}, "answered 'hello world'."),
    Case("target-path-not-writable", SSH, {"mktemp": (0, "tmp.x1\n", "")}, "answered 'tmp.x1'."),
    Case("target-path-not-writable", SSH, {"mktemp": (0, "/tmp.x1 /\n", "")}, "answered '/tmp.x1 /'."),
    Case("target-path-not-writable", SSH, {"mktemp": (0, "", "")}, "mktemp -dqp /var/crash answered ''."),
    Case(
        "target-path-not-writable",
        NFS,
        {"unshare": (32, "", "mount.nfs: access denied by server while mounting dump1:/export\n")},
        "dump1:/export cannot be mounted: mount.nfs: access denied by server while mounting dump1:/export.",
    ),
    Case("target-missing", NFS, {"unshare": (33, "", "")}, "/var/crash does not exist on dump1:/export."),
    Case(
        "target-path-not-writable",
        NFS,
        {"unshare": (1, "", SQUASHED)},
        "root of this host cannot write to /var/crash of dump1:/export: {0}.".format(SQUASHED),
    ),
    Case(
        "target-path-not-writable",
        MOUNTED_NFS,
        {"sh": (1, "", SQUASHED)},
        "root of this host cannot write to /var/crash of dump1:/export: {0}.".format(SQUASHED),
    ),
    Case(
        "target-space-low",
        MOUNTED_NFS,
        {"sh": (0, "Avail\n1024\n", "")},
        "dump1:/export:/var/crash has 1 MiB free; a dump of this host may need 200 MiB (all memory, as the "
        "core collector has no dump level).",
    ),
    Case(
        "target-space-low",
        NFS,
        {"unshare": (0, "Avail\n1024\n", "")},
        "dump1:/export:/var/crash has 1 MiB free; a dump of this host may need 200 MiB (all memory, as the "
        "core collector has no dump level).",
    ),
    Case(
        "target-space-low",
        SSH,
        {"df": (0, "Avail\n1024\n", "")},
        "kdump@dump1:/var/crash has 1 MiB free; a dump of this host may need 200 MiB (all memory, as the "
        "core collector has no dump level).",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: "{0}-{1}".format(case.code, sorted(case.answers)[0]))
def test_each_step_that_fails_is_one_finding(client: HostTree, case: Case) -> None:
    server = Server(client, **case.answers)
    (finding,) = server.found(case.target, needed=200 * MIB)
    assert finding.code == case.code
    assert case.message in finding.message


@pytest.mark.parametrize("target", [SSH, NFS])
@pytest.mark.parametrize("how", ["read", "write"])
def test_nothing_is_said_when_a_dump_gets_through(client: HostTree, target: Target, how: str) -> None:
    assert Server(client).found(target, how) == []


@pytest.mark.parametrize(
    ("target", "how", "ran"),
    [
        (SSH, "read", ["-G", "getent", "mkdir", "df"]),
        (SSH, "write", ["-G", "getent", "mkdir", "mktemp", "rmdir", "df"]),
        (NFS, "read", ["getent"]),
        (NFS, "write", ["getent", "unshare"]),
        (MOUNTED_NFS, "read", ["getent"]),
        (MOUNTED_NFS, "write", ["getent", "sh"]),
    ],
)
def test_no_more_is_run_than_needed(client: HostTree, target: Target, how: str, ran: List[str]) -> None:
    server = Server(client)
    server.found(target, how)
    assert server.ran == ran


GATE = "/usr/local/libexec/kdump-gate"
BROKEN = [
    (127, "sh: 1: {0}: not found".format(GATE)),  # dash
    (126, "/bin/sh: {0}: /usr/bin/python3.11: bad interpreter: No such file or directory".format(GATE)),  # bash
    (1, 'Traceback (most recent call last):\n  File "{0}", line 9, in <module>\nImportError: x'.format(GATE)),
    (2, "python3: can't open file '{0}': [Errno 13] Permission denied".format(GATE)),
]


@pytest.mark.parametrize("rc, said", BROKEN)
def test_a_gate_that_does_not_start_is_a_finding_of_its_own(client: HostTree, rc: int, said: str) -> None:
    (finding,) = Server(client, mkdir=(rc, "", said)).found(SSH)
    assert finding.code == "target-gate-fails"
    assert finding.message.startswith("The gate of kdump@dump1 does not start (exit status {0}): ".format(rc))
    assert said.splitlines()[-1] in finding.message


@pytest.mark.parametrize("said", ["kdump-gate: refused: /srv/kdump/web1 cannot be opened", "sh: mkdir: not found"])
def test_a_gate_that_refuses_has_started(client: HostTree, said: str) -> None:
    (finding,) = Server(client, mkdir=(1, "", said)).found(SSH)
    assert finding.code == "target-path-not-writable"


def asked(client: HostTree, answer: Answer, name: str = "web1", needed: int = 0) -> Tuple[List[Obstacle], List[str]]:
    """What is found when the gate is asked whose key this is, and the last commands."""
    server = Server(client)
    plain = server.answers["df"]

    def run(argv: List[str], timeout: float) -> CommandResult:
        server.answers["df"] = answer if argv[-2] == "--output=avail,target" else plain
        return server.run(argv, timeout)

    host = Host(str(client.root), run)
    probe = Probe(host, SSH, SSH.path, whole(host, needed), "read", server.connect, name=name)
    return probe.findings(), server.ran[3:]


def test_a_key_of_another_host_is_a_finding(client: HostTree) -> None:
    """As the gate says it; its answer has the room as well. A server without a gate, or with an older one, does not."""
    own, room = (0, "Avail Mounted on\n 1024 kdump-gate:web1\n", ""), "target-space-low"
    assert asked(client, own) == ([], ["df"])
    assert [finding.code for finding in asked(client, own, needed=200 * MIB)[0]] == [room]
    (finding,), _ran = asked(client, own, name="web2", needed=200 * MIB)
    assert (finding.code, finding.message) == (
        "target-key-of-another-host",
        "kdump@dump1 takes web2 for web1: the key {0} belongs to web1 there, so dumps of this host would land among "
        "those of web1.".format(KEY),
    )
    assert asked(client, (0, "Avail Mounted on\n 20971520 /srv/my dumps\n", ""), name="web2") == ([], ["df"])
    assert asked(client, (1, "", "kdump-gate: refused: not a command"), name="web2") == ([], ["df", "df"])


@pytest.mark.parametrize("target", [SSH, NFS])
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_a_host_that_dumps_to_itself(client: HostTree, target: Target, address: str) -> None:
    """By its addresses, whatever name it has for itself."""
    if address == "::1" and not is_this_host(address):
        address = "127.0.0.2"  # this machine has no IPv6
    server = Server(client, getent=(0, "{0} STREAM dump1\n".format(address), ""))
    (finding,) = server.found(target)
    assert (finding.code, server.connected) == ("target-is-this-host", [])
    expected = "The server dump1 of the target {0} is this host itself: it has the address {1}."
    assert finding.message == expected.format(target.location, address)


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1", "no address"])
def test_other_hosts_are_others(address: str) -> None:
    assert not is_this_host(address)


def test_ssh_is_run_as_a_capture_runs_it(client: HostTree) -> None:
    server = Server(client)
    seen: List[List[str]] = []

    def run(argv: List[str], timeout: float) -> CommandResult:
        seen.append(argv)
        return server.run(argv, timeout)

    host = Host(str(client.root), run)
    Probe(host, SSH, "/var/a b", whole(host, 0), "read", server.connect).findings()
    assert seen[2][:3] == ["/usr/bin/ssh", "-n", "-i"]
    assert {"BatchMode=yes", "StrictHostKeyChecking=yes", "IdentitiesOnly=yes", "UpdateHostKeys=no"} < set(seen[2])
    assert seen[2][-4:] == ["kdump@dump1", "mkdir", "-p", "'/var/a b'"]


@pytest.mark.parametrize("target", [SSH, NFS])
def test_a_refused_connection_is_a_closed_port(client: HostTree, target: Target) -> None:
    """Looked at from here where ssh cannot be asked: before there is a key."""
    client.remove(KEY)
    server = Server(client)
    server.refusing = {
        "192.0.2.1": OSError(errno.ECONNREFUSED, "refused"),
        "2001:db8::1": OSError(errno.ENETUNREACH, "unreachable"),
    }
    port = {"ssh": 22, "nfs": 2049}[target.kind]
    expected = "dump1 (192.0.2.1) refuses connections to port {0}.".format(port)
    assert server.found(target) == [Obstacle("target-port-closed", expected)]


def test_silence_and_no_route_are_told_for_each_address(client: HostTree) -> None:
    client.remove(KEY)
    server = Server(client)
    server.refusing = {
        "192.0.2.1": socket.timeout("timed out"),
        "2001:db8::1": OSError(errno.ENETUNREACH, "Network is unreachable"),
    }
    expected = "No connection to port 22 of dump1: 192.0.2.1: timed out; 2001:db8::1: Network is unreachable."
    assert server.found(SSH) == [Obstacle("target-unreachable", expected)]


def test_one_address_that_answers_is_enough(client: HostTree) -> None:
    client.remove(KEY)
    server = Server(client)
    server.refusing = {"192.0.2.1": OSError()}
    assert server.found(SSH) == []
    assert server.connected == [("192.0.2.1", 22), ("2001:db8::1", 22)]


@pytest.mark.parametrize(
    ("late", "target", "code", "part"),
    [
        ("getent", SSH, "target-name-unresolved", "'getent' had not ended after 20 seconds"),
        ("mkdir", SSH, "target-unreachable", "kdump@dump1 did not answer: 'mkdir' had not ended"),
        ("unshare", NFS, "target-unreachable", "dump1:/export: 'unshare' had not ended"),
        ("sh", MOUNTED_NFS, "target-unreachable", "dump1:/export: 'sh' had not ended"),
    ],
)
def test_a_server_that_hangs_is_told(client: HostTree, late: str, target: Target, code: str, part: str) -> None:
    server = Server(client)
    server.late = [late]
    (finding,) = server.found(target)
    assert finding.code == code
    assert part in finding.message


def test_four_addresses_are_tried_for_five_seconds_each(client: HostTree) -> None:
    client.remove(KEY)
    addresses = ["198.51.100.{0}".format(number) for number in range(1, 7)]
    server = Server(client, getent=(0, "".join(address + " STREAM\n" for address in addresses), ""))
    tried: List[Tuple[str, float]] = []

    def connecting(address: str, _port: int, limit: float) -> None:
        tried.append((address, limit))
        raise socket.timeout("timed out")

    host = Host(str(client.root), server.run)
    (finding,) = Probe(host, SSH, SSH.path, whole(host, 0), "read", connecting).findings()
    assert finding.code == "target-unreachable"
    assert tried == [(address, 5.0) for address in addresses[:4]]


@pytest.mark.parametrize(
    ("settings", "spent", "limit"),
    [({}, 0, 20.0), ({}, 50, 10.0), ({}, 61, 1.0), ({"share": 2}, 25, 5.0), ({"share": 2}, 9, 20.0)],
)
def test_how_long_a_command_may_take(
    client: HostTree, monkeypatch: pytest.MonkeyPatch, settings: Dict[str, Any], spent: int, limit: float
) -> None:
    """A server has a minute for all questions, half a minute where two are asked."""
    times = [float(spent)] * 9 + [0.0]
    monkeypatch.setattr(dump_target_probe, "time", SimpleNamespace(monotonic=times.pop))
    server = Server(client)
    host = Host(str(client.root), server.run)
    Probe(host, NFS, NFS.path, whole(host, 0), "write", server.connect, **settings).findings()
    assert server.limits == [limit, limit]


def test_all_steps_share_one_limit(client: HostTree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dump_target_probe, "TOTAL_LIMIT", 0.0)
    server = Server(client)
    server.found(SSH)
    assert set(server.limits) == {1.0}


@pytest.mark.parametrize(
    ("answer", "connected"),
    [
        ((0, "hostname dump1.example\nport 2222\n", ""), [("192.0.2.1", 2222)]),
        ((0, "hostname dump1\nport 22\nproxycommand nc %h %p\n", ""), []),
        ((0, "hostname dump1\nport 22\nproxyjump gate\n", ""), []),
        ((0, "port x\n", ""), [("192.0.2.1", 22)]),
        ((255, "", "unknown option -- G"), [("192.0.2.1", 22)]),
    ],
)
def test_what_ssh_config_says_counts(client: HostTree, answer: Answer, connected: List[Tuple[str, int]]) -> None:
    server = Server(client)
    server.answers["-G"] = answer
    assert server.found(SSH) == []
    assert server.connected == [], "ssh connects, and says why it cannot"
    client.remove(KEY)
    assert server.found(SSH) == []
    assert server.connected == connected


@pytest.mark.parametrize("missing", ["/usr/bin/ssh", KEY])
def test_without_ssh_or_key_only_the_way_is_tried(client: HostTree, missing: str) -> None:
    client.remove(missing)
    server = Server(client)
    assert server.found(SSH) == []
    assert server.connected == [("192.0.2.1", 22)]
    assert "mkdir" not in server.ran


def test_room_that_cannot_be_read_is_not_judged(client: HostTree) -> None:
    assert Server(client, df=(0, "Avail\n-\n", "")).found(SSH, needed=1) == []


@pytest.mark.parametrize("said", ["Avail\n{0}\n", "Welcome\nAvail\n{0}\n"])
def test_room_is_told_in_kibibytes_in_the_last_line(client: HostTree, said: str) -> None:
    for free, codes in ((204800, []), (204799, ["target-space-low"])):
        server = Server(client, df=(0, said.format(free), ""))
        assert [finding.code for finding in server.found(SSH, needed=200 * MIB)] == codes


def test_a_command_on_an_export_is_told_in_words(client: HostTree) -> None:
    """Not by the script that it is."""
    server = Server(client)

    def stopped(argv: List[str], timeout: float) -> CommandResult:
        if argv[0] != "sh":
            return server.run(argv, timeout)
        raise CommandError("'{0}' had not ended after 20 seconds and was stopped.".format(" ".join(argv)))

    host = Host(str(client.root), stopped)
    probe = Probe(host, MOUNTED_NFS, "/var/crash", whole(host, 0), "write", server.connect)
    expected = "dump1:/export: writing a file on it had not ended after 20 seconds and was stopped."
    assert probe.findings() == [Obstacle("target-unreachable", expected)]


@pytest.fixture
def export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory in the place of an export."""
    for name in ("export/var/crash", "bin", "mounted"):
        (tmp_path / name).mkdir(parents=True)
    export_stub.programs(tmp_path / "bin", tmp_path / "export")
    monkeypatch.setenv("PATH", "{0}:{1}".format(tmp_path / "bin", os.environ["PATH"]))
    monkeypatch.setattr(dump_target_probe, "MOUNT_POINT", str(tmp_path / "mounted"))
    return tmp_path / "export"


def on_export(client: HostTree, path: str, needed: int = 0) -> List[Obstacle]:
    """What is found when the commands on the export are run."""
    server = Server(client)

    def run(argv: List[str], timeout: float) -> CommandResult:
        if argv[0] not in ("unshare", "sh"):
            return server.run(argv, timeout)
        done = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
        stdout, stderr = done.communicate(timeout=60)
        return CommandResult(argv, done.returncode, stdout, stderr)

    host = Host(str(client.root), run)
    return Probe(host, NFS, path, whole(host, needed), "write", server.connect).findings()


def test_an_export_is_written_and_left_as_it_was(client: HostTree, export: Path) -> None:
    assert on_export(client, "/var/crash") == []
    assert list((export / "var/crash").iterdir()) == []
    (finding,) = on_export(client, "/var/crash", needed=1 << 62)
    assert finding.code == "target-space-low"
    assert str(export.parent) not in Path("/proc/self/mounts").read_text()


def test_a_path_that_is_not_on_the_export(client: HostTree, export: Path) -> None:
    assert on_export(client, "/other") == [Obstacle("target-missing", "/other does not exist on dump1:/export.")]
    (export / "file").touch()
    (finding,) = on_export(client, "/file")
    assert finding.code == "target-path-not-writable"
    assert finding.message.startswith("root of this host cannot write to /file of dump1:/export: mktemp: ")


def test_an_export_that_is_not_mounted_is_told_from_one_that_is_not_written(client: HostTree, export: Path) -> None:
    export.rename(export.with_name("gone"))
    (finding,) = on_export(client, "/var/crash")
    assert finding.message.startswith("dump1:/export cannot be mounted: mount: ")


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_what_is_stopped_leaves_nothing_mounted(export: Path, sent: signal.Signals) -> None:
    here = export.with_name("mounted")
    argv = ["unshare", "--mount", "sh", "-c", dump_target_probe.MOUNTED, "sh", str(here), "soft", "d:/e", str(here)]
    export_stub.stop(argv, sent, export.with_name("bin"), export, here)


@pytest.mark.parametrize(
    ("target", "name"),
    [
        (SSH, "dump1"),
        (SSH._replace(location="kdump@2001:db8::1"), "2001:db8::1"),
        (NFS, "dump1"),
        (NFS._replace(location="[fe80::1%eth0]:/export"), "fe80::1%eth0"),
    ],
)
def test_the_server_of_a_location(target: Target, name: str) -> None:
    assert server_of(target) == name


def test_connections_are_real() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        port = listener.getsockname()[1]
        connect("127.0.0.1", port, 5.0)
    with pytest.raises(ConnectionRefusedError):
        connect("127.0.0.1", port, 5.0)


def noted(monkeypatch: pytest.MonkeyPatch) -> List[Probe]:
    """The probes that are made; none of them is run."""
    made: List[Probe] = []

    def findings(self: Probe) -> List[Obstacle]:
        made.append(self)
        return []

    monkeypatch.setattr(Probe, "findings", findings)
    return made


def test_a_host_with_its_own_target_pays_nothing(tree: HostTree) -> None:
    assert report(tree.host(), Policy(), probe="write")["findings"] == []
    assert gather(tree.host(), Policy()).servers == ()


@pytest.mark.parametrize("probe", [None, "read", "write"])
def test_the_server_is_asked_when_asked_for(
    client: HostTree, monkeypatch: pytest.MonkeyPatch, probe: Optional[str]
) -> None:
    made = noted(monkeypatch)
    client.append(CONFIGURATION, "SSH=kdump@dump1\n")
    report(client.host(), Policy(), probe=probe)
    assert [(one.how, one.path) for one in made] == ([(probe, "/var/crash")] if probe else [])


def test_the_server_in_use_and_the_one_of_the_policy_are_both_asked(client: HostTree) -> None:
    """That dumps get through now is one question, that they will is another."""
    client.append(CONFIGURATION, "SSH=kdump@dump1\n")
    server = Server(client)
    client.runner = server.run
    away = {"type": "ssh", "location": "kdump@dump2"}

    def asked(**answers: Answer) -> Dict[str, Any]:
        server.answers["-G"] = (0, "hostname x\nport 22\nproxyjump gate\n", "")
        server.answers.update(answers)
        return report(client.host(), Policy.of({"target": away}), probe="read")

    def errors(answer: Dict[str, Any]) -> List[Tuple[str, str, List[str], str]]:
        names = ("code", "message", "blocks", "mended_by")
        found = [finding for finding in answer["findings"] if finding["severity"] == "error"]
        return [tuple(finding[name] for name in names) for finding in found]

    assert errors(asked()) == []
    assert server.limits[-1] <= dump_target_probe.TOTAL_LIMIT / 2
    # Both refuse the key: the one keeps dumps from being saved now, the other the rollout from going there.
    denied = "{0} does not accept the key {1}: kdump@dump1: Permission denied (publickey)."
    answer = asked(mkdir=(255, "", DENIED))
    assert errors(answer) == [
        (
            "target-in-use-fails",
            "Dumps go to kdump@dump1 until the rollout: " + denied.format("kdump@dump1", KEY),
            ["now", "next_boot"],
            "rollout",
        ),
        ("target-key-refused", denied.format("kdump@dump2", KEY), [], "rollout"),
    ]
    assert (answer["ready_now"], answer["needs_rollout"]) == (False, True)


@pytest.mark.parametrize("cause", ["target-name-unresolved", "target-unreachable"])
def test_a_server_that_dumps_go_to_in_two_ways_is_one_finding(client: HostTree, cause: str) -> None:
    """It keeps them from being saved now, and from then on: it blocks both, and stops the rollout."""
    client.append(CONFIGURATION, "SSH=kdump@dump1\n")
    server = Server(client)
    client.runner = server.run
    if cause == "target-name-unresolved":
        server.answers["getent"] = (2, "", "")
    else:
        server.late = ["mkdir", "unshare"]
        client.program("/sbin/mount.nfs")

    def errors(target: Dict[str, str]) -> List[Tuple[str, List[str], str]]:
        answer = report(client.host(), Policy.of({"target": target}), probe="write")
        found = [finding for finding in answer["findings"] if finding["severity"] == "error"]
        assert target["location"] in found[-1]["message"]
        return [(finding["code"], finding["blocks"], finding["mended_by"]) for finding in found]

    with mock.patch.object(dump_target_probe.Probe, "_reach", lambda probe, name, port: probe._addresses(name)):
        assert errors({"type": "nfs", "location": "dump1:/export"}) == [(cause, ["now", "next_boot"], "administrator")]
        in_use = ("target-in-use-fails", ["now", "next_boot"], "rollout")
        assert errors({"type": "nfs", "location": "dump2:/export"}) == [in_use, (cause, [], "administrator")]


def test_kdump_tools_mounts_an_export_at_the_path(client: HostTree, monkeypatch: pytest.MonkeyPatch) -> None:
    made = noted(monkeypatch)
    client.append(CONFIGURATION, "NFS=dump1:/export\n")
    report(client.host(), Policy(), probe="read")
    assert [one.path for one in made] == ["/"]
    assert os.path.isabs(made[0].target.path)
