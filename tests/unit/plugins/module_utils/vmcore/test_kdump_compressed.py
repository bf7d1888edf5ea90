# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dumps in the compressed format: real ones, those of other machines, and what is left when makedumpfile is stopped."""

import struct
from typing import Any, Dict, Optional

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.vmcore import kdump_compressed
from ansible_collections.kdump.fleet.plugins.module_utils.vmcore.base import FormatError, Header
from ansible_collections.kdump.fleet.plugins.module_utils.vmcore.kdump_compressed import CompressedDump
from tests.unit.plugins.module_utils.vmcore.dumps import DUMPED, PAGE, TIME, Memory, Sparse, fixture, kdump

TINY = Header(TIME, "6.12.0-tiny", "tiny1")
MADE = Header(TIME, "6.12.0-made", "made1")


def opened(content: bytes) -> CompressedDump:
    assert CompressedDump.recognise(content[:64])
    return CompressedDump(Memory(content))


def reason(content: bytes) -> str:
    found = opened(content).incomplete()
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("kdumpctl-local", Header(1795373292, "7.2.12+deb14-cloud-amd64", "kdumpt3")),
        ("kdumpctl-nfs", Header(1795375802, "6.12.107+deb13-cloud-amd64", "kdumpt3")),
    ],
)
def test_the_header_of_a_real_dump(name: str, header: Header) -> None:
    dump = opened(fixture(name + ".head"))
    assert dump.header() == header
    assert dump.incomplete() == "It is cut short: 12288 bytes, but the header and maps alone are 176128."


@pytest.mark.parametrize("name", ["compressed", "split1", "split2"])
def test_a_real_dump_that_is_whole(name: str) -> None:
    dump = opened(fixture("tiny-" + name))
    assert dump.header() == TINY
    assert dump.marked() is None
    assert dump.incomplete() is None


def test_a_real_dump_that_ran_out_of_space() -> None:
    dump = opened(fixture("tiny-full"))
    assert dump.header() == TINY
    assert dump.incomplete() == dump.marked()
    assert "ran out of space" in (dump.marked() or "")


def test_a_real_dump_whose_makedumpfile_was_killed_before_it_wrote_the_page_table() -> None:
    content = fixture("tiny-killed")
    assert len(content) == len(fixture("tiny-compressed"))
    assert reason(content).startswith("No page was written, the page table is empty")


@pytest.mark.parametrize("name", ["tiny-compressed", "tiny-split1"])
def test_a_real_dump_cut_anywhere_is_never_whole(name: str) -> None:
    content = fixture(name)
    for size in list(range(464, len(content), 97)) + [len(content) - 1]:
        assert reason(content[:size])


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("block", [4096, 16384, 65536])
@pytest.mark.parametrize(
    ("kind", "wide"),
    [("64", True), ("i386", False), ("arm", False), ("arm", True)],
    ids=["64", "i386", "arm", "arm with a time of 64 bit"],
)
@pytest.mark.parametrize("version", [3, 5, 6])
def test_any_width_order_page_size_and_version(order: str, block: int, kind: str, wide: bool, version: int) -> None:
    made = kdump(order, kind, wide, version, block)
    dump = opened(made.content)
    assert dump.header() == MADE
    assert dump.incomplete() is None
    assert "the last page ends at byte {0}".format(len(made.content)) in reason(made.content[:-1])


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("kind", "wide"), [("64", True), ("i386", False), ("arm", False)])
def test_a_dump_that_does_not_say_which_kernel(order: str, kind: str, wide: bool) -> None:
    content = bytearray(kdump(order, kind, wide, info=b"").content)
    content[12:402] = b"\0" * 390
    content[404:420] = content[404:420].replace(struct.pack(order + "i", TIME), b"\0\0\0\0")
    dump = opened(bytes(content))
    assert dump.header() == Header(None, None, None)
    assert dump.incomplete() is None


def test_an_old_header_of_32_bit_without_notes_is_read_by_its_width() -> None:
    assert opened(kdump(">", "i386", False, 2, info=b"").content).incomplete() is None


def test_vmcoreinfo_tells_what_the_header_leaves_out() -> None:
    content = bytearray(kdump().content)
    content[12:424] = b"\0" * 412
    assert opened(bytes(content)).header() == Header(TIME, "6.12.0-made", None)


@pytest.mark.parametrize(
    ("settings", "whole"),
    [
        ({}, True),
        ({"zeros": ()}, True),
        ({"zeros": tuple(DUMPED)}, True),
        ({"zeros": (DUMPED[0], DUMPED[-1])}, True),
        ({"maps": 1}, True),
        ({"split": (0, 1000)}, True),
        ({"split": (1000, 2000)}, True),
        ({"split": (3, 1991)}, True),
        ({"split": (100, 200)}, True),
        ({"split": (0, 1000), "version": 5}, True),
        ({"erased": b"erased"}, True),
        ({"room": len(DUMPED) + 1}, False),
        ({"status": 9}, False),
    ],
)
def test_the_ways_of_makedumpfile(settings: Dict[str, Any], whole: bool) -> None:
    assert (opened(kdump(**settings).content).incomplete() is None) is whole


def test_a_dump_without_a_page_of_zeros() -> None:
    made = kdump(zeros=())
    moved = bytearray(made.content[: made.data] + made.content[made.data + 4096 :])
    for number in range(len(DUMPED)):
        struct.pack_into("<q", moved, made.table + 24 * number, made.data + PAGE * number)
    assert opened(bytes(moved)).incomplete() is None
    assert "the last page ends" in reason(bytes(moved[:-1]))


def test_pages_of_zeros_at_the_end_do_not_hide_that_a_page_before_them_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kdump_compressed, "CHUNK", 24 * 5)
    made = kdump(zeros=DUMPED[-20:])
    assert opened(made.content).incomplete() is None
    assert "the last page ends" in reason(made.content[:-1])


def test_the_end_of_the_table_is_searched_for_a_page_only_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kdump_compressed, "CHUNK", 24 * 5)
    monkeypatch.setattr(kdump_compressed, "TABLE_LIMIT", 2)
    assert opened(kdump(zeros=DUMPED[-20:]).content[:-1]).incomplete() is None


def test_a_single_map_as_old_versions_write_it() -> None:
    made = kdump(maps=1)
    content = bytearray(made.content)
    struct.pack_into("<I", content, 440, 20000)
    struct.pack_into("<Q", content, 4096 + 96, 20000)
    content[made.maps + 2048 : made.table] = b"\0" * 2048
    assert opened(bytes(content)).incomplete() is None


def test_what_was_erased_has_to_be_there_in_full() -> None:
    assert "the last page ends" in reason(kdump(erased=b"erased").content[:-1])


def test_between_two_cycles_everything_looks_fine_but_the_room_in_the_table() -> None:
    """makedumpfile with little memory writes map, table and pages of one part of memory after the other."""
    made = kdump(dumped=DUMPED[:60], room=len(DUMPED))
    assert reason(made.content).startswith("The map lists 60 pages, the page table has room for 70")


def test_a_table_that_was_not_written_to_its_end() -> None:
    made = kdump()
    content = bytearray(made.content)
    content[made.data - 24 : made.data] = b"\0" * 24
    assert reason(bytes(content)).startswith("The page table of 70 entries was not written to its end")


def test_a_file_that_ends_in_the_table() -> None:
    made = kdump()
    assert reason(made.content[: made.data - 24]).endswith(
        "and the page table alone ends at byte {0}.".format(made.data)
    )


@pytest.mark.parametrize(("offset", "size"), [(8, 100), (1 << 40, 5000)])
def test_entries_that_cannot_be(offset: int, size: int) -> None:
    made = kdump()
    content = bytearray(made.content)
    struct.pack_into("<qI", content, made.data - 24, offset, size)
    assert reason(bytes(content)) == "The page table has entries that cannot be: the file is damaged."


@pytest.mark.parametrize("first", [1, 16384 + 25])
def test_a_first_entry_that_fits_nothing(first: int) -> None:
    made = kdump()
    content = bytearray(made.content)
    struct.pack_into("<q", content, made.table, first)
    assert "damaged" in reason(bytes(content))


def test_neither_map_nor_table_make_sense() -> None:
    made = kdump()
    content = bytearray(made.content)
    struct.pack_into("<q", content, made.table, 1)
    content[made.maps : made.table] = b"\0" * (made.table - made.maps)
    assert reason(bytes(content)).startswith("The map of pages and the first entry of the page table fit no dump")


def test_a_map_that_is_too_long_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kdump_compressed, "MAP_LIMIT", 1)
    assert opened(kdump().content).incomplete() is None
    assert "the last page ends" in reason(kdump().content[:-1])
    split = kdump(split=(0, 1000)).content
    assert opened(split).incomplete() is None


@pytest.mark.parametrize("size", [8, 64, 463])
def test_a_header_cut_short(size: int) -> None:
    with pytest.raises(FormatError, match="The header is cut short: {0} of 464 bytes".format(size)):
        opened(kdump().content[:size])


@pytest.mark.parametrize("block", [0, 1, 4095, 4097, 2048, 1 << 19, -4096])
def test_a_header_that_makes_no_sense(block: int) -> None:
    content = bytearray(kdump().content)
    struct.pack_into("<i", content, 428, block)
    with pytest.raises(FormatError, match="makes no sense in any byte order or width"):
        opened(bytes(content))


def test_a_dump_of_100_gb_is_judged_by_little() -> None:
    """A host with 128 GiB of memory, a dump of 100 GB, in a file with holes where nobody looks."""
    pages = 32 << 20
    maps = 2 * (pages // 8) // 4096
    table = 8192 + maps * 4096
    count = pages - 8  # the first 8 are not in the dump
    data = table + 24 * count
    size = data + 4096 + 3000 * count
    head = bytearray(kdump(dumped=(), zeros=()).content[:8192])
    struct.pack_into("<I", head, 436, maps)
    struct.pack_into("<I", head, 440, pages)
    struct.pack_into("<Q", head, 4096 + 96, pages)
    second = 8192 + maps * 2048
    last = b"".join(
        struct.pack("<qIIQ", data + 4096 + 3000 * number, 3000, 1, 0) for number in range(count - 3000, count)
    )
    pieces = [
        (0, bytes(head)),
        (second, b"\0" + b"\xff" * (pages // 8 - 1)),
        (table, struct.pack("<qIIQ", data + 4096, 3000, 1, 0)),
        (data - len(last), last),
    ]
    source = Sparse(size, pieces)
    assert size > 100 * 10**9
    assert CompressedDump(source).incomplete() is None
    assert source.count < 5 << 20
    shorter: Optional[str] = CompressedDump(Sparse(size - 1, pieces)).incomplete()
    assert shorter == "It is cut short: {0} bytes, but the last page ends at byte {1}.".format(size - 1, size)
