# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ELF core files, as /proc/vmcore itself and C(makedumpfile -E) are, of 32 and 64 bit and either byte order."""

import struct
from typing import Dict, Iterator, NamedTuple, Optional, Tuple

from . import base
from .base import Dump, FormatError, Header, Source

MAGIC = b"\x7fELF"
CORE = 4  # e_type
OUT_OF_SPACE = 0x1  # the bit of e_flags that makedumpfile sets when it gives up
EXTENDED = 0xFFFF  # e_phnum: the number stands in sh_info of the first section header
NOTE = 4  # p_type
SEGMENTS_LIMIT = 1 << 18  # program headers that are looked at; /proc/vmcore has one per CPU and range of memory
NOTES_LIMIT = 1 << 14  # notes that are looked at, of all segments together
LONGEST_NAME = 64  # bytes of a note's name; a longer one is not a note
CHUNK = 1024  # program headers that are read at a time


class _Layout(NamedTuple):
    """The structures of one width, without the byte order."""

    header: str  # from e_type on
    segment: str
    fields: Tuple[int, int, int]  # where p_type, p_offset and p_filesz stand in a segment
    info: int  # the offset of sh_info in a section header


_LAYOUTS = {
    1: _Layout("HHIIIIIHHHHHH", "IIIIIIII", (0, 1, 4), 28),
    2: _Layout("HHIQQQIHHHHHH", "IIQQQQQQ", (0, 2, 5), 44),
}


class _Segment(NamedTuple):
    """A program header: its type, and where its content lies in the file."""

    kind: int
    offset: int
    size: int


class ElfDump(Dump):
    """A dump that is an ELF core file."""

    name = "elf"

    @classmethod
    def recognise(cls, head: bytes) -> bool:
        """Whether a file that begins with I(head) is of this format."""
        order = {1: "<", 2: ">"}.get(head[5] if len(head) > 17 else 0)
        if not head.startswith(MAGIC) or order is None or head[4] not in _LAYOUTS:
            return False
        return bool(struct.unpack_from(order + "H", head, 16)[0] == CORE)

    def __init__(self, source: Source) -> None:
        super(ElfDump, self).__init__(source)
        head = source.read(0, 64)
        self._order = "<" if head[5] == 1 else ">"
        self._layout = _LAYOUTS[head[4]]
        size = struct.calcsize(self._order + self._layout.header)
        if len(head) < 16 + size:
            raise FormatError(
                "The header is incomplete: {0} of {1} bytes. "
                "The dump or its copy broke off at once; look at the space on the target.".format(len(head), 16 + size)
            )
        fields = struct.unpack_from(self._order + self._layout.header, head, 16)
        self._first, sections, self._flags, self._size, self._count = (
            fields[4],
            fields[5],
            fields[6],
            fields[8],
            fields[9],
        )
        if self._size != struct.calcsize(self._order + self._layout.segment):
            raise FormatError(
                "The ELF header gives its program headers {0} bytes each, which cannot be. "
                "The file is damaged: take another copy.".format(self._size)
            )
        if self._count == EXTENDED:
            raw = source.read(sections + self._layout.info, 4)
            self._count = struct.unpack(self._order + "I", raw.ljust(4, b"\0"))[0] or EXTENDED
        self.vmcoreinfo = self._vmcoreinfo()

    def header(self) -> Header:
        """What the dump says of the kernel that crashed: only what VMCOREINFO has, so no host name."""
        return base.header_of(self.vmcoreinfo)

    def marked(self) -> Optional[str]:
        """What the header says of the dump being incomplete."""
        return base.OUT_OF_SPACE if self._flags & OUT_OF_SPACE else None

    def incomplete(self) -> Optional[str]:
        """Why the dump is not complete, or None.

        Proven are: no mark of makedumpfile; every program header (of the first 262144) was written, and what it
        describes lies within the file.
        """
        marked = self.marked()
        if marked:
            return marked
        end = self._first + self._count * self._size
        if not self._count or end > self.source.size:
            return "It is incomplete: {0} bytes, but the program headers end at byte {1}.".format(self.source.size, end)
        for segment in self._segments():
            if segment.kind == 0:
                return "Not all program headers were written: makedumpfile was stopped, or the target ran out of space."
            if segment.offset + segment.size > self.source.size:
                return "It is incomplete: {0} bytes, but a segment ends at byte {1}.".format(
                    self.source.size, segment.offset + segment.size
                )
        if self._count > SEGMENTS_LIMIT:
            self.unknown = "Only the first {0} of its {1} program headers were looked at.".format(
                SEGMENTS_LIMIT, self._count
            )
        return None

    def _segments(self) -> Iterator[_Segment]:
        """The program headers, as far as the file has them."""
        count = min(self._count, SEGMENTS_LIMIT)
        for number in range(0, count, CHUNK):
            raw = self.source.read(self._first + number * self._size, min(CHUNK, count - number) * self._size)
            for fields in struct.iter_unpack(
                self._order + self._layout.segment, raw[: len(raw) // self._size * self._size]
            ):
                yield _Segment(*(fields[place] for place in self._layout.fields))

    def _notes(self) -> Iterator[Tuple[int, int]]:
        """Where notes begin, and how many bytes they are."""
        found = False
        for segment in self._segments():
            if segment.kind == NOTE:
                found = True
                yield segment.offset, segment.size
        if not found:
            # In a flattened dump the program headers come late, but the notes always follow them.
            yield self._first + self._count * self._size, self.source.size

    def _vmcoreinfo(self) -> Dict[str, str]:
        """The note VMCOREINFO; empty when there is none."""
        left = NOTES_LIMIT
        for start, size in self._notes():
            at = start
            while at < start + size:
                head = self.source.read(at, 24)
                if len(head) < 24:
                    break
                if not left:
                    self.limits.append("Of its notes, only the first {0} were looked at.".format(NOTES_LIMIT))
                    return {}
                left -= 1
                name, length, _kind = struct.unpack_from(self._order + "III", head)
                if name > LONGEST_NAME:
                    break
                at += 12 + (name + 3) // 4 * 4
                if head[12:23] == b"VMCOREINFO\0":
                    return base.vmcoreinfo(self.source.read(at, min(length, base.NOTES_LIMIT)))
                at += (length + 3) // 4 * 4
        return {}
