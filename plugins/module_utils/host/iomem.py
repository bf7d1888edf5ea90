# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's map of physical memory, /proc/iomem: its RAM and its crash kernel regions."""

from typing import List, NamedTuple, Tuple

PAGE = 4096

AddressRange = Tuple[int, int]  # first and last address


class Iomem(NamedTuple):
    """The lines that matter here. Without CAP_SYS_ADMIN every address reads as zero: not I(readable)."""

    readable: bool
    ram: List[AddressRange]  # in order, with the crash kernel regions in it
    crash: List[AddressRange]  # in order


def parse(text: str) -> Iomem:
    """Read the map.

    The crash kernel's lines stand inside a RAM line (x86, arm64), in the place of RAM (s390x, some older kernels), or
    nowhere (powerpc).
    """
    ram: List[AddressRange] = []
    crash: List[AddressRange] = []
    for line in text.split("\n"):
        addresses, _colon, name = line.partition(" : ")
        if name not in ("System RAM", "Crash kernel"):
            continue
        first, _dash, last = addresses.partition("-")
        try:
            found = (int(first, 16), int(last, 16))
        except ValueError:
            continue
        (ram if name == "System RAM" else crash).append(found)
    return Iomem(any(last for _first, last in ram), _merged(ram + crash), sorted(crash))


def parse_ranges(text: str) -> List[AddressRange]:
    """The ranges of a file that holds nothing else, one a line: crash_cma_ranges."""
    found: List[AddressRange] = []
    for line in text.split():
        first, _dash, last = line.partition("-")
        try:
            found.append((int(first, 16), int(last, 16)))
        except ValueError:
            continue
    return found


def size(ranges: List[AddressRange]) -> int:
    """The bytes of I(ranges)."""
    return sum(last - first + 1 for first, last in ranges)


def pages(ranges: List[AddressRange]) -> int:
    """The bytes of the whole pages in I(ranges), which is what the kernel counts as RAM."""
    return sum(max((last + 1) // PAGE * PAGE - -(-first // PAGE) * PAGE, 0) for first, last in ranges)


def _merged(ranges: List[AddressRange]) -> List[AddressRange]:
    """In order, and those that touch or overlap made one."""
    result: List[AddressRange] = []
    for first, last in sorted(ranges):
        if result and first <= result[-1][1] + 1:
            result[-1] = (result[-1][0], max(last, result[-1][1]))
        else:
            result.append((first, last))
    return result
