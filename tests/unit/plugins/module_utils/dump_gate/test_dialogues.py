# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tools really send goes through unchanged, and what becomes of it on the server."""

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Dict, List, Optional, Tuple

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.dump_gate import main, sessions, sftp, upload
from ansible_collections.kdump.fleet.plugins.module_utils.dump_gate.scp import Streams
from ansible_collections.kdump.fleet.plugins.module_utils.target import probe
from tests.unit.plugins.module_utils.dump_gate.server import HELLO, Server, packet

FIXTURES = Path(__file__).parents[3] / "fixtures" / "dump_gate"
CORE = b"KDUMP   " * 400000
STAMP = "192.0.2.7-2026-11-22-18:48:37"
SFTP = "/usr/lib/openssh/sftp-server"
SCP = "scp -t /var/crash/{0}".format(STAMP)
LOG = b"dmesg text\n"


def stream(command: str, number: int) -> bytes:
    """What a tool sends with a command."""
    if command == SFTP:
        return opalcore() if number == 0 else (FIXTURES / "sftp-folder.bin").read_bytes()
    return (FIXTURES / "scp-folder.bin").read_bytes() if command.startswith("scp") else CORE


def opalcore() -> bytes:
    """A recorded upload under another name of the same length as packets."""
    path = "/var/crash/{0}/opalcore-incomplete".format(STAMP)
    opened = packet(3, 2, path, 0x1A, 4, 0o644) + packet(6, 4, "0", b"\0" * 8, LOG.decode())
    return HELLO + packet(17, 1, path) + opened + packet(4, 5, "0")


DIALOGUES: Dict[str, Dict[str, bytes]] = {
    "kdump-utils": {
        "vmcore-dmesg.txt": CORE,
        "vmcore.flat": CORE,
        "opalcore": LOG,
        "kexec-dmesg.log": LOG,
    },
    "el7": {"vmcore-dmesg.txt": CORE, "vmcore": CORE, "kexec-dmesg.log": LOG},
}


@pytest.mark.parametrize("tool", sorted(DIALOGUES))
def test_a_whole_dump(server: Server, tool: str) -> None:
    """Every command of a dump is carried out; the files have their final names, and nobody else can read them."""
    temporary, transfers = "", 0
    for line in (FIXTURES / (tool + ".txt")).read_text().splitlines():
        answer = server.run(line.replace("/var/crash/TEMPORARY", temporary), stream(line, transfers))
        assert answer.status == 0, line
        transfers += line == SFTP
        if line.startswith("mktemp"):
            temporary = answer.output.decode().rstrip("\n")
    landed = server.mine / STAMP
    assert {path.name: path.read_bytes() for path in landed.iterdir()} == DIALOGUES[tool]
    assert {stat.S_IMODE(path.stat().st_mode) for path in landed.iterdir()} == {0o600}
    assert stat.S_IMODE(landed.stat().st_mode) == 0o700
    assert not Path(temporary).name or not (server.mine / Path(temporary).name).exists()
    assert "REFUSED" not in server.said()


def test_a_dump_of_kdump_tools(server: Server) -> None:
    """Its dmesg comes by scp under its final name."""
    mkdir, sftp, dd, mv = (FIXTURES / "kdump-tools.txt").read_text().splitlines()
    assert server.run(mkdir).status == 0
    assert server.run(sftp, (FIXTURES / "sftp-file.bin").read_bytes()).status == 0
    assert server.run(dd, CORE).status == 0
    assert server.run(mv).status == 0
    landed = server.mine / "web1-202611221848"
    files = {path.name: path.read_bytes() for path in landed.iterdir()}
    assert files == {"dmesg.202611221848": LOG, "dump.202611221848": CORE}
    journal = server.said()
    assert "web1 received {0} bytes into web1-202611221848/dump-incomplete".format(len(CORE)) in journal
    assert "web1 finished web1-202611221848/dump.202611221848: {0} bytes".format(len(CORE)) in journal


@pytest.mark.parametrize("answer", ["exit", "true"])
def test_a_key_that_is_accepted(server: Server, answer: str) -> None:
    """ssh-copy-id sends exit to find out; so kdumpctl propagate finds the key in place."""
    before = server.snapshot()
    assert server.run(answer) == (0, b"")
    assert server.snapshot() == before


MIB = 1024 * 1024
LIMITS: List[Tuple[Dict[str, int], Optional[int]]] = [
    ({}, None),  # the file system's own
    ({"quota": 100 * MIB}, 100 * MIB - 15),
    ({"quota": 10}, 0),
    ({"floor": 1 << 60}, 0),
    ({"quota_percent": 25}, 200 * MIB - 15),
    ({"quota_percent": 25, "quota": 300 * MIB}, 200 * MIB - 15),
    ({"quota_percent": 50, "quota": 300 * MIB}, 300 * MIB - 15),
    ({"quota_percent": 50, "floor": 300 * MIB}, 200 * MIB),
    ({"quota_percent": 200}, 500 * MIB),
]


@pytest.fixture(name="disk")
def a_file_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 800 MiB, with 500 MiB free for those who are not root."""
    blocks = {
        "f_blocks": 800 * 256,
        "f_bavail": 500 * 256,
        "f_bfree": 540 * 256,
        "f_frsize": 4096,
        "f_files": 0,
        "f_favail": 0,
    }
    monkeypatch.setattr("os.fstatvfs", lambda file: SimpleNamespace(**blocks))


@pytest.mark.usefixtures("disk")
@pytest.mark.parametrize("limits, left", LIMITS)
def test_df_tells_what_the_host_may_take(server: Server, limits: Dict[str, int], left: Optional[int]) -> None:
    """mkdumprd reads the last line, before --output its fourth column."""
    server.set(**limits)
    avail = server.run("df --output=avail /var/crash")
    header, value = avail.output.decode().splitlines()
    assert header.strip() == "Avail" and len(header) == len(value)
    portable = server.run("df -P /var/crash").output.decode().splitlines()[-1].split()
    left = 500 * MIB if left is None else left
    assert (int(value), int(portable[3])) == (left // 1024, left // 1024)


def test_the_gate_says_whose_key_it_is(server: Server) -> None:
    """To a host that wants to know: with the room, in df's words, where no file system's path can stand."""
    server.set(quota=1 << 20)
    answer = server.run("df --output=avail,target /var/crash").output.decode()
    assert answer.splitlines() == ["Avail Mounted on", " 1023 kdump-gate:web1"]
    assert probe.WHOSE == main.WHOSE == "kdump-gate:"
    assert server.run("df --output=avail,target /etc").status == 1


FULL = [
    (
        {"quota": 2000000, "quota_percent": 90},
        2000000,
        "the host's quota is reached: 1048591 bytes are in HOME, of 2000000 at most. "
        "Remove dumps, or raise dump_server_quota_bytes",
    ),
    (
        {"quota_percent": 1, "quota": 1 << 60},
        8 * MIB,
        "the host's quota is reached: 7340047 bytes are in HOME, of 8388608 at most (1 % of the file system). "
        "Remove dumps, or raise dump_server_quota_percent",
    ),
    (
        {"floor": 1 << 60, "quota": 1 << 60},
        0,
        "the free space that the server keeps is reached: 524288000 bytes are free on the file system of HOME, and {0} "
        "must stay free. Remove dumps, or lower dump_server_floor_bytes".format(1 << 60),
    ),
]


@pytest.mark.usefixtures("disk")
@pytest.mark.parametrize("limits, most, reason", FULL)
def test_a_limit_ends_an_upload(
    server: Server, limits: Dict[str, int], most: int, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What came until then stays, incomplete; the host and the journal are told."""
    server.set(**limits)
    assert server.run("mkdir -p /var/crash/d").status == 0
    assert server.run("dd of=/var/crash/d/vmcore-incomplete", CORE * 3).status == 1
    size = (server.mine / "d/vmcore-incomplete").stat().st_size
    assert size <= most
    reason = "{0}/d/vmcore-incomplete cannot be received: {1}".format(
        server.mine, reason.replace("HOME", str(server.mine))
    )
    assert "kdump-gate: refused: " + reason in capsys.readouterr().err
    assert reason in server.said()
    assert "web1 INCOMPLETE d/vmcore-incomplete: {0} bytes received".format(size) in server.said()


def test_limits_are_read_anew(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two uploads at once do not add up to more than the quota."""
    monkeypatch.setattr(upload, "RECOUNT", 1024 * 1024)
    server.set(quota=8 * 1024 * 1024)
    (server.mine / "d").mkdir()
    reads = []
    synced: List[int] = []
    monkeypatch.setattr("os.fdatasync", lambda file: synced.append(os.fstat(file).st_size))

    def read(size: int) -> bytes:
        reads.append(size)
        if len(reads) == 3:
            (server.mine / "d/other-incomplete").write_bytes(b"x" * (6 * 1024 * 1024))
        return b"x" * size if len(reads) < 10 else b""

    streams = Streams(read, lambda data: None)
    assert main.main(["web1", "/var/crash"], "cat > /var/crash/d/a-incomplete", streams, str(server.settings)) == 1
    assert (server.mine / "d/a-incomplete").stat().st_size == 2 * 1024 * 1024
    assert synced == [0, 1024 * 1024, 2 * 1024 * 1024]  # what a server that dies has on its disk


def test_no_more_files_than_allowed(server: Server) -> None:
    """A host cannot use up the inodes either."""
    server.set(entries=5)
    assert server.run("mkdir -p /var/crash/a").status == 0
    assert server.run("mkdir -p /var/crash/a").status == 0
    assert server.run("cat > /var/crash/a/x-incomplete", b"x").status == 0
    for command in ("mkdir -p /var/crash/b", "cat > /var/crash/a/y-incomplete", "mktemp -dqp /var/crash"):
        assert server.run(command).status == 1, command


def test_a_file_that_is_being_received_gets_no_final_name(server: Server) -> None:
    """The name says that it is complete."""
    assert server.run("mkdir -p /var/crash/d").status == 0

    def read(size: int) -> bytes:
        assert server.run("mv /var/crash/d/x-incomplete /var/crash/d/x").status == 1
        return b""

    streams = Streams(read, lambda data: None)
    assert main.main(["web1", "/var/crash"], "dd of=/var/crash/d/x-incomplete", streams, str(server.settings)) == 0
    assert "mv: {0}/d/x-incomplete is still being received".format(server.mine) in server.said()
    assert server.run("mv /var/crash/d/x-incomplete /var/crash/d/x").status == 0


BROKEN = [
    (SFTP, HELLO + packet(3, 1, "/var/crash/done/new", 0x1A, 0) + packet(6, 2, "0", b"\0" * 8, "half"), 4),
    (SFTP, HELLO + packet(3, 1, "/var/crash/done/new", 0x1A, 0) + packet(6, 2, "0", b"\0" * 8, "half")[:-2], 0),
    (SFTP, HELLO + packet(3, 1, "/var/crash/done/new", 0x1A, 0) + packet(6, 2, "0", b"\1" * 8, "seek"), 0),
    (SFTP, HELLO + packet(3, 1, "/var/crash/done/new", 0x1A, 0) + packet(6, 2, "0", b"\0" * 8, 99), 0),
    (SFTP, HELLO + packet(3, 1, "/var/crash/done/new", 0x1A, 0) + packet(3, 2, "/var/crash/done/two", 0x1A, 0), 0),
    ("scp -t /var/crash/done", b"C0644 10 new\nhalf", 4),
    ("scp -t /var/crash/done", b"C0644 4 new\nhalf\1", 4),
]


@pytest.mark.parametrize("command, data, size", BROKEN)
def test_a_connection_that_breaks(server: Server, command: str, data: bytes, size: int) -> None:
    """The partial file keeps its incomplete name, and the journal has the bytes that came."""
    assert server.run(command, data).status == 1
    assert not (server.mine / "done/new").exists()
    assert (server.mine / "done/new-incomplete").stat().st_size == size
    assert "web1 INCOMPLETE done/new-incomplete: {0} bytes received".format(size) in server.said()


def test_a_final_name_that_is_taken_meanwhile(server: Server) -> None:
    """Another session was faster: its file stays, and so does what came here."""
    answers = iter([b"C", b"0", b"6", b"4", b"4", b" ", b"4", b" ", b"n", b"\n", b"half", b"\0"])

    def read(_size: int) -> bytes:
        data = next(answers)
        if data == b"half":
            (server.mine / "done/n").write_bytes(b"first")
        return data

    streams = Streams(read, lambda data: None)
    assert main.main(["web1", "/var/crash"], "scp -t /var/crash/done", streams, str(server.settings)) == 1
    assert (server.mine / "done/n").read_bytes() == b"first"
    assert (server.mine / "done/n-incomplete").read_bytes() == b"half"


def test_times_and_an_empty_line_of_scp(server: Server) -> None:
    """scp -p sends times before each file."""
    data = b"T1763800000 0 1763800000 0\nC0644 4 new\nhalf\0"
    assert server.run("scp -p -t /var/crash/done", data).status == 0
    assert (server.mine / "done/new").read_bytes() == b"half"


def test_sftp_answers_what_scp_asks(server: Server) -> None:
    """Directories are there, files are not shown, modes are taken for read."""
    asked = [packet(17, 1, "/var/crash/done"), packet(7, 2, "/var/crash/done/vmcore"), packet(9, 3, "x", 0)]
    answer = server.run("internal-sftp -f AUTH -l INFO", HELLO + b"".join(asked) + packet(16, 4, "/var/crash"))
    assert answer.status == 0
    expected = packet(2, 3) + packet(105, 1, 4, 0o040700) + packet(101, 2, 2, "no such directory", "")
    assert answer.output == expected + packet(101, 3, 0, "", "") + packet(104, 4, 1, "/var/crash", "/var/crash", 0)


@pytest.mark.parametrize("number", [11, 13, 14, 3])
def test_a_session_of_nothing_but_refusals_ends(server: Server, number: int) -> None:
    """Long before all is answered, with two lines in the journal: it is the journal of other hosts too."""
    request = packet(number, 1, "/var/crash/done/vmcore", 1, 0)
    answer = server.run(SFTP, HELLO + request * 100000)
    assert answer.status == 1
    assert answer.output.count(packet(101, 1, 3)[4:13]) == sftp.MOST_REFUSALS == 100
    first, last = server.said().splitlines()
    assert "web1 REFUSED sftp request {0}: ".format(number) in first
    assert "(100 requests). The session ends here" in last


def test_some_refusals_are_counted(server: Server) -> None:
    """The session goes on, as the protocol wants it; its end says how many there were, and why the first."""
    listing, removing = packet(11, 1, "/var/crash"), packet(13, 2, "/etc/passwd")
    stat_of_a_folder = packet(17, 3, "/var/crash/done")
    answer = server.run(SFTP, HELLO + listing + removing + stat_of_a_folder)
    assert answer.output.endswith(packet(105, 3, 4, 0o040700))
    assert (
        server.said()
        .splitlines()[-1]
        .endswith(": sftp request 11 about '/var/crash': only sending new files is allowed (2 requests)")
    )


def test_a_host_has_so_many_sessions_at_once(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    """One more is refused and changes nothing; another host is not concerned; when one ends there is room again."""
    depths: List[int] = []

    def nested(number: int) -> int:
        def read(_size: int) -> bytes:
            if number < sessions.MOST:
                assert nested(number + 1) == 0
            elif not depths:
                depths.append(number)
                before = server.snapshot()
                assert server.run("mkdir -p /var/crash/more").status == 1
                assert server.snapshot() == before
                assert server.run("mkdir -p /var/crash/more", names=["web2", "/var/crash"]).status == 0
            return b""

        command = "dd of=/var/crash/done/n{0}-incomplete".format(number)
        return main.main(["web1", "/var/crash"], command, Streams(read, lambda data: None), str(server.settings))

    assert nested(1) == 0
    assert depths == [16]
    reason = "16 sessions of web1 are open, which is all that a host may have at the same time. Wait until one ends"
    assert "web1 REFUSED 'mkdir -p /var/crash/more': " + reason in server.said()
    assert reason in capsys.readouterr().err
    assert server.run("mkdir -p /var/crash/more").status == 0
    assert not [path for path in server.area.rglob("*") if path.name.startswith(("web1.", "web2."))]


def test_sessions_that_cannot_be_counted_stop_no_dump(server: Server) -> None:
    """The journal says what is wrong; the longest name of a host has a file for each of its sessions."""
    (server.area / ("h" * 253)).mkdir()
    assert server.run("mkdir -p /var/crash/x", names=["h" * 253, "/var/crash"]).status == 0
    assert server.said() == ""
    for path in server.sessions.iterdir():
        path.unlink()
    server.sessions.rmdir()
    server.sessions.write_bytes(b"")
    assert server.run("cat > /var/crash/done/x-incomplete", b"data").status == 0
    assert "web1 the host's sessions cannot be counted: {0}".format(server.sessions) in server.said()


PROGRAM = "import sys; from {0} import run, sessions; sessions.IDLE = {1}; sys.exit(run(sys.argv.pop(1)))"


def begun(server: Server, idle: int) -> "subprocess.Popen[bytes]":
    """A gate of its own process that has received 1000 bytes, and waits for more."""
    program = PROGRAM.format(main.__name__, idle)
    command = [sys.executable, "-c", program, str(server.settings), "web1", "/var/crash"]
    environment = dict(os.environ, SSH_ORIGINAL_COMMAND="dd of=/var/crash/done/new-incomplete")
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    assert process.stdin is not None
    process.stdin.write(b"x" * 1000)
    process.stdin.flush()
    landed = server.mine / "done/new-incomplete"
    for _try in range(1000):
        if landed.exists() and landed.stat().st_size:
            break
        time.sleep(0.01)
    return process


def ended(process: "subprocess.Popen[bytes]") -> str:
    """What a gate said that has ended by itself."""
    assert process.stdin is not None and process.stderr is not None
    assert process.wait(60) == 1
    said = process.stderr.read().decode()
    process.stdin.close()
    process.stderr.close()
    return said


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_signal(server: Server, number: int) -> None:
    """sshd that goes away, or a server that shuts down."""
    process = begun(server, sessions.IDLE)
    process.send_signal(number)
    assert "refused: ended by signal" in ended(process)
    assert "web1 INCOMPLETE done/new-incomplete: 1000 bytes received" in server.said()


def test_a_session_that_sends_nothing_ends(server: Server) -> None:
    """What came stays, incomplete, and its place is free for another session."""
    assert sessions.IDLE == 3600
    assert "refused: nothing was received for 1 seconds, which ends a session" in ended(begun(server, 1))
    assert "web1 INCOMPLETE done/new-incomplete: 1000 bytes received" in server.said()


def test_the_program(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """As sshd runs it, between two pipes."""
    handlers = {}
    monkeypatch.setattr("signal.signal", lambda number, handler: handlers.update({number: handler}))
    masks: List[int] = []
    monkeypatch.setattr("os.umask", masks.append)  # it would stay for the tests behind this one
    monkeypatch.setattr("sys.argv", ["kdump-gate", "web1", "/var/crash"])
    source, feed = os.pipe()
    result, sink = os.pipe()
    os.write(feed, CORE[:1000])
    os.close(feed)
    monkeypatch.setenv("SSH_ORIGINAL_COMMAND", "cat > /var/crash/done/new-incomplete")
    assert main.run(str(server.settings), source, sink) == 0
    monkeypatch.setenv("SSH_ORIGINAL_COMMAND", "df --output=avail /var/crash")
    assert main.run(str(server.settings), source, sink) == 0
    assert os.read(result, 100).split()[0] == b"Avail"
    for fd in (source, sink, result):
        os.close(fd)
    assert (server.mine / "done/new-incomplete").read_bytes() == CORE[:1000]
    assert set(masks) == {0o077}
    assert signal.alarm(0) == 0  # nothing is left that would end the tests
    for number in (signal.SIGHUP, signal.SIGALRM):
        with pytest.raises(main.LostError):
            handlers[number](1, None)
