# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page table of a dump in the compressed format, and the page data that its entries point to.

A few chunks of the table's end are read in full, and a few pages from all of the dump: after a power cut a file can
have its full size while blocks of it were never written. A sample costs the same whatever the size of the dump.
"""

import importlib
import struct
from typing import Any, List, NamedTuple, Optional

from . import base
from .base import Source

ENTRY = 24  # bytes of an entry of the page table
CHUNK = 65536
TABLE_LIMIT = 16  # chunks of the table's end in which a page is looked for that is not all zeros
LAST = 4  # pages from the end whose data are looked at
SPREAD = 28  # pages from all of the dump whose data are looked at
ZLIB = 0x1
ZSTD = 0x20
COMPRESSED = 0x27  # any of zlib, LZO, snappy and zstd
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_IMPOSSIBLE = "The page table has entries that cannot be: the file is damaged."
_LOST = (
    "Page {0} of {1} holds {2} where its {3} data must be: blocks of the file were never written, as after a power "
    "cut, or the file is damaged."
)


class Entry(NamedTuple):
    """A page: where its data lie, how many bytes they are, and how they are compressed."""

    offset: int
    size: int
    flags: int


class Place(NamedTuple):
    """Where a dump keeps its pages, and how."""

    table: int  # where the table begins
    end: int  # where it ends
    entries: int  # of it, which are this file's
    block_size: int
    order: str
    zeros_are_shared: bool  # whether all pages of zeros are entries for the one at the beginning of the page data


def entries(source: Source, order: str, table: int, number: int, count: int) -> List[Entry]:
    """I(count) entries from entry I(number) of the table; less where the file ends."""
    raw = source.read(table + number * ENTRY, count * ENTRY)
    whole = raw[: len(raw) // ENTRY * ENTRY]
    return [Entry(offset, size, flags) for offset, size, flags, _page in struct.iter_unpack(str(order + "qIIQ"), whole)]


def missing(source: Source, place: Place, last: int) -> Optional[str]:
    """What is missing of the table, of the page data, or before byte I(last), where the last thing but a page ends."""
    number = place.entries
    found: List[Entry] = []
    for _chunk in range(TABLE_LIMIT):
        count = min(CHUNK // ENTRY, number)
        number -= count
        chunk = entries(source, place.order, place.table, number, count)
        found = chunk + found
        wrong = _wrong(source, place, chunk, count)
        if wrong:
            return wrong
        last = max([last] + [entry.offset + entry.size for entry in chunk])
        # Pages that are all zeros share the first one, so that a run of them says nothing about the end.
        if last > place.end + place.block_size or not number:
            break
    if last > source.size:
        return "It is incomplete: {0} bytes, but the last page ends at byte {1}.".format(source.size, last)
    return _sampled(source, place, number, found)


def _wrong(source: Source, place: Place, chunk: List[Entry], count: int) -> Optional[str]:
    """What is wrong with some entries, of which there must be I(count)."""
    if len(chunk) < count:
        return "It is incomplete: {0} bytes, and the page table alone ends at byte {1}.".format(source.size, place.end)
    if not all(entry.offset for entry in chunk):
        return "The page table of {0} entries was not written to its end: {1}".format(place.entries, base.STOPPED)
    if any(not _possible(entry, place) for entry in chunk):
        return _IMPOSSIBLE
    return None


def _possible(entry: Entry, place: Place) -> bool:
    """Whether an entry can be: a page that is not compressed has the size of a page."""
    if entry.offset < place.end or entry.size > place.block_size:
        return False
    return entry.size > 0 if entry.flags else entry.size == place.block_size


def _sampled(source: Source, place: Place, first: int, end: List[Entry]) -> Optional[str]:
    """What is wrong with a sample of the pages; I(end) are the entries from number I(first) on."""
    own = [number for number, entry in enumerate(end, first) if not _is_shared(entry, place)]
    numbers = set(own[-LAST:]) | {place.entries * step // SPREAD for step in range(SPREAD)}
    for number in sorted(numbers):
        one = entries(source, place.order, place.table, number, 1)
        wrong = _wrong(source, place, one, 1) or _lost(source, place, number, one[0])
        if wrong:
            return wrong
    return None


def _is_shared(entry: Entry, place: Place) -> bool:
    return not entry.flags and entry.offset < place.end + place.block_size


def _lost(source: Source, place: Place, number: int, entry: Entry) -> Optional[str]:
    """Whether the data of a page cannot be what was written."""
    raw = source.read(entry.offset, entry.size)
    if len(raw) < entry.size:
        return "It is incomplete: {0} bytes, but a page ends at byte {1}.".format(
            source.size, entry.offset + entry.size
        )
    # makedumpfile compresses a page only to less than its size; other writers flag what they did not compress.
    packed = entry.flags & COMPRESSED and entry.size < place.block_size
    if not raw.strip(b"\0"):
        if packed:
            return _LOST.format(number + 1, place.entries, "zeros", "compressed")
        if place.zeros_are_shared and not entry.flags and not _is_shared(entry, place):
            return _LOST.format(number + 1, place.entries, "zeros", "own")
    elif packed and not _begins_well(raw, entry.flags, place.block_size):
        return _LOST.format(number + 1, place.entries, "other bytes", "compressed")
    return None


def _begins_well(raw: bytes, flags: int, size: int) -> bool:
    """Whether I(raw) can be a compressed page, as far as that can be determined without the libraries of each."""
    if flags & ZLIB:
        return _unpacks(raw, size)
    return not flags & ZSTD or raw.startswith(_ZSTD_MAGIC)


def _unpacks(raw: bytes, size: int) -> bool:
    """Whether I(raw) is a page that zlib compressed, as far as this Python can check."""
    try:
        zlib: Any = importlib.import_module("zlib")
    except ImportError:
        return True
    stream = zlib.decompressobj()
    try:
        page = stream.decompress(raw, size + 1)
    except zlib.error:
        return False
    return len(page) == size and bool(stream.eof)
