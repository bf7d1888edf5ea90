# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dumps in the compressed format: real ones, those of other machines, and what is left when makedumpfile is stopped."""

import struct
from typing import Any, Dict, Optional, Tuple

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.vmcore import kdump_compressed, page_table
from ansible_collections.kdump.fleet.plugins.module_utils.vmcore.base import FormatError, Header, Source
from ansible_collections.kdump.fleet.plugins.module_utils.vmcore.kdump_compressed import CompressedDump
from tests.unit.plugins.module_utils.vmcore.dumps import (
    DUMPED,
    INFO,
    PAGE,
    TIME,
    Memory,
    Sparse,
    fixture,
    kdump,
    packed_page,
)

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
    assert dump.incomplete() == "It is incomplete: 12288 bytes, but the header and maps alone are 176128."


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


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("kind", "wide"), [("64", True), ("i386", False), ("arm", False), ("arm", True)])
@pytest.mark.parametrize(
    "settings",
    [
        {"version": 3},
        {"version": 4},
        {"version": 5, "info": INFO.ljust(4096 - 120)},  # up to where the maps begin
        {"version": 5, "info": INFO.ljust(5000), "notes": b"notes"},
        {"version": 6},
        {"version": 6, "pages": (1 << 32) + 5},  # more than the first header can say
    ],
)
def test_vmcoreinfo_tells_what_the_header_leaves_out(
    order: str, kind: str, wide: bool, settings: Dict[str, Any]
) -> None:
    content = bytearray(kdump(order, kind, wide, **settings).content)
    names_and_time = slice(12, 424 if wide else 412)
    content[names_and_time] = bytes(len(content[names_and_time]))
    assert opened(bytes(content)).header() == Header(TIME, "6.12.0-made", None)


def test_a_header_before_version_3_does_not_say_where_vmcoreinfo_is() -> None:
    content = bytearray(kdump(version=2).content)
    content[12:424] = bytes(412)
    assert opened(bytes(content)).header() == Header()


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("kind", "wide"), [("64", True), ("i386", False), ("arm", False), ("arm", True)])
def test_the_time_in_the_header_counts_where_vmcoreinfo_has_none(order: str, kind: str, wide: bool) -> None:
    content = kdump(order, kind, wide, info=b"OSRELEASE=6.12.0-made\n").content
    assert opened(content).header() == MADE


@pytest.mark.parametrize("split", [(0, 1000), (1000, 2000)])
@pytest.mark.parametrize("version", [2, 3, 5, 6])
@pytest.mark.parametrize(("kind", "wide"), [("64", True), ("i386", False), ("arm", False)])
def test_a_part_of_a_split_dump(kind: str, wide: bool, version: int, split: Tuple[int, int]) -> None:
    """It ends with the last page of its own range, wherever this version of the header has that range."""
    content = kdump("<", kind, wide, version, split=split, info=b"").content
    assert opened(content).incomplete() is None
    assert reason(content[:-1]) == "It is incomplete: {0} bytes, but the last page ends at byte {1}.".format(
        len(content) - 1, len(content)
    )


@pytest.mark.parametrize(
    ("settings", "whole"),
    [
        ({}, True),
        ({"zeros": ()}, True),
        ({"zeros": tuple(DUMPED)}, True),
        ({"zeros": (DUMPED[0], DUMPED[-1])}, True),
        ({"dumped": range(10), "zeros": ()}, True),
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


@pytest.mark.parametrize(("split", "own"), [(None, 70), ((0, 2000), 70), ((0, 1999), 69)])
def test_a_dump_without_a_page_of_zeros(split: Optional[Tuple[int, int]], own: int) -> None:
    """Page data follow the table at once, also where a part of a split dump has all pages, or all but one."""
    made = kdump(zeros=(), split=split)
    moved = bytearray(made.content[: made.data] + made.content[made.data + 4096 :])
    for number in range(own):
        struct.pack_into("<q", moved, made.table + 24 * number, made.data + PAGE * number)
    assert opened(bytes(moved)).incomplete() is None
    assert "the last page ends" in reason(bytes(moved[:-1]))


def test_pages_in_another_order() -> None:
    """The first entry then does not say where the table ends; the map says how many entries there are."""
    made = kdump(zeros=())
    content = bytearray(made.content)
    first, last = slice(made.table, made.table + 24), slice(made.data - 24, made.data)
    content[first], content[last] = content[last], content[first]
    assert opened(bytes(content)).incomplete() is None
    assert "It is incomplete" in reason(bytes(content[:-1]))


def test_a_file_that_ends_with_its_maps() -> None:
    made = kdump()
    assert reason(made.content[: made.table]) == (
        "It is incomplete: {0} bytes, but the header and maps alone are {0}.".format(made.table)
    )


def test_pages_of_zeros_at_the_end_do_not_hide_that_a_page_before_them_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(page_table, "CHUNK", 24 * 5)
    made = kdump(zeros=DUMPED[-20:])
    assert opened(made.content).incomplete() is None
    assert "the last page ends" in reason(made.content[:-1])


def test_the_end_of_the_table_is_searched_for_a_page_only_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_table, "CHUNK", 24 * 5)
    monkeypatch.setattr(page_table, "TABLE_LIMIT", 2)
    assert opened(kdump(zeros=DUMPED[-20:]).content[:-1]).incomplete() is None


def test_a_single_map_as_old_versions_write_it() -> None:
    made = kdump(maps=1)
    content = bytearray(made.content)
    struct.pack_into("<I", content, 440, 20000)
    struct.pack_into("<Q", content, 4096 + 96, 20000)
    content[made.maps + 2048 : made.table] = b"\0" * 2048
    assert opened(bytes(content)).incomplete() is None


@pytest.mark.parametrize("version", [5, 6])
@pytest.mark.parametrize(("kind", "wide"), [("64", True), ("i386", False), ("arm", False)])
def test_what_was_erased_has_to_be_there_in_full(kind: str, wide: bool, version: int) -> None:
    content = kdump("<", kind, wide, version, erased=b"erased").content
    assert opened(content).incomplete() is None
    assert "the last page ends" in reason(content[:-1])


def test_between_two_cycles_everything_looks_fine_but_the_room_in_the_table() -> None:
    """makedumpfile with little memory writes map, table and pages of one part of memory after the other."""
    made = kdump(dumped=DUMPED[:60], room=len(DUMPED))
    assert reason(made.content).startswith("The map lists 60 pages, the page table has room for 70")


def test_a_table_that_was_not_written_to_its_end() -> None:
    made = kdump()
    content = bytearray(made.content)
    content[made.data - 24 : made.data] = b"\0" * 24
    assert reason(bytes(content)).startswith("The page table of 70 entries was not written to its end")


@pytest.mark.parametrize("missing", [1, 24, 30])
def test_a_file_that_ends_in_the_table(missing: int) -> None:
    made = kdump()
    assert reason(made.content[: made.data - missing]).endswith(
        "and the page table alone ends at byte {0}.".format(made.data)
    )


@pytest.mark.parametrize(("offset", "size"), [(8, 100), (1 << 40, 5000)])
def test_entries_that_cannot_be(offset: int, size: int) -> None:
    made = kdump()
    content = bytearray(made.content)
    struct.pack_into("<qI", content, made.data - 24, offset, size)
    assert reason(bytes(content)) == "The page table has entries that cannot be: the file is damaged."


@pytest.mark.parametrize(
    ("first", "text"),
    [
        (1, "The map of pages and the first entry of the page table fit no dump: the file is damaged."),
        (16384, "The map of pages and the first entry of the page table fit no dump: the file is damaged."),
        (16384 + 25, "The page table has entries that cannot be: the file is damaged."),
    ],
)
def test_a_first_entry_that_fits_nothing(first: int, text: str) -> None:
    made = kdump()
    content = bytearray(made.content)
    struct.pack_into("<q", content, made.table, first)
    assert reason(bytes(content)) == text


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


@pytest.mark.parametrize("over", [0, 1])
def test_a_map_of_64_mib_is_counted(over: int) -> None:
    """It stands for 2 TiB of memory in pages of 4 KiB, and a block more for too much."""
    maps, pages = 16384 + over, (16384 + over) * 4096 * 8
    head = bytearray(kdump(dumped=(), zeros=()).content[:8192])
    struct.pack_into("<II", head, 436, maps, pages)  # a single map, as old versions write it
    struct.pack_into("<Q", head, 4096 + 96, pages)
    dump = opened(bytes(head))
    dump.source = Sparse(8192 + maps * 4096 + 4096, [(0, bytes(head))])
    assert (dump.incomplete() or "").startswith("No page was written, the page table is empty")
    assert dump.limits == ["Its map of pages is longer than 64 MiB and was not counted."][:over]


@pytest.mark.parametrize("size", [8, 64, 463])
def test_a_header_cut_short(size: int) -> None:
    with pytest.raises(FormatError, match="The header is incomplete: {0} of 464 bytes".format(size)):
        opened(kdump().content[:size])


@pytest.mark.parametrize("block", [0, 1, 4095, 4097, 2048, 1 << 19, -4096])
def test_a_header_that_makes_no_sense(block: int) -> None:
    content = bytearray(kdump().content)
    struct.pack_into("<i", content, 428, block)
    with pytest.raises(FormatError, match="makes no sense in any byte order or width"):
        opened(bytes(content))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("offset", "number", "sense"),
    [
        (8, -1, False),
        (8, 0, True),
        (8, 99, True),
        (8, 100, False),
        (432, 0, False),
        (432, 1, True),
        (432, (1 << 20) - 1, True),
        (432, 1 << 20, False),
    ],
    ids=str,
)
def test_which_versions_and_sizes_of_the_sub_header_make_sense(
    order: str, offset: int, number: int, sense: bool
) -> None:
    content = bytearray(kdump(order).content)
    struct.pack_into(order + "i", content, offset, number)
    if sense:
        assert opened(bytes(content)).header().nodename == "made1"
    else:
        with pytest.raises(FormatError, match="makes no sense in any byte order or width"):
            opened(bytes(content))


class Huge(Source):
    """A dump of 100 GB: table and pages are made when they are read, and what is read is counted."""

    def __init__(self, head: bytes, table: int, count: int, lost: int) -> None:
        self.head, self.table, self.count, self.lost = head, table, count, lost
        self.data = table + 24 * count
        self.size = self.data + 4096 + PAGE * count
        self.bytes_read = self.reads = 0

    def read(self, offset: int, length: int) -> bytes:
        self.bytes_read += length
        self.reads += 1
        if offset < len(self.head):
            return self.head[offset : offset + length]
        if offset < self.table:
            return b"\xff" * length  # the map
        if offset < self.data:
            first = (offset - self.table) // 24
            return b"".join(
                struct.pack("<qIIQ", self.data + 4096 + PAGE * number, PAGE, 1, 0)
                for number in range(first, first + length // 24)
            )
        return bytes(length) if (offset - self.data) // PAGE >= self.lost else packed_page(1, 4096)


@pytest.mark.parametrize("lost", [None, 0.5, 0.9999])
def test_a_dump_of_100_gb_is_judged_by_little(lost: Optional[float]) -> None:
    """A host with 4 TiB of memory, of which all pages are in the dump, and one whose later blocks were lost."""
    pages = 1 << 30
    maps = 2 * (pages // 8) // 4096
    head = bytearray(kdump(dumped=(), zeros=()).content[:8192])
    struct.pack_into("<I", head, 436, maps)
    struct.pack_into("<I", head, 440, pages)
    struct.pack_into("<Q", head, 4096 + 96, pages)
    source = Huge(bytes(head), 8192 + maps * 4096, pages, pages + 99 if lost is None else int(pages * lost))
    assert source.size > 100 * 10**9
    found = CompressedDump(source).incomplete()
    assert (found is None) is (lost is None)
    assert (source.bytes_read < 1 << 20, source.reads < 100) == (True, True)
    source.size -= 1
    if lost is None:
        assert CompressedDump(source).incomplete() == (
            "It is incomplete: {0} bytes, but the last page ends at byte {1}.".format(source.size, source.size + 1)
        )


# ---- what a power cut and other writers leave


def filled(content: bytes, begin: int, end: Optional[int] = None, byte: bytes = b"\0") -> bytes:
    """I(content) with other bytes in one place."""
    end = len(content) if end is None else end
    return content[:begin] + byte * (end - begin) + content[end:]


@pytest.mark.parametrize("byte", [b"\0", b"\xff"], ids=["zeros", "stale"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.9, 0.99])
def test_page_data_that_were_never_written(share: float, byte: bytes) -> None:
    made = kdump()
    begin = made.data + 4096 + int((len(made.content) - made.data - 4096) * share)
    assert " of 70 holds " in reason(filled(made.content, begin, byte=byte))


@pytest.mark.parametrize("flags", [1, 2, 4, 32])
def test_page_data_of_zeros_whatever_compressed_them(flags: int) -> None:
    made = kdump(zeros=())
    content = bytearray(filled(made.content, made.data + 4096))
    for number in range(len(DUMPED)):
        struct.pack_into("<I", content, made.table + 24 * number + 12, flags)
    assert "holds zeros where its compressed data must be" in reason(bytes(content))


def uncompressed(level: int, byte: bytes) -> bytes:
    """A dump of pages that are not compressed; a page of zeros stands for all where the level leaves them out."""
    made = kdump(zeros=())
    content = bytearray(made.content[: made.data]) + bytearray(4096)
    for number in range(len(DUMPED)):
        struct.pack_into("<qII", content, made.table + 24 * number, made.data + 4096 * (number + 1), 4096, 0)
    struct.pack_into("<i", content, 4096 + 8, level)
    return bytes(content) + byte * 4096 * len(DUMPED)


@pytest.mark.parametrize(
    ("level", "byte", "whole"),
    [(31, b"x", True), (0, b"\0", True), (31, b"\0", False), (1, b"\0", False), (30, b"\0", True)],
)
def test_pages_that_are_not_compressed(level: int, byte: bytes, whole: bool) -> None:
    """Pages of zeros are pages of zeros, unless makedumpfile was asked to leave them out."""
    assert (opened(uncompressed(level, byte)).incomplete() is None) is whole


def test_a_page_that_is_not_compressed_has_the_size_of_a_page() -> None:
    content = bytearray(uncompressed(0, b"x"))
    struct.pack_into("<I", content, kdump(zeros=()).data - 24 + 8, 4095)
    assert reason(bytes(content)) == "The page table has entries that cannot be: the file is damaged."


@pytest.mark.parametrize("settings", [{}, {"split": (0, 1000)}, {"split": (100, 200)}])
@pytest.mark.parametrize("part", ["maps", "second map", "table"])
def test_maps_and_tables_that_were_never_written(settings: Dict[str, Any], part: str) -> None:
    made = kdump(**settings)
    begin = {"maps": made.maps, "second map": made.maps + 4096, "table": made.table}[part]
    rest = opened(filled(made.content, begin)).incomplete()
    # A part without a page of its own has nothing behind the maps.
    assert (rest is None) is (part == "table" and settings == {"split": (100, 200)})
    if part != "table":
        assert reason(filled(made.content, begin, made.table))


def test_a_part_whose_map_lists_less_than_its_table() -> None:
    made = kdump(split=(0, 2000))
    assert "more pages than the map lists" in reason(filled(made.content, made.maps + 4096 + 6, made.table))


def test_notes_that_were_never_written() -> None:
    assert "zeros where VMCOREINFO must be" in reason(filled(kdump().content, 4096 + 120, 8192))


@pytest.mark.parametrize("count", [1, 60, 170, 171, 400, 500, 1000])
@pytest.mark.parametrize("block", [4096, 65536])
@pytest.mark.parametrize("first", [0, 1])
def test_a_table_that_is_padded_to_a_block(first: int, block: int, count: int) -> None:
    """As libkdumpfile and kdumpling write it, without or with a page of zeros as the first one of the page data."""
    exact = kdump(block=block, dumped=range(count), zeros=())
    pad = -(exact.data - exact.table) % block
    padded = bytearray(exact.content[: exact.data] + bytes(pad + first * block) + exact.content[exact.data + block :])
    for number in range(count):
        at = exact.data + pad + first * block + PAGE * number
        struct.pack_into("<q", padded, exact.table + 24 * number, at)
    assert opened(bytes(padded)).incomplete() is None
    assert "the last page ends" in reason(bytes(padded[:-1]))


@pytest.mark.parametrize(("version", "most"), [(6, 2000), (5, 65536)])
def test_how_many_pages_the_table_can_have_room_for(version: int, most: int) -> None:
    """As many as there are pages of memory, or bits in the maps where the number of pages may be cut to 32 bits."""
    content = bytearray(kdump(version=version).content)
    struct.pack_into("<q", content, 16384, 16384 + 24 * most)
    assert reason(bytes(content)).startswith("The map lists 70 pages, the page table has room for {0}".format(most))
    struct.pack_into("<q", content, 16384, 16384 + 24 * (most + 1))
    assert reason(bytes(content)).startswith("It is incomplete")


@pytest.mark.parametrize(
    ("over", "text"),
    [(0, "It is incomplete"), (1, "The map of pages and the first entry of the page table fit no dump")],
)
def test_how_far_behind_the_table_its_first_page_can_be(over: int, text: str) -> None:
    """Behind all other pages, if none of the 2000 is compressed."""
    content = bytearray(kdump().content)
    struct.pack_into("<q", content, 16384, 16384 + 2000 * (24 + 4096) + over)
    assert reason(bytes(content)).startswith(text)


@pytest.mark.parametrize(("offset", "since"), [(32, 3), (48, 4), (64, 5)], ids=["VMCOREINFO", "notes", "erase info"])
def test_what_the_sub_header_names_may_lie_at_the_end_of_the_file(offset: int, since: int) -> None:
    """It has to be there in full, once the header is of a version that has its place."""
    for version in (since - 1, since):
        content = bytearray(kdump(version=version, info=b"").content)
        struct.pack_into("<qQ", content, 4096 + offset, len(content), 50)
        content += b"x" * 50
        assert opened(bytes(content)).incomplete() is None
        assert (opened(bytes(content[:-1])).incomplete() is None) is (version < since)


@pytest.mark.parametrize("chunk", [1, 2, 65536])
def test_a_part_may_begin_and_end_anywhere_in_a_byte_of_the_map(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kdump_compressed, "CHUNK", chunk)
    for split in [(begin, 50) for begin in range(5, 18)] + [(10, end) for end in range(11, 25)]:
        assert (split, opened(kdump(split=split).content).incomplete()) == (split, None)


@pytest.mark.parametrize(("pages", "text"), [(32768, None), (32769, "The map lists 140 pages")])
def test_there_are_two_maps_where_half_of_them_has_room_for_all_pages(pages: int, text: Optional[str]) -> None:
    found = opened(kdump(pages=pages).content).incomplete()
    assert (found is None) if text is None else (found or "").startswith(text)


def test_a_table_with_room_for_one_page() -> None:
    made = kdump(dumped=[5])
    assert opened(made.content).incomplete() is None
    content = bytearray(made.content)
    content[made.maps + 4096] |= 1 << 6
    assert reason(bytes(content)).startswith("The map lists 2 pages, the page table has room for 1")


def test_an_offset_without_a_size_is_nothing() -> None:
    content = bytearray(kdump().content)
    struct.pack_into("<qQ", content, 4096 + 64, 1 << 40, 0)
    assert opened(bytes(content)).incomplete() is None


@pytest.mark.parametrize(
    ("pages", "text"),
    [
        (65536, "The map lists 140 pages, the page table has room for 70"),  # both maps as one
        (65537, "The header says 65537 pages, for which its maps have no room"),
        (1 << 20, "The header says 1048576 pages, for which its maps have no room"),
    ],
)
def test_more_pages_than_the_maps_have_room_for(pages: int, text: str) -> None:
    assert reason(kdump(pages=pages).content).startswith(text)


def test_a_first_entry_beyond_all_pages_is_damage_and_no_cut() -> None:
    content = bytearray(kdump().content)
    struct.pack_into("<q", content, 16384, 10**16)
    assert reason(bytes(content)).startswith("The map of pages and the first entry of the page table fit no dump")


def test_the_time_of_the_crash_is_that_of_the_kernel() -> None:
    """Writers other than makedumpfile put the time of writing into the header."""
    content = kdump(info=b"OSRELEASE=6.12.0-info\nCRASHTIME=1789103980\n").content
    assert opened(content).header() == Header(1789103980, "6.12.0-made", "made1")


@pytest.mark.parametrize(("seconds", "time"), [(-1, None), (0, None), (1, 1)])
def test_a_clock_that_was_not_set(seconds: int, time: Optional[int]) -> None:
    content = bytearray(kdump(info=b"").content)
    struct.pack_into("<q", content, 408, seconds)
    assert opened(bytes(content)).header().time == time


def test_the_release_is_that_of_the_header_where_both_have_one() -> None:
    assert opened(kdump(info=b"OSRELEASE=another\n").content).header() == MADE
