# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The language of C(crashkernel=): reading, checking and printing values, and finding them on a command line.

What the kernel makes of a value on a given host stands in resolution.py and is offered here as well.
"""

import re
from typing import List, NamedTuple, Optional, Tuple

from ..host import kernel_arguments
from ..host.errors import KdumpError
from .request import Resolution
from .resolution import resolve
from .sizes import LIMIT, UNITS, format_size, memparse

__all__ = [
    "CrashkernelError",
    "Resolution",
    "Value",
    "check",
    "format_size",
    "knows_auto",
    "parse",
    "replace",
    "resolve",
    "rounds_ram",
    "to_text",
    "values",
]

SUFFIXES = ("high", "low", "cma")
_KNOWS_AUTO = re.compile(r"\.el[78](?![0-9])")
_ROUNDS = re.compile(r"\.(el([89]|[1-9][0-9])|fc[0-9]+)(?![0-9]|uek)")  # Oracle's own kernel (uek) is not Red Hat's
MIB = 1 << 20
SMALLEST = 16 * MIB  # below this no kernel boots: not its text, page tables and initrd
_OCTAL = re.compile(r"(?<![0-9A-Za-z])0[0-9]+[KMGTPE]?", re.IGNORECASE)
EXAMPLES = "'256M', '512M@64M', '1G-4G:192M,4G-64G:256M,64G-:512M', '1G,high 256M,low'"


class CrashkernelError(KdumpError):
    """A C(crashkernel=) value that the kernel would refuse, wholly or in part."""


class Range(NamedTuple):
    """Reserve I(size) when the RAM is at least I(start) and less than I(end) bytes (None: no limit)."""

    start: int
    end: Optional[int]
    size: int


class Value(NamedTuple):
    """One C(crashkernel=) value. Numbers are bytes.

    I(kind) is size, ranges, high, low, cma or auto; I(offset) is the address asked for, 0 when there is none.
    """

    kind: str
    size: int = 0
    offset: int = 0
    ranges: Tuple[Range, ...] = ()


def values(cmdline: str) -> List[str]:
    """The values of every C(crashkernel=) on a command line, in order.

    The kernel looks for this parameter in the whole text before it splits it, so one behind C(--) counts too, and
    quotes are part of the value (which the kernel then refuses).
    """
    return kernel_arguments.values(cmdline, "crashkernel", past_dashes=True)


def replace(arguments: str, wanted: Optional[str]) -> str:
    """I(arguments) with exactly the I(wanted) values (separated by blanks; None: none), otherwise to the byte."""
    if wanted is not None and ('"' in wanted or not wanted.isprintable()):
        raise CrashkernelError(
            "A crashkernel value cannot hold quotes or control characters, as {0!r} does. "
            "Write for example {1}.".format(wanted, EXAMPLES)
        )
    return kernel_arguments.replace(arguments, "crashkernel", kernel_arguments.split_values(wanted or ""))


def knows_auto(release: str) -> bool:
    """Whether a kernel with this release knows C(crashkernel=auto), as those of RHEL 7 and 8 alone do."""
    return _KNOWS_AUTO.search(release) is not None


def rounds_ram(release: str) -> Optional[bool]:
    """Whether a kernel with this release compares ranges with the RAM rounded up; None: its version decides.

    Linux does so since 6.0. Those of Fedora and of RHEL from 8 on carried the change years before.
    """
    return True if _ROUNDS.search(release) else None


def check(value: str, auto_supported: bool = False) -> None:
    """Raise CrashkernelError when the kernel would refuse I(value), or ignore a part of it.

    Several parameters are one text, separated by blanks: C(512M,high 128M,low). C(auto) is for the kernels of
    RHEL 7 and 8 alone (I(auto_supported)).
    """
    parts = kernel_arguments.split_values(value)
    if not parts:
        raise _error(value, "it is empty")
    parsed = [parse(part) for part in parts]
    kinds = [one.kind for one in parsed]
    plain = [kind for kind in kinds if kind not in SUFFIXES]
    if "auto" in kinds and not auto_supported:
        raise _error(value, "only the kernels of RHEL 7 and 8 know 'auto'")
    if len(plain) > 1:
        raise _error(value, "there are {0} values without a suffix, and only the last would count".format(len(plain)))
    for suffix in SUFFIXES:
        if kinds.count(suffix) > 1:
            raise _error(value, "there are {0} values with ',{1}'".format(kinds.count(suffix), suffix))
    if plain and ("high" in kinds or "low" in kinds):
        raise _error(
            value, "',high' and ',low' are ignored beside '{0}'".format(to_text(parsed[kinds.index(plain[0])]))
        )
    if not plain and "high" not in kinds:
        raise _error(value, "',{0}' reserves nothing without '<size>,high' or a plain size".format(kinds[0]))
    for part, one in zip(parts, parsed):
        if one.kind not in ("ranges", "low", "auto") and one.size == 0:
            raise _error(value, "'{0}' is a size of zero".format(part))
        _check_amounts(value, part, one)


def _check_amounts(value: str, part: str, one: Value) -> None:
    """Refuse amounts that the kernel takes and nobody means: 256 is 256 bytes, 0256M is 174 MiB.

    A size of zero in a range reserves nothing on purpose, and an address behind '@' may be any.
    """
    octal = _OCTAL.search(part)
    if octal:
        amount = _amount(memparse(octal.group())[0])
        raise _error(value, "the kernel reads '{0}' as an octal number, {1}".format(octal.group(), amount))
    least = MIB if one.kind in ("low", "cma") else SMALLEST
    for size in [one.size] + [piece.size for piece in one.ranges]:
        if 0 < size < least:
            raise _error(value, "'{0}' reserves {1}, and {2} is the least".format(part, _amount(size), _amount(least)))
    for limit in [limit for piece in one.ranges for limit in (piece.start, piece.end or 0)]:
        if 0 < limit < MIB:
            raise _error(value, "'{0}' has a range that begins or ends at {1} of RAM".format(part, _amount(limit)))


def _amount(size: int) -> str:
    """A size in words for a message: 512 bytes, 64 KiB, 16 MiB."""
    text = format_size(size)
    return "{0} {1}iB".format(text[:-1], text[-1]) if text[-1:].isalpha() else text + " bytes"


def parse(part: str) -> Value:
    """One value read strictly: anything that the kernel refuses or skips is an error."""
    if part == "auto":
        return Value("auto")
    if ":" in part:
        return _ranges(part)
    text, comma, suffix = part.partition(",")
    if comma:
        if suffix not in SUFFIXES:
            raise _error(part, "',{0}' is none of ',high', ',low' and ',cma'".format(suffix))
        return Value(suffix, size=_memparsed(part, text, "the size"))
    text, at, offset = part.partition("@")
    return Value(
        "size", _memparsed(part, text, "the size"), _memparsed(part, offset, "the offset behind '@'") if at else 0
    )


def _ranges(part: str) -> Value:
    text, at, offset = part.partition("@")
    found: List[Range] = []
    for piece in text.split(","):
        if piece in SUFFIXES:
            raise _error(part, "a range cannot have ',{0}'".format(piece))
        limits, colon, size = piece.partition(":")
        start, dash, end = limits.partition("-")
        if not (colon and dash):
            raise _error(part, "'{0}' is not '<start>-[<end>]:<size>'".format(piece))
        one = Range(
            _memparsed(part, start, "the start of '{0}'".format(piece)),
            _memparsed(part, end, "the end of '{0}'".format(piece)) if end else None,
            _memparsed(part, size, "the size of '{0}'".format(piece)),
        )
        if one.end is not None and one.end <= one.start:
            raise _error(part, "in '{0}' the end is not above the start".format(piece))
        found.append(one)
    return Value("ranges", offset=_memparsed(part, offset, "the offset behind '@'") if at else 0, ranges=tuple(found))


def _memparsed(part: str, text: str, what: str) -> int:
    number, end = memparse(text, limit=-1)  # in Python, -1 has every bit set: nothing is lost
    if not text[:1].isdigit() or end != len(text):
        raise _error(part, "{0} is '{1}', not a number with one of {2} behind it".format(what, text, ", ".join(UNITS)))
    if number > LIMIT:
        raise _error(part, "{0} is '{1}', more than 64 bits can hold".format(what, text))
    return number


def to_text(value: Value) -> str:
    """I(value) as the kernel reads it."""
    if value.kind == "auto":
        return "auto"
    if value.kind in SUFFIXES:
        return "{0},{1}".format(format_size(value.size), value.kind)
    if value.kind == "ranges":
        text = ",".join(
            "{0}-{1}:{2}".format(
                format_size(one.start), "" if one.end is None else format_size(one.end), format_size(one.size)
            )
            for one in value.ranges
        )
    else:
        text = format_size(value.size)
    return "{0}@{1}".format(text, format_size(value.offset)) if value.offset else text


def _error(value: str, wrong: str) -> CrashkernelError:
    return CrashkernelError(
        "The crashkernel value '{0}' cannot be used: {1}. Write for example {2}.".format(value, wrong, EXAMPLES)
    )
