# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dumps below paths, as hosts and dump servers have them, and everything that gets in the way of finding them."""

import errno
import gzip
import json
import os
import time
import tracemalloc
from collections import Counter
from pathlib import Path
from typing import Any, Dict, List, Union

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kdump.fleet.plugins.module_utils.host.errors import KdumpError
from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import Host
from ansible_collections.kdump.fleet.plugins.module_utils.vmcore import base, file_names, inventory, judgement
from ansible_collections.kdump.fleet.plugins.module_utils.vmcore import files as folder
from tests.unit.plugins.module_utils.vmcore.dumps import ISO, TIME, elf, fixture, flat, kdump, raw, records

SYSRQ = "Kernel panic - not syncing: sysrq triggered crash"
SIGNATURE = "237bf7d6164ee02b"
KDUMPCTL = "var/crash/127.0.0.1-2026-11-22-18:28:14/"
KDUMP_TOOLS = "var/crash/202611221828/"
UNFINISHED = "Its name says that it was not written to its end."
NO_DUMP = "It holds the log of a crash, {0}, but no dump: the capture failed."


def write(root: Path, name: str, content: bytes) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def find(root: Path, *paths: str, **settings: Any) -> Dict[str, Any]:
    """What is found; every answer must be valid JSON."""
    found = inventory.find(str(root), paths or ("/var/crash",), **settings)
    json.dumps(found).encode("ascii")
    assert found["count"] == len(found["vmcores"])
    assert found["newest"] == (found["vmcores"][-1] if found["count"] else None)
    assert all(sorted(one) == ["path", "reason"] for one in found["unreadable"])
    for one in found["vmcores"]:
        assert (one["complete"] is True) is (one["incomplete_reason"] is None)
    return found


def only(root: Path, *paths: str, **settings: Any) -> Dict[str, Any]:
    """The only dump there is."""
    found = find(root, *paths, **settings)
    assert found["count"] == 1
    assert found["unreadable"] == []
    dump: Dict[str, Any] = found["newest"]
    return dump


def reasons(root: Path, *paths: str) -> Dict[str, str]:
    return {one["path"]: one["reason"] for one in find(root, *paths)["unreadable"]}


def test_a_dump_of_kdump_tools(tmp_path: Path) -> None:
    path = write(tmp_path, KDUMP_TOOLS + "dump.202611221828", fixture("tiny-flattened"))
    write(tmp_path, KDUMP_TOOLS + "dmesg.202611221828", fixture("kdump-tools-local.dmesg"))
    write(tmp_path, "var/crash/kexec_cmd", b"/sbin/kexec -p")
    assert only(tmp_path) == {
        "path": "/var/crash/202611221828/dump.202611221828",
        "directory": "/var/crash/202611221828",
        "host": "tiny1",
        "time": ISO,
        "kernel": "6.12.0-tiny",
        "nodename": "tiny1",
        "size_bytes": 27360,
        "disk_bytes": path.stat().st_blocks * 512,
        "format": "flattened",
        "flattened_content": "compressed",
        "packed": None,
        "complete": True,
        "incomplete_reason": None,
        "limits": [],
        "dmesg": "/var/crash/202611221828/dmesg.202611221828",
        "panic": SYSRQ,
        "signature": SIGNATURE,
        "marked": None,
        "error": None,
    }


def test_a_dump_of_kdumpctl(tmp_path: Path) -> None:
    write(tmp_path, KDUMPCTL + "vmcore", fixture("tiny-compressed"))
    write(tmp_path, KDUMPCTL + "vmcore-dmesg.txt", fixture("kdumpctl-local.dmesg"))
    write(tmp_path, KDUMPCTL + "kexec-dmesg.log", raw("kdumpctl-local.kexec-dmesg.log"))
    dump = only(tmp_path)
    assert dump["path"] == "/" + KDUMPCTL + "vmcore"
    assert dump["dmesg"] == "/" + KDUMPCTL + "vmcore-dmesg.txt"
    assert (dump["host"], dump["complete"], dump["panic"]) == ("tiny1", True, SYSRQ)


@pytest.mark.parametrize(
    ("name", "content", "host", "format_"),
    [
        ("10.0.0.7-2026-11-22-18:28:14/vmcore.flat", fixture("tiny-flattened"), "tiny1", "flattened"),
        ("10.0.0.7-2026-11-22-18:28:14/vmcore.flat", elf(), "10.0.0.7", "elf"),
        ("kdump-test-1795373292-12345/vmcore", fixture("tiny-compressed"), "tiny1", "compressed"),
        ("2026-11-22-18-28/vmcore", fixture("tiny-flattened-elf"), None, "flattened"),
        ("web1-202611221828/dump.202611221828", fixture("tiny-flattened"), "web1", "flattened"),
        ("web1/127.0.0.1-2026-11-22-18:28:14/vmcore", kdump().content, "web1", "compressed"),
        ("web1/vmcore", kdump().content, "web1", "compressed"),
        ("web1/var/crash/192.0.2.7-2026-11-22-18:28:14/vmcore", kdump().content, "web1", "compressed"),
        ("var/crash/192.0.2.7-2026-11-22-18:28:14/vmcore", kdump().content, "made1", "compressed"),
        ("vmcore", kdump(">", "arm", False).content, "made1", "compressed"),
        ("dump.202611221828", kdump().content, "made1", "compressed"),
        ("any name", elf(">", False), None, "elf"),
        (".vmcore.Xy12zA", kdump().content, "made1", "compressed"),
        ("202611221828/dump.202611221828.gz", gzip.compress(fixture("tiny-flattened")), "tiny1", "flattened"),
    ],
    # gzip notes the time: two processes would give the same test two names.
    ids=["place {0}".format(number) for number in range(14)],
)
def test_where_dumps_lie(name: str, content: bytes, host: str, format_: str, tmp_path: Path) -> None:
    write(tmp_path, "srv/kdump/" + name, content)
    dump = only(tmp_path, "/srv/kdump")
    assert (dump["path"], dump["host"], dump["format"]) == ("/srv/kdump/" + name, host, format_)
    assert dump["directory"] == os.path.dirname("/srv/kdump/" + name)
    assert (dump["dmesg"], dump["panic"], dump["signature"], dump["error"]) == (None, None, None, None)
    assert dump["complete"] is not name.startswith(".")
    assert only(tmp_path, "/srv/kdump/" + name)["path"] == dump["path"]


@pytest.mark.parametrize(
    "name",
    [
        "one/two/three/four/five/six/vmcore",
        "202611221828/opalcore",
        "lost+found/vmcore",
        "notes.txt",
        "202611221828/README.txt",
    ],
)
def test_what_is_not_looked_at(name: str, tmp_path: Path) -> None:
    write(tmp_path, "var/crash/" + name, elf())
    found = find(tmp_path)
    assert (found["count"], found["unreadable"]) == (1 if name.endswith(".txt") else 0, [])


def test_cores_of_processes_are_no_dumps(tmp_path: Path) -> None:
    write(tmp_path, "var/crash/core.1234", elf(info=b""))
    write(tmp_path, "var/crash/_usr_bin_python3.crash", b"ProblemType: Crash\n")
    assert find(tmp_path)["count"] == 0
    write(tmp_path, "var/crash/vmcore", elf(info=b""))
    assert only(tmp_path)["path"] == "/var/crash/vmcore"


def test_several_dumps_are_sorted_by_the_time_of_their_crash(tmp_path: Path) -> None:
    for number, seconds in enumerate((500, 100, 300)):
        info = "OSRELEASE=6.12\nCRASHTIME={0}\n".format(TIME + seconds).encode()
        write(tmp_path, "var/crash/{0}/vmcore".format(number), elf(info=info))
    found = find(tmp_path)
    assert [one["path"] for one in found["vmcores"]] == ["/var/crash/{0}/vmcore".format(number) for number in (1, 2, 0)]
    assert found["newest"]["time"] == "2026-11-22T18:36:34Z"


@pytest.mark.parametrize(
    ("newer_than", "count"), [(None, 3), ("1d", 2), (3600, 1), ("59m", 0), ("1w", 3), ("90000s", 3), ("0", 0)]
)
def test_how_old_a_crash_may_be(newer_than: Union[str, int, None], count: int, tmp_path: Path) -> None:
    for number, seconds in enumerate((3600, 7200, 90000)):
        info = "CRASHTIME={0}\n".format(TIME - seconds).encode()
        write(tmp_path, "var/crash/{0}/vmcore".format(number), elf(info=info))
    assert find(tmp_path, newer_than=newer_than, now=TIME)["count"] == count


def test_the_time_of_the_file_counts_only_when_the_dump_has_none(tmp_path: Path) -> None:
    path = write(tmp_path, "var/crash/vmcore", elf(info=b"OSRELEASE=6.12\n"))
    os.utime(str(path), (TIME - 5000, TIME - 5000))
    assert only(tmp_path)["time"] == "2026-11-22T17:04:54Z"
    assert find(tmp_path, newer_than="1h", now=TIME)["count"] == 0
    assert find(tmp_path, newer_than="2h", now=TIME)["count"] == 1
    write(tmp_path, "var/crash/vmcore", kdump().content)
    assert find(tmp_path, newer_than="1h")["count"] == (1 if time.time() - 3600 < TIME else 0)


@pytest.mark.parametrize("text", ["", "d", "-1", "1.5h", "1 day", "1y", "9" * 13, "1d1d", "\u0661d"])
def test_ages_that_are_none(text: str) -> None:
    with pytest.raises(KdumpError, match="which is not an age"):
        inventory.seconds(text)


@pytest.mark.parametrize(
    ("text", "seconds"), [(None, None), (5, 5), ("5", 5), (" 5s ", 5), ("2m", 120), ("3h", 10800), ("1d", 86400)]
)
def test_ages(text: Union[str, int, None], seconds: Union[int, None]) -> None:
    assert inventory.seconds(text) == seconds
    assert inventory.seconds("2w") == 1209600


@pytest.mark.parametrize(
    ("moment", "text"),
    [(0, "1970-01-01T00:00:00Z"), (TIME + 0.9, ISO), (-5, "1970-01-01T00:00:00Z"), (1e18, "9999-12-31T23:59:59Z")],
)
def test_times_as_text(moment: float, text: str) -> None:
    assert inventory.iso(moment) == text


def test_a_dump_from_a_clock_gone_mad(tmp_path: Path) -> None:
    write(tmp_path, "var/crash/vmcore", elf(info=b"CRASHTIME=99999999999999999999\n"))
    assert only(tmp_path)["time"] == "9999-12-31T23:59:59Z"


# ---- what gets in the way


def test_a_path_that_does_not_exist_is_no_error(tmp_path: Path) -> None:
    write(tmp_path, "file", b"")
    missing = "It does not exist: no dump has been written there yet, or the path is another."
    assert reasons(tmp_path, "/var/crash", "/file/below") == {"/var/crash": missing, "/file/below": missing}


@pytest.mark.parametrize("path", ["var/crash", "", "~/crash"])
def test_a_path_has_to_be_absolute(path: str, tmp_path: Path) -> None:
    with pytest.raises(KdumpError, match="is not absolute"):
        inventory.find(Host(str(tmp_path)), [path])


def test_a_path_that_no_file_can_have(tmp_path: Path) -> None:
    assert reasons(tmp_path, "/a\0b") == {"/a\\x00b": "It holds a zero byte, which no path can."}


def test_a_path_that_leads_to_itself(tmp_path: Path) -> None:
    (tmp_path / "crash").symlink_to("crash")
    assert list(reasons(tmp_path, "/crash")) == ["/crash"]


def test_a_path_may_be_a_link(tmp_path: Path) -> None:
    write(tmp_path, "big/disk/202611221828/vmcore", kdump().content)
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "crash").symlink_to("../big/disk")
    assert only(tmp_path)["path"] == "/var/crash/202611221828/vmcore"


def test_paths_that_overlap_give_each_dump_once(tmp_path: Path) -> None:
    write(tmp_path, "var/crash/202611221828/vmcore", kdump().content)
    os.link(str(tmp_path / "var/crash/202611221828/vmcore"), str(tmp_path / "var/crash/hard-link"))
    assert find(tmp_path, "/var/crash", "/var/crash/", "/var/crash/202611221828", "/var")["count"] == 1


def test_links(tmp_path: Path) -> None:
    write(tmp_path, "var/crash/202611221828/vmcore", kdump().content)
    write(tmp_path, "secret/vmcore", kdump().content)
    crash = tmp_path / "var" / "crash"
    (crash / "latest").symlink_to("202611221828")
    (crash / "newest").symlink_to("202611221828/vmcore")
    (crash / "outside").symlink_to("../../secret")
    (crash / "vmcore").symlink_to(str(tmp_path / "secret" / "vmcore"))
    (crash / "gone").symlink_to("nowhere")
    (crash / "loop").symlink_to("loop")
    (crash / "up").symlink_to("..")
    found = find(tmp_path)
    assert [one["path"] for one in found["vmcores"]] == ["/var/crash/202611221828/vmcore"]
    told = {one["path"]: one["reason"] for one in found["unreadable"]}
    assert sorted(told) == ["/var/crash/" + name for name in ("gone", "loop", "outside", "up", "vmcore")]
    for name in ("outside", "vmcore", "up"):
        assert told["/var/crash/" + name].startswith("It is a symbolic link to '{0}".format(tmp_path))
        assert "outside of the path, and is not followed" in told["/var/crash/" + name]
    assert told["/var/crash/gone"].endswith("/var/crash/nowhere', which does not exist.")


def test_what_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a test may run as root, the refusal is made."""
    write(tmp_path, "var/crash/202611221828/dump.202611221828", kdump().content)
    write(tmp_path, "var/crash/202611221828/dmesg.202611221828", b"")
    write(tmp_path, "var/crash/202611221828/notes", kdump().content)
    write(tmp_path, "var/crash/closed/vmcore", kdump().content)
    opened, listed = os.open, os.listdir

    def refuse_open(path: bytes, *arguments: Any) -> int:
        if b"closed" in path or b"202611221828" in path:
            raise PermissionError(errno.EACCES, "Permission denied")
        return opened(path, *arguments)

    def refuse_list(path: bytes) -> List[bytes]:
        if path.endswith(b"closed"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return listed(path)

    monkeypatch.setattr(os, "open", refuse_open)
    monkeypatch.setattr(os, "listdir", refuse_list)
    assert reasons(tmp_path) == {
        "/var/crash/202611221828/dump.202611221828": "Permission denied: run as root (become: true).",
        "/var/crash/closed": "Permission denied: run as root (become: true).",
    }
    assert find(tmp_path)["count"] == 0


def test_a_log_that_may_not_be_read(tmp_path: Path) -> None:
    write(tmp_path, KDUMPCTL + "vmcore", kdump().content)
    os.mkfifo(str(tmp_path / KDUMPCTL / "vmcore-dmesg.txt"))
    found = find(tmp_path)
    assert (found["newest"]["panic"], found["newest"]["complete"]) == (None, True)
    assert found["newest"]["dmesg"] == "/" + KDUMPCTL + "vmcore-dmesg.txt"
    assert found["unreadable"] == [{"path": "/" + KDUMPCTL + "vmcore-dmesg.txt", "reason": "It is not a regular file."}]


def test_pipes_are_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "var" / "crash").mkdir(parents=True)
    os.mkfifo(str(tmp_path / "var" / "crash" / "vmcore"))
    os.mkfifo(str(tmp_path / "var" / "crash" / "control"))
    assert reasons(tmp_path) == {"/var/crash/vmcore": "It is not a regular file."}


def test_names_that_are_not_utf_8(tmp_path: Path) -> None:
    path = os.path.join(str(tmp_path).encode(), b"srv", b"caf\xe9-\xff", b"vmcore")
    os.makedirs(os.path.dirname(path))
    with open(path, "wb") as stream:
        stream.write(kdump().content)
    with open(os.path.dirname(path) + b"/dmesg", "wb") as stream:
        stream.write(fixture("kdumpctl-nfs.dmesg"))
    dump = only(tmp_path, "/srv")
    assert dump["path"] == "/srv/caf\\xe9-\\xff/vmcore"
    assert dump["host"] == "caf\\xe9-\\xff"
    assert dump["panic"] == SYSRQ
    write(tmp_path, "srv2/d\u00fcsseldorf/vmcore", kdump().content)
    assert only(tmp_path, "/srv2")["path"] == "/srv2/d\u00fcsseldorf/vmcore"


def test_a_log_in_latin_1(tmp_path: Path) -> None:
    write(tmp_path, KDUMPCTL + "vmcore", kdump().content)
    log = b"[    1.0] usb 1-1: Product: T\xe9l\xe9phone\n[    2.0] Kernel panic - not syncing: d\xe9faut\n"
    write(tmp_path, KDUMPCTL + "vmcore-dmesg.txt", log)
    assert only(tmp_path)["panic"] == "Kernel panic - not syncing: d\u00e9faut"


@pytest.mark.parametrize(
    ("log", "mark", "marked"),
    [
        (b"[  1.5] mine\n[  9.1] Kernel panic - not syncing: x\n", "mine", True),
        (b"[  1.5] yours\n", "mine", False),
        (b"\xff\xfe\n[  1.5] mine\n", "mine", True),
        (b"", "mine", None),
        (None, "mine", None),
        (b"[  1.5] mine\n", None, None),
        (b"[  1.5] mine\n", "", None),
    ],
)
def test_a_line_that_was_written_before_the_crash(
    log: Union[bytes, None], mark: Union[str, None], marked: Union[bool, None], tmp_path: Path
) -> None:
    write(tmp_path, KDUMPCTL + "vmcore", fixture("tiny-compressed"))
    if log is not None:
        write(tmp_path, KDUMPCTL + "vmcore-dmesg.txt", log)
    assert only(tmp_path, mark=mark)["marked"] is marked


def test_a_gigantic_log(tmp_path: Path) -> None:
    write(tmp_path, KDUMPCTL + "vmcore", kdump().content)
    path = write(tmp_path, KDUMPCTL + "vmcore-dmesg.txt", b"")
    with path.open("r+b") as stream:
        stream.truncate(10**10)
        stream.seek(0, os.SEEK_END)
        stream.write(b"\n" + fixture("kdumpctl-local.dmesg"))
    assert only(tmp_path)["signature"] == SIGNATURE


def test_the_log_of_a_crash_without_its_dump(tmp_path: Path) -> None:
    log = write(tmp_path, KDUMPCTL + "vmcore-dmesg.txt", b"")
    write(tmp_path, "var/crash/dmesg", b"")
    os.utime(str(log), (TIME - 5000, TIME - 5000))
    assert reasons(tmp_path) == {"/" + KDUMPCTL[:-1]: NO_DUMP.format("vmcore-dmesg.txt")}
    assert find(tmp_path, newer_than="1h", now=TIME)["unreadable"] == []
    assert len(find(tmp_path, newer_than="2h", now=TIME)["unreadable"]) == 1
    assert len(find(tmp_path, newer_than=5000, now=TIME)["unreadable"]) == 1
    assert find(tmp_path, newer_than=4999, now=TIME)["unreadable"] == []
    os.utime(str(log), (0, 0))
    assert len(find(tmp_path)["unreadable"]) == 1


def test_the_core_of_the_firmware_is_no_dump_of_the_kernel(tmp_path: Path) -> None:
    write(tmp_path, KDUMPCTL + "opalcore", elf())
    write(tmp_path, KDUMPCTL + "vmcore-dmesg.txt", b"")
    assert reasons(tmp_path) == {"/" + KDUMPCTL[:-1]: NO_DUMP.format("vmcore-dmesg.txt")}


@pytest.mark.parametrize(
    ("name", "content", "format_", "error", "reason"),
    [
        ("vmcore", b"", "unknown", None, "It is empty: makedumpfile did not get to write"),
        ("vmcore-incomplete", b"", "unknown", None, UNFINISHED + " It is empty: "),
        ("vmcore-incomplete", kdump().content, "compressed", None, UNFINISHED),
        ("vmcore", kdump().content[:-1], "compressed", None, "It is incomplete: 28959 bytes"),
        ("vmcore", fixture("tiny-full"), "compressed", None, "makedumpfile marked it as incomplete in the header"),
        ("vmcore", kdump().content[:99], "compressed", "The header is incomplete: 99", "It cannot be judged."),
        ("vmcore", b"hello", "unknown", "It begins with 'hello', which no kind of dump does", "It cannot be judged."),
        ("dump.202611221828", b"\0" * 99, "unknown", "It begins with zeros", "It cannot be judged."),
        ("vmcore.flat", fixture("tiny-flattened")[:-1], "flattened", None, "It is incomplete and ends at byte 27359"),
        ("vmcore", elf()[:-1], "elf", None, "It is incomplete: "),
    ],
)
def test_dumps_that_are_not_whole(
    name: str, content: bytes, format_: str, error: Union[str, None], reason: str, tmp_path: Path
) -> None:
    write(tmp_path, KDUMPCTL + name, content)
    dump = only(tmp_path)
    assert (dump["format"], dump["complete"], dump["size_bytes"]) == (format_, False, len(content))
    assert dump["incomplete_reason"].startswith(reason)
    assert (dump["error"] or "").startswith(error or "")
    assert (dump["error"] is None) is (error is None)


# ---- what changes meanwhile


def test_a_dump_that_vanishes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, KDUMPCTL + "vmcore-incomplete", kdump().content)
    listed = os.listdir

    def rename_meanwhile(path: bytes) -> List[bytes]:
        names = listed(path)
        for name in names:
            if name == b"vmcore-incomplete":
                os.unlink(os.path.join(path, name))
        return names

    monkeypatch.setattr(os, "listdir", rename_meanwhile)
    assert reasons(tmp_path) == {
        "/" + KDUMPCTL + "vmcore-incomplete": "It vanished while it was looked at: "
        "it was renamed when writing ended, or deleted."
    }


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (50000, "It is being written: it went from 28960 to 50000 bytes while it was looked at."),
        (1000, "It is being written: it went from 28960 to 1000 bytes while it was looked at."),
        (28960, "It is being written: it changed while it was looked at."),
    ],
)
def test_a_dump_that_changes_while_it_is_read(
    size: int, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, KDUMPCTL + "vmcore", kdump().content)
    os.utime(str(path), (5, 5))
    judge = judgement.judge

    def change_meanwhile(source: Any) -> Any:
        os.truncate(str(path), size)
        os.utime(str(path), (9, 9))
        return judge(source)

    monkeypatch.setattr(judgement, "judge", change_meanwhile)
    assert only(tmp_path)["incomplete_reason"].startswith(text)


def test_a_disk_that_fails_in_the_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, KDUMPCTL + "vmcore", kdump().content)
    read = os.pread

    def fail(descriptor: int, length: int, offset: int) -> bytes:
        if offset:
            raise OSError(errno.EIO, "Input/output error")
        return read(descriptor, length, offset)

    monkeypatch.setattr(os, "pread", fail)
    dump = only(tmp_path)
    assert dump["error"] == "It cannot be read: Input/output error. Check the file system."
    assert (dump["complete"], dump["incomplete_reason"]) == (None, "It cannot be judged.")


def test_a_folder_that_vanishes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, KDUMPCTL + "vmcore", kdump().content)
    entries = folder.entries

    def remove_meanwhile(path: bytes) -> Any:
        found = entries(path)
        if path.endswith(b"crash"):
            (tmp_path / KDUMPCTL / "vmcore").unlink()
            (tmp_path / KDUMPCTL).rmdir()
        return found

    monkeypatch.setattr(folder, "entries", remove_meanwhile)
    assert list(reasons(tmp_path)) == ["/" + KDUMPCTL[:-1]]


def test_a_dump_that_was_named_in_a_folder_that_cannot_be_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, KDUMPCTL + "vmcore", kdump().content)
    write(tmp_path, KDUMPCTL + "vmcore-dmesg.txt", fixture("kdumpctl-local.dmesg"))
    assert only(tmp_path, "/" + KDUMPCTL + "vmcore")["panic"] == SYSRQ

    def refuse(path: bytes) -> Any:
        raise folder.UnreadableError("Permission denied: run as root (become: true).")

    monkeypatch.setattr(folder, "entries", refuse)
    assert only(tmp_path, "/" + KDUMPCTL + "vmcore")["dmesg"] is None


def test_a_file_that_was_named_and_is_gone(tmp_path: Path) -> None:
    os.mkfifo(str(tmp_path / "pipe"))
    assert reasons(tmp_path, "/pipe") == {"/pipe": "It is not a regular file."}


# ---- size


def test_dumps_of_100_gib_take_little_time_and_memory(tmp_path: Path) -> None:
    """Real files, with holes for what nobody looks at."""
    heads = {"vmcore": kdump().content[:16384], "vmcore.flat": flat(list(records(kdump().content)), b"")}
    heads["core"] = elf()
    for name, head in heads.items():
        path = write(tmp_path, "var/crash/{0}/{0}".format(name), head)
        os.truncate(str(path), 100 << 30)
    tracemalloc.start()
    begun = time.process_time()
    found = find(tmp_path)
    seconds, peak = time.process_time() - begun, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [one["size_bytes"] for one in found["vmcores"]] == [100 << 30] * 3
    assert max(one["disk_bytes"] for one in found["vmcores"]) < 1 << 20
    assert {one["format"]: one["complete"] for one in found["vmcores"]} == {
        "compressed": False,
        "flattened": False,
        "elf": True,
    }
    assert seconds < 2
    assert peak < 8 << 20


def test_a_limit_is_said_and_the_search_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "READS_LIMIT", 20)
    write(tmp_path, "var/crash/1/vmcore", kdump().content)
    write(tmp_path, "var/crash/2/vmcore", elf())
    write(tmp_path, "var/crash/2/dmesg", b"\n" * 100001)
    bounded, whole = find(tmp_path)["vmcores"]
    text = "Judging it was ended: more than 20 places of it would have to be read."
    assert (bounded["complete"], bounded["incomplete_reason"], bounded["limits"]) == (None, text, [text])
    assert bounded["kernel"] == "6.12.0-made"
    assert (whole["complete"], whole["incomplete_reason"]) == (True, None)
    assert whole["limits"] == ["Of dmesg, only the first and the last 50000 lines were read."]


@pytest.mark.parametrize("line", [b"\n", b"BUG\n", b"\xff\n", b"<0>[1.0] BUG: x\n"])
def test_of_a_log_of_many_lines_some_are_read(line: bytes, tmp_path: Path) -> None:
    path = write(tmp_path, "dmesg", line * ((2 << 20) // len(line) - 60) + b"Kernel panic - not syncing: at last\n")
    text, limit = folder.text_and_limit(str(path).encode())
    assert text.count("\n") <= 2 * folder.HALF_LINES
    assert text.endswith("\nKernel panic - not syncing: at last\n")
    assert limit == "Of dmesg, only the first and the last 50000 lines were read."


def test_many_dumps_in_one_folder_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is beside them is listed and read once, not for each of them."""
    for number in range(60):
        write(tmp_path, "var/crash/dump.2026112218{0:02}".format(number), elf())
        write(tmp_path, "var/crash/dmesg.2026112218{0:02}".format(number), b"")
    for name in ("README.txt", "dmesg"):
        write(tmp_path, "var/crash/" + name, b"")
    write(tmp_path, "var/crash/vmcore-incomplete", elf())
    write(tmp_path, "var/crash/vmcore1", elf())
    listed, opened, counts = os.listdir, os.open, Counter()  # type: Any, Any, Any
    matched = file_names._LOG.match

    def count_list(path: Any) -> Any:
        counts["list"] += 1
        return listed(path)

    def count_open(path: Any, *arguments: Any) -> Any:
        counts[os.path.basename(path)] += 1
        return opened(path, *arguments)

    class Pattern(object):
        """Counts how often a name is looked at."""

        @staticmethod
        def match(name: str) -> Any:
            counts["match"] += 1
            return matched(name)

    monkeypatch.setattr(os, "listdir", count_list)
    monkeypatch.setattr(os, "open", count_open)
    monkeypatch.setattr(file_names, "_LOG", Pattern)
    assert find(tmp_path)["count"] == 62
    assert (counts["list"], counts[b"README.txt"], counts[b"dmesg"]) == (1, 2, 2)  # once as a file that may be a dump
    assert counts["match"] < 3 * 125


def test_what_is_no_file_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening a device may act on it."""
    os.makedirs(str(tmp_path / "var" / "crash"))
    os.mkfifo(str(tmp_path / "var" / "crash" / "vmcore"))

    def refuse(path: Any, *arguments: Any) -> int:
        raise AssertionError("opened {0!r}".format(path))

    monkeypatch.setattr(os, "open", refuse)
    assert reasons(tmp_path) == {"/var/crash/vmcore": "It is not a regular file."}


@given(st.dictionaries(st.sampled_from(["vmcore", "vmcore.flat", "dmesg", "README.txt", "x"]), st.binary(max_size=600)))
def test_any_files_are_answered(tmp_path_factory: pytest.TempPathFactory, files: Dict[str, bytes]) -> None:
    root = tmp_path_factory.mktemp("host")
    for name, content in files.items():
        write(root, "var/crash/202611221828/" + name, content)
    found = find(root)
    assert {os.path.basename(one["path"]) for one in found["vmcores"]} >= {"vmcore", "vmcore.flat"} & set(files)
