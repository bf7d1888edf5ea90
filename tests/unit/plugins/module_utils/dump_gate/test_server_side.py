# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings, the journal, the collector's key, and what happens when the server itself is not in order."""

import os
from pathlib import Path
from typing import Any, Dict, List

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.dump_gate import collector, journal, landing
from ansible_collections.kdump.fleet.plugins.module_utils.dump_gate.refusal import RefusedError
from tests.unit.plugins.module_utils.dump_gate.server import Server

LIMITS = landing.Limits(quota=0, quota_percent=0, floor=0, entries=100)


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"quota": "many"}'])
def test_settings_that_cannot_be_used(server: Server, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Refused, and said."""
    server.settings.write_text(text)
    assert server.run("exit").status == 1
    assert "the server's settings" in capsys.readouterr().err


def test_a_landing_area_that_is_not_there(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    """A file system that is not mounted."""
    server.area.rename(server.directory / "elsewhere")
    assert server.run("mkdir -p /var/crash/x").status == 1
    assert (
        "the landing area {0} cannot be opened: No such file or directory".format(server.area)
        in capsys.readouterr().err
    )


def test_names_that_files_may_not_have(server: Server) -> None:
    """A directory's name for a new file, and a directory in place of a file."""
    (server.mine / "done/folder-incomplete").mkdir()
    for command in (
        "cat > /var/crash/done/folder-incomplete",
        "mv /var/crash/done/folder-incomplete /var/crash/done/x",
        "mv /var/crash/done/vmcore-incomplete /var/crash/done/tmp.BBBBBBBBBB",
        "scp -t /var/crash",
    ):
        assert server.run(command).status == (0 if command.startswith("scp") else 1), command
    space = landing.Landing(str(server.area), "web1", LIMITS)
    with pytest.raises(RefusedError, match="/web1 is a directory, and a file was sent"):
        space.create(())
    space.close()


def test_an_unforeseen_error_is_a_message(
    server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A defect of the gate opens nothing and prints no traceback."""
    monkeypatch.setattr(landing.Landing, "mkdir", lambda *ignored: 1 / 0)
    assert server.run("mkdir -p /var/crash/x").status == 1
    assert "is an error in the gate itself; report it to kdump.fleet" in capsys.readouterr().err


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), OSError()])
def test_an_error_of_the_system(server: Server, monkeypatch: pytest.MonkeyPatch, error: OSError) -> None:
    """A full disk: what came is there, incomplete."""

    def full(fd: int, data: bytes) -> int:
        raise error

    monkeypatch.setattr("ansible_collections.kdump.fleet.plugins.module_utils.dump_gate.upload.os.write", full)
    assert server.run("cat > /var/crash/done/x-incomplete", b"data").status == 1
    assert (server.mine / "done/x-incomplete").stat().st_size == 0


def test_nobody_listens(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken connection is not a reason for a traceback."""

    class Gone:
        def write(self, text: str) -> None:
            raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr("sys.stderr", Gone())
    assert server.run("id").status == 1


def test_the_journal_does_not_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One old file is kept."""
    monkeypatch.setattr(journal, "LARGEST", 200)
    path = tmp_path / "journal"
    for number in range(50):
        journal.Journal(str(path), "web1").say("line {0}".format(number))
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["journal", "journal.1"]
    assert sum(entry.stat().st_size for entry in tmp_path.iterdir()) < 600
    assert path.stat().st_mode & 0o077 == 0


def test_two_sessions_do_not_rotate_the_journal_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that comes second finds a new journal, and leaves it and the old one alone."""
    monkeypatch.setattr(journal, "LARGEST", 200)
    path = tmp_path / "journal"
    path.write_text("of other hosts\n" * 20)
    real, others = os.write, ["rotates", "begins the new one"]

    def write(file: int, data: bytes) -> int:
        written = real(file, data)
        waiting, others[:] = list(others), []
        for text in waiting:  # another session, between this one's line and its look at the size
            journal.Journal(str(path), "web2").say(text)
        return written

    monkeypatch.setattr("os.write", write)
    journal.Journal(str(path), "web1").say("says something")
    assert "web2 begins the new one" in path.read_text()
    old = (tmp_path / "journal.1").read_text()
    assert "of other hosts" in old and "web1 says something" in old and "web2 rotates" in old


def test_a_journal_that_cannot_be_written_stops_no_dump(server: Server) -> None:
    """The dump is worth more."""
    server.journal.mkdir()
    assert server.run("cat > /var/crash/done/x-incomplete", b"data").status == 0


def test_a_long_command_is_cut_in_the_journal(server: Server) -> None:
    """One line a request."""
    server.run("x" * 5000)
    assert len(server.said()) < 500


def test_what_is_counted(server: Server) -> None:
    """Files by their size, links as entries; what cannot be opened is passed over."""
    server.plant_links()
    space = landing.Landing(str(server.area), "web1", LIMITS)
    try:
        assert space.usage() == (15, 11)
        deep = server.mine
        for _level in range(20):
            deep = deep / "d"
            deep.mkdir()
        (deep / "file").write_bytes(b"not counted")
        assert space.usage() == (15, 11 + 17)
    finally:
        space.close()


def test_what_goes_away_while_it_is_counted(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Retention and collectors work at the same time."""
    space = landing.Landing(str(server.area), "web1", LIMITS)
    real = os.stat

    def gone(path: Any, *arguments: Any, **options: Any) -> os.stat_result:
        if path == "vmcore":
            raise FileNotFoundError(2, "gone")
        return real(path, *arguments, **options)

    monkeypatch.setattr("os.stat", gone)
    try:
        assert space.usage() == (4, 3)
    finally:
        space.close()


READS = [
    ("rsync --server --sender -logDtpre.iLsfxCIvu . AREA/", ["./"], ""),
    ("rsync --server --sender -vlogDtprcze.iLsfxCIvu . AREA/web1/", ["./"], "web1"),
    ("rsync --server --sender -logDtpre.LsfxCIvu --partial --numeric-ids . AREA/web1/done", ["done"], "web1"),
    ("rsync --server --sender -logDtpre.LsfxCIvu --bwlimit=10m . AREA/web1/done/vmcore", ["vmcore"], "web1/done"),
    ("rsync --server --sender -logDtpr . AREA", ["./"], ""),
]


@pytest.mark.parametrize("command, last, folder", READS)
def test_the_collector_reads(
    server: Server, monkeypatch: pytest.MonkeyPatch, command: str, last: List[str], folder: str
) -> None:
    """It becomes rsync in the directory that was asked for, with a path that has no way out of it."""
    became: Dict[str, Any] = {}

    def execvp(program: str, words: List[str]) -> None:
        became.update(program=program, words=words, cwd=os.getcwd())
        raise SystemExit(0)

    monkeypatch.setattr("os.execvp", execvp)
    monkeypatch.chdir(server.directory)
    with pytest.raises(SystemExit):
        server.run(command.replace("AREA", str(server.area)), names=["--collect"])
    assert became["program"] == "rsync"
    assert became["words"][:3] == ["rsync", "--server", "--sender"]
    assert became["words"][-2:] == [".", *last]
    assert became["cwd"] == str(server.area / folder).rstrip("/")
    assert "collector reads 'rsync" in server.said()


def test_what_the_collector_hands_to_rsync() -> None:
    options = "-logDtpre.LsfxCIvu --partial --bwlimit=10m"
    command = "rsync --server --sender {0} . /srv/web1/done".format(options)
    assert collector.parse(command, "/srv") == (options.split(), ("web1", "done"), False)
    assert collector.parse(command + "/", "/srv") == (options.split(), ("web1", "done"), True)


def test_the_longest_command_of_the_collector() -> None:
    command = "rsync --server --sender -{0} . /srv"
    flags = "v" * (1024 - len(command.format("")))
    assert collector.parse(command.format(flags), "/srv") == (["-" + flags], (), False)
    with pytest.raises(RefusedError, match="is not allowed: the collector's key reads files below /srv with rsync"):
        collector.parse(command.format(flags + "v"), "/srv")


@pytest.mark.parametrize("path", ["web1/out/", "web1/out/passwd", "web1/absent/"])
def test_the_collector_is_told_what_it_cannot_read(
    server: Server, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    server.plant_links()
    command = "rsync --server --sender -r . {0}/{1}".format(server.area, path)
    assert server.run(command, names=["--collect"]).status == 1
    reason = "{0} is not a directory that can be read: ".format(server.area / os.path.dirname(path))
    assert reason in capsys.readouterr().err


def test_the_collector_keeps_one_directory_open(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    (server.area / "web1/a/b/c").mkdir(parents=True)
    count = len(os.listdir("/proc/self/fd"))
    left: List[int] = []
    monkeypatch.setattr("os.execvp", lambda *_ignored: left.append(len(os.listdir("/proc/self/fd")) - count))
    monkeypatch.chdir(server.directory)
    collector.serve("rsync --server --sender -r . {0}/web1/a/b/c/".format(server.area), str(server.area))
    assert left == [1]


NOT_READ = [
    "",
    "id",
    "rsync --server -logDtpre.iLsfxCIvu . AREA/web1/",
    "rsync --server --sender -logDtpre.iLsfxCIvu . /etc/",
    "rsync --server --sender -logDtpre.iLsfxCIvu . AREA/../",
    "rsync --server --sender -logDtpre.iLsfxCIvu . AREA/web1/ /etc/",
    "rsync --server --sender -logDtpre.iLsfxCIvu . AREA/web1/out/",
    "rsync --server --sender -logDtpre.iLsfxCIvu . AREA/web1/out/passwd",
    "rsync --server --sender -slogDtpre.iLsfxCIvu . AREA/web1/",
    "rsync --server --sender -LlogDtpre.iLsfxCIvu . AREA/web1/",
    "rsync --server --sender -kogDtpre.iLsfxCIvu . AREA/web1/",
    "rsync --server --sender -logDtpre.iLsfxCIvu --remove-source-files . AREA/web1/",
    "rsync --server --sender -logDtpre.iLsfxCIvu --files-from=/etc/passwd . AREA/web1/",
    "rsync --server --sender -logDtpre.iLsfxCIvu --log-file=/etc/x . AREA/web1/",
    "rsync --server --sender -logDtpre.iLsfxCIvu --rsh=sh . AREA/web1/",
    "rsync --server --sender -logDtpre.iLsfxCIvu . AREA/web1/*",
    "rsync --server --sender -logDtpre.iLsfxCIvu . AREA/web1/;id",
    "rsync --server --daemon .",
    "mkdir -p AREA/web1/x",
    "internal-sftp",
    "rsync --server --sender -logDtpre.iLsfxCIvu . AREA/" + "x/" * 600,
]


@pytest.mark.parametrize("command", NOT_READ)
def test_the_collector_does_nothing_else(server: Server, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    """Nothing is run, written, or read elsewhere."""
    monkeypatch.setattr("os.execvp", lambda *ignored: pytest.fail("became a program"))
    monkeypatch.chdir(server.directory)
    server.plant_links()
    before = server.snapshot()
    assert server.run(command.replace("AREA", str(server.area)), names=["--collect"]).status == 1
    assert server.snapshot() == before
