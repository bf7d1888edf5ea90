# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dumps for tests: real ones from the fixtures, and made ones, of machines that are not at hand too."""

import functools
import gzip
import hashlib
import os
import struct
import zlib
from typing import Iterator, List, NamedTuple, Optional, Sequence, Tuple

from ansible_collections.kdump.fleet.plugins.module_utils.vmcore.base import Source
from ansible_collections.kdump.fleet.plugins.module_utils.vmcore.judgement import Judgement, judge

FIXTURES = os.path.join(
    os.path.dirname(os.path.abspath(__file__)), os.pardir, os.pardir, os.pardir, "fixtures", "vmcore"
)
TIME = 1795372094
ISO = "2026-11-22T18:28:14Z"
END = b"\xff" * 16
INFO = b"OSRELEASE=6.12.0-made\nPAGESIZE=4096\nCRASHTIME=1795372094\n"
PAGE = 100  # bytes of a compressed page
PAGES = 2000  # of memory
DUMPED = list(range(5, 65)) + list(range(1990, 2000))


def raw(name: str) -> bytes:
    """A fixture as it is."""
    with open(os.path.join(FIXTURES, name), "rb") as stream:
        return stream.read()


def fixture(name: str) -> bytes:
    """A fixture, unpacked."""
    with gzip.open(os.path.join(FIXTURES, name + ".gz")) as stream:
        content: bytes = stream.read()
    return content


class Memory(Source):
    """A dump in memory."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.size = len(content)

    def read(self, offset: int, length: int) -> bytes:
        return self.content[offset : offset + length] if offset >= 0 else b""


class Sparse(Source):
    """A dump of any size of which only some pieces are not zeros; counts what is read."""

    def __init__(self, size: int, pieces: Sequence[Tuple[int, bytes]]) -> None:
        self.size = size
        self.pieces = pieces
        self.count = 0

    def read(self, offset: int, length: int) -> bytes:
        self.count += length
        found = bytearray(max(0, min(length, self.size - offset)))
        for start, content in self.pieces:
            begin, end = max(start, offset), min(start + len(content), offset + len(found))
            if begin < end:
                found[begin - offset : end - offset] = content[begin - start : end - start]
        return bytes(found)


def judged(content: bytes) -> Judgement:
    """What is thought of a dump in memory."""
    return judge(Memory(content))


class Made(NamedTuple):
    """A made dump in the compressed format, and where its parts begin."""

    content: bytes
    maps: int
    table: int
    data: int


def _header(
    order: str, wide: bool, version: int, status: int, block: int, blocks: Tuple[int, int], pages: int
) -> bytes:
    names = [b"Linux", b"made1", b"6.12.0-made", b"#1 SMP", b"riscv", b"(none)"]
    utsname = b"".join(name.ljust(65, b"\0") for name in names)
    start = b"KDUMP   " + struct.pack(order + "i", version) + utsname
    moment = struct.pack(order + ("qq" if wide else "ii"), TIME, 0)
    rest = struct.pack(order + "IiiIIIIIIi", status, block, blocks[0], blocks[1], pages, 0, 0, 0, 0, 2)
    return start.ljust(408 if wide else 404, b"\0") + moment + rest


def _sub_header(
    order: str, kind: str, version: int, pages: int, split: Optional[Tuple[int, int]], places: Sequence[Tuple[int, int]]
) -> bytes:
    """I(places) are those of VMCOREINFO, of notes and of erase info. Version 6 has the pages in words of 64 bits."""
    begin, end = split or (0, 0)
    short, longs = ((0, 0), (begin, end, pages)) if version >= 6 else ((begin, end), (0, 0, 0))
    values = (0x100000, 31, 1 if split else 0) + short + places[0] + places[1] + places[2] + longs
    form = {"64": "QiiQQqQqQqQQQQ", "i386": "IiiIIqIqIqIQQQ", "arm": "IiiII4xqI4xqI4xqI4xQQQ"}[kind]
    return struct.pack(order + form, *values)


@functools.lru_cache(maxsize=None)
def packed_page(page: int, block: int) -> bytes:
    """A page of memory, compressed with zlib to PAGE bytes: some bytes of no pattern, and zeros."""
    for attempt in range(50):
        seed = "{0} {1} {2}".format(page, block, attempt).encode()
        noise = hashlib.sha512(seed).digest() + hashlib.sha512(seed + b"'").digest()
        for length in range(1, 100):
            found = zlib.compress(noise[:length].ljust(block, b"\0"))
            if len(found) == PAGE:
                return found
    raise AssertionError("no page is compressed to {0} bytes".format(PAGE))


def kdump(
    order: str = "<",
    kind: str = "64",
    wide: bool = True,
    version: int = 6,
    block: int = 4096,
    status: int = 1,
    dumped: Sequence[int] = tuple(DUMPED),
    zeros: Sequence[int] = (7, 1999),
    split: Optional[Tuple[int, int]] = None,
    room: Optional[int] = None,
    maps: int = 2,
    info: bytes = INFO,
    notes: bytes = b"",
    erased: bytes = b"",
    pages: int = PAGES,
) -> Made:
    """A dump in the compressed format, as makedumpfile writes it; the pages I(zeros) of it are all zeros."""
    bits = bytearray(block * maps // 2)
    for page in dumped:
        bits[page // 8] |= 1 << page % 8
    texts = 120 + len(info) + len(notes)  # from the sub header on
    blocks = -(-texts // block)
    at_maps = block * (1 + blocks)
    table = at_maps + block * maps
    own = [page for page in dumped if split is None or split[0] <= page < split[1]]
    data = table + 24 * (len(dumped) if room is None else room)
    entries, content, at = [], bytearray(b"\0" * block), data + block
    for page in own:
        if page in zeros:
            entries.append(struct.pack(order + "qIIQ", data, block, 0, 0))
        else:
            entries.append(struct.pack(order + "qIIQ", at, PAGE, 1, 0))
            content += packed_page(page % 20, block)
            at += PAGE
    places = [(block + 120, len(info)), (block + 120 + len(info), len(notes)), (at, len(erased))]
    sub = _sub_header(order, kind, version, pages, split, [place if place[1] else (0, 0) for place in places])
    head = _header(order, wide, version, status, block, (blocks, maps), min(pages, 0xFFFFFFFF)).ljust(block, b"\0")
    head += (sub.ljust(120, b"\0") + info + notes).ljust(block * blocks, b"\0")
    whole = head + bytes(bits) * 2 + b"".join(entries)
    return Made(whole.ljust(data, b"\0") + bytes(content) + erased, at_maps, table, data)


def note(order: str, name: bytes, content: bytes) -> bytes:
    """An ELF note."""
    words = struct.pack(order + "III", len(name) + 1, len(content), 0)
    name += b"\0" * (4 - len(name) % 4)
    return words + name + content + b"\0" * (-len(content) % 4)


def elf(
    order: str = "<",
    wide: bool = True,
    loads: int = 3,
    flags: int = 0,
    kind: int = 4,
    info: bytes = INFO,
    extended: bool = False,
    with_note: bool = True,
    gap: bytes = b"",
    notes: bytes = b"",
) -> bytes:
    """An ELF core file with segments of 100 bytes each; I(gap) lies in front of its notes, others come first."""
    header, segment = ("HHIQQQIHHHHHH", "IIQQQQQQ") if wide else ("HHIIIIIHHHHHH", "IIIIIIII")
    start = 16 + struct.calcsize("<" + header)
    size = struct.calcsize("<" + segment)
    notes += note(order, b"CORE", b"\0" * 149) + note(order, b"VMCOREINFO", info)
    count = loads + (1 if with_note else 0)
    sections = start + count * size
    at = sections + (64 if extended else 0) + len(gap)

    def one(type_: int, offset: int, length: int) -> bytes:
        """In memory a segment may be longer."""
        if wide:
            return struct.pack(order + segment, type_, 7, offset, 0, 0, length, length + 9, 0)
        return struct.pack(order + segment, type_, offset, 0, 0, length, length + 9, 7, 0)

    table = one(4, at, len(notes)) if with_note else b""
    at += len(notes)
    for _number in range(loads):
        table += one(1, at, 100)
        at += 100
    ident = b"\x7fELF" + bytes([2 if wide else 1, 1 if order == "<" else 2, 1]) + b"\0" * 9
    fields = [kind, 62, 1, 0, start, sections if extended else 0, flags, start, size]
    fields += [0xFFFF if extended else count, 64, 1 if extended else 0, 0]
    section = struct.pack(order + ("IIQQQQIIQQ" if wide else "IIIIIIIIII"), 0, 0, 0, 0, 0, 1, 0, count, 0, 0)
    extra = section.ljust(64, b"\0") if extended else b""
    return ident + struct.pack(order + header, *fields) + table + extra + gap + notes + b"\x5a" * (100 * loads)


def records(content: bytes, size: int = 65536, start: int = 0) -> Iterator[Tuple[int, bytes]]:
    """Some content in pieces, as a flattened dump has it."""
    for offset in range(0, len(content), size):
        yield start + offset, content[offset : offset + size]


def flat(pieces: Sequence[Tuple[int, bytes]], end: bytes = END) -> bytes:
    """A flattened dump of some pieces."""
    parts: List[bytes] = [b"makedumpfile\0\0\0\0" + struct.pack(">qq", 1, 1) + b"\0" * 4064]
    for offset, content in pieces:
        parts.append(struct.pack(">qq", offset, len(content)) + content)
    return b"".join(parts) + end
