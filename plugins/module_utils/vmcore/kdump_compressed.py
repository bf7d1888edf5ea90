# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The compressed format of makedumpfile ("KDUMP"), of any width and byte order.

In blocks of one page: the header; the sub header and notes; two maps with a bit for each page of memory, of which the
second says which pages are in the dump. Then a table with one entry per dumped page, then the pages themselves.

makedumpfile writes the header first and the table last, so a clean header proves nothing. It makes room for the whole
table at once: the first entry points behind it, which says how many entries there must be. The last of them was
written after everything else.
"""

import struct
from typing import Iterator, List, NamedTuple, Optional, Tuple

from . import base, page_table
from .base import FormatError, Header, Source
from .page_table import ENTRY

MAGIC = b"KDUMP   "
OUT_OF_SPACE = 0x8  # the bit of the status that makedumpfile sets when it gives up
BLOCK_SIZES = tuple(1 << bits for bits in range(12, 19))  # 4 KiB to 256 KiB: the page sizes of Linux
CHUNK = 65536  # bytes of a map that are read at a time
MAP_LIMIT = 64 << 20  # bytes of a map that are counted: 2 TiB of memory in pages of 4 KiB
EXCLUDES_ZEROS = 0x1  # the bit of the dump level that leaves out pages of zeros
LOST = "blocks of the file were never written, as after a power cut, or the file is damaged."
NAMES = 12  # the offset of six names of 65 bytes each: system, node, release, version, machine, domain


class _Layout(NamedTuple):
    """Where a header of one byte order and width keeps what is needed of it."""

    order: str
    time: int
    seconds: str
    status: int


_LAYOUTS = tuple(
    _Layout(order, time, seconds, status)
    for order in "<>"
    for time, seconds, status in ((408, "q", 424), (404, "i", 412))  # 64 and 32 bit
)


class _SubLayout(NamedTuple):
    """Where a sub header keeps the offset and size of VMCOREINFO and of the erase info, and the range of pages."""

    word: str
    split: int
    short_range: int
    vmcoreinfo: int
    eraseinfo: int
    long_range: int


_SUB_LAYOUTS = (
    _SubLayout("Q", 12, 16, 32, 64, 80),  # 64 bit
    _SubLayout("I", 8, 12, 20, 44, 56),  # i386, which aligns long long to 4 bytes
    _SubLayout("I", 8, 12, 24, 56, 72),  # other 32 bit
)
SUB_HEADER = 104
_COUNTS = bytes(bin(byte).count("1") for byte in range(256))


class _Fields(NamedTuple):
    """The part of the header that follows the time."""

    status: int
    block_size: int
    sub_blocks: int
    map_blocks: int
    pages: int


class CompressedDump(base.Dump):
    """A dump in makedumpfile's compressed format."""

    name = "compressed"

    @classmethod
    def recognise(cls, head: bytes) -> bool:
        """Whether a file that begins with I(head) is of this format."""
        return head.startswith(MAGIC)

    def __init__(self, source: Source) -> None:
        super(CompressedDump, self).__init__(source)
        self._head = source.read(0, 464)
        if len(self._head) < 464:
            raise FormatError(
                "The header is incomplete: {0} of 464 bytes. "
                "The dump or its copy broke off at once; look at the space on the target.".format(len(self._head))
            )
        self._layout, self._fields = self._find_layout()
        self._order = self._layout.order
        self._maps = (1 + self._fields.sub_blocks) * self._fields.block_size
        self._table = self._maps + self._fields.map_blocks * self._fields.block_size
        self._sub = source.read(self._fields.block_size, SUB_HEADER).ljust(SUB_HEADER, b"\0")
        likely = _SUB_LAYOUTS if self._layout.seconds == "q" else _SUB_LAYOUTS[1:]
        self._sub_layout = next((one for one in likely if self._fits(one)), likely[0])
        start, self._info_size = self._pair(self._sub_layout, self._sub_layout.vmcoreinfo, 3)
        self._info = source.read(start, min(self._info_size, base.NOTES_LIMIT)).strip(b"\0")

    def _find_layout(self) -> Tuple[_Layout, _Fields]:
        """The byte order and width in which the header makes sense."""
        for layout in _LAYOUTS:
            (version,) = struct.unpack_from(layout.order + "i", self._head, 8)
            fields = _Fields(*struct.unpack_from(layout.order + "IiiII", self._head, layout.status))
            if 0 <= version < 100 and fields.block_size in BLOCK_SIZES and 0 < fields.sub_blocks < 1 << 20:
                return layout, fields
        raise FormatError(
            "The header begins with 'KDUMP' but makes no sense in any byte order or width. "
            "The file is damaged: take another copy."
        )

    @property
    def _version(self) -> int:
        return int(struct.unpack_from(self._order + "i", self._head, 8)[0])

    def _pair(self, layout: _SubLayout, offset: int, needs: int) -> Tuple[int, int]:
        """An offset and a size in the file, as far as this version of the header has them."""
        known = self._sub if self._version >= needs else bytes(SUB_HEADER)
        start, size = struct.unpack_from(self._order + "q" + layout.word, known, offset)
        return start, size

    def _fits(self, layout: _SubLayout) -> bool:
        """Whether the sub header makes sense in I(layout)."""
        if self._version >= 6:  # the number of pages stands in both headers, cut to 32 bits in the first
            return min(self._pages(layout), 0xFFFFFFFF) == self._fields.pages
        start, size = self._pair(layout, layout.vmcoreinfo, 3)
        return start > self._fields.block_size and start + size <= self._maps

    def header(self) -> Header:
        """What the dump says of the kernel that crashed."""
        (seconds,) = struct.unpack_from(self._order + self._layout.seconds, self._head, self._layout.time)
        _system, nodename, release = struct.unpack_from("65s65s65s", self._head, NAMES)
        info = base.header_of(base.vmcoreinfo(self._info))
        # makedumpfile copies the time of the crash into the header, other writers put their own there.
        return Header(
            info.time or (seconds if seconds > 0 else None),
            base.text(release) or info.kernel,
            base.text(nodename),
        )

    def marked(self) -> Optional[str]:
        """What the header says of the dump being incomplete."""
        return base.OUT_OF_SPACE if self._fields.status & OUT_OF_SPACE else None

    def incomplete(self) -> Optional[str]:
        """Why the dump is not complete, or None.

        Proven are: no mark of makedumpfile; as many entries in the page table as there is room for and as the map lists
        (unless the map is longer than 64 MiB); the last of them has been written and its page lies within the file; a
        sample of the pages is there.
        """
        marked = self.marked()
        if marked:
            return marked
        if self.source.size <= self._table:
            return "It is incomplete: {0} bytes, but the header and maps alone are {1}.".format(
                self.source.size, self._table
            )
        if self._pages(self._sub_layout) > self._fields.map_blocks * self._fields.block_size * 8:
            return "The header says {0} pages, for which its maps have no room: the file is damaged.".format(
                self._pages(self._sub_layout)
            )
        missing = self._table_missing()
        if not missing and self._info_size and not self._info:
            missing = "It has zeros where VMCOREINFO must be: {0}".format(LOST)
        return missing

    def _table_missing(self) -> Optional[str]:
        """What is missing of the map, the table, and what comes after them."""
        split = self._range() is not None
        counted = self._counted(False)
        if split and counted is None:
            self.unknown = "It is a part of a split dump whose map of pages is too long to be counted."
            return None
        if split and not counted:
            # A part of memory may hold nothing to dump, but not all of it.
            empty = self._counted(True) == 0
            return "The map of pages is all zeros: {0}".format(LOST) if empty else None
        first = self._entries(0, 1)
        if not first or not first[0].offset:
            return "No page was written, the page table is empty: {0}".format(base.STOPPED)
        room = self._room(first[0].offset, counted)
        # The parts of a split dump have room for the pages of all parts.
        if counted is not None and room and (counted > room or (counted < room and not split)):
            return (
                "The map lists {0} pages, the page table has room for {1}: "
                "makedumpfile was stopped before it had seen all memory, or the file is damaged.".format(counted, room)
            )
        number = counted if split else room or counted
        if not number or (room is None and self._points_nowhere(first[0].offset)):
            return "The map of pages and the first entry of the page table fit no dump: the file is damaged."
        if split and room and number < room and any(entry.offset for entry in self._entries(number, 1)):
            return "The page table has more pages than the map lists: the file is damaged."
        end = self._table + (room or number) * ENTRY
        place = page_table.Place(self._table, end, number, self._fields.block_size, self._order, self._shares_zeros())
        return page_table.missing(self.source, place, self._notes_end())

    def _entries(self, number: int, count: int) -> List[page_table.Entry]:
        return page_table.entries(self.source, self._order, self._table, number, count)

    def _room(self, first: int, counted: Optional[int]) -> Optional[int]:
        """How many entries the table has, from where the first page or, before it, the page of zeros lies."""
        block = self._fields.block_size
        if counted:
            end = self._table + counted * ENTRY
            padded = end + -end % block  # as other writers than makedumpfile begin the pages
            if first in (padded, padded + block):
                return counted
        for start in (first, first - block):
            room, rest = divmod(start - self._table, ENTRY)
            if 0 < room <= self._most() and not rest:
                return room
        return None

    def _most(self) -> int:
        """How many pages the dump can have."""
        pages = self._pages(self._sub_layout)
        return pages if self._version >= 6 else self._fields.map_blocks * self._fields.block_size * 8

    def _points_nowhere(self, first: int) -> bool:
        """Whether an entry points before the end of the table's first entry, or behind any page that there can be."""
        return not self._table < first <= self._table + self._most() * (ENTRY + self._fields.block_size)

    def _notes_end(self) -> int:
        """Where the last of maps, VMCOREINFO, notes and erase info ends. An offset without a size says nothing."""
        layout = self._sub_layout
        places = ((layout.vmcoreinfo, 3), ((layout.vmcoreinfo + layout.eraseinfo) // 2, 4), (layout.eraseinfo, 5))
        pairs = [self._pair(layout, offset, needs) for offset, needs in places]
        return max([self._table] + [start + size for start, size in pairs if size])

    def _shares_zeros(self) -> bool:
        """Whether makedumpfile was asked to leave out pages of zeros, which it does by writing one for all."""
        (level,) = struct.unpack_from(self._order + "i", self._sub, self._sub_layout.split - 4)
        return bool(level & EXCLUDES_ZEROS)

    def _counted(self, whole: bool) -> Optional[int]:
        """How many pages the second map lists, of this part or I(whole); None when it is too long to count."""
        length = self._fields.map_blocks * self._fields.block_size
        start = self._maps
        if length * 8 // 2 >= self._pages(self._sub_layout):
            length //= 2
            start += length
        if length > MAP_LIMIT:
            self.limits.append("Its map of pages is longer than {0} MiB and was not counted.".format(MAP_LIMIT >> 20))
            return None
        bits = length * 8
        begin, end = (None if whole else self._range()) or (0, bits)
        return sum(_bits(chunk) for chunk in self._map(start, begin, min(end, bits)))

    def _pages(self, layout: _SubLayout) -> int:
        """The pages of the machine's memory, in the dump or not."""
        if self._version < 6:
            return self._fields.pages
        return int(struct.unpack_from(self._order + "Q", self._sub, layout.long_range + 16)[0])

    def _range(self) -> Optional[Tuple[int, int]]:
        """Of one part of a dump that was split over several files: its first page, and the one after its last."""
        layout = self._sub_layout
        (split,) = struct.unpack_from(self._order + "i", self._sub, layout.split)
        if self._version < 2 or not split:
            return None
        if self._version < 6:
            begin, end = struct.unpack_from(self._order + 2 * layout.word, self._sub, layout.short_range)
        else:
            begin, end = struct.unpack_from(self._order + "QQ", self._sub, layout.long_range)
        return begin, end

    def _map(self, start: int, begin: int, end: int) -> Iterator[bytes]:
        """The bits from I(begin) to before I(end) of the map at byte I(start), in chunks of bytes."""
        position, last = begin // 8, (end + 7) // 8
        while position < last:
            chunk = bytearray(self.source.read(start + position, min(CHUNK, last - position)))
            if not chunk:
                return
            if position == begin // 8:
                chunk[0] &= 0xFF << (begin % 8) & 0xFF
            position += len(chunk)
            if position == last and end % 8:
                chunk[-1] &= 0xFF >> (8 - end % 8)
            yield bytes(chunk)


def _bits(chunk: bytes) -> int:
    """How many bits of I(chunk) are set."""
    return sum(chunk.translate(_COUNTS, b"\0"))
