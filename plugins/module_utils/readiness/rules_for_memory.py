# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules about the reservation: is it there, used, and of a good size? rules.py puts them among the others."""

from typing import Iterator

from ..crash_memory import recommendation
from ..crash_memory.sizes import MIB, mebibytes
from .codes import NEXT_BOOT, Finding
from .look import Facts
from .rules_for_boot import joined, reserves, running

TOLERANCE = MIB  # what a kernel may round away


def memory_rules(facts: Facts) -> Iterator[Finding]:
    """Is memory reserved, and a capture kernel in it?"""
    memory = facts.memory
    if not memory.kexec_supported:
        return
    wants_none = facts.policy.wants_no_crashkernel and not memory.fadump.enabled
    if wants_none:
        until_reboot = memory.reserved_bytes
        yield Finding(
            "crash-memory-not-wanted",
            "The policy wants no crash memory: a crash {0} leaves no dump.".format(
                "after the next boot" if until_reboot else "of this host"
            ),
            (NEXT_BOOT,) if until_reboot else None,
        )
    if memory.reserved_bytes:
        yield from _loading_rules(facts)
    elif not wants_none:
        said = ", and the kernel says: {0}".format(facts.refusal) if facts.refusal else "."
        # Another value, staged or to be staged, may well be accepted. The same one will be refused again.
        refused = facts.refusal and facts.staged in (None, running(facts))
        yield Finding(
            "reservation-refused" if refused else "memory-not-reserved",
            "No crash memory is reserved; booted with {0}{1}".format(joined(running(facts)), said),
        )
    # A boot into values that reserve nothing would only take away what there is, which is what 'absent' asks for.
    staged = facts.boot.next_values
    worthwhile = bool(staged) and (reserves(facts) or staged != facts.staged)
    if (worthwhile or (wants_none and staged == [])) and staged != running(facts):
        differ = joined(running(facts)), joined(staged or [])
        if facts.rebooted_in_vain and facts.staged in (None, staged):
            yield Finding(
                "reboot-without-effect",
                "Booted with {0}, although {1} was staged before a reboot: the kernel's arguments do not come from "
                "{2}.".format(differ[0], differ[1], facts.boot.loader),
                () if memory.reserved_bytes else (NEXT_BOOT,),
            )
        else:
            yield Finding("reboot-required", "Booted with {0}; the entry that boots next has {1}.".format(*differ))


def _loading_rules(facts: Facts) -> Iterator[Finding]:
    memory, setup = facts.memory, facts.setup
    if not memory.armed and setup.unit_working:
        yield Finding(
            "capture-kernel-building", "{0} is at work, most likely on the capture initrd.".format(setup.unit)
        )
    elif not memory.armed:
        yield Finding(
            "capture-kernel-not-loaded",
            "{0} are reserved, but no capture kernel is loaded.".format(mebibytes(memory.reserved_bytes)),
        )
    elif facts.initrd_from_future:
        yield Finding(
            "capture-initrd-from-future",
            "{0} has a time that is still to come: later changes of the configuration do not reach it.".format(
                setup.capture_initrd
            ),
        )
    elif facts.outdated and facts.outdated == setup.capture_kernel:
        yield Finding(
            "capture-initrd-outdated",
            "{0} is newer than the capture initrd {1}, whose modules may not match it.".format(
                facts.outdated, setup.capture_initrd
            ),
        )
    elif facts.outdated:
        yield Finding(
            "configuration-not-loaded",
            "{0} is newer than {1}: a capture would work with the previous settings.".format(
                facts.outdated, setup.capture_initrd
            ),
        )
    asked, there = memory.resolved_bytes, memory.main_bytes
    if asked and there and there < asked - TOLERANCE and not facts.container:
        yield Finding(
            "crash-memory-below-asked",
            "{0} are reserved, and crashkernel={1} asks for {2}.".format(
                mebibytes(there), memory.crashkernel, mebibytes(asked)
            ),
        )


def size_rules(facts: Facts) -> Iterator[Finding]:
    """Is as much reserved as a capture needs, and not much more? Defaults are not evidence: they judge nobody."""
    memory, recommended = facts.memory, facts.recommended
    if not memory.reserved_bytes or recommended is None or recommended.source == recommendation.DEFAULT:
        return
    available = memory.reserved_bytes + memory.cma_bytes  # the capture kernel has both
    if available < recommended.bytes:
        yield Finding(
            "crash-memory-below-need",
            "{0} are reserved, and {1} are needed: {2}.".format(
                mebibytes(available), mebibytes(recommended.bytes), recommended.reason
            ),
        )
    elif (
        recommended.source == recommendation.MEASURED
        and memory.capture
        and recommendation.is_wasteful(memory.reserved_bytes, memory.capture.used_bytes)
    ):
        yield Finding(
            "crash-memory-wasteful",
            "{0} are reserved, and {1} would do: {2}.".format(
                mebibytes(memory.reserved_bytes), mebibytes(recommended.bytes), recommended.reason
            ),
        )
