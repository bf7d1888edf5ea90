# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""makedumpfile's flattened format: a dump of another format as a stream of records, for targets that cannot seek.

A header of 4 KiB, then records of an offset, a size and data, then an end mark of 16 bytes, which makedumpfile writes
last and only when all went well: nothing is marked in the header when it did not. A later record may write over what
an earlier one wrote, as makedumpfile does with the sub header when it has erased secrets.
"""

import struct
from bisect import bisect_left, bisect_right
from heapq import heappop, heappush
from typing import List, NamedTuple, Optional

from . import base
from .base import Dump, FormatError, Header, Source
from .elf import ElfDump
from .kdump_compressed import CompressedDump

MAGIC = b"makedumpfile\0\0\0\0"
VERSION = struct.Struct(">qq")  # type and version, which are both 1
FIRST = 4096  # the offset of the first record
RECORD = struct.Struct(">qq")
END = b"\xff" * RECORD.size
RECORDS_LIMIT = 4096  # records that are followed: about 130 MB of a dump; a dump of 100 GB has three million


class _Record(NamedTuple):
    """Some of the content, and where in the file it lies."""

    start: int
    end: int
    at: int


class _Chain(NamedTuple):
    """The records as far as they were followed, and how that ended."""

    records: List[_Record]
    trouble: Optional[str]  # empty at the end mark, None at the limit


class _Content(Source):
    """What the records put together are: the file that "makedumpfile -R" would make of them."""

    def __init__(self, source: Source, records: List[_Record]) -> None:
        self._source = source
        self._pieces = _pieces(records)
        self._starts = [piece.start for piece in self._pieces]
        self._ends = [piece.end for piece in self._pieces]
        self.size = max([0] + [record.end for record in records])

    def read(self, offset: int, length: int) -> bytes:
        """At most I(length) bytes from I(offset), up to the last that a record has; zeros where none has any."""
        first, after = bisect_right(self._ends, offset), bisect_left(self._starts, offset + length)
        found, known = bytearray(length), 0
        for piece in self._pieces[first:after]:
            begin, end = max(piece.start, offset), min(piece.end, offset + length)
            data = self._source.read(piece.at + begin - piece.start, end - begin)
            known = begin - offset + len(data)
            found[begin - offset : known] = data
        return bytes(found[:known])


def _pieces(records: List[_Record]) -> List[_Record]:
    """What is left of the records where later ones write over earlier ones, in the order of the content."""
    by_start = sorted(range(len(records)), key=lambda number: records[number].start)
    edges = sorted({edge for record in records for edge in (record.start, record.end)})
    found: List[_Record] = []
    running: List[int] = []
    begun = 0
    for begin, end in zip(edges, edges[1:]):
        while begun < len(by_start) and records[by_start[begun]].start <= begin:
            heappush(running, -by_start[begun])
            begun += 1
        while running and records[-running[0]].end <= begin:
            heappop(running)
        if running:
            record = records[-running[0]]
            found.append(_Record(begin, end, record.at + begin - record.start))
    return found


class FlattenedDump(Dump):
    """A flattened dump. Its header is that of the dump inside."""

    name = "flattened"

    @classmethod
    def recognise(cls, head: bytes) -> bool:
        """Whether a file that begins with I(head) is of this format."""
        return head.startswith(MAGIC)

    def __init__(self, source: Source) -> None:
        super(FlattenedDump, self).__init__(source)
        version = source.read(len(MAGIC), VERSION.size)
        if len(version) == VERSION.size and version != VERSION.pack(1, 1):
            raise FormatError(
                "Flattened, but in a type or version that makedumpfile -R does not know. "
                "The file is damaged: take another copy."
            )
        self._chain = _follow(source)
        content = _Content(source, self._chain.records)
        head = content.read(0, 64)
        kind = next((one for one in (CompressedDump, ElfDump) if one.recognise(head)), None)
        if kind is None:
            raise FormatError(
                "Flattened, but no dump was found inside. {0}".format(
                    self._chain.trouble or "The file is damaged: take another copy."
                )
            )
        self.content = kind.name
        self._inner: Dump = kind(content)

    def header(self) -> Header:
        """What the dump inside says of the kernel that crashed."""
        return self._inner.header()

    def marked(self) -> Optional[str]:
        """What the header of the dump inside says of it being incomplete."""
        return self._inner.marked()

    def incomplete(self) -> Optional[str]:
        """Why the dump is not complete, or None.

        Of a dump of at most 4096 records (about 130 MB) all is proven that can be of the dump inside. Of a longer one:
        that it ends with the end mark, that its first 4096 records add up, and what the header inside says.
        """
        if self._chain.trouble:
            return self._chain.trouble
        if self._chain.trouble is not None:
            reason = self._inner.incomplete()
            self.unknown = self._inner.unknown
            self.limits += self._inner.limits
            return reason
        self.limits.append("Of its records, only the first {0} were followed.".format(RECORDS_LIMIT))
        if self.source.read(self.source.size - len(END), len(END)) != END:
            return "The end mark of the flattened format is missing: {0}".format(base.STOPPED)
        return self._inner.marked()


def _follow(source: Source) -> _Chain:
    """The first records, up to the end mark, the end of the file, the limit, or what is not a record."""
    records: List[_Record] = []
    at = FIRST
    while len(records) < RECORDS_LIMIT:
        raw = source.read(at, RECORD.size)
        if raw == END:
            return _Chain(records, "")
        if len(raw) < RECORD.size:
            return _Chain(
                records,
                "It is incomplete and ends at byte {0}, with no end mark: {1}".format(source.size, base.STOPPED),
            )
        start, size = RECORD.unpack(raw)
        if start < 0 or size <= 0:
            return _Chain(records, "There is no record at byte {0}, where one must be: the file is damaged.".format(at))
        at += RECORD.size
        # Of a record that is incomplete, what there is may still hold the header.
        records.append(_Record(start, start + size, at))
        at += size
        if at > source.size:
            return _Chain(
                records,
                "It is incomplete: {0} bytes, in the middle of a record that ends at byte {1}: {2}".format(
                    source.size, at, base.STOPPED
                ),
            )
    return _Chain(records, None)
