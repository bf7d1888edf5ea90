# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dumps that were sent through gzip and the like on their way."""

import gzip
import importlib
import lzma
import struct
import zlib
from types import ModuleType
from typing import Any, List, Optional

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.vmcore import packed
from ansible_collections.kdump.fleet.plugins.module_utils.vmcore.base import Header
from ansible_collections.kdump.fleet.plugins.module_utils.vmcore.judgement import Judgement
from tests.unit.plugins.module_utils.vmcore.dumps import TIME, Sparse, elf, fixture, flat, judged, kdump, raw, records

TINY = Header(TIME, "6.12.0-tiny", "tiny1")
NAMES = [("tiny-flattened.gz", "gzip"), ("tiny-flattened.bz2", "bzip2"), ("tiny-flattened.xz", "xz")]


@pytest.mark.parametrize(("name", "packer"), NAMES)
def test_a_whole_dump(name: str, packer: str) -> None:
    assert judged(raw(name)) == Judgement("flattened", "compressed", TINY, packed=packer)


@pytest.mark.parametrize(("name", "packer"), NAMES)
def test_a_packed_file_that_was_cut(name: str, packer: str) -> None:
    content = raw(name)
    found = judged(content[: len(content) - 5])
    assert (found.packed, found.header) == (packer, TINY)
    assert "breaks off or is damaged" in (found.reason or "")


@pytest.mark.parametrize(("name", "packer"), NAMES)
def test_a_packed_file_that_was_cut_at_once(name: str, packer: str) -> None:
    found = judged(raw(name)[:64])
    assert (found.error or "").startswith(("Packed with {0}, and cannot be".format(packer), "Flattened, but no dump"))


def test_the_packer_ends_well_when_makedumpfile_did_not() -> None:
    found = judged(gzip.compress(fixture("tiny-flattened")[:-100]))
    assert found.header == TINY
    assert (found.reason or "").startswith("The end mark of the flattened format is missing inside")


@pytest.mark.parametrize("limit", ["PACKED_LIMIT", "UNPACKED_LIMIT"])
def test_a_dump_too_big_to_unpack(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, limit, 100)
    assert (judged(raw("tiny-flattened.gz")).unknown or "").startswith(
        "It is packed with gzip, and its end cannot be seen here."
    )


@pytest.mark.parametrize(("limit", "size"), [("PACKED_LIMIT", None), ("UNPACKED_LIMIT", 27360)])
def test_the_biggest_dump_that_is_unpacked(limit: str, size: Optional[int], monkeypatch: pytest.MonkeyPatch) -> None:
    content = raw("tiny-flattened.gz")
    monkeypatch.setattr(packed, limit, size or len(content))
    assert judged(content) == Judgement("flattened", "compressed", TINY, packed="gzip")
    monkeypatch.setattr(packed, limit, (size or len(content)) - 1)
    assert (judged(content).unknown or "").startswith("It is packed with gzip, and its end cannot be seen here.")


def test_of_a_quarter_of_a_gibibyte_the_end_is_not_looked_at() -> None:
    """Packed or unpacked."""
    longer = gzip.compress(fixture("tiny-flattened") + bytes(65536))  # gzip looks for another part byte by byte
    dump = packed.PackedDump(Sparse((256 << 20) + 1, [(0, longer)]))
    assert (dump.incomplete(), dump.limits) == (None, ["It has more than 256 MiB and was not unpacked."])
    unpacked = gzip.compress(fixture("tiny-flattened")) + gzip.compress(bytes(1 << 20)) * 256
    assert judged(unpacked).limits == ("Only the first 256 MiB inside were unpacked.",)


@pytest.mark.parametrize(("name", "packer"), NAMES)
def test_a_dump_is_read_on_from_where_it_was_read_to(name: str, packer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "CHUNK", 1000)
    assert judged(raw(name)) == Judgement("flattened", "compressed", TINY, packed=packer)


def test_a_mark_of_makedumpfile_counts_first() -> None:
    found = judged(gzip.compress(flat(list(records(kdump(status=9).content)))))
    assert "ran out of space" in (found.reason or "")


@pytest.mark.parametrize(("content", "format_"), [(elf(), "elf"), (kdump().content, "compressed")])
def test_other_formats_inside_show_no_end(content: bytes, format_: str) -> None:
    found = judged(gzip.compress(content))
    assert (found.format, found.header.kernel, found.packed) == (format_, "6.12.0-made", "gzip")
    assert "its end cannot be seen here" in (found.unknown or "")


@pytest.mark.parametrize(("magic", "packer"), [(b"\x04\x22\x4d\x18", "lz4"), (b"\x28\xb5\x2f\xfd", "zstd")])
def test_what_python_cannot_unpack(magic: bytes, packer: str) -> None:
    found = judged(magic + b"\0" * 100)
    assert (found.format, found.header, found.packed, found.error) == ("unknown", Header(), packer, None)
    assert (found.unknown or "").startswith("It is packed with {0}, and its end cannot be seen here.".format(packer))


def test_a_python_without_the_module(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> ModuleType:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    assert "its end cannot be seen here" in (judged(raw("tiny-flattened.xz")).unknown or "")


def test_a_long_dump_is_unpacked_for_its_header_only_as_far_as_needed() -> None:
    found = judged(raw("tiny-flattened-elf.gz"))
    assert (found.content, found.header.kernel, found.reason) == ("elf", "6.12.0-tiny", None)


def test_something_else_inside() -> None:
    found = judged(gzip.compress(b"kernel log of yesterday"))
    assert (found.error, found.format) == ("Packed with gzip, but no dump was found inside.", "unknown")


def test_damage_at_the_beginning() -> None:
    assert "Packed with gzip, and cannot be unpacked" in (judged(b"\x1f\x8b\x08" + b"\xff" * 100).error or "")


# ---- bombs


@pytest.mark.parametrize("module", ["gzip", "bz2", "lzma"])
def test_a_bomb_is_unpacked_only_so_far(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "UNPACKED_LIMIT", 1 << 20)
    monkeypatch.setattr(packed, "CHUNK", 1 << 16)
    unpacked: List[bytes] = []
    read = packed._read

    def counting(*arguments: Any) -> bytes:
        unpacked.append(read(*arguments))
        return unpacked[-1]

    monkeypatch.setattr(packed, "_read", counting)
    bomb = importlib.import_module(module).compress(fixture("tiny-flattened") + bytes(32 << 20))
    assert len(bomb) < 64 << 10
    found = judged(bomb)
    assert (found.reason, found.error, "cannot be seen here" in (found.unknown or "")) == (None, None, True)
    assert sum(len(one) for one in unpacked) < (1 << 20) + (1 << 18)
    assert found.limits == ("Only the first 1 MiB inside were unpacked.",)


@pytest.mark.parametrize(("memory", "whole"), [(packed.XZ_MEMORY, True), (1 << 20, None)])
def test_xz_gets_only_so_much_memory(memory: int, whole: Optional[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    """The header of a file may ask for gigabytes."""
    monkeypatch.setattr(packed, "XZ_MEMORY", memory)
    found = judged(lzma.compress(fixture("tiny-flattened"), preset=9))
    assert (found.reason, found.error) == (None, None)
    if whole:
        assert (found.header, found.unknown) == (TINY, None)
    else:
        assert found.unknown == "Judging it was ended: unpacking it takes more than 1 MiB of memory."
        assert found.limits == (found.unknown,)


def test_xz_gets_72_mib() -> None:
    """A file that asks for 4 GiB is not a file of makedumpfile."""
    content = bytearray(lzma.compress(fixture("tiny-flattened"), preset=9))
    end = 12 + 4 * content[12]  # of the header of the first block, in front of its checksum
    assert content[14:17] == b"\x21\x01\x1c"  # LZMA2, with a dictionary of 64 MiB
    for size, unknown in ((0x1C, None), (0x1D, "Judging it was ended: unpacking it takes more than 72 MiB of memory.")):
        content[16] = size
        content[end : end + 4] = struct.pack("<I", zlib.crc32(content[12:end]))
        assert judged(bytes(content)).unknown == unknown


@pytest.mark.parametrize("between", [b"", bytes(8)])
def test_several_streams_of_xz_are_one_dump(between: bytes) -> None:
    content = fixture("tiny-flattened")
    found = judged(lzma.compress(content[:9000]) + between + lzma.compress(content[9000:]))
    assert (found.header, found.reason, found.unknown) == (TINY, None, None)
