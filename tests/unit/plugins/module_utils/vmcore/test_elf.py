# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ELF core files: a real one, of any width and byte order, and what is left when makedumpfile is stopped."""

import struct
from typing import Optional

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.vmcore import elf as module
from ansible_collections.kdump.fleet.plugins.module_utils.vmcore.base import FormatError, Header
from ansible_collections.kdump.fleet.plugins.module_utils.vmcore.elf import ElfDump
from ansible_collections.kdump.fleet.plugins.module_utils.vmcore.judgement import judge
from tests.unit.plugins.module_utils.vmcore.dumps import TIME, Memory, Sparse, elf, fixture, note

MADE = Header(TIME, "6.12.0-made", None)


def opened(content: bytes) -> ElfDump:
    assert ElfDump.recognise(content[:64])
    return ElfDump(Memory(content))


def reason(content: bytes) -> str:
    found = opened(content).incomplete()
    assert found is not None
    return found


def test_a_real_dump_that_is_whole() -> None:
    dump = opened(fixture("tiny-elf"))
    assert dump.header() == Header(TIME, "6.12.0-tiny", None)
    assert (dump.marked(), dump.incomplete()) == (None, None)


def test_a_real_dump_cut_anywhere_is_never_whole() -> None:
    content = fixture("tiny-elf")
    for size in list(range(64, len(content), 4999)) + [len(content) - 1]:
        assert reason(content[:size])


def test_a_real_dump_that_ran_out_of_space() -> None:
    dump = opened(fixture("tiny-full-elf"))
    assert dump.incomplete() == dump.marked()
    assert "ran out of space" in (dump.marked() or "")


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("extended", [True, False])
def test_any_width_and_byte_order(order: str, wide: bool, extended: bool) -> None:
    content = elf(order, wide, extended=extended)
    dump = opened(content)
    assert (dump.header(), dump.marked(), dump.incomplete()) == (MADE, None, None)
    assert reason(content[:-1]) == "It is incomplete: {0} bytes, but a segment ends at byte {1}.".format(
        len(content) - 1, len(content)
    )


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("wide", [True, False])
def test_the_notes_are_where_their_program_header_says(order: str, wide: bool) -> None:
    """Anything may lie in front of them."""
    content = elf(order, wide, gap=b"\xff" * 100)
    assert (opened(content).header(), opened(content).incomplete()) == (MADE, None)
    without = content.replace(b"VMCOREINFO", b"SOMETHING_")
    stale = note(order, b"VMCOREINFO", b"OSRELEASE=stale\n")
    assert opened(without.replace(b"\xff" * len(stale), stale, 1)).header() == Header()
    assert opened(without.replace(b"\x5a" * len(stale), stale, 1)).header() == Header()


@pytest.mark.parametrize(("length", "header"), [(64, MADE), (65, Header())])
def test_the_longest_name_of_a_note(length: int, header: Header) -> None:
    """What is longer is not a note, and neither is what follows it."""
    dump = opened(elf(notes=note("<", b"n" * (length - 1), b"content")))
    assert (dump.header(), dump.limits) == (header, [])


@pytest.mark.parametrize("loads", [1022, 1023, 1024, 2500])
def test_program_headers_are_read_to_the_last(loads: int) -> None:
    content = elf(loads=loads)
    assert opened(content).incomplete() is None
    assert reason(content[:-1]).endswith("but a segment ends at byte {0}.".format(len(content)))


def test_the_program_headers_may_be_all_there_is() -> None:
    content = elf(loads=1, with_note=False)
    ends = "It is incomplete: 120 bytes, but a segment ends at byte {0}.".format(len(content))
    assert reason(content[:120]) == ends
    assert reason(content[:119]).endswith("but the program headers end at byte 120.")


@pytest.mark.parametrize(("count", "unknown"), [(262144, None), (262145, "the first 262144 of its 262145 program")])
def test_a_quarter_of_a_million_program_headers_are_looked_at(count: int, unknown: Optional[str]) -> None:
    content = bytearray(elf(loads=1, extended=True))
    (sections,) = struct.unpack_from("<Q", content, 40)
    struct.pack_into("<I", content, sections + 44, count)
    notes, load = bytes(content[64:120]), bytes(content[120:176])
    content[32:40] = struct.pack("<Q", len(content))  # the program headers follow everything else
    whole = bytes(content) + notes + load * (count - 1)
    dump = opened(whole)
    assert dump.incomplete() is None
    assert (unknown or "None") in str(dump.unknown)


def test_a_number_of_segments_that_is_out_of_reach() -> None:
    content = elf(extended=True)
    (sections,) = struct.unpack_from("<Q", content, 40)
    assert "program headers end at byte" in reason(content[:sections])


def test_program_headers_that_were_not_written() -> None:
    content = bytearray(elf())
    content[64 + 56 * 2 : 64 + 56 * 4] = b"\0" * 112
    assert reason(bytes(content)).startswith("Not all program headers were written")


def test_a_file_that_ends_in_the_program_headers() -> None:
    assert reason(elf()[:100]) == "It is incomplete: 100 bytes, but the program headers end at byte 288."


def test_a_file_without_segments() -> None:
    assert "program headers end at byte" in reason(elf(loads=0, with_note=False))


def test_the_notes_are_found_without_their_program_header() -> None:
    """In a flattened dump it comes late, when the dump is a big one."""
    assert opened(elf(with_note=False)).header() == MADE


@pytest.mark.parametrize(
    "info",
    [
        b"",
        b"OSRELEASE=\nCRASHTIME=later\n",
        b"\xff\xfe",
        b"CRASHTIME=0x10",
        "CRASHTIME=\u00b2".encode(),
        b"CRASHTIME=" + b"1" * 5000,
    ],
)
def test_a_note_that_says_nothing(info: bytes) -> None:
    assert opened(elf(info=info)).header() == Header(None, None, None)


def test_a_dump_without_the_note() -> None:
    content = elf().replace(b"VMCOREINFO", b"SOMETHING_")
    assert opened(content).header() == Header(None, None, None)
    long = elf().replace(note("<", b"CORE", b"\0" * 149)[:4], struct.pack("<I", 1000))
    assert (opened(long).header(), opened(long).limits) == (Header(None, None, None), [])


def test_only_so_many_notes_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "NOTES_LIMIT", 1)
    assert opened(elf()).header() == Header(None, None, None)


def test_only_so_many_segments_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SEGMENTS_LIMIT", 2)
    assert opened(elf()[:-1]).incomplete() is None


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\x7fELF",
        elf()[:17],
        elf(kind=2)[:64],
        elf(kind=3)[:64],
        b"\x7fELF\3\1" + elf()[6:64],
        b"\x7fELF\2\3" + elf()[6:64],
    ],
)
def test_other_elf_files_are_no_dumps(head: bytes) -> None:
    assert not ElfDump.recognise(head)


@pytest.mark.parametrize(("size", "wide", "needed"), [(20, True, 64), (63, True, 64), (51, False, 52)])
def test_a_header_cut_short(size: int, wide: bool, needed: int) -> None:
    with pytest.raises(FormatError, match="The header is incomplete: {0} of {1} bytes".format(size, needed)):
        opened(elf(wide=wide)[:size])


def test_eighteen_bytes_tell_a_core_file() -> None:
    assert ElfDump.recognise(elf()[:18])


def test_a_header_that_makes_no_sense() -> None:
    content = bytearray(elf())
    struct.pack_into("<H", content, 54, 57)
    with pytest.raises(FormatError, match="57 bytes each, which cannot be"):
        opened(bytes(content))


def test_a_dump_of_100_gb_is_judged_by_little() -> None:
    size = 100 * 10**9
    content = bytearray(elf(loads=1))
    (start,) = struct.unpack_from("<Q", content, 64 + 56 + 8)
    struct.pack_into("<Q", content, 64 + 56 + 32, size - start)
    source = Sparse(size, [(0, bytes(content))])
    dump = ElfDump(source)
    assert (dump.header(), dump.incomplete()) == (MADE, None)
    assert "a segment ends at byte" in (ElfDump(Sparse(size - 1, source.pieces)).incomplete() or "")
    assert source.count < 1 << 17


def test_the_notes_of_all_segments_have_one_budget() -> None:
    """Many segments over one area of empty notes: 1.3 MiB would take minutes."""
    segments, notes = 2000, 4000
    head = bytearray(elf(loads=0, with_note=False)[:64])
    at = 64 + 56 * segments
    struct.pack_into("<H", head, 56, segments)
    table = struct.pack("<IIQQQQQQ", 4, 0, at, 0, 0, 12 * notes, 12 * notes, 0) * segments
    content = bytes(head) + table + bytes(12 * notes + 24)
    source = Sparse(len(content), [(0, content)])
    found = judge(source)
    assert (found.error, found.limits) == (None, ("Of its notes, only the first 16384 were looked at.",))
    assert source.count < 24 * 16400 + 5 * len(content)


@pytest.mark.parametrize(
    ("limit", "unknown"), [(3, "Only the first 3 of its 4 program headers were looked at."), (4, None), (5, None)]
)
def test_more_segments_than_are_looked_at(limit: int, unknown: Optional[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SEGMENTS_LIMIT", limit)
    found = judge(Memory(elf()))
    assert (found.reason, found.unknown) == (None, unknown)
