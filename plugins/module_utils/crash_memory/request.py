# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a command line asks for with C(crashkernel=): C(parse_crashkernel()) of the kernel.

Follows kernel/crash_reserve.c of Linux 6.9 and later, kernel/crash_core.c and arch/x86/kernel/setup.c of those before
6.7, and lib/cmdline.c, including what they tolerate: nothing in here is stricter than the kernel.
"""

import re
from typing import Dict, NamedTuple, Optional, Sequence, Tuple

from ..host import kernel_arguments
from .sizes import format_size, memparse, read_number

MIB = 1 << 20
ROUNDING = 128 * MIB  # firmware keeps some RAM to itself; ranges are compared with the total rounded up to this
FIRST_GENERIC = (6, 7)  # the first Linux in which the architectures share their way of reserving
FIRST_ROUNDING = (6, 0)  # the first Linux that rounds; the distributions of Red Hat's family rounded before
NO_LONE_UNIT = (7, 3)  # seen in this one, and not in 6.12: a unit letter without a number is no amount


class Resolution(NamedTuple):
    """What a kernel with this command line reserves. Sizes and addresses are bytes."""

    size: int  # of the main region as /proc/iomem shows it; 0: nothing is reserved
    low: int  # of the second region below 4 GiB that a main region above it brings along
    cma: int  # lent to user space until the crash
    offset: int  # the address asked for with "@"; 0: the kernel chooses
    high: bool  # a ",high" value decided
    value: Optional[str]  # the value that decided; None: there is no crashkernel=
    reason: Optional[str]  # why nothing is reserved, in the kernel's words where it has any
    fadump: bool  # the size is taken by firmware-assisted dump, not by a crash kernel region


class Architecture(NamedTuple):
    """How an architecture differs, and below the line how kernels of an age do."""

    align: int  # of the address that the kernel chooses (CRASH_ALIGN)
    offset_align: int  # of the address asked for with "@"
    low_default: int  # DEFAULT_CRASH_KERNEL_LOW_SIZE
    suffixes: bool  # it knows ",high" and ",low"
    bounce: bool = False  # the low default leaves room for the bounce buffers of "swiotlb="
    cma: bool = False  # it reserves what ",cma" asks for
    round: int = 1  # the size is rounded up to this, on those without suffixes
    all_low: bool = False  # where no RAM lies below 4 GiB, all of it counts as low
    # ----
    old: bool = False  # reads ",high" where the plain value is broken, and ",low" for any region above 4 GiB
    rounding: int = ROUNDING
    lone_unit: bool = True  # "M" is an amount of zero


GENERIC = Architecture(2 * MIB, 2 * MIB, 128 * MIB, suffixes=True)
X86_64 = Architecture(16 * MIB, 16 * MIB, 256 * MIB, suffixes=True, bounce=True, cma=True)
# Without suffixes the value says nothing of the places of regions, and no region comes along.
POWER = GENERIC._replace(suffixes=False, round=64 << 10)
ARCHITECTURES: Dict[str, Architecture] = {
    "x86_64": X86_64,
    "aarch64": GENERIC._replace(all_low=True),
    "riscv64": GENERIC,
    "loongarch64": GENERIC,
    "ppc64": POWER,
    "ppc64le": POWER,
    "s390x": GENERIC._replace(suffixes=False, round=MIB),
}

NO_ROOM_IN_OLD = "crashkernel reservation failed - No suitable area found."  # x86_64 before 6.7
NOTHING = Resolution(0, 0, 0, 0, False, None, None, False)


class RefusedError(Exception):
    """The kernel gives up on I(value); I(reason) is what it logs, or what it does not care to log."""

    def __init__(self, value: str, reason: str) -> None:
        super().__init__(reason)
        self.value = value
        self.reason = reason


def architecture(arch: str, linux: Tuple[int, ...], rounded: Optional[bool]) -> Architecture:
    """An architecture with what kernels of the version I(linux) do; one that is not known is taken for x86_64."""
    found = ARCHITECTURES.get(arch, X86_64)
    if found is X86_64 and linux < FIRST_GENERIC:
        found = found._replace(offset_align=MIB, old=True)
    if rounded is None:
        rounded = linux >= FIRST_ROUNDING
    return found._replace(rounding=ROUNDING if rounded else 1, lone_unit=linux < NO_LONE_UNIT)


def last(line: str, suffix: Optional[str], known: Sequence[str]) -> Optional[str]:
    """What C(get_last_crashkernel()) finds: in the text, without regard to words and quotes, up to a blank.

    I(suffix) None asks for a value without any suffix that the kernel knows.
    """
    found: Optional[str] = None
    endings = tuple("," + one for one in ([suffix] if suffix else known))
    for match in re.finditer("crashkernel=", line):
        value = line[match.end() :].partition(" ")[0]
        if value.endswith(endings) == bool(suffix):
            found = value
    return found


def asked(line: str, ram: int, machine: Architecture, known: Sequence[str], auto_supported: bool) -> Resolution:
    """What the parameters ask for, or NOTHING when there are none.

    I(known) are the suffixes that the kernel knows: a value with any other is a plain value, and a broken one.
    """
    value = last(line, None, known)
    wanted = None
    if value is not None:
        try:
            wanted = _plain(value, ram, machine, auto_supported)
        except RefusedError:
            if not machine.old or last(line, "high", known) is None:
                raise
    wanted = wanted or _high_and_low(line, machine, known)
    if wanted.size >= ram and wanted.value is not None:
        # Newer kernels compare the two without a word, older ones go and look for room.
        silent = "the size {0} is not below the RAM of {1}".format(format_size(wanted.size), format_size(ram))
        raise RefusedError(wanted.value, NO_ROOM_IN_OLD if machine.old else silent)
    return wanted


def _plain(value: str, ram: int, machine: Architecture, auto_supported: bool) -> Resolution:
    if value == "auto" and auto_supported:
        raise RefusedError(value, "what 'auto' reserves is decided by the distribution's kernel")
    size, offset = _ranges(value, ram, machine) if ":" in value else _simple(value, machine)
    if size == 0:
        raise RefusedError(value, "the size is zero")
    return NOTHING._replace(size=size, offset=offset, value=value)


def _simple(value: str, machine: Architecture) -> Tuple[int, int]:
    size, position = memparse(value, lone_unit=machine.lone_unit)
    if position == 0:
        raise RefusedError(value, "crashkernel: memory value expected")
    if value[position : position + 1] == "@":
        return size, memparse(value, position + 1, lone_unit=machine.lone_unit)[0]
    if position < len(value):
        raise RefusedError(value, "crashkernel: unrecognized char: " + value[position])
    return size, 0


def _suffixed(value: str, suffix: str, machine: Architecture) -> int:
    size, position = memparse(value, lone_unit=machine.lone_unit)
    if position == 0:
        raise RefusedError(value, "crashkernel: memory value expected")
    ending = "," + suffix
    if value.startswith(ending, position):
        position += len(ending)
    if position < len(value):
        raise RefusedError(value, "crashkernel: unrecognized char: " + value[position])
    return size


def _ranges(value: str, ram: int, machine: Architecture) -> Tuple[int, int]:
    """The size and offset of the first range that holds I(ram); what stands behind it is not looked at."""
    total = round_up(ram, machine.rounding)
    position = -1
    while True:
        start, position = _amount(value, position + 1, machine)
        if value[position : position + 1] != "-":
            raise RefusedError(value, "crashkernel: '-' expected")
        position += 1
        end: Optional[int] = None
        if value[position : position + 1] != ":":
            end, position = _amount(value, position, machine)
            if end <= start:
                raise RefusedError(value, "crashkernel: end <= start")
        if value[position : position + 1] != ":":
            raise RefusedError(value, "crashkernel: ':' expected")
        size, position = _amount(value, position + 1, machine)
        if size >= total:
            raise RefusedError(value, "crashkernel: invalid size")
        if start <= total and (end is None or total < end):
            break
        if value[position : position + 1] != ",":
            raise RefusedError(
                value,
                "crashkernel size resulted in zero bytes: no range holds {0} of RAM".format(format_size(total)),
            )
    if size == 0:
        raise RefusedError(value, "crashkernel size resulted in zero bytes")
    position = value.find("@", position)
    if position < 0:
        return size, 0
    offset, end_of_offset = memparse(value, position + 1, lone_unit=machine.lone_unit)
    if end_of_offset == position + 1:
        raise RefusedError(value, "crashkernel: Memory value expected after '@'")
    return size, offset


def _amount(value: str, position: int, machine: Architecture) -> Tuple[int, int]:
    number, end = memparse(value, position, lone_unit=machine.lone_unit)
    if end == position:
        raise RefusedError(value, "crashkernel: Memory value expected")
    return number, end


def _high_and_low(line: str, machine: Architecture, known: Sequence[str]) -> Resolution:
    """What C(,high) and C(,low) ask for; they count only where no plain value does."""
    value = last(line, "high", known)
    low = last(line, "low", known)
    if value is None or not machine.suffixes:
        lonely = value or low or last(line, "cma", known)
        if lonely is None:
            return NOTHING
        what = "a plain size or '<size>,high'" if machine.suffixes else "a plain size on this architecture"
        raise RefusedError(lonely, "it reserves nothing without {0}".format(what))
    size = _suffixed(value, "high", machine)
    if size == 0:
        raise RefusedError(value, "the size is zero")
    return NOTHING._replace(size=size, low=low_size(line, machine, known), high=True, value=value)


def low_size(line: str, machine: Architecture, known: Sequence[str]) -> int:
    """What C(,low) asks for, and the default without it."""
    low = last(line, "low", known)
    try:
        return low_default(line, machine) if low is None else _suffixed(low, "low", machine)
    except RefusedError:
        if not machine.old:
            raise
        return low_default(line, machine)


def low_default(line: str, machine: Architecture) -> int:
    """C(DEFAULT_CRASH_KERNEL_LOW_SIZE): on x86_64 it leaves room for the bounce buffers of 32-bit devices."""
    if not machine.bounce:
        return machine.low_default
    bounce = 64 * MIB
    for text in kernel_arguments.values(line, "swiotlb"):
        slabs, position = read_number(text)
        if position:
            bounce = round_up(slabs, 128) << 11  # slabs of 2 KiB, in segments of 128
    return max(bounce + 8 * MIB, machine.low_default)


def round_up(number: int, step: int) -> int:
    return -(-number // step) * step
