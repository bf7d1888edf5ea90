# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every format of dump has in common: bytes to read from, a header, and a way to find whether it is complete.

Nothing here reads more than it is asked for, so a dump of any size is judged with the same memory.
"""

import os
import re
import time
from typing import Dict, List, NamedTuple, Optional

from ..host.errors import KdumpError

NOTES_LIMIT = 1 << 16  # bytes of VMCOREINFO that are read; kernels write 3 to 4 KiB
READS_LIMIT = 1 << 17  # of one file
BYTES_LIMIT = 320 << 20  # of one file: a packed one of 256 MiB, and what else is read
SECONDS_LIMIT = 60  # for one file, if its disk is that slow; the other limits are reached before
STOPPED = "makedumpfile or the transfer was stopped, or the target ran out of space."
OUT_OF_SPACE = (
    "makedumpfile marked it as incomplete in the header: it ran out of space. "
    "Make room on the target, or dump less (-d 31)."
)


class FormatError(KdumpError):
    """A file that begins like a dump of a format, but whose header makes no sense."""


class LimitError(Exception):
    """Judging a file would take more than it may. The message says which limit was reached."""


class Source(object):
    """Bytes at offsets: a file, or the content of a file of another format."""

    size: int  # bytes

    def read(self, offset: int, length: int) -> bytes:
        """At most I(length) bytes from I(offset); less where the source ends."""
        raise NotImplementedError


class FileSource(Source):
    """An open file."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.size = os.fstat(descriptor).st_size

    def read(self, offset: int, length: int) -> bytes:
        """At most I(length) bytes from I(offset); less where the file ends."""
        if offset not in range(self.size):
            return b""
        return os.pread(self._descriptor, length, offset)


class MeteredSource(Source):
    """A source of which only so much is read. Made by anybody, a file may ask for any amount of work."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.size = source.size
        self.reads = 0
        self.bytes_read = 0
        self._end = time.monotonic() + SECONDS_LIMIT

    def read(self, offset: int, length: int) -> bytes:
        """What the source gives, or LimitError."""
        self.reads += 1
        self.bytes_read += max(0, min(length, self.size - offset))
        if self.reads > READS_LIMIT:
            raise LimitError("more than {0} places of it would have to be read".format(READS_LIMIT))
        if self.bytes_read > BYTES_LIMIT:
            raise LimitError("more than {0} MiB of it would have to be read".format(BYTES_LIMIT >> 20))
        if time.monotonic() > self._end:
            raise LimitError("it took more than {0} seconds".format(SECONDS_LIMIT))
        return self._source.read(offset, length)


class Header(NamedTuple):
    """What a dump says of the kernel that crashed; None where it does not say."""

    time: Optional[int] = None  # of the crash, in seconds since 1970
    kernel: Optional[str] = None
    nodename: Optional[str] = None


class Dump(object):
    """A dump of one format. Making one reads its header, and raises FormatError when that makes no sense."""

    name = "unknown"
    content: Optional[str] = None  # the format inside a flattened dump
    packed: Optional[str] = None  # the program that the whole file was packed with
    unknown: Optional[str] = (
        None  # why it cannot be determined whether the dump is complete, once incomplete() was asked
    )

    @classmethod
    def recognise(cls, head: bytes) -> bool:
        """Whether a file that begins with I(head) (64 bytes or more) is of this format."""
        raise NotImplementedError

    def __init__(self, source: Source) -> None:
        self.source = source
        self.limits: List[str] = []

    def header(self) -> Header:
        """What the dump says of the kernel that crashed."""
        raise NotImplementedError

    def marked(self) -> Optional[str]:
        """What the header says of the dump being incomplete."""
        raise NotImplementedError

    def incomplete(self) -> Optional[str]:
        """Why the dump is not complete, or None when nothing seems to be missing; not all of it is read."""
        raise NotImplementedError


def text(raw: bytes) -> Optional[str]:
    """The string in a fixed field that ends with its first zero byte, or None when it is empty."""
    found = raw.partition(b"\0")[0].decode("utf-8", "backslashreplace").strip()
    return found if found and found != "(none)" else None


def vmcoreinfo(raw: bytes) -> Dict[str, str]:
    """The C(NAME=value) lines of the note VMCOREINFO."""
    pairs = (line.partition("=") for line in raw[:NOTES_LIMIT].decode("utf-8", "backslashreplace").split("\n"))
    return {name: value.strip() for name, sign, value in pairs if sign}


def header_of(info: Dict[str, str]) -> Header:
    """What VMCOREINFO says of the kernel that crashed."""
    seconds = re.match("[0-9]{1,20}$", info.get("CRASHTIME", ""))
    return Header(int(seconds.group()) if seconds else None, info.get("OSRELEASE") or None)
