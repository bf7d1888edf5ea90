# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a file is, and whether it is a complete dump. The magic counts, never the name."""

from typing import NamedTuple, Optional, Tuple

from .base import (
    Dump,
    FormatError,
    Header,
    LimitError,
    MeteredSource,
    Source,
)
from .elf import MAGIC, ElfDump
from .flattened import FlattenedDump
from .kdump_compressed import CompressedDump
from .packed import PackedDump

FORMATS = (CompressedDump, FlattenedDump, ElfDump, PackedDump)
HEAD = 64
_OTHERS = (
    (b"DISKDUMP", "It is a dump of diskdump, the forerunner of kdump: open it with crash."),
    (
        b"\xed\x23\x8f\x61\x73\x01\x19\xa8",
        "It is a dump of LKCD, the forerunner of kdump: open it with crash.",
    ),
    (MAGIC, "It is an ELF file, but not a core file."),
    (b"\0" * HEAD, "It begins with zeros: its space was reserved, but its data was never written."),
)


class Judgement(NamedTuple):
    """What is known of a file. It is a complete dump when neither I(reason) nor I(error) says otherwise."""

    format: str
    content: Optional[str] = None  # of a flattened dump
    header: Header = Header()
    reason: Optional[str] = None  # why it is not complete
    error: Optional[str] = None  # why it could not be read
    packed: Optional[str] = None  # by which program, as a whole
    unknown: Optional[str] = None  # why it cannot be determined whether it is complete
    limits: Tuple[str, ...] = ()  # what was not looked at because it would take too much


def recognised(head: bytes) -> bool:
    """Whether a file that begins with I(head) looks like a dump (packed files do not, they may be anything)."""
    return any(one.recognise(head) for one in FORMATS if one is not PackedDump)


def judge(source: Source) -> Judgement:
    """What I(source) is. Errors of the operating system are the caller's."""
    if not source.size:
        return Judgement(
            "unknown", reason="It is empty: makedumpfile did not get to write, or the target had no space left."
        )
    head = source.read(0, HEAD)
    kind = next((one for one in FORMATS if one.recognise(head)), None)
    if kind is None:
        return Judgement("unknown", error=_unknown(head))
    dump: Optional[Dump] = None
    try:
        dump = kind(MeteredSource(source))
        header, reason = dump.header(), dump.incomplete()
        return Judgement(dump.name, dump.content, header, reason, None, dump.packed, dump.unknown, tuple(dump.limits))
    except FormatError as error:
        return Judgement(kind.name, error=str(error))
    except LimitError as error:
        text = "Judging it was ended: {0}.".format(error)
        if dump is None:
            return Judgement(kind.name, unknown=text, limits=(text,))
        return Judgement(
            dump.name, dump.content, _header(dump), dump.marked(), None, dump.packed, text, tuple(dump.limits) + (text,)
        )


def _header(dump: Dump) -> Header:
    """The header of a dump whose limit of reads may be reached already."""
    try:
        return dump.header()
    except LimitError:
        return Header()


def _unknown(head: bytes) -> str:
    for magic, text in _OTHERS:
        if head.startswith(magic):
            return text
    if not head.strip(b"\0"):
        return _OTHERS[-1][1]
    return "It begins with {0!r}, which no kind of dump does: it is something else, or was overwritten.".format(
        head[:16].decode("latin-1")
    )
