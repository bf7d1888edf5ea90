# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page table alone: which entries can be, which pages are looked at, and what their data must be."""

import importlib
import struct
import zlib
from types import ModuleType
from typing import List, Optional, Sequence, Tuple

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.vmcore import page_table
from ansible_collections.kdump.fleet.plugins.module_utils.vmcore.page_table import Place
from tests.unit.plugins.module_utils.vmcore.dumps import Memory, Sparse

BLOCK = 256
NOISE = bytes(range(BLOCK))
IMPOSSIBLE = "The page table has entries that cannot be: the file is damaged."
LOST = (
    "Page {0} of {1} holds {2} where its {3} data must be: blocks of the file were never written, as after a power "
    "cut, or the file is damaged."
)
Page = Tuple[bytes, int]


def entry(offset: int, size: int, flags: int) -> bytes:
    return struct.pack("<qIIQ", offset, size, flags, 0)


def missing(pages: Sequence[Page], shared: bool = True, room: int = 0) -> Optional[str]:
    """What is missing of a dump of these pages, by their data and flags, which follow a page of zeros."""
    end = 24 * (len(pages) + room)
    table, data = b"", b"\0" * BLOCK
    for content, flags in pages:
        table += entry(end + len(data), len(content), flags)
        data += content
    place = Place(0, end, len(pages), BLOCK, "<", shared)
    return page_table.missing(Memory(table.ljust(end, b"\0") + data), place, 0)


GOOD: Page = (zlib.compress(NOISE[:50].ljust(BLOCK, b"\0")), 1)


@pytest.mark.parametrize(
    ("before", "size", "flags", "possible"),
    [
        (0, BLOCK, 0, True),
        (1, BLOCK, 0, False),
        (1, BLOCK, 1, False),
        (0, BLOCK - 1, 0, False),
        (0, BLOCK + 1, 0, False),
        (0, BLOCK, 1, True),
        (0, BLOCK + 1, 1, False),
        (0, 1, 2, True),
        (0, 0, 2, False),
    ],
)
def test_which_entries_can_be(before: int, size: int, flags: int, possible: bool) -> None:
    """Their data are behind the table, and no more than a page."""
    source = Memory(entry(24 - before, size, flags) + b"\x01" * 1000)
    found = page_table.missing(source, Place(0, 24, 1, BLOCK, "<", False), 0)
    assert found == (None if possible else IMPOSSIBLE)


@pytest.mark.parametrize(
    ("page", "holds", "kind"),
    [
        (GOOD, None, ""),
        ((NOISE, 0), None, ""),
        ((NOISE, 1), None, ""),  # as other writers flag what they did not compress
        ((bytes(BLOCK), 1), None, ""),
        ((bytes(9), 8), None, ""),  # an unknown flag
        ((b"\x01" * 9, 8), None, ""),
        ((bytes(9), 1), "zeros", "compressed"),
        ((bytes(9), 2), "zeros", "compressed"),
        ((bytes(9), 4), "zeros", "compressed"),
        ((bytes(9), 32), "zeros", "compressed"),
        ((bytes(BLOCK - 1), 1), "zeros", "compressed"),
        ((bytes(BLOCK), 0), "zeros", "own"),
        ((NOISE[:9], 1), "other bytes", "compressed"),
        ((NOISE[:9], 2), None, ""),  # nothing here unpacks LZO or snappy
        ((NOISE[:9], 4), None, ""),
        ((NOISE[:9], 32), "other bytes", "compressed"),
        ((b"\x28\xb5\x2f\xfd" + NOISE[:9], 32), None, ""),
        ((GOOD[0][:-1], 1), "other bytes", "compressed"),
        ((zlib.compress(bytes(BLOCK - 1)), 1), "other bytes", "compressed"),
        ((zlib.compress(bytes(BLOCK + 1)), 1), "other bytes", "compressed"),
    ],
)
def test_what_the_data_of_a_page_have_to_be(page: Page, holds: Optional[str], kind: str) -> None:
    expected = LOST.format(3, 4, holds, kind) if holds else None
    assert missing([GOOD, GOOD, page, GOOD]) == expected


def test_pages_of_zeros_are_pages_unless_one_stands_for_all() -> None:
    assert missing([(bytes(BLOCK), 0)], shared=False) is None
    assert missing([(bytes(BLOCK), 0)], shared=True) == LOST.format(1, 1, "zeros", "own")


def test_without_zlib_its_pages_are_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> ModuleType:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", absent)
    assert missing([(NOISE[:9], 1)]) is None


def test_entries_of_other_files_are_left_alone() -> None:
    """The parts of a split dump have room for the pages of all parts."""
    assert missing([GOOD], room=3) is None


class Noting(Sparse):
    """Notes which pages are read."""

    def __init__(self, size: int, pieces: List[Tuple[int, bytes]], data: int) -> None:
        super(Noting, self).__init__(size, pieces)
        self.data, self.numbers = data, []  # type: int, List[int]

    def read(self, offset: int, length: int) -> bytes:
        if offset >= self.data:
            self.numbers.append((offset - self.data) // BLOCK)
        return super(Noting, self).read(offset, length)


def test_32_pages_are_looked_at() -> None:
    """28 from all of the dump, and the last four."""
    data = 24 * 1000
    table = b"".join(entry(data + BLOCK * number, BLOCK, 0) for number in range(1000))
    source = Noting(data + BLOCK * 1000, [(0, table)], data)
    assert page_table.missing(source, Place(0, data, 1000, BLOCK, "<", False), 0) is None
    assert source.numbers == [number * 1000 // 28 for number in range(28)] + [996, 997, 998, 999]
    assert source.numbers[:4] == [0, 35, 71, 107]


def test_of_a_table_its_end_is_read_where_that_has_a_page() -> None:
    """64 KiB of it, of which any of the sample is read again."""
    count = 9000
    data = 24 * count
    table = b"".join(entry(data + BLOCK * number, BLOCK, 0) for number in range(count))
    source = Sparse(data + BLOCK * count, [(0, table)])
    assert page_table.missing(source, Place(0, data, count, BLOCK, "<", False), 0) is None
    assert source.count == 24 * 2730 + 32 * (24 + BLOCK)


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize(("count", "seen"), [(43680, True), (43681, False), (43682, False)])
def test_a_mebibyte_of_the_table_is_searched_for_the_last_page(number: int, count: int, seen: bool) -> None:
    """Pages of zeros share their data, and say nothing about the end. The sample has the first page in any case."""
    end = 24 * count
    table = bytearray(entry(end, BLOCK, 0) * count)
    table[24 * number : 24 * number + 24] = entry(end + BLOCK, BLOCK, 0)
    source = Sparse(end + BLOCK, [(0, bytes(table))])
    found = page_table.missing(source, Place(0, end, count, BLOCK, "<", False), 0)
    if seen or (number == 1 and count == 43681):
        assert found == "It is incomplete: {0} bytes, but the last page ends at byte {1}.".format(
            end + BLOCK, end + 2 * BLOCK
        )
    elif number:
        assert found is None
    else:
        assert found == "It is incomplete: {0} bytes, but a page ends at byte {1}.".format(end + BLOCK, end + 2 * BLOCK)
