# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/proc/iomem in the shapes that architectures give it."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kdump.fleet.plugins.module_utils.host.iomem import Iomem, pages, parse, parse_ranges, size

FIXTURES = os.path.join(os.path.dirname(__file__), "..", "..", "..", "fixtures", "crash_memory")
# s390x lists the crash kernel beside RAM; powerpc does not list it.
BESIDE_RAM = "00000000-7fffffff : System RAM\n80000000-8fffffff : Crash kernel\n90000000-ffffffff : System RAM\n"
NOWHERE = "00000000-1ffffffff : System RAM\n200080000000-2000ffffffff : /pciex@600c3c0000000\n"


def fixture(name: str) -> str:
    with open(os.path.join(FIXTURES, name), encoding="utf-8") as stream:
        return stream.read()


def test_one_region() -> None:
    assert parse(fixture("iomem-one-region")) == Iomem(
        True, [(0x1000, 0x9FBFF), (0x100000, 0x1FFDFFFF)], [(0xD000000, 0x18FFFFFF)]
    )


def test_two_regions() -> None:
    found = parse(fixture("iomem-two-regions"))
    assert found.crash == [(0x6F000000, 0x7EFFFFFF), (0x16D000000, 0x17FBFFFFF)]
    assert found.ram == [(0x1000, 0x9FBFF), (0x100000, 0x7FFDFFFF), (0x100000000, 0x17FFFFFFF)]


@pytest.mark.parametrize(("name", "regions"), [("iomem-one-region-hidden", 1), ("iomem-two-regions-hidden", 2)])
def test_hidden_addresses_are_no_addresses(name: str, regions: int) -> None:
    found = parse(fixture(name))
    assert not found.readable
    assert len(found.crash) == regions


def test_a_region_beside_the_ram_is_ram_too() -> None:
    assert parse(BESIDE_RAM) == Iomem(True, [(0, 0xFFFFFFFF)], [(0x80000000, 0x8FFFFFFF)])


def test_a_region_that_is_not_listed() -> None:
    assert parse(NOWHERE) == Iomem(True, [(0, 0x1FFFFFFFF)], [])


@pytest.mark.parametrize("text", ["", "\n", "rubbish", "x-y : System RAM", "1 : Crash kernel\n", "00-ff : Reserved"])
def test_what_is_no_map(text: str) -> None:
    assert parse(text) == Iomem(False, [], [])


def test_what_stands_after_a_broken_line_counts() -> None:
    assert parse("x-y : System RAM\n1000-1fff : System RAM\nx : Crash kernel\n1000-17ff : Crash kernel\n") == Iomem(
        True, [(0x1000, 0x1FFF)], [(0x1000, 0x17FF)]
    )


def test_ranges_with_a_hole_between_them_stay_apart() -> None:
    assert parse("0-0 : System RAM\n2-2 : System RAM\n3-3 : System RAM\n").ram == [(0, 0), (2, 3)]


def test_parse_ranges() -> None:
    assert parse_ranges("100000000-10c7fffff\nrubbish\n\n20000000-2fffffff\n") == [
        (0x100000000, 0x10C7FFFFF),
        (0x20000000, 0x2FFFFFFF),
    ]


def test_sizes() -> None:
    ranges = [(0x1000, 0x9FBFF), (0x100000, 0x1FFDFFFF)]
    assert size(ranges) == 0x9EC00 + 0x1FEE0000
    assert pages(ranges) == 0x9E000 + 0x1FEE0000
    assert pages([(1, 4094)]) == 0
    assert pages([(0, 4094)]) == 0
    assert pages([(0, 4095)]) == 4096
    assert pages([(1, 8190)]) == 0
    assert pages([(4096, 4097)]) == 0


@given(st.text(max_size=80))
def test_any_text_is_read(text: str) -> None:
    parse(text)
    parse_ranges(text)
