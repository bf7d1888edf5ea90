# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which dumps of a host stay, and what becomes of files and directories that never became one."""

import contextlib
import errno
import fcntl
import os
import shutil
import time
from pathlib import Path
from typing import Any, Iterator, List, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kdump.fleet.plugins.module_utils.dump_gate.clock import STEP, Clock, look, note, passed
from ansible_collections.kdump.fleet.plugins.module_utils.dump_gate.retention import (
    MAGICS,
    Folder,
    Policy,
    crowd,
    expired,
    retain,
    surplus,
)
from ansible_collections.kdump.fleet.plugins.module_utils.vmcore import elf, flattened, kdump_compressed, packed
from tests.unit.plugins.module_utils.dump_gate.server import Server, marked

DAY = 86400
NOW = time.time()
CORE = b"KDUMP   " + b"\0" * 100
STAMP = "192.0.2.7-2026-11-22-18:48:37"
PLANS = [
    ("C", 1, 0, ""),
    ("CC", 1, 0, "0"),
    ("CCC", 2, 0, "0"),
    ("CIC", 1, 0, "01"),
    ("ICI", 1, 0, "0"),  # what is newer than the newest complete one stays
    ("III", 1, 0, ""),
    ("IIC", 2, 0, ""),  # fewer complete ones than wanted: nothing goes
    ("CCCC", 0, 0, ""),
    ("CCCC", -1, 0, ""),
    ("", 1, 0, ""),
    ("CCCC", 1, 2, "01"),  # the last one is of the first day
    ("CCCC", 2, 9, ""),
    ("ICIC", 1, 2, "01"),
    ("CCII", 1, 1, "0"),
]


def directory(time: float, name: str, files: Any, complete: bool) -> Folder:
    """One that the gate received, with what is in it."""
    return Folder(time, (name,), files, complete, complete, empty=(), received=True)


@pytest.mark.parametrize("dumps, keep, days, gone", PLANS)
def test_what_can_go(dumps: str, keep: int, days: int, gone: str) -> None:
    """C is complete, I is not; the oldest first, one a day, the last one a moment ago."""
    found = [
        directory(NOW - 1 - (len(dumps) - 1 - number) * DAY, str(number), {"vmcore": NOW}, complete=kind == "C")
        for number, kind in enumerate(dumps)
    ]
    assert "".join(dump.path[0] for dump in surplus(found, Policy(keep, days, 0), NOW)) == gone


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans())), st.integers(1, 5), st.integers(0, 9))
def test_never_the_only_complete_one(dumps: List[Tuple[int, bool]], keep: int, days: int) -> None:
    """As many complete ones as wanted are left, if there were so many, and nothing young goes."""
    now = 10.0 * DAY
    found = [
        directory(float(day * DAY), str(number), {"vmcore": now}, complete=complete)
        for number, (day, complete) in enumerate(dumps)
    ]
    gone = surplus(found, Policy(keep, days, 0), now)
    left = [dump for dump in found if dump not in gone]
    assert sum(dump.complete for dump in left) >= min(keep, sum(dump.complete for dump in found))
    assert all(dump.time < now - days * DAY for dump in gone)


OLD, NEW = NOW - 8 * DAY, NOW - 6 * DAY
EXPIRIES = [
    ({"vmcore-incomplete": OLD, "vmcore-dmesg.txt": OLD}, False, ["vmcore-dmesg.txt", "vmcore-incomplete"]),
    ({"vmcore-incomplete": NEW, "vmcore-dmesg.txt": OLD}, False, []),
    ({"vmcore-incomplete": OLD, "vmcore-dmesg.txt": NEW}, False, ["vmcore-incomplete"]),
    ({"dump-incomplete": OLD, "dump.202611221848": OLD}, True, ["dump-incomplete"]),
    ({"vmcore-dmesg.txt": OLD}, False, []),
    ({"vmcore": OLD}, True, []),
    ({}, False, []),
]


@pytest.mark.parametrize("files, finished, names", EXPIRIES)
def test_what_does_not_become_a_dump_any_more(files: Any, finished: bool, names: List[str]) -> None:
    """Incomplete files by their own age; what is beside them, when it is only a log and as old. Never with 0 days."""
    folder = directory(max(files.values(), default=OLD), "x", files, complete=finished)
    assert sorted(expired(folder, Policy(0, 0, 7), NOW)) == names
    assert expired(folder, Policy(1, 0, 0), NOW) == []
    in_the_hosts_own = [name for name in names if "incomplete" in name]
    assert expired(folder._replace(path=()), Policy(0, 0, 7), NOW) == in_the_hosts_own


def test_incomplete_files_stay_for_as_many_days() -> None:
    """To the second, and from one day on."""
    for age, names in ((DAY, []), (DAY + 1, ["vmcore-incomplete"])):
        folder = directory(NOW - age, "x", {"vmcore-incomplete": NOW - age}, complete=False)
        assert expired(folder, Policy(0, 0, 1), NOW) == names


def test_every_format_that_is_known_as_a_dump_counts() -> None:
    """The gate stands alone on the server and has the magics of its own; diskdump only the forerunner had."""
    packers = [packer.magic for packer in packed._PACKERS.values()]
    assert sorted(MAGICS) == sorted([elf.MAGIC, flattened.MAGIC, kdump_compressed.MAGIC, b"DISKDUMP", *packers])


def test_ages_to_the_second() -> None:
    """A dump may be written while retention runs; what is as old as a limit of days is not older."""
    now, policy = 1000.0 * DAY, Policy(1, 0, 1)
    core = {"vmcore": now}
    for ahead, gone in ((3600, ["old"]), (3601, [])):
        found = [directory(now - 9, "old", core, complete=True), directory(now + ahead, "new", core, complete=True)]
        assert [folder.path[0] for folder in surplus(found, policy, now)] == gone
    log = {"vmcore-incomplete": now - DAY - 1, "vmcore-dmesg.txt": now - DAY}
    assert expired(directory(now - DAY, "x", log, complete=False), policy, now) == ["vmcore-incomplete"]
    junk = [directory(now - DAY - age, str(age), {"dmesg": now}, complete=False) for age in (0, 1)]
    assert crowd(junk, policy, now, 9) == junk[1:]


def by_hand(folder: Path, age: float, **files: bytes) -> Path:
    """A directory with files of this age in days; "_" in a name is "-", "__" a dot."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        file = folder / name.replace("__", ".").replace("_", "-")
        file.write_bytes(content)
        os.utime(str(file), (NOW - age * DAY,) * 2)
    os.utime(str(folder), (NOW - age * DAY,) * 2)
    return folder


def put(folder: Path, age: float, **files: bytes) -> Path:
    """The same, received by the gate."""
    by_hand(folder, age, **files)
    for name in files:
        marked(folder / name.replace("__", ".").replace("_", "-"))
    marked(folder)
    return folder


def test_directories_that_were_left_over_go_after_a_day(server: Server) -> None:
    now = float(int(NOW))
    for age, name in ((DAY, "tmp.AAAAAAAAAA"), (DAY + 1, "tmp.BBBBBBBBBB")):
        (server.mine / name).mkdir()
        os.utime(str(server.mine / name), (now - age,) * 2)
    assert list(retain(str(server.area), Policy(0, 0, 0), now)) == ["web1/tmp.BBBBBBBBBB"]


def test_dumps_beside_the_directories_count(server: Server) -> None:
    """Each by itself."""
    put(server.mine, 3, vmcore1=CORE)
    put(server.mine, 2, vmcore2=CORE)
    put(server.mine, 1, vmcore3=b"x")
    assert list(retain(str(server.area), Policy(1, 0, 0), NOW)) == ["web1/vmcore1"]


def test_dumps_count_four_directories_down(server: Server) -> None:
    """As deep as the gate lets a host go, and no deeper."""
    for age, deep in ((9, "a/b/c/d/e"), (8, "a/b/c/d")):
        put(server.mine / deep, age, vmcore=CORE)
    put(server.mine / "new", 1, vmcore=CORE)
    assert list(retain(str(server.area), Policy(1, 0, 0), NOW)) == ["web1/a/b/c/d/vmcore"]


@pytest.mark.parametrize("count, gone", [(32, ["web1/old"]), (33, [])])
def test_a_directory_with_more_files_than_a_dump_has_is_none(server: Server, count: int, gone: List[str]) -> None:
    put(server.mine / "old", 9, vmcore=CORE)
    put(server.mine / "new", 1, vmcore=CORE, **{"part{0}".format(number): b"x" for number in range(count - 1)})
    assert list(retain(str(server.area), Policy(1, 0, 0), NOW)) == gone


@pytest.mark.parametrize("content, gone", [(b"", "web1/x"), (b"x", "web1/x/vmcore-incomplete")])
def test_one_byte_has_arrived_and_none_has_not(server: Server, content: bytes, gone: str) -> None:
    """What has arrived keeps the log beside it."""
    put(server.mine / "x", 8, vmcore=content, vmcore_incomplete=CORE, vmcore_dmesg__txt=b"x")
    assert [path for path in retain(str(server.area), Policy(1, 30, 7), NOW) if "done" not in path] == [gone]


def test_a_link_has_not_arrived(server: Server) -> None:
    """A host can make one over NFS: it is not a dump, and keeps no log."""
    folder = put(server.mine / STAMP, 8, vmcore_incomplete=CORE, vmcore_dmesg__txt=b"x")
    (folder / "vmcore").symlink_to(server.mine / "done/vmcore")
    os.utime(str(folder / "vmcore"), (NOW - 8 * DAY,) * 2, follow_symlinks=False)
    put(server.mine / "old", 9, vmcore=CORE)
    assert list(retain(str(server.area), Policy(1, 0, 7), NOW)) == ["web1/" + STAMP]


def test_nothing_stays_open(server: Server) -> None:
    """The timer may look at thousands of files."""
    put(server.mine / "a/b", 8, vmcore_incomplete=CORE, vmcore=CORE)
    before = os.listdir("/proc/self/fd")
    assert list(retain(str(server.area), Policy(1, 30, 7), NOW)) == ["web1/a/b/vmcore-incomplete"]
    assert os.listdir("/proc/self/fd") == before


def test_a_file_that_cannot_be_opened_stays(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody knows then whether a session receives it."""
    put(server.mine / "x", 8, vmcore_incomplete=CORE)
    real = os.open

    def full(path: str, *arguments: Any, **options: Any) -> int:
        if path == "vmcore-incomplete":
            raise OSError(errno.EMFILE, "Too many open files")
        return real(path, *arguments, **options)

    monkeypatch.setattr("os.open", full)
    assert list(retain(str(server.area), Policy(1, 30, 7), NOW)) == []
    assert (server.mine / "x/vmcore-incomplete").exists()


@contextlib.contextmanager
def received(path: Path) -> Iterator[None]:
    """A file as an upload holds it."""
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def test_folders_that_go(server: Server) -> None:
    """With their files; whatever is not of a dump, and every other host, stays. Links are not followed."""
    server.plant_links()
    for age, name in zip((4, 3, 2, 1), ("old", "half", "mid", "new")):
        core = {"vmcore_incomplete" if name == "half" else "vmcore__flat": CORE}
        put(server.mine / "path" / name, age, vmcore_dmesg__txt=b"x", **core)
    for file in (server.mine / "done").iterdir():
        os.utime(str(file), (NOW - 9 * DAY,) * 2, follow_symlinks=False)
    (server.mine / "path/half/more").mkdir()
    (server.area / "a file").write_bytes(b"x")
    policy = Policy(1, 0, 0)
    half = ["web1/path/half/" + name for name in ("vmcore-incomplete", "vmcore-dmesg.txt")]
    done = ["web1/done/" + name for name in ("vmcore-incomplete", "vmcore")]  # its links are nobody's that is known
    assert list(retain(str(server.area), policy, NOW)) == [*done, "web1/path/old", *half, "web1/path/mid"]
    assert sorted(path.name for path in (server.mine / "path").iterdir()) == ["half", "new"]
    assert sorted(path.name for path in (server.mine / "path/half").iterdir()) == ["more"]
    assert sorted(path.name for path in (server.directory / "outside").iterdir()) == ["passwd"]
    assert (server.area / "web2/secret/vmcore").exists()
    assert list(retain(str(server.area), policy, NOW)) == []


def test_as_the_timer_runs_it(server: Server) -> None:
    """By the settings; what was removed is in the journal."""
    for number in range(4):
        put(server.mine / str(number), number, vmcore=CORE)
    before = server.snapshot("area")
    server.set(keep=3, keep_days=365 * 100)
    assert server.run("", names=["--retain"]).status == 0
    assert (server.snapshot("area"), server.said()) == (before, "")
    server.set(keep=3)
    assert server.run("", names=["--retain"]).status == 0
    assert [line.partition("retention ")[2] for line in server.said().splitlines()] == ["removed 'web1/3'"]


FORGED = [b"", b"x", b"\0" * 4096, b"KDUMP", b"makedumpfile"]


@pytest.mark.parametrize("content", FORGED)
def test_files_that_are_no_dumps_push_none_out(server: Server, content: bytes) -> None:
    """A name alone makes no dump, however many there are and however old all of it is. Empty files go."""
    put(server.mine / "real", 90, vmcore__flat=CORE)
    for number in range(9):
        put(server.mine / "fake{0}".format(number), 80, vmcore__flat=content)
    gone = [] if content else ["web1/fake{0}".format(number) for number in range(9)]
    assert list(retain(str(server.area), Policy(1, 30, 7), NOW)) == gone


def test_what_looks_like_a_dump_pushes_none_out_that_is_young(server: Server) -> None:
    """Of a host that crashes again and again the first dump stays, and so do those of one whose key was stolen."""
    put(server.mine / "first", 29, vmcore__flat=CORE)
    put(server.mine / "done", 31, vmcore=CORE, vmcore_incomplete=b"")
    for number in range(20):
        put(server.mine / "again{0}".format(number), 1, vmcore__flat=CORE)
    assert list(retain(str(server.area), Policy(5, 30, 7), NOW)) == ["web1/done"]


def test_a_dump_in_a_format_that_is_not_known_is_kept(server: Server) -> None:
    """It does not count, and it is not an incomplete file that expires."""
    folder = put(server.mine / "sealed", 90, vmcore=b"Salted__", vmcore_incomplete=b"x", vmcore_dmesg__txt=b"x")
    assert list(retain(str(server.area), Policy(1, 30, 7), NOW)) == ["web1/sealed/vmcore-incomplete"]
    assert sorted(path.name for path in folder.iterdir()) == ["vmcore", "vmcore-dmesg.txt"]


def test_incomplete_dumps_expire(server: Server) -> None:
    """Without any complete one, so that a full quota does not stay full; the ones of this week stay."""
    put(server.mine / "old", 8, vmcore_incomplete=CORE, vmcore_dmesg__txt=b"x")
    put(server.mine / "empty", 8, dump_incomplete=b"", vmcore=b"")
    put(server.mine / "new", 6, vmcore_incomplete=CORE, vmcore_dmesg__txt=b"x")
    put(server.mine, 8, dump_incomplete=b"x", dump=b"x")
    put(server.mine / "done", 8, vmcore_incomplete=b"x")
    server.set(quota=150)
    assert server.run("cat > /var/crash/new/x-incomplete", CORE).status == 1
    gone = ["web1/dump-incomplete", "web1/done/vmcore-incomplete", "web1/empty", "web1/old"]
    assert sorted(retain(str(server.area), Policy(5, 30, 7), NOW)) == sorted(gone)
    assert sorted(path.name for path in server.mine.iterdir()) == ["done", "dump", "new"]
    (server.mine / "new/vmcore-incomplete").unlink()
    assert server.run("cat > /var/crash/new/y-incomplete", b"x" * 100).status == 0


@pytest.mark.parametrize("policy", [Policy(5, 30, 7), Policy(1, 0, 7)])
def test_what_is_being_received_stays(server: Server, policy: Policy) -> None:
    """However long its session says nothing, and whatever came after it; once it ends it goes."""
    slow = put(server.mine / "slow", 40, vmcore_incomplete=CORE, vmcore_dmesg__txt=b"x")
    put(server.mine / "later", 0, vmcore=CORE)
    with received(slow / "vmcore-incomplete"):
        os.utime(str(slow / "vmcore-incomplete"), (NOW - 40 * DAY,) * 2)
        assert not [path for path in retain(str(server.area), policy, NOW) if "slow" in path]
        assert sorted(path.name for path in slow.iterdir()) == ["vmcore-dmesg.txt", "vmcore-incomplete"]
    assert "web1/slow" in list(retain(str(server.area), policy, NOW))


@pytest.mark.parametrize("link", [False, True])
def test_a_new_file_under_the_name_of_an_old_one_stays(
    server: Server, monkeypatch: pytest.MonkeyPatch, link: bool
) -> None:
    """The old one got its final name between the look at it and the lock. A link to it is another file, too."""
    folder = put(server.mine / "late", 8, vmcore_incomplete=CORE)
    real = fcntl.flock

    def late(file: int, how: int) -> None:
        real(file, how)
        if not (folder / "vmcore").exists():
            (folder / "vmcore-incomplete").rename(folder / "vmcore")
            if link:
                (folder / "vmcore-incomplete").symlink_to("vmcore")
            else:
                (folder / "vmcore-incomplete").write_bytes(b"new")

    monkeypatch.setattr("fcntl.flock", late)
    assert list(retain(str(server.area), Policy(0, 0, 7), NOW)) == []
    assert sorted(path.name for path in folder.iterdir()) == ["vmcore", "vmcore-incomplete"]


def test_folders_that_were_left_over(server: Server) -> None:
    """Probes and dumps that never came, after a day. One of another name may be the host's path on its NFS export."""
    for name in ("tmp.AAAAAAAAAA", STAMP, "web1-202611221848", "var/crash", "tmp.CCCCCCCCCC/full"):
        by_hand(server.mine / name, 2)
    put(server.mine / "tmp.BBBBBBBBBB", 0.5)
    gone = ["web1/" + name for name in (STAMP, "tmp.AAAAAAAAAA", "web1-202611221848")]
    assert sorted(retain(str(server.area), Policy(0, 0, 0), NOW)) == sorted(gone)
    left = ["done", "tmp.BBBBBBBBBB", "tmp.CCCCCCCCCC", "var"]
    assert sorted(path.name for path in server.mine.iterdir()) == left
    assert (server.mine / "var/crash").is_dir()


def test_what_only_nfs_can_put_there(server: Server) -> None:
    """Links go with their directory and are not followed; what cannot be looked into stops nothing."""
    folder = by_hand(server.mine / STAMP, 8, vmcore_incomplete=CORE)
    (folder / "link").symlink_to(server.directory / "outside/passwd")
    os.mkfifo(str(folder / "pipe"))
    for name in ("link", "pipe"):
        os.utime(str(folder / name), (NOW - 8 * DAY,) * 2, follow_symlinks=False)
    assert list(retain(str(server.area), Policy(0, 0, 7), NOW)) == ["web1/" + STAMP]
    assert (server.directory / "outside/passwd").read_bytes() == b"kept: root"


def test_files_that_go_away_meanwhile(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions work at the same time: a file that has its final name by now is passed over, and no host is left out."""
    put(server.mine / "old", 8, vmcore_incomplete=CORE)
    real = os.stat

    def gone(path: Any, *arguments: Any, **options: Any) -> os.stat_result:
        if path == "vmcore" and "dir_fd" in options:
            raise FileNotFoundError(2, "gone")
        return real(path, *arguments, **options)

    monkeypatch.setattr("os.stat", gone)
    assert list(retain(str(server.area), Policy(0, 0, 7), NOW)) == ["web1/old"]


# ---- a clock that jumped


def daily(server: Server, monkeypatch: pytest.MonkeyPatch, first: float, days: int) -> List[str]:
    """The timer's runs from a day on; what they removed."""
    before = len(server.said().splitlines())
    for day in range(days):
        monkeypatch.setattr("time.time", [NOW + (first + day) * DAY].pop)
        assert server.run("", names=["--retain"]).status == 0
    said = [line.partition("retention ")[2] for line in server.said().splitlines()[before:]]
    return [line.partition("removed ")[2].strip("'") for line in said if line.startswith("removed")]


@pytest.mark.parametrize("recorded", [True, False])
def test_a_clock_that_is_a_year_ahead_removes_nothing(
    server: Server, monkeypatch: pytest.MonkeyPatch, recorded: bool
) -> None:
    """Neither in the first run nor later, until the days that were seen are enough; the journal says what happened."""
    server.set(keep=5, keep_days=30)
    for number in range(9):
        put(server.mine / "dump{0}".format(number), 0.1 + number / 100, vmcore__flat=CORE)
    put(server.mine / "today", 0.5, vmcore_incomplete=CORE, vmcore_dmesg__txt=b"x")
    if recorded:
        assert daily(server, monkeypatch, 0, 1) == []
        assert "no run between" not in server.said()
    assert daily(server, monkeypatch, 365, 1) == []
    (line,) = [line for line in server.said().splitlines() if "no run between" in line]
    assert "UTC: this time counts in no age, because the clock may have jumped" in line
    assert daily(server, monkeypatch, 366, 5) == []
    assert daily(server, monkeypatch, 371, 20) == ["web1/today", "web1/done/vmcore-incomplete"]
    assert len(list(server.mine.glob("dump*"))) == 9
    gone = daily(server, monkeypatch, 391, 10)
    assert gone[:4] == ["web1/dump{0}".format(number) for number in (8, 7, 6, 5)]
    assert server.said().count("no run between") == 1


def test_a_clock_that_is_put_right(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the days count again, and a dump that came meanwhile, which is of the future by now, pushes none out."""
    server.set(keep=2, keep_days=3)
    assert daily(server, monkeypatch, 0, 1) == []
    put(server.mine / "real1", 0.5, vmcore=CORE)
    put(server.mine / "real2", 0, vmcore=CORE)
    assert daily(server, monkeypatch, 365, 2) == []
    for number in range(5):
        put(server.mine / "ahead{0}".format(number), -366, vmcore=CORE)
    assert daily(server, monkeypatch, 2, 9) == ["web1/done/vmcore-incomplete"]
    put(server.mine / "real3", -10, vmcore=CORE)
    assert daily(server, monkeypatch, 11, 3) == ["web1/real1", "web1/done"]
    assert sorted(path.name for path in server.mine.glob("ahead*")) == [
        "ahead{0}".format(number) for number in range(5)
    ]


def test_a_clock_that_begins_anew(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """1970, and back again."""
    server.set(keep=1, keep_days=30)
    for number in range(3):
        put(server.mine / "dump{0}".format(number), 20 + number, vmcore=CORE)
    assert daily(server, monkeypatch, -NOW / DAY + 1, 2) == []
    assert daily(server, monkeypatch, 0, 20) == ["web1/done/vmcore-incomplete"]


@given(st.lists(st.integers(-400, 400), max_size=8), st.integers(0, 300))
def test_no_age_is_more_than_what_was_seen(steps: List[int], written: int) -> None:
    """However the clock jumps: a file is at most as old as two days for each run since it was written."""
    now, runs = 1000.0 * DAY, 0
    file = now - written * DAY / 300
    current = Clock(now, [])
    for step in steps:
        record = (now, current.gaps)
        now, runs = now + step * DAY, runs + 1
        current = passed(record[0], record[1], now)
        assert now - current.seen(file) <= DAY + runs * STEP
        assert current.seen(file) <= max(now, file)


def test_the_record_of_the_clock(tmp_path: Path) -> None:
    """One that cannot be read is none, one that cannot be written stops nothing, and it does not grow forever."""
    path, area = tmp_path / "retention.json", tmp_path / "area"
    by_hand(area / "web1", 50, file=b"x")
    broken = ["", "{}", "[]", '{"last": "x", "gaps": []}', '{"last": 1, "gaps": [1]}', "[" * 100000, "\0" * 50]
    broken += ['{{"last": {0}, "gaps": []}}'.format(last) for last in ("NaN", "Infinity", "1" + "0" * 400)]
    for text in [*broken, '{"last": 1, "gaps": [[1, NaN]]}']:
        path.write_text(text)
        assert look(str(path), str(area), NOW).gaps == [(NOW - 50 * DAY, NOW)]
    note(str(tmp_path / "nowhere/retention.json"), Clock(NOW, []))
    note(str(path), Clock(0.0, []))
    for number in range(1, 151):
        note(str(path), look(str(path), str(area), number * 10.0 * DAY))
    gaps = look(str(path), str(area), 1500.0 * DAY).gaps
    assert (len(gaps), gaps[0], gaps[-1]) == (100, (0.0, 510.0 * DAY), (1490.0 * DAY, 1500.0 * DAY))
    assert [entry.name for entry in tmp_path.iterdir() if "new" in entry.name] == []


def test_dumps_of_the_future_are_not_the_newest(server: Server) -> None:
    """A clock that was ahead, or a time that a host has set over NFS."""
    put(server.mine / "real", 31, vmcore=CORE)
    for number in range(5):
        put(server.mine / "ahead{0}".format(number), -3, vmcore=CORE)
    assert list(retain(str(server.area), Policy(5, 30, 7), NOW)) == []
    for number in range(5):
        put(server.mine / "later{0}".format(number), 1, vmcore=CORE)
    assert list(retain(str(server.area), Policy(5, 30, 7), NOW)) == ["web1/real"]


# ---- what was not received


def test_what_an_administrator_put_there_stays(server: Server) -> None:
    """However old, wherever, and under whatever name; and it counts as no dump."""
    by_hand(server.mine / "case-4711", 50, analysis__txt=b"x", vmcore=CORE, vmcore_incomplete=b"x")
    by_hand(server.mine / "case-4711/deep/er", 50, vmcore=CORE)
    by_hand(server.mine / "empty", 50, notes=b"")
    by_hand(server.mine, 50, vmcore=CORE, README=b"x")
    old = put(server.mine / "old", 40, vmcore=CORE, vmcore_dmesg__txt=b"x")
    by_hand(old, 40, analysis__txt=b"x")
    kept = server.snapshot("area/web1")
    for number in range(5):
        put(server.mine / "new{0}".format(number), 1, vmcore=CORE)
    gone = ["web1/old/vmcore", "web1/old/vmcore-dmesg.txt"]
    assert sorted(retain(str(server.area), Policy(5, 30, 7), NOW, entries=10)) == gone
    left = server.snapshot("area/web1")
    assert sorted(set(kept) - set(left)) == ["old/vmcore", "old/vmcore-dmesg.txt"]
    for number in range(5):
        by_hand(server.mine / "copy{0}".format(number), 1, vmcore=CORE)
    put(server.mine / "second", 35, vmcore=CORE)
    assert list(retain(str(server.area), Policy(6, 30, 7), NOW, entries=10)) == []


def test_a_dump_that_was_moved_or_copied_is_the_administrators(server: Server) -> None:
    """Also with its mark, as cp -a copies it."""
    folder = put(server.mine / "dump", 40, vmcore=CORE)
    (server.mine / "case").mkdir()
    shutil.copy2(str(folder / "vmcore"), str(server.mine / "case/vmcore"))
    mark = os.getxattr(str(folder / "vmcore"), "user.kdump-gate")
    assert os.getxattr(str(server.mine / "case/vmcore"), "user.kdump-gate") == mark
    (folder / "vmcore").rename(server.mine / "case/moved")
    os.utime(str(folder), (NOW - 2 * DAY,) * 2)
    put(server.mine / "new", 1, vmcore=CORE)
    assert list(retain(str(server.area), Policy(1, 30, 7), NOW)) == ["web1/dump"]
    assert sorted(path.name for path in (server.mine / "case").iterdir()) == ["moved", "vmcore"]


def test_what_came_before_there_were_marks(server: Server) -> None:
    """Or over NFS: by the names that the tools give, and the owner."""
    for age, name in ((50, STAMP), (45, "web1-202611221848"), (40, "202611221848")):
        by_hand(server.mine / name, age, vmcore_incomplete=b"x", dmesg__202611221848=b"x", vmcore__flat=CORE)
    by_hand(server.mine / "web1-202611221848", 45, analysis__txt=b"x")
    put(server.mine / "new", 1, vmcore=CORE)
    gone = list(retain(str(server.area), Policy(1, 30, 7), NOW))
    assert gone[0] == "web1/" + STAMP and gone[-1] == "web1/202611221848"
    assert [path.name for path in (server.mine / "web1-202611221848").iterdir()] == ["analysis.txt"]


def test_another_owners_are_not_received(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """root has put them into the directory of a dump."""
    by_hand(server.mine / STAMP, 50, vmcore=CORE)
    by_hand(server.mine / "web1-202611221848", 50)
    put(server.mine / "new", 1, vmcore=CORE)
    user = os.geteuid()
    monkeypatch.setattr("os.geteuid", lambda: user + 1)
    assert list(retain(str(server.area), Policy(1, 30, 7), NOW)) == []
    monkeypatch.setattr("os.geteuid", lambda: user)
    assert len(list(retain(str(server.area), Policy(1, 30, 7), NOW))) == 2


def test_a_file_system_without_marks(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """What arrives there is known by its name."""
    monkeypatch.setattr("os.setxattr", lambda *_arguments: no_attributes())
    for command in ("mkdir -p /var/crash/{0}", "cat > /var/crash/{0}/vmcore-incomplete", "mkdir -p /var/crash/odd"):
        assert server.run(command.format(STAMP), CORE).status == 0
    for path in server.mine.rglob("*"):
        os.utime(str(path), (NOW - 8 * DAY,) * 2)
    gone = ["web1/" + STAMP, "web1/done/vmcore-incomplete"]
    assert sorted(retain(str(server.area), Policy(1, 30, 7), NOW)) == gone


def no_attributes() -> None:
    raise OSError(95, "Operation not supported")


# ---- what blocks a host


def refuses(server: Server) -> bool:
    return server.run("mktemp -dqp /var/crash").status == 1


JUNK = {
    "empty files": [("scp -t /var/crash", b"C0644 0 x{0}\n\0")],
    "empty files in a directory": [("mkdir -p /var/crash/a", b""), ("cat > /var/crash/a/{0}-incomplete", b"")],
    "directories": [("mkdir -p /var/crash/d{0}", b"")],
    "deep directories": [("mkdir -p /var/crash/d{0}/a/b/c", b"")],
    "bytes": [("scp -t /var/crash", b"C0644 1 x{0}\nx\0")],
    "logs": [("mkdir -p /var/crash/d{0}", b""), ("scp -t /var/crash/d{0}", b"C0644 1 vmcore-dmesg.txt\nx\0")],
    "what begins as dumps": [("mkdir -p /var/crash/a", b""), ("scp -t /var/crash/a", b"C0644 7 vmcore{0}\nKDUMP  \0")],
    "dumps": [("scp -t /var/crash", b"C0644 8 vmcore{0}\nKDUMP   \0")],
}


@pytest.mark.parametrize("kind", sorted(JUNK))
def test_nothing_blocks_a_host_for_ever(server: Server, kind: str) -> None:
    """As many entries as it may have, of whatever kind: in time it can send again, and its dumps are not pushed out."""
    server.set(entries=60, keep=5, keep_days=30)
    put(server.mine / "real", 31, vmcore=CORE)
    for number in range(60):
        for command, data in JUNK[kind]:
            server.run(command.format(number), data.replace(b"{0}", str(number).encode()))
    assert refuses(server)
    for path in sorted(server.mine.rglob("*"), reverse=True):
        os.utime(str(path), (NOW - 31 * DAY,) * 2, follow_symlinks=False)
    for _day in range(4):  # of nested directories the innermost goes first
        present = put(server.area / "web2/present", 0, file=b"x")  # the clock is right: something else was received
        list(retain(str(server.area), Policy(5, 30, 7), NOW, entries=60))
        for path in sorted(server.mine.rglob("*"), reverse=True):
            os.utime(str(path), (NOW - 31 * DAY,) * 2, follow_symlinks=False)
    assert present.exists() and (kind.startswith("dump") or (server.mine / "real/vmcore").exists())
    assert not refuses(server)
    assert len(list(server.mine.rglob("*"))) <= 31


def test_no_more_than_needed_goes(server: Server) -> None:
    """Logs without a dump stay while half of what is allowed is free, the newest of them longest; so do young ones."""
    put(server.area / "web2/present", 0, file=b"x")
    for number in range(10):
        put(server.mine / "log{0}".format(number), 20 + number, vmcore_dmesg__txt=b"x")
    put(server.mine / "young", 6, vmcore_dmesg__txt=b"x")
    whole = len(list(server.mine.rglob("*")))
    assert list(retain(str(server.area), Policy(5, 30, 7), NOW, entries=2 * whole)) == []
    gone = list(retain(str(server.area), Policy(5, 30, 7), NOW, entries=2 * (whole - 3)))
    assert gone == ["web1/log9", "web1/log8", "web1/log7", "web1/done/vmcore-incomplete"][:3]
    assert list(retain(str(server.area), Policy(5, 30, 0), NOW, entries=2)) == []
    assert len(list(retain(str(server.area), Policy(5, 30, 7), NOW, entries=2))) == 7
    assert (server.mine / "young").exists()
