# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any bytes get a clear judgement: dumps, other files, and what is left of either."""

import gzip
import os
from pathlib import Path
from typing import Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kdump.fleet.plugins.module_utils.vmcore import base
from ansible_collections.kdump.fleet.plugins.module_utils.vmcore.base import Dump, FileSource, Header, Source
from ansible_collections.kdump.fleet.plugins.module_utils.vmcore.judgement import Judgement, recognised
from tests.unit.plugins.module_utils.vmcore.dumps import Memory, elf, fixture, flat, judged, kdump, records

WHOLE = [kdump().content, kdump(">", "arm", False).content, elf(), elf(">", False)]
WHOLE += [flat(list(records(kdump().content))), flat(list(records(elf(), 100)))]
WHOLE += [kdump(split=(0, 1000), erased=b"x").content, gzip.compress(elf())]
WHOLE += [fixture(name) for name in ("kdumpctl-local.head", "kdumpctl-ssh.head", "kdump-tools-local.head")]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"DISKDUMP" + b"\0" * 500, "It is a dump of diskdump"),
        (b"\xed\x23\x8f\x61\x73\x01\x19\xa8" + b"\0" * 500, "It is a dump of LKCD"),
        (elf(kind=2), "It is an ELF file, but not a core file."),
        (b"\0" * 5000, "It begins with zeros"),
        (b"\0", "It begins with zeros"),
        (b"#!/bin/sh\necho", "It begins with '#!/bin/sh\\necho', which no kind of dump does"),
        (b"\xff" * 16, "It begins with '\\xff\\xff"),
        (b"K", "It begins with 'K'"),
        (b"abcdefghijklmnopqrstuvwxyz", "It begins with 'abcdefghijklmnop', which"),
    ],
)
def test_other_files(content: bytes, error: str) -> None:
    found = judged(content)
    assert found.format == "unknown"
    assert (found.error or "").replace("\xff", "\\xff").startswith(error)
    assert not recognised(content[:64])


def test_an_empty_file() -> None:
    assert judged(b"") == Judgement(
        "unknown", reason="It is empty: makedumpfile did not get to write, or the target had no space left."
    )


@pytest.mark.parametrize(("content", "format_"), [(kdump().content[:100], "compressed"), (elf()[:30], "elf")])
def test_a_header_cut_short(content: bytes, format_: str) -> None:
    found = judged(content)
    assert (found.format, found.reason) == (format_, None)
    assert (found.error or "").startswith("The header is incomplete")


def test_what_looks_like_a_dump() -> None:
    assert [recognised(content[:64]) for content in WHOLE] == [True] * 7 + [False] + [True] * 3


@given(st.binary(max_size=6000), st.sampled_from([b"", b"KDUMP   ", b"makedumpfile\0\0\0\0", b"\x7fELF\2\1", b"BZh9"]))
def test_any_bytes_are_judged(content: bytes, magic: bytes) -> None:
    found = judged(magic + content)
    assert found.reason or found.error or found.unknown


@st.composite
def _damaged(draw: st.DrawFn) -> bytes:
    """A dump in which some bytes of its headers and tables are others, and which may end early."""
    content = bytearray(draw(st.sampled_from(WHOLE)))
    for _number in range(draw(st.integers(0, 6))):
        # Most of what is read lies in few places.
        start = draw(st.sampled_from([0, 400, 424, 4096, 4112, 4096 + 464, 8192, 12288, 16384, len(content) - 100]))
        at = min(len(content) - 1, max(0, start + draw(st.integers(0, 120))))
        other = draw(st.binary(min_size=1, max_size=9))
        content[at : at + len(other)] = other
    return bytes(content[: draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))])


@given(_damaged())
def test_any_damage_is_judged(content: bytes) -> None:
    found = judged(content)
    assert found.format in ("compressed", "flattened", "elf", "unknown")
    assert found.header.time is None or isinstance(found.header.time, int)


@pytest.mark.parametrize("part", [(0, 10), (5, 100), (90, 100), (100, 5), (-1, 5), (1 << 70, 5)])
def test_a_file_is_read_in_place(part: Tuple[int, int], tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(range(100)))
    with (tmp_path / "file").open("rb") as stream:
        source = FileSource(stream.fileno())
        assert source.read(*part) == Memory(bytes(range(100))).read(*part)
        os.ftruncate(os.open(str(tmp_path / "file"), os.O_RDWR), 0)
        assert source.read(0, 10) == b""


def test_the_interface_does_nothing_by_itself() -> None:
    with pytest.raises(NotImplementedError):
        Dump.recognise(b"")
    with pytest.raises(NotImplementedError):
        Source().read(0, 1)
    for ask in (Dump(Memory(b"")).header, Dump(Memory(b"")).marked, Dump(Memory(b"")).incomplete):
        with pytest.raises(NotImplementedError):
            ask()


@pytest.mark.parametrize(
    ("raw", "text"),
    [(b"web1\0\0junk", "web1"), (b"\0web1", None), (b"(none)\0", None), (b" \0", None), (b"caf\xe9\0", "caf\\xe9")],
)
def test_fixed_fields(raw: bytes, text: str) -> None:
    assert base.text(raw) == text


def test_vmcoreinfo_is_read_line_by_line() -> None:
    info = base.vmcoreinfo(b"OSRELEASE=6.12 \nLENGTH(a)=5\nno sign\nSYMBOL(x)=a=b\n")
    assert info == {"OSRELEASE": "6.12", "LENGTH(a)": "5", "SYMBOL(x)": "a=b"}
    assert base.header_of(info) == Header(None, "6.12", None)


@pytest.mark.parametrize(
    ("limit", "text"),
    [
        ("READS_LIMIT", "more than 3 places of it would have to be read"),
        ("BYTES_LIMIT", "more than 0 MiB of it would have to be read"),
        ("SECONDS_LIMIT", "it took more than -1 seconds"),
    ],
)
@pytest.mark.parametrize("content", WHOLE[:8], ids=range(8))
def test_judging_ends_at_a_limit(limit: str, text: str, content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said which, and nothing is claimed: neither that the dump is complete nor that it is not."""
    monkeypatch.setattr(base, limit, {"READS_LIMIT": 3, "BYTES_LIMIT": 50, "SECONDS_LIMIT": -1}[limit])
    found = judged(content)
    assert (found.reason, found.error, found.unknown) == (None, None, "Judging it was ended: {0}.".format(text))
    assert found.limits[-1] == found.unknown
