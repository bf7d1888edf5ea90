# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that may be anything, under any name, and change at any moment."""

import errno
import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kdump.fleet.plugins.module_utils.vmcore import files
from ansible_collections.kdump.fleet.plugins.module_utils.vmcore.files import UnreadableError


@given(st.binary(max_size=50))
def test_any_name_survives(name: bytes) -> None:
    assert files.raw(files.named(name)) == name


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (errno.EACCES, "Permission denied: run as root (become: true)."),
        (errno.EPERM, "Permission denied: run as root (become: true)."),
        (errno.ENOENT, "It vanished while it was looked at: it was renamed when writing ended, or deleted."),
        (errno.ELOOP, "It is a symbolic link, or one that leads to itself: it is not followed."),
        (errno.EIO, "Input/output error. Check the file system."),
    ],
)
def test_errors_say_what_to_do(number: int, text: str) -> None:
    assert files.why(OSError(number, os.strerror(number))) == text


def test_what_is_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "a").write_text("")
    (tmp_path / "c").symlink_to("a")
    path = str(tmp_path).encode()
    assert [(one.name, one.is_folder, one.is_link) for one in files.entries(path)] == [
        (b"a", False, False),
        (b"b", True, False),
        (b"c", False, True),
    ]
    assert files.entries(path)[0].path == path + b"/a"


def test_what_vanishes_from_a_folder_is_still_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "listdir", lambda path: [b"gone"])
    assert [one.name for one in files.entries(str(tmp_path).encode())] == [b"gone"]


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="It vanished"):
        files.entries(str(tmp_path / "gone").encode())


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/passwd")
    os.mkfifo(str(tmp_path / "fifo"))
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        for name, reason in [
            ("link", "It is a symbolic link"),
            ("fifo", "It is not a regular file."),
            ("socket", "It is not a regular file."),
            ("gone", "It vanished"),
            (".", "It is not a regular file."),
        ]:
            path = str(tmp_path / name).encode()
            with pytest.raises(UnreadableError, match=reason):
                files.with_file(path, os.fstat)
            assert files.text_or_none(path) is None


@pytest.mark.parametrize("kind", ["fifo", "socket"])
def test_what_comes_in_the_place_of_a_file_is_not_read(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at it and opening it."""
    (tmp_path / "file").write_text("")
    status = os.lstat(str(tmp_path / "file"))
    path = str(tmp_path / kind).encode()
    with socket.socket(socket.AF_UNIX) as server:
        if kind == "fifo":
            os.mkfifo(path)
        else:
            server.bind(path)
        monkeypatch.setattr(os, "lstat", lambda _path: status)
        with pytest.raises(UnreadableError, match=r"It is not a regular file\."):
            files.with_file(path, lambda descriptor: pytest.fail("read {0}".format(descriptor)))


def test_nothing_stays_open(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    before = os.listdir("/proc/self/fd")
    files.with_file(str(tmp_path / "file").encode(), os.fstat)
    assert os.listdir("/proc/self/fd") == before


def test_an_error_while_reading_is_clear(tmp_path: Path) -> None:
    def broken(descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    (tmp_path / "file").write_text("")
    with pytest.raises(UnreadableError, match=r"Input/output error\. Check the file system\."):
        files.with_file(str(tmp_path / "file").encode(), broken)


def test_lines_of_any_encoding(tmp_path: Path) -> None:
    (tmp_path / "dmesg").write_bytes("plain\nutf-8: \u00e9\n".encode("utf-8") + b"latin-1: \xe9\n\xff\xfe")
    assert files.text(str(tmp_path / "dmesg").encode()) == "plain\nutf-8: \u00e9\nlatin-1: \u00e9\n\u00ff\u00fe"


def test_of_a_giant_the_beginning_and_the_end_are_read(tmp_path: Path) -> None:
    path = tmp_path / "dmesg"
    with path.open("wb") as stream:
        stream.write(b"first\n")
        stream.seek(10**11)
        stream.write(b"last")
    text = files.text(str(path).encode())
    assert len(text) == 2 * files.HALF + 1
    assert text.startswith("first\n")
    assert text.endswith("last")


def test_two_mebibytes_are_read_in_full(tmp_path: Path) -> None:
    path, half = tmp_path / "dmesg", 1 << 20
    path.write_bytes(b"a" * half + b"b" * half)
    assert files.text_and_limit(str(path).encode()) == ("a" * half + "b" * half, None)
    path.write_bytes(b"a" * half + b"-" + b"b" * half)
    limit = "Of dmesg, only the first and the last MiB were read."
    assert files.text_and_limit(str(path).encode()) == ("a" * half + "\n" + "b" * half, limit)
    path.write_bytes(b"a" * half + b"-" * half + b"b" * half)
    assert files.text_and_limit(str(path).encode()) == ("a" * half + "\n" + "b" * half, limit)


def test_a_hundred_thousand_lines_are_read_in_full(tmp_path: Path) -> None:
    path, lines = tmp_path / "dmesg", ["{0}\n".format(number) for number in range(100003)]
    path.write_text("".join(lines[:100000]))
    assert files.text_and_limit(str(path).encode()) == ("".join(lines[:100000]), None)
    path.write_text("".join(lines)[:-1])
    text, limit = files.text_and_limit(str(path).encode())
    assert text == "".join(lines[:50000] + lines[50003:])[:-1]
    assert limit == "Of dmesg, only the first and the last 50000 lines were read."


def test_when_a_file_was_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    os.utime(str(tmp_path / "file"), (5, 7))
    assert files.changed(str(tmp_path / "file").encode()) == 7
    assert files.changed(str(tmp_path / "gone").encode()) == 0
