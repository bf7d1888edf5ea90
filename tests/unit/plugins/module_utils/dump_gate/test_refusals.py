# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a refusal says: which path, and what was wrong with it, to the host and in the journal."""

import ast
import fcntl
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Iterator, List, Tuple

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.dump_gate import grammar, main
from ansible_collections.kdump.fleet.plugins.module_utils.dump_gate.refusal import RefusedError
from tests.unit.plugins.module_utils.dump_gate.server import HELLO, Server, packet

SFTP = "internal-sftp"
LONG = "x" * 129
# MINE is the host's directory on the server.
TOLD: List[Tuple[str, bytes, str]] = [
    # the grammar
    ("", b"", "interactive login is not allowed with this key, which may only send crash dumps"),
    ("id", b"", "'id' is not a command that a capture of a crash dump needs"),
    ("mkdir -p /var/crash/" + "x/" * 600, b"", "characters long, of 1024 at most"),
    ("mkdir -p /etc/x", b"", "'/etc/x' is outside of /var/crash and MINE"),
    ("mkdir -p /var/crash/.ssh", b"", "the name '.ssh' in '/var/crash/.ssh' is not allowed: names of dumps consist"),
    ("mkdir -p /var/crash/" + LONG, b"", "' is 129 characters long, of 128 at most"),
    ("mkdir -p /var/crash/a/b/c/d/e", b"", "'/var/crash/a/b/c/d/e' is 5 levels below the host's directory, of 4"),
    # directories
    ("mkdir -p /var/crash/done/vmcore/x", b"", "MINE/done/vmcore is not a directory that can be used: Not a directory"),
    ("mkdir -p /var/crash/x/tmp.BBBBBBBBBB", b"", "mkdir: MINE/x/tmp.BBBBBBBBBB has a name that only mktemp gives"),
    ("mktemp -dqp /var/crash/absent", b"", "MINE/absent is not a directory that can be used: No such file"),
    ("df -P /var/crash/absent", b"", "MINE/absent is not a directory that can be used: No such file or directory"),
    ("rmdir /var/crash/done", b"", "rmdir: MINE/done was not made by mktemp, and only such directories can be removed"),
    ("rmdir /var/crash/tmp.BBBBBBBBBB", b"", "MINE/tmp.BBBBBBBBBB cannot be removed: No such file or directory"),
    # files
    ("cat > /var/crash/done/x", b"", "MINE/done/x must have 'incomplete' in its name while it is received"),
    ("dd of=/var/crash/done/vmcore-incomplete", b"", "MINE/done/vmcore-incomplete exists already, and nothing is"),
    ("dd of=/var/crash", b"", "MINE must have 'incomplete' in its name while it is received"),
    ("mv /var/crash/done/a-incomplete /var/crash/b", b"", "in the same directory: MINE/done/a-incomplete -> MINE/b"),
    ("mv /var/crash/done/vmcore /var/crash/done/y", b"", "destination not: MINE/done/vmcore -> MINE/done/y"),
    ("mv /var/crash/a-incomplete /var/crash/tmp.BBBBBBBBBB", b"", "directories: MINE/a-incomplete -> MINE/tmp.BBBB"),
    ("mv /var/crash/no-incomplete /var/crash/y", b"", "MINE/no-incomplete cannot be opened: No such file or directory"),
    ("mv /var/crash/done/vmcore-incomplete /var/crash/done/vmcore", b"", "mv: MINE/done/vmcore exists already"),
    ("mv /var/crash/folder-incomplete /var/crash/y", b"", "mv: MINE/folder-incomplete is not a regular file"),
    # scp
    ("scp -t /var/crash/done", b"D0755 0 x\n", "MINE/done: scp sent 'D0755 0 x', and may send files only"),
    ("scp -t /var/crash/done", b"C0644 4 .x\n", "the name '.x' in 'MINE/done' is not allowed"),
    ("scp -t /var/crash/done", b"C0644 4 vmcore\n", "MINE/done/vmcore exists already"),
    ("scp -t /var/crash/done", b"C0644 4 new\nab", "MINE/done/new-incomplete: the connection ended after 2 of 4 bytes"),
    ("scp -t /var/crash/done", b"C0644 2 new\nab\1", "MINE/done/new: scp could not read all of the file on the host"),
    ("scp -t /var/crash/done", b"x" * 600, "MINE/done: scp sent a line longer than 512 bytes"),
    ("scp -t /var/crash", b"C0644 1 " + b"x" * 120 + b"\n", "-incomplete' in 'MINE/xxx"),
    # sftp
    (SFTP, HELLO + packet(13, 1, "/etc/passwd"), "sftp request 13 about '/etc/passwd': only sending new files is"),
    (SFTP, HELLO + packet(99, 1), "sftp request 99 about nothing: only sending new files is allowed"),
    (
        SFTP,
        HELLO + packet(3, 1, "/var/crash/done/x", 1, 0),
        "'/var/crash/done/x': files may be opened for writing a new",
    ),
    (SFTP, HELLO + packet(3, 1, "/etc/x", 0x1A, 0), "'/etc/x' is outside of /var/crash"),
    (
        SFTP,
        HELLO + packet(3, 1, "/var/crash/a", 0x1A, 0) + packet(3, 2, "/var/crash/b", 0x1A, 0),
        "'/var/crash/b': MINE/a-incomplete is open, and only one file may be",
    ),
    (
        SFTP,
        HELLO + packet(3, 1, "/var/crash/a", 0x1A, 0) + packet(6, 2, "0", b"\0" * 7 + b"\5", "x"),
        "MINE/a-incomplete: sftp writes at byte 5 instead of 0",
    ),
    (SFTP, HELLO + packet(3, 1, "/var/crash/a", 0x1A, 0), "MINE/a-incomplete: the connection ended before the file"),
    (SFTP, HELLO + packet(4, 1, "7"), "sftp named the file handle \"b'7'\", and no file is open under it"),
    (SFTP, HELLO + packet(3, 1, 99), "sftp sent a malformed packet of type 3"),
    (SFTP, b"\xff\xff\xff\xff\x01", "sftp sent a packet of 4294967295 bytes, of 307200 at most"),
]
# Refusals that are about no path: who asks, how much, and how the protocol goes on.
NO_PATH = {
    "interactive login is not allowed with this key, which may only send crash dumps",
}


def test_the_longest_command() -> None:
    """One character more is refused, and so long a command is not repeated in full."""
    path = "/var/crash/".ljust(1018, "x")
    assert grammar.parse("cat > " + path) == grammar.Request("receive", [path])
    reason = "the command 'cat > /var/crash/{0}[.]{{3}}' is 1025 characters long, of 1024 at most".format("x" * 43)
    with pytest.raises(RefusedError, match=reason):
        grammar.parse("cat > " + path + "x")


def test_the_longest_name() -> None:
    assert grammar.name("x" * 128) == "x" * 128
    with pytest.raises(RefusedError, match="is 129 characters long, of 128 at most"):
        grammar.name("x" * 129)


def test_how_much_of_a_text_is_repeated() -> None:
    assert grammar.quoted("x" * 300) == repr("x" * 300)
    assert grammar.quoted("x" * 301) == repr("x" * 300 + "...")
    with pytest.raises(RefusedError, match="'{0}[.]{{3}}' is not a command".format("x" * 160)):
        grammar.parse("x" * 161)


def test_of_two_names_of_a_directory_the_longer_one_counts() -> None:
    for homes in (["/var/crash", "/var/crash/web1"], ["/var/crash/web1", "/var/crash"]):
        assert grammar.parts("/var/crash/web1/x", homes) == ("x",)
        assert grammar.parts("/var/crash/web2/x", homes) == ("web2", "x")


def refusals() -> Iterator[Tuple[str, ast.expr]]:
    """Every place of the gate that refuses something."""
    for path in sorted(Path(main.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = node.exc if isinstance(node, ast.Raise) else None
            if isinstance(called, ast.Call) and getattr(called.func, "id", "") == "RefusedError":
                yield "{0}:{1}".format(path.name, called.lineno), called.args[0]


def test_every_refusal_says_about_what() -> None:
    """None is a fixed text: each has a path, a name, a command or a packet in it."""
    found = list(refusals())
    assert len(found) >= 40
    fixed = {
        place: text for place, text in found if isinstance(text, ast.Str if sys.version_info < (3, 8) else ast.Constant)
    }
    texts = {ast.literal_eval(text) for text in fixed.values()}
    assert texts == NO_PATH, fixed


@pytest.mark.parametrize("command, data, reason", TOLD, ids=lambda value: ascii(value)[:60])
def test_a_refusal_names_the_path_and_what_is_wrong(
    server: Server, command: str, data: bytes, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """To the host and in the journal."""
    (server.mine / "folder-incomplete").mkdir()
    answer = server.run(command, data)
    reason = reason.replace("MINE", str(server.mine))
    assert answer.status == 1
    assert reason in capsys.readouterr().err or reason.encode() in answer.output  # in SFTP each request is answered
    assert any(" REFUSED " in line and reason in line for line in server.said().splitlines())


def test_a_limit_of_entries_or_inodes_names_the_path(
    server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the host may have, and what the file system has left for everybody else."""
    system = {"f_blocks": 9, "f_bavail": 9, "f_frsize": 4096, "f_files": 10000, "f_favail": 1001}
    monkeypatch.setattr("os.fstatvfs", lambda file: SimpleNamespace(**system))
    assert server.run("mkdir -p /var/crash/a").status == 0
    system["f_favail"] = 1000
    assert server.run("mkdir -p /var/crash/b").status == 1
    assert server.run("cat > /var/crash/a/x-incomplete").status == 1
    home = str(server.mine)
    reason = "{0}/b cannot be made: the file system has 1000 free inodes, and 1000 must stay free".format(home)
    said = capsys.readouterr().err
    assert reason in said and "{0}/a/x-incomplete cannot be made: the file".format(home) in said
    system["f_files"] = system["f_favail"] = 0  # btrfs does not count them
    assert server.run("mkdir -p /var/crash/b").status == 0
    server.set(entries=2)
    assert server.run("mkdir -p /var/crash/c").status == 1
    reason = "{0}/c cannot be made: the host has 2 files and directories in {0}, which is all it may have".format(home)
    assert reason in capsys.readouterr().err


@pytest.mark.parametrize("command", ["cat > /var/crash/done/x-incomplete", "scp -t /var/crash/done/x-incomplete"])
def test_a_file_that_is_renamed_before_it_is_locked_stays_as_it_is(
    server: Server, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """Another session of the host is faster than the lock: nothing is written to what has its final name by then."""
    real, renames = fcntl.flock, ["mv /var/crash/done/x-incomplete /var/crash/done/x"]

    def late(file: int, how: int) -> None:
        if (server.mine / "done/x-incomplete").exists() and renames:
            assert server.run(renames.pop()).status == 0
        real(file, how)

    monkeypatch.setattr("fcntl.flock", late)
    data = b"evil" if command.startswith("cat") else b"C0644 4 x\nevil\0"
    assert server.run(command, data).status == 1
    assert renames == []
    assert (server.mine / "done/x").read_bytes() == b""
    assert not (server.mine / "done/x-incomplete").exists()
    reason = "{0}/done/x-incomplete was renamed by another session before anything was received".format(server.mine)
    assert reason in server.said()
    assert "received 4 bytes" not in server.said()


def test_another_file_under_the_name_is_not_taken_for_it(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Renamed, and the name used again at once."""
    real, path = fcntl.flock, server.mine / "done/x-incomplete"

    def late(file: int, how: int) -> None:
        if path.exists() and not (server.mine / "done/x").exists():
            path.rename(server.mine / "done/x")
            path.write_bytes(b"of another")
        real(file, how)

    monkeypatch.setattr("fcntl.flock", late)
    assert server.run("cat > /var/crash/done/x-incomplete", b"evil").status == 1
    assert ((server.mine / "done/x").read_bytes(), path.read_bytes()) == (b"", b"of another")
