# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Flattened dumps: real ones, records in any order, streams that broke off, and sizes that cannot be followed."""

import struct
from pathlib import Path
from typing import Tuple

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.vmcore import flattened
from ansible_collections.kdump.fleet.plugins.module_utils.vmcore.base import FileSource, FormatError, Header
from ansible_collections.kdump.fleet.plugins.module_utils.vmcore.flattened import FlattenedDump
from tests.unit.plugins.module_utils.vmcore.dumps import (
    END,
    TIME,
    Memory,
    Sparse,
    elf,
    fixture,
    flat,
    kdump,
    records,
)

TINY = Header(TIME, "6.12.0-tiny", "tiny1")
MADE = Header(TIME, "6.12.0-made", "made1")


def opened(content: bytes) -> FlattenedDump:
    assert FlattenedDump.recognise(content[:64])
    return FlattenedDump(Memory(content))


def reason(content: bytes) -> str:
    found = opened(content).incomplete()
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "header", "cut"),
    [
        ("kdumpctl-ssh", Header(1795375557, "6.12.107+deb13-cloud-amd64", "kdumpt3"), 90668),
        ("kdump-tools-local", Header(1795372094, "6.12.107+deb13-cloud-amd64", "lab"), 41516),
    ],
)
def test_the_header_of_a_real_dump(name: str, header: Header, cut: int) -> None:
    dump = opened(fixture(name + ".head"))
    assert (dump.content, dump.header(), dump.marked()) == ("compressed", header, None)
    assert (dump.incomplete() or "").startswith(
        "It is incomplete: 12288 bytes, in the middle of a record that ends at byte {0}: ".format(cut)
    )


@pytest.mark.parametrize("name", ["kdumpctl-ssh", "kdump-tools-local"])
def test_the_end_of_a_real_dump(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beginning and end are the real ones; what lies between is not looked at beyond the first record."""
    monkeypatch.setattr(flattened, "RECORDS_LIMIT", 3)
    head, tail = fixture(name + ".head"), fixture(name + ".tail")
    assert opened(head + tail).incomplete() is None
    assert reason(head + tail[:-1]).startswith("The end mark of the flattened format is missing")


@pytest.mark.parametrize(
    ("name", "content", "header"),
    [("tiny-flattened", "compressed", TINY), ("tiny-flattened-elf", "elf", TINY._replace(nodename=None))],
)
def test_a_real_dump_that_is_whole(name: str, content: str, header: Header) -> None:
    dump = opened(fixture(name))
    assert (dump.content, dump.header(), dump.marked(), dump.incomplete()) == (content, header, None, None)


@pytest.mark.parametrize(("name", "step"), [("tiny-flattened", 37), ("tiny-flattened-elf", 4999)])
def test_a_real_dump_cut_anywhere_is_never_whole(name: str, step: int) -> None:
    content = fixture(name)
    for size in list(range(4112 + 464, len(content), step)) + [len(content) - 1, len(content) - 16]:
        assert reason(content[:size])


def test_a_stream_that_broke_off_between_two_records() -> None:
    content = flat(list(records(kdump().content)), b"")
    assert reason(content) == (
        "It is incomplete and ends at byte {0}, with no end mark: "
        "makedumpfile or the transfer was stopped, or the target ran out of space.".format(len(content))
    )


def test_what_follows_the_end_mark_does_not_count() -> None:
    """As when a raw partition was copied."""
    assert opened(flat(list(records(kdump().content))) + b"\0" * 512).incomplete() is None


@pytest.mark.parametrize("size", [1, 100, 4096, 1 << 20])
def test_records_of_any_size(size: int) -> None:
    whole = kdump(dumped=(1, 2, 3), zeros=()).content
    if len(whole) // size > flattened.RECORDS_LIMIT:
        whole = whole[:600]
        assert opened(flat(list(records(whole, size)))).header().nodename == "made1"
    else:
        assert opened(flat(list(records(whole, size)))).incomplete() is None


def test_records_in_another_order() -> None:
    pieces = list(records(kdump().content, 1000))
    dump = opened(flat(pieces[1::2] + pieces[::2][::-1]))
    assert (dump.header(), dump.incomplete()) == (MADE, None)


def test_a_later_record_replaces_an_earlier_one() -> None:
    """makedumpfile writes the sub header again when it has erased secrets; the latest word counts."""
    made = kdump(erased=b"erased")
    first, last = (4096, kdump().content[4096:4200]), (4096, made.content[4096:4200])
    pieces = [first, *records(made.content, 1000), last]
    assert opened(flat(pieces)).incomplete() is None
    marked = kdump(status=9).content[:464]
    assert "ran out of space" in reason(flat([*pieces, (0, marked)]))
    assert opened(flat([(0, marked), *pieces])).incomplete() is None


@pytest.mark.parametrize(
    ("part", "content"),
    [
        ((0, 4), b""),
        ((0, 6), b"\0\0\0\0AB"),
        ((4, 4), b"ABab"),
        ((5, 1), b"B"),
        ((8, 4), b"EF"),
        ((8, 8), b"EF\0\0\0\0GH"),
        ((11, 3), b""),
        ((14, 100), b"GH"),
        ((15, 1), b"H"),
        ((16, 1), b""),
        ((0, 0), b""),
    ],
)
def test_what_records_put_together(part: Tuple[int, int], content: bytes) -> None:
    """Zeros in front of what a record has, nothing behind it; of two records the later one counts."""
    kept = b"ABCDEFGHab"
    found = [flattened._Record(4, 10, 0), flattened._Record(14, 16, 6), flattened._Record(6, 8, 8)]
    assert flattened._Content(Memory(kept), found).read(*part) == content


def test_a_record_that_is_cut_gives_what_it_has() -> None:
    content = flattened._Content(Memory(b"ABC"), [flattened._Record(0, 9, 0)])
    assert (content.read(0, 9), content.read(2, 1), content.read(3, 5)) == (b"ABC", b"C", b"")


def test_gaps_between_records_are_zeros() -> None:
    made = kdump()
    content = made.content
    pieces = [(0, content[:464]), (4096, content[4096:4400]), (made.maps, content[made.maps :])]
    assert opened(flat(pieces)).incomplete() is None


def test_the_dump_inside_is_judged_too() -> None:
    made = kdump()
    assert "the last page ends at byte" in reason(flat(list(records(made.content[:-1]))))
    assert "a segment ends at byte" in reason(flat(list(records(elf()[:-1]))))


@pytest.mark.parametrize(("offset", "size"), [(0, 0), (-1, 5), (5, -1), (7, 0)])
def test_what_is_no_record(offset: int, size: int) -> None:
    content = flat([(0, kdump().content)], struct.pack(">qq", offset, size) + END)
    assert reason(content) == "There is no record at byte {0}, where one must be: the file is damaged.".format(
        len(content) - 32
    )


def test_a_second_dump_in_the_same_stream_is_damage() -> None:
    """makedumpfile that is given several dump levels starts again from the beginning when there is no space."""
    content = flat([(0, kdump().content)], b"") + flat([(0, kdump().content)])
    assert "in the middle of a record" in reason(content)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (flat([]), "no dump was found inside. The file is damaged: take another copy"),
        (flat([], b""), "no dump was found inside. It is incomplete and ends at byte 4096"),
        (flat([(0, b"something else")]), "no dump was found inside. The file is damaged: take another copy"),
        (flat([])[:20], "in a type or version that makedumpfile -R does not know"),
    ],
)
def test_no_dump_inside(content: bytes, text: str) -> None:
    with pytest.raises(FormatError, match="Flattened, but " + text):
        opened(content.ljust(64, b"\0") if len(content) < 64 else content)


@pytest.mark.parametrize(("type_", "version"), [(5, 1), (0, 1), (1, 2), (0, 0), (-1, 1)])
def test_a_type_that_makedumpfile_does_not_know(type_: int, version: int) -> None:
    content = flat(list(records(kdump().content)))
    with pytest.raises(FormatError, match="in a type or version that makedumpfile -R does not know"):
        opened(content[:16] + struct.pack(">qq", type_, version) + content[32:])


def test_only_so_many_records_are_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flattened, "RECORDS_LIMIT", 5)
    pieces = list(records(kdump().content, 1000))
    assert opened(flat(pieces)).incomplete() is None
    assert reason(flat(pieces, b"")).startswith("The end mark of the flattened format is missing")
    marked = list(records(kdump(status=9).content, 1000))
    assert "ran out of space" in reason(flat(marked))


def test_a_dump_of_100_gb_is_judged_by_little() -> None:
    size = 100 * 10**9
    head = flat(list(records(kdump().content[:8192], 4096)), b"")
    rest = size - len(head) - 32
    pieces = [(0, head), (len(head), struct.pack(">qq", 8192, rest)), (size - 16, END)]
    source = Sparse(size, pieces)
    dump = FlattenedDump(source)
    assert dump.header() == MADE
    assert (dump.incomplete() or "").startswith("No page was written")
    assert source.count < 1 << 20


def test_a_hundred_thousand_records_are_judged_by_little(tmp_path: Path) -> None:
    path = tmp_path / "dump"
    end = 4096 + 100000 * 1016
    with path.open("wb") as stream:
        stream.write(flat([(0, kdump().content[:1000])], b""))
        for number in range(1, flattened.RECORDS_LIMIT + 9):
            stream.seek(4096 + number * 1016)
            stream.write(struct.pack(">qq", number * 1000, 1000))
        stream.seek(end)
        stream.write(END)
    with path.open("rb") as opened_stream:
        dump = FlattenedDump(FileSource(opened_stream.fileno()))
        assert (dump.header().nodename, dump.incomplete()) == ("made1", None)
        assert dump.limits == ["Of its records, only the first 4096 were followed."]


def test_records_that_overlap_are_read_once() -> None:
    """4000 records over the same place: a file of 16 MiB would be read for many GiB."""
    made = kdump(zeros=())
    pieces = [(0, made.content)] * 400 + [(offset, b"x" * 3) for offset in range(200000, 200400)]
    content = flat(pieces + [(0, made.content)])
    source = Sparse(len(content), [(0, content)])
    dump = FlattenedDump(source)
    assert dump.header() == MADE
    dump.incomplete()
    assert source.count < 3 * len(made.content) + 401 * 16 * 3 + 65536
