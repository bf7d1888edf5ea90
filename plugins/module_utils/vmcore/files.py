# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files in directories that others write to, at any moment and under any name: bytes for names, no link is followed."""

import errno
import os
import stat
from typing import Callable, List, NamedTuple, Optional, Tuple, TypeVar

T = TypeVar("T")

HALF = 1 << 20  # bytes of the beginning and of the end of a text that are read
HALF_LINES = 50000  # lines of each that are kept; 1 MiB of a kernel's log has some 15000


class UnreadableError(Exception):
    """A path that cannot be looked at. The message says why."""


class Entry(NamedTuple):
    """Something in a directory."""

    name: bytes
    path: bytes
    is_folder: bool
    is_link: bool


def raw(name: str) -> bytes:
    """A path as the file system has it, in any locale."""
    return name.encode("utf-8", "surrogateescape")


def named(path: bytes) -> str:
    """A path as text. Bytes that are not UTF-8 stand as surrogates, so that C(raw) gives the same path again."""
    return path.decode("utf-8", "surrogateescape")


def why(error: OSError) -> str:
    """What an error means for the administrator."""
    if error.errno in (errno.EACCES, errno.EPERM):
        return "Permission denied: run as root (become: true)."
    if error.errno == errno.ENOENT:
        return "It vanished while it was looked at: it was renamed when writing ended, or deleted."
    if error.errno == errno.ELOOP:
        return "It is a symbolic link, or one that leads to itself: it is not followed."
    return "{0}. Check the file system.".format(error.strerror or error)


def entries(path: bytes) -> List[Entry]:
    """What is in a directory, sorted by name."""
    try:
        names = sorted(os.listdir(path))
    except OSError as error:
        raise UnreadableError(why(error)) from error
    found = []
    for name in names:
        one = os.path.join(path, name)
        try:
            mode = os.lstat(one).st_mode
        except OSError:  # gone since; what is left of it is judged when it is opened
            mode = 0
        found.append(Entry(name, one, stat.S_ISDIR(mode), stat.S_ISLNK(mode)))
    return found


def with_file(path: bytes, use: Callable[[int], T]) -> T:
    """The result of I(use) on the descriptor of a regular file."""
    try:
        # Opening a device may act on it: a tape is rewound, a watchdog is started.
        mode = os.lstat(path).st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISLNK(mode):
            raise UnreadableError("It is not a regular file.")
        # Another file may have come in its place. A pipe would make the open wait for a writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ENXIO:  # a socket
            raise UnreadableError("It is not a regular file.") from error
        raise UnreadableError(why(error)) from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise UnreadableError("It is not a regular file.")
        return use(descriptor)
    except OSError as error:
        raise UnreadableError(why(error)) from error
    finally:
        os.close(descriptor)


def changed(path: bytes) -> float:
    """When a file was last written to, in seconds since 1970; 0 for one that is gone."""
    try:
        return os.lstat(path).st_mtime
    except OSError:
        return 0.0


def _ends(descriptor: int) -> Tuple[bytes, int]:
    """What is read of a text, and how long it is."""
    size = os.fstat(descriptor).st_size
    if size <= 2 * HALF:
        return os.pread(descriptor, size, 0), size
    return os.pread(descriptor, HALF, 0) + b"\n" + os.pread(descriptor, HALF, size - HALF), size


def text_and_limit(path: bytes) -> Tuple[str, Optional[str]]:
    """A text file, and what of it was not read: of one above 2 MiB or 100000 lines the first and the last are.

    Lines that are not UTF-8 are read as Latin-1.
    """
    content, size = with_file(path, _ends)
    limit = None
    if size > 2 * HALF:
        limit = "Of {0}, only the first and the last MiB were read.".format(named(os.path.basename(path)))
    if content.count(b"\n") > 2 * HALF_LINES:
        limit = "Of {0}, only the first and the last {1} lines were read.".format(
            named(os.path.basename(path)), HALF_LINES
        )
        first, last = content.split(b"\n", HALF_LINES)[:-1], content.rsplit(b"\n", HALF_LINES)[1:]
        content = b"\n".join(first + last)
    try:
        return content.decode("utf-8"), limit
    except UnicodeDecodeError:
        return "\n".join(_line(line) for line in content.split(b"\n")), limit


def _line(raw_line: bytes) -> str:
    try:
        return raw_line.decode("utf-8")
    except UnicodeDecodeError:
        return raw_line.decode("latin-1")


def text(path: bytes) -> str:
    """A text file, as C(text_and_limit) reads it."""
    return text_and_limit(path)[0]


def text_or_none(path: bytes) -> Optional[str]:
    """A text file, or None when there is none to be read."""
    try:
        return text(path)
    except UnreadableError:
        return None
