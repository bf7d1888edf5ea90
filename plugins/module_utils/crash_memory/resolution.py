# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel reserves for a command line, and where: C(reserve_crashkernel_generic()) of the kernel.

Follows kernel/crash_reserve.c of Linux 6.9 and later and, for what differs per architecture, arch/*/setup code.
"""

from typing import Optional, Sequence, Tuple

from ..host import kernel_arguments
from .request import (
    MIB,
    NO_ROOM_IN_OLD,
    NOTHING,
    Architecture,
    RefusedError,
    Resolution,
    architecture,
    asked,
    last,
    low_default,
    low_size,
    round_up,
)
from .sizes import memparse

GIB = 1 << 30
FIRST_CMA = (6, 17)  # the first Linux that knows crashkernel=<size>,cma
NEWEST = (7, 0)
CMA_STEP = 2 * MIB  # a page block, where pages are of 4 KiB
LOW_LIMIT = 4 * GIB  # CRASH_ADDR_LOW_MAX: devices that address 32 bits only reach no further
END = 1 << 64


def resolve(
    cmdline: str,
    system_ram_bytes: int,
    arch: str = "x86_64",
    linux: Tuple[int, ...] = NEWEST,
    auto_supported: bool = False,
    cma_supported: Optional[bool] = None,
    ram_ranges: Optional[Sequence[Tuple[int, int]]] = None,
    rounded: Optional[bool] = None,
) -> Resolution:
    """What a kernel that boots with I(cmdline) on I(system_ram_bytes) of RAM reserves. Never raises.

    I(linux) is the kernel's version. I(auto_supported) is for the kernels of RHEL 7 and 8, whose sizes for C(auto)
    differ per release and are not predicted. I(cma_supported) is for distributions that brought C(,cma) to a version
    before 6.17; where it is unknown, such a value is a broken plain value, as it is to the kernel. I(rounded) is for
    distributions that compare ranges with the RAM rounded up to 128 MiB before 6.0, as rounds_ram() says.
    I(ram_ranges) are the (first, last) addresses of the RAM, and decide what finds room below and above 4 GiB; what
    else is in use at boot is not known here. Without them RAM is taken to leave out the GiB below 4 GiB, as on most
    PCs, and room is always found.
    """
    linux = linux or NEWEST
    machine = architecture(arch, linux, rounded)
    line = cmdline.rstrip("\n").partition("\0")[0]  # /proc/cmdline ends with a newline, the kernel's text does not
    if cma_supported is None:
        cma_supported = linux >= FIRST_CMA
    known = ("high", "low", "cma") if cma_supported else ("high", "low")
    try:
        wanted = asked(line, system_ram_bytes, machine, known, auto_supported)
    except RefusedError as refusal:
        wanted = NOTHING._replace(value=refusal.value, reason=refusal.reason)
    if arch.startswith("ppc64") and _fadump(line):
        return _boot_memory(wanted, system_ram_bytes, line)
    if not wanted.size:
        return wanted
    if not machine.suffixes:
        return wanted._replace(size=round_up(wanted.size, machine.round))
    try:
        wanted = wanted._replace(low=_low(wanted, machine, line, known, ram_ranges or _usual_ranges(system_ram_bytes)))
    except RefusedError as refusal:
        if ram_ranges or wanted.offset % machine.offset_align:
            # The kernel goes on to CMA all the same.
            wanted = NOTHING._replace(value=refusal.value, reason=refusal.reason)
    # A wrong ",cma" is not refused: the number that it begins with counts.
    cma = last(line, "cma", known) if cma_supported and machine.cma else None
    return wanted._replace(cma=round_up(memparse(cma or "", lone_unit=machine.lone_unit)[0], CMA_STEP))


def _low(
    wanted: Resolution, machine: Architecture, line: str, known: Sequence[str], ranges: Sequence[Tuple[int, int]]
) -> int:
    """The size of the region below 4 GiB that the main region brings along; an error when one finds no room."""

    def room(size: int, start: int, end: int, align: int = machine.align) -> bool:
        return any(round_up(max(first, start, 1), align) + size <= min(final + 1, end) for first, final in ranges)

    def refused(reason: str) -> RefusedError:
        return RefusedError(wanted.value or "", reason)

    size = wanted.size
    limit = END if machine.all_low and all(first >= LOW_LIMIT for first, final in ranges) else LOW_LIMIT
    if wanted.offset:
        if wanted.offset % machine.offset_align or not room(size, wanted.offset, wanted.offset + size, 1):
            raise refused("crashkernel reservation failed - memory is in use.")
        if wanted.offset < LOW_LIMIT or not machine.old:
            return 0
    else:
        below = room(size, 0, limit)
        above = room(size, limit, END)
        if not (below or above):
            raise refused(NO_ROOM_IN_OLD if machine.old else "cannot allocate crashkernel (size:{0})".format(hex(size)))
        if below and not (wanted.high and above):
            return 0
    # Beside a plain value that goes above 4 GiB newer kernels do not look for ",low".
    low = low_size(line, machine, known) if wanted.high or machine.old else low_default(line, machine)
    if low and not room(low, 0, LOW_LIMIT):
        raise refused("cannot allocate crashkernel low memory (size:{0}).".format(hex(low)))
    return low


def _usual_ranges(ram: int) -> Sequence[Tuple[int, int]]:
    below = min(ram, 3 * GIB)
    return [(0, below - 1), (LOW_LIMIT, LOW_LIMIT + ram - below - 1)]


def _fadump(line: str) -> bool:
    switch = False
    for text in kernel_arguments.values(line, "fadump"):
        if text.startswith(("on", "nocma", "off")):
            switch = not text.startswith("off")
    return switch


def _boot_memory(wanted: Resolution, ram: int, line: str) -> Resolution:
    """Firmware-assisted dump keeps memory to boot with: as much as C(crashkernel=) asks for, at most a quarter.

    Without that it takes what the deprecated C(fadump_reserve_mem=) asks for, or 5 % of RAM in steps of 256 MiB, one at
    the least (as documented; firmware may ask for more).
    """
    step = 256 * MIB
    told = [memparse(text)[0] for text in kernel_arguments.values(line, "fadump_reserve_mem")]
    if wanted.size:
        size = min(wanted.size, ram // 4)
    else:
        size = (told[-1] if told else 0) or max(ram // 20 // step, 1) * step
    return wanted._replace(size=size, low=0, offset=0, reason=None, fadump=True)
