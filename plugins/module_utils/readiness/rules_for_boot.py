# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules about the boot entries; rules.py puts them among the others."""

from typing import Iterator, List

from ..crash_memory import crashkernel
from ..crash_memory.sizes import mebibytes
from .codes import Finding
from .look import Boot, Facts, as_arguments


def joined(values: List[str]) -> str:
    """The values for a message."""
    return " ".join(values) or "no crashkernel"


def running(facts: Facts) -> List[str]:
    """The values that the running kernel was booted with."""
    return (facts.memory.crashkernel or "").split()


def reserves(facts: Facts) -> bool:
    """Whether the staged values will reserve memory. An observed reservation for the same value beats a prediction."""
    done = facts.memory.reserved_bytes and facts.staged == running(facts)
    left_to_kernel = facts.staged == ["auto"] and crashkernel.knows_auto(facts.memory.kernel)
    return bool(done or left_to_kernel or (facts.resolution and facts.resolution.size))


def boot_rules(facts: Facts) -> Iterator[Finding]:
    """Will the kernels that boot next, and later ones, reserve memory?"""
    boot = facts.boot
    if boot.error is not None:
        yield Finding("bootloader-unknown", boot.error)
        return
    wanted = None if facts.wanted_crashkernel is None else facts.wanted_crashkernel.split()
    bare = sorted(name for name, values in boot.entries.items() if not values and wanted != [])
    if bare:
        yield Finding(
            "crashkernel-not-staged",
            "{0} of {1} boot entries of {2} have no crashkernel=, the first is '{3}'.".format(
                len(bare), len(boot.entries), boot.loader, bare[0]
            ),
        )
    usual = _usual(boot) if wanted is None else wanted
    other = sorted(name for name, values in boot.entries.items() if values and values != usual)
    if other:
        yield Finding(
            "crashkernel-varies" if wanted is None else "crashkernel-differs",
            "{0} of {1} boot entries have another crashkernel= than '{2}': '{3}' has '{4}'.".format(
                len(other), len(boot.entries), joined(usual), other[0], joined(boot.entries[other[0]])
            ),
        )
    lost = wanted != [] and not boot.future
    if not bare and (lost or (wanted is not None and not other and boot.future != wanted)):
        yield Finding(
            "future-kernels-uncovered", "Kernels installed later would boot with: {0}.".format(joined(boot.future))
        )
    if facts.staged and facts.resolution and not reserves(facts):
        yield Finding(
            "crashkernel-reserves-nothing",
            "'{0}' reserves nothing on this host with {1} of memory: {2}{3}.".format(
                as_arguments(facts.staged),
                mebibytes(facts.memory.physical_ram_bytes),
                (facts.resolution.reason or "its size is zero").rstrip("."),
                _too_small(facts),
            ),
        )


def _usual(boot: Boot) -> List[str]:
    """The values to compare the entries with where no policy says: those of the entry that boots next, or any."""
    return boot.next_values or next((boot.entries[name] for name in sorted(boot.entries) if boot.entries[name]), [])


def _too_small(facts: Facts) -> str:
    """Where the ranges begin, for a host whose memory lies below all of them."""
    for value in facts.staged or []:
        try:
            starts = [one.start for one in crashkernel.parse(value).ranges]
        except crashkernel.CrashkernelError:  # the kernel refuses it, and the reason says why
            continue
        if starts and min(starts) > facts.memory.physical_ram_bytes:
            return " (its ranges begin at {0})".format(crashkernel.format_size(min(starts)))
    return ""
