# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One boot judged: what the collection predicted, and what the kernel did."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import NamedTuple

from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory import crashkernel
from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory import reserved as crash_memory
from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory.crashkernel import Resolution
from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory.request import FIRST_ROUNDING
from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import Host
from tests.boot_matrix.boot import Files, cmdline
from tests.boot_matrix.cases import Case

MIB = 1 << 20
REGION = re.compile(r"^\s*([0-9a-f]+)-([0-9a-f]+) : Crash kernel$", re.MULTILINE)
RANGE = re.compile(r"^([0-9a-f]+)-([0-9a-f]+)$", re.MULTILINE)
CMA = "/sys/kernel/kexec/crash_cma_ranges"
SIZES = ("/sys/kernel/kexec/crash_size", "/sys/kernel/kexec_crash_size")
FIRST_WITH_LOW = (6, 5)  # the first Linux whose crash_size counts the region below 4 GiB
OWN_WORDS = ("crashkernel", "cannot allocate")  # what the kernel's complaints begin with


class Amounts(NamedTuple):
    """Bytes of the main region, the one below 4 GiB that it brings along, and what is lent until the crash."""

    size: int
    low: int
    cma: int

    def __str__(self) -> str:
        parts = [crashkernel.format_size(self.size)]
        parts += [f"{crashkernel.format_size(self.low)} low"] if self.low else []
        parts += [f"{crashkernel.format_size(self.cma)} CMA"] if self.cma else []
        return " + ".join(parts)


class Verdict(NamedTuple):
    """One boot, and where prediction and kernel differ."""

    case: Case
    release: str
    ram: int  # bytes, as the kernel counts them
    predicted: Amounts
    reserved: Amounts
    reason: str | None  # the collection's, why nothing is reserved
    complaint: str | None  # the kernel's last, if it had one
    differences: list[str]


def judge(case: Case, shown: Files) -> Verdict:
    """Compare what a machine showed with what the collection says of such a machine."""
    with tempfile.TemporaryDirectory(prefix="kdump-boot-") as name:
        for path, text in shown.items():
            target = Path(name, path.lstrip("/"))
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        host = Host(root=name)
        read = crash_memory.read(host)
        found = crash_memory.resolve_on(host, shown["/proc/cmdline"])
    predicted = Amounts(found.size, found.low, found.cma)
    reserved = amounts(shown)
    complaint = last_complaint(shown.get("log", ""))
    differences = []
    if predicted != reserved:
        differences.append(f"predicted {predicted}, reserved {reserved}")
    if Amounts(read["main_bytes"], read["low_bytes"], read["cma_bytes"]) != reserved:
        differences.append("crash_memory_info reads other sizes than /proc/iomem shows")
    kept = next((int(shown[path]) for path in SIZES if path in shown), None)
    low = reserved.low if version(read["kernel"]) >= FIRST_WITH_LOW else 0
    if kept is not None and kept != reserved.size + low:
        differences.append(f"crash_size says {kept}")
    differences += planned(case, read["kernel"], found)
    differences += reasons(found.reason, reserved, complaint)
    return Verdict(
        case, read["kernel"], read["physical_ram_bytes"], predicted, reserved, found.reason, complaint, differences
    )


def amounts(shown: Files) -> Amounts:
    """What /proc/iomem and the list of CMA ranges show. The main region is the highest."""
    regions = sorted((int(first, 16), int(last, 16)) for first, last in REGION.findall(shown["/proc/iomem"]))
    sizes = [last - first + 1 for first, last in regions]
    lent = [int(last, 16) - int(first, 16) + 1 for first, last in RANGE.findall(shown.get(CMA, ""))]
    return Amounts(sum(sizes[-1:]), sum(sizes[:-1]), sum(lent))


def last_complaint(log: str) -> str | None:
    """The last line of the kernel's log about crashkernel= that does not report a success."""
    complaints = []
    for line in log.split("\n"):
        text = re.sub(r"^(<[0-9]+>)?\[ *[0-9.]+\] ", "", line.strip())
        if text.startswith(OWN_WORDS) and " reserved: " not in text:
            complaints.append(text)
    return complaints[-1] if complaints else None


def planned(case: Case, release: str, found: Resolution) -> list[str]:
    """Whether the size of the memory alone gives the same main region, as for a machine that is not there yet.

    Before 6.0 the kernel compares what firmware left, which nobody knows beforehand.
    """
    linux = version(release)
    if linux < FIRST_ROUNDING and not crashkernel.rounds_ram(release):
        return []
    size = crashkernel.resolve(cmdline(case), case.memory * MIB, linux=linux).size
    if size == found.size or (found.reason or "").startswith(OWN_WORDS):
        return []  # what finds no room is for the memory map to say
    return [f"the memory's size alone predicts {crashkernel.format_size(size)}"]


def version(release: str) -> tuple[int, ...]:
    """The two numbers that a release begins with."""
    return tuple(int(number) for number in re.findall("[0-9]+", release)[:2])


def reasons(reason: str | None, reserved: Amounts, complaint: str | None) -> list[str]:
    """Whether the collection gives the kernel's own words where the kernel has any."""
    if reserved.size:
        return [f"predicted '{reason}'"] if reason else []
    if complaint is None:
        return [f"the kernel did not say '{reason}'"] if reason is None or reason.startswith(OWN_WORDS) else []
    return [] if (reason or "").startswith(complaint) else [f"the kernel reported '{complaint}', not '{reason}'"]
