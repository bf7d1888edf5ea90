# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which dumps of a host stay, and what becomes of files and folders that never became one."""

import contextlib
import fcntl
import os
import time
from pathlib import Path
from typing import Any, Iterator, List, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kdump.fleet.plugins.module_utils.dump_gate.retention import (
    DAY,
    MAGICS,
    Folder,
    Policy,
    expired,
    retain,
    surplus,
)
from ansible_collections.kdump.fleet.plugins.module_utils.vmcore import elf, flattened, kdump_compressed, packed
from tests.unit.plugins.module_utils.dump_gate.server import Server

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


@pytest.mark.parametrize("dumps, keep, days, gone", PLANS)
def test_what_can_go(dumps: str, keep: int, days: int, gone: str) -> None:
    """C is complete, I is not; the oldest first, one a day, the last one a moment ago."""
    found = [
        Folder(NOW - 1 - (len(dumps) - 1 - number) * DAY, (str(number),), {"vmcore": NOW}, kind == "C")
        for number, kind in enumerate(dumps)
    ]
    assert "".join(dump.path[0] for dump in surplus(found, Policy(keep, days, 0), NOW)) == gone


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans())), st.integers(1, 5), st.integers(0, 9))
def test_never_the_only_complete_one(dumps: List[Tuple[int, bool]], keep: int, days: int) -> None:
    """As many complete ones as wanted are left, if there were so many, and nothing young goes."""
    now = 10.0 * DAY
    found = [
        Folder(float(day * DAY), (str(number),), {"vmcore": now}, complete)
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
    folder = Folder(max(files.values(), default=OLD), ("x",), files, finished, finished)
    assert sorted(expired(folder, Policy(0, 0, 7), NOW)) == names
    assert expired(folder, Policy(1, 0, 0), NOW) == []
    in_the_hosts_own = [name for name in names if "incomplete" in name]
    assert expired(folder._replace(path=()), Policy(0, 0, 7), NOW) == in_the_hosts_own


def test_every_format_that_is_known_as_a_dump_counts() -> None:
    """The gate stands alone on the server and has the magics of its own; diskdump only the forerunner had."""
    packers = [packer.magic for packer in packed._PACKERS.values()]
    assert sorted(MAGICS) == sorted([elf.MAGIC, flattened.MAGIC, kdump_compressed.MAGIC, b"DISKDUMP", *packers])


def put(folder: Path, age: float, **files: bytes) -> Path:
    """A folder with files of this age in days; "_" in a name stands for "-", "__" for a dot."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        file = folder / name.replace("__", ".").replace("_", "-")
        file.write_bytes(content)
        os.utime(str(file), (NOW - age * DAY,) * 2)
    os.utime(str(folder), (NOW - age * DAY,) * 2)
    return folder


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
    assert list(retain(str(server.area), policy, NOW)) == ["web1/done", "web1/path/old", *half, "web1/path/mid"]
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
    """A name alone makes no dump, however many there are and however old all of it is."""
    put(server.mine / "real", 90, vmcore__flat=CORE)
    for number in range(9):
        put(server.mine / "fake{0}".format(number), 80, vmcore__flat=content)
    assert list(retain(str(server.area), Policy(1, 30, 7), NOW)) == []


def test_what_looks_like_a_dump_pushes_none_out_that_is_young(server: Server) -> None:
    """Of a host that crashes again and again the first dump stays, and so do those of one whose key was stolen."""
    put(server.mine / "first", 29, vmcore__flat=CORE)
    put(server.mine / "done", 31, vmcore=CORE, vmcore_incomplete=b"")
    for number in range(20):
        put(server.mine / "again{0}".format(number), 1, vmcore__flat=CORE)
    assert list(retain(str(server.area), Policy(5, 30, 7), NOW)) == ["web1/done"]


def test_a_dump_in_a_format_that_is_not_known_is_kept(server: Server) -> None:
    """It does not count, and it is no incomplete file that expires."""
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


def test_a_new_file_under_the_name_of_an_old_one_stays(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old one got its final name between the look at it and the lock."""
    folder = put(server.mine / "late", 8, vmcore_incomplete=CORE)
    real = fcntl.flock

    def late(file: int, how: int) -> None:
        real(file, how)
        if not (folder / "vmcore").exists():
            (folder / "vmcore-incomplete").rename(folder / "vmcore")
            (folder / "vmcore-incomplete").write_bytes(b"new")

    monkeypatch.setattr("fcntl.flock", late)
    assert list(retain(str(server.area), Policy(0, 0, 7), NOW)) == []
    assert sorted(path.name for path in folder.iterdir()) == ["vmcore", "vmcore-incomplete"]


def test_folders_that_were_left_over(server: Server) -> None:
    """Probes and dumps that never came, after a day. One of another name may be the host's path on its NFS export."""
    for name in ("tmp.AAAAAAAAAA", STAMP, "web1-202611221848", "var/crash", "tmp.CCCCCCCCCC/full"):
        put(server.mine / name, 2)
    put(server.mine / "tmp.BBBBBBBBBB", 0.5)
    gone = ["web1/" + name for name in (STAMP, "tmp.AAAAAAAAAA", "web1-202611221848")]
    assert sorted(retain(str(server.area), Policy(0, 0, 0), NOW)) == sorted(gone)
    left = ["done", "tmp.BBBBBBBBBB", "tmp.CCCCCCCCCC", "var"]
    assert sorted(path.name for path in server.mine.iterdir()) == left
    assert (server.mine / "var/crash").is_dir()


def test_what_only_nfs_can_put_there(server: Server) -> None:
    """Links go with their folder and are not followed; what cannot be looked into stops nothing."""
    folder = put(server.mine / "odd", 8, vmcore_incomplete=CORE)
    (folder / "link").symlink_to(server.directory / "outside/passwd")
    os.mkfifo(str(folder / "pipe"))
    for name in ("link", "pipe"):
        os.utime(str(folder / name), (NOW - 8 * DAY,) * 2, follow_symlinks=False)
    assert list(retain(str(server.area), Policy(0, 0, 7), NOW)) == ["web1/odd"]
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
