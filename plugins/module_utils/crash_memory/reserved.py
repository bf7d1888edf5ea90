# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is reserved for the capture kernel on a host, and what was asked for; read from files alone."""

import os
import re
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from ..host import iomem, kernel
from ..host.machine import Host
from . import crashkernel, last_capture
from .sizes import mebibytes

# Newer kernels have these files in a directory of their own, and links at the old names.
LOADED = ("/sys/kernel/kexec/crash_loaded", "/sys/kernel/kexec_crash_loaded")
SIZE = ("/sys/kernel/kexec/crash_size", "/sys/kernel/kexec_crash_size")
CMA_RANGES = ("/sys/kernel/kexec/crash_cma_ranges",)
FADUMP_ENABLED = ("/sys/kernel/fadump/enabled", "/sys/kernel/fadump_enabled")
FADUMP_REGISTERED = ("/sys/kernel/fadump/registered", "/sys/kernel/fadump_registered")
FADUMP_RESERVED = ("/sys/kernel/fadump/mem_reserved",)

KERNEL_OWN = 128 << 20  # a capture kernel's own text, data and page tables, missing from its MemTotal, are less


class Fadump(NamedTuple):
    """Firmware-assisted dump of POWER: whether it is on, and whether the kernel has registered with the firmware."""

    enabled: bool
    registered: bool


class Region(NamedTuple):
    """A reserved range of addresses, both ends included; I(kind) is main, low or cma."""

    start: int
    end: int
    bytes: int
    kind: str


class Capture(NamedTuple):
    """What the last capture used of its reservation."""

    reserved_bytes: int
    total_bytes: int
    least_available_bytes: int
    used_bytes: int


class Reserved(NamedTuple):
    """What is reserved; None where that is hidden from this reader."""

    reserved_bytes: int
    main_bytes: Optional[int]
    low_bytes: Optional[int]
    cma_bytes: int
    ranges: List[Region]


class CrashMemory(NamedTuple):
    """What crash_memory_info returns, which describes each value."""

    kernel: str
    kexec_supported: bool
    privileged: bool
    capture_kernel_loaded: bool
    fadump: Fadump
    fadump_bytes: int
    physical_ram_bytes: int
    armed: bool  # a crash would be captured: a capture kernel is loaded, or firmware starts this kernel again
    reserved_bytes: int
    main_bytes: Optional[int]
    low_bytes: Optional[int]
    cma_bytes: int
    ranges: List[Region]
    crashkernel: Optional[str]
    resolved_bytes: Optional[int]
    resolved_reason: Optional[str]
    capture: Optional[Capture]

    @property
    def summary(self) -> str:
        """One line for a table."""
        return _summary(self)

    def as_dict(self) -> Dict[str, Any]:
        """The return value of crash_memory_info."""
        return dict(
            self._asdict(),
            fadump=dict(self.fadump._asdict()),
            ranges=[dict(region._asdict()) for region in self.ranges],
            capture=dict(self.capture._asdict()) if self.capture else None,
            summary=self.summary,
        )


def read(host: Host, capture: Optional[Dict[str, int]] = None) -> Dict[str, Any]:
    """The return value of crash_memory_info."""
    return look(host, capture).as_dict()


def look(host: Host, capture: Optional[Dict[str, int]] = None) -> CrashMemory:
    """What is reserved on a host, and what was asked for.

    I(capture) is the measurement of the last capture where it is known already; it is read from the host otherwise.
    """
    memory_map = iomem.parse(_iomem(host))
    loaded = _first(host, LOADED)
    fadump = Fadump(_count(_first(host, FADUMP_ENABLED)) == 1, _count(_first(host, FADUMP_REGISTERED)) == 1)
    fadump_bytes = _count(_first(host, FADUMP_RESERVED))
    reserved = _reserved(host, memory_map, fadump_bytes)
    release = kernel.release(host)
    value, size, reason = _asked(host, release, memory_map.readable)
    measured = capture or last_capture.measured(host)
    return CrashMemory(
        kernel=release,
        kexec_supported=loaded is not None,
        privileged=memory_map.readable,
        capture_kernel_loaded=_count(loaded) == 1,
        fadump=fadump,
        fadump_bytes=fadump_bytes,
        physical_ram_bytes=iomem.pages(memory_map.ram) if memory_map.readable else _mem_total(host),
        armed=_count(loaded) == 1 or fadump.registered,
        crashkernel=value,
        resolved_bytes=size,
        resolved_reason=reason,
        capture=_capture(reserved, measured) if measured else None,
        **reserved._asdict(),
    )


def _iomem(host: Host) -> str:
    return host.read_if_allowed("/proc/iomem") or ""  # hardened hosts keep it to root


def _first(host: Host, names: Sequence[str]) -> Optional[str]:
    for name in names:
        text = host.read(name)
        if text is not None:
            return text
    return None


def _count(text: Optional[str]) -> int:
    text = (text or "").strip()
    return int(text) if re.match("[0-9]+$", text) else 0


def _mem_total(host: Host) -> int:
    found = re.search(r"^MemTotal:\s+([0-9]+) kB$", host.read("/proc/meminfo") or "", re.MULTILINE)
    return int(found.group(1)) * 1024 if found else 0


def _reserved(host: Host, memory_map: iomem.Iomem, fadump_bytes: int) -> Reserved:
    """The regions: from the map where it shows them, from crash_size otherwise.

    crash_size is asked for only then: it cannot be read while a capture kernel is being loaded.
    """
    cma = iomem.parse_ranges(_first(host, CMA_RANGES) or "")
    main: Optional[int]
    low: Optional[int] = 0
    ranges: List[Region] = []
    if memory_map.readable and memory_map.crash:
        # A second region is the one for devices that address 32 bits, and lies below the main one.
        ranges = _regions(memory_map.crash[:-1], "low") + _regions(memory_map.crash[-1:], "main")
        low = iomem.size(memory_map.crash[:-1])
        main = total = iomem.size(memory_map.crash[-1:])
        total += low
    else:
        main = total = _count(_first(host, SIZE))
        if len(memory_map.crash) > 1:
            # Which part of the size is whose is hidden from this reader.
            main = low = None
    return Reserved(total + fadump_bytes, main, low, iomem.size(cma), ranges + _regions(cma, "cma"))


def _regions(found: Sequence[iomem.AddressRange], kind: str) -> List[Region]:
    return [Region(first, last, last - first + 1, kind) for first, last in found]


def resolve_on(host: Host, cmdline: str) -> crashkernel.Resolution:
    """What this host's kernel would make of I(cmdline) on this host's RAM."""
    memory_map = iomem.parse(_iomem(host))
    release = kernel.release(host)
    return crashkernel.resolve(
        cmdline,
        iomem.pages(memory_map.ram) if memory_map.readable else _mem_total(host),
        arch=(host.read("/proc/sys/kernel/arch") or os.uname().machine).strip(),
        linux=kernel.version(release),
        auto_supported=crashkernel.knows_auto(release),
        cma_supported=True if host.exists(CMA_RANGES[0]) else None,
        ram_ranges=memory_map.ram if memory_map.readable else None,
        rounded=crashkernel.rounds_ram(release),
    )


def _asked(host: Host, release: str, privileged: bool) -> Tuple[Optional[str], Optional[int], Optional[str]]:
    """What the running kernel was booted with, and what a kernel makes of that on this host: its size, or why none."""
    cmdline = host.read("/proc/cmdline") or ""
    found = resolve_on(host, cmdline)
    size: Optional[int] = found.size
    reason = found.reason
    if found.value == "auto" and crashkernel.knows_auto(release):
        size = None
    elif found.value and ":" in found.value and not privileged:
        size, reason = None, "which range counts depends on the RAM that /proc/iomem shows to root alone"
    return " ".join(crashkernel.values(cmdline)) or None, size, reason


def _capture(present: Reserved, measured: Dict[str, int]) -> Capture:
    """What the last capture used of its reservation: the capture kernel's own text and data count too."""
    total, least = measured["total_bytes"], measured["least_available_bytes"]
    reserved = measured.get("reserved_bytes")
    if reserved is None:
        # Not recorded: the present reservation, unless what was measured cannot have been made with it.
        now = present.reserved_bytes + present.cma_bytes
        reserved = max(now, total) if now <= total + KERNEL_OWN else total
    return Capture(reserved, total, least, reserved - least)


def _summary(known: CrashMemory) -> str:
    if known.reserved_bytes:
        by = " by fadump" if known.fadump_bytes else ""
        parts = ["{0} reserved{1}".format(mebibytes(known.reserved_bytes, up=True), by)]
        if known.cma_bytes:
            parts.append("{0} of CMA".format(mebibytes(known.cma_bytes, up=True)))
        if known.capture:
            parts.append("{0} used by the last capture".format(mebibytes(known.capture.used_bytes, up=True)))
        if not known.armed:
            parts.append("no capture kernel loaded")
        return ", ".join(parts)
    if not known.kexec_supported:
        return "nothing reserved: kernel {0} has no kexec".format(known.kernel)
    if known.crashkernel is None:
        return "nothing reserved: booted without crashkernel="
    if known.resolved_bytes:
        why = "the kernel found no room for {0}, see its log".format(mebibytes(known.resolved_bytes, up=True))
    else:
        why = known.resolved_reason or ""
    return "nothing reserved: crashkernel={0}: {1}".format(known.crashkernel, why)
