# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of readiness: would a crash be captured now, and after the next reboot? If not, why.

Each rule is a function over Facts that yields findings; no other place in the collection judges a host.
"""

import stat
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

from ansible_collections.kdump.fleet.plugins.module_utils import crashkernel, proof
from ansible_collections.kdump.fleet.plugins.module_utils.facts import Facts, Place, as_arguments
from ansible_collections.kdump.fleet.plugins.module_utils.finding_codes import CODES, NEXT_BOOT, NOW, Finding
from ansible_collections.kdump.fleet.plugins.module_utils.findings_of_setup import setup_rules
from ansible_collections.kdump.fleet.plugins.module_utils.setup import belongs_to_system

Rule = Callable[[Facts], Iterator[Finding]]
MIB = 1 << 20
TIGHT = 0.1  # of the capture kernel's memory: less than this left over is too little


def _loaded(memory: Dict[str, Any]) -> bool:
    """Whether something is in place to capture a crash: a capture kernel, or firmware that starts this one again."""
    return bool(memory["capture_kernel_loaded"] or memory["fadump"]["registered"])


def _mebibytes(size: int) -> str:
    return "{0} MiB".format(size // MIB)


def kernel_rules(facts: Facts) -> Iterator[Finding]:
    """Can this kernel capture at all?"""
    if facts.container:
        yield Finding(
            "container", "{0} exists: this is a container, its kernel is another host's.".format(facts.container)
        )
    if not facts.memory["kexec_supported"]:
        yield Finding("kexec-unsupported", "Kernel {0} has no kexec in /sys/kernel.".format(facts.memory["kernel"]))
    loaded = _loaded(facts.memory)
    if facts.load_disabled and not loaded:
        yield Finding("kexec-load-disabled", "kernel.kexec_load_disabled is 1 and no capture kernel is loaded.")
    if facts.lockdown in ("integrity", "confidentiality") and not loaded:
        yield Finding("lockdown", "Lockdown is '{0}': unsigned capture kernels are refused.".format(facts.lockdown))
    if not loaded and facts.panic_timeout == 0:
        yield Finding(
            "panic-hangs", "kernel.panic is 0 and no capture kernel is loaded: a panic leaves the host hanging."
        )
    if facts.panic_on_oops is False:
        yield Finding("oops-does-not-crash", "kernel.panic_on_oops is 0: an oops kills a process, and leaves no dump.")


def _joined(values: List[str]) -> str:
    return " ".join(values) or "no crashkernel"


def _running(facts: Facts) -> List[str]:
    return (facts.memory["crashkernel"] or "").split()


def _reserves(facts: Facts) -> bool:
    """Whether the staged values will reserve memory. What the running kernel did with the same outweighs foresight."""
    done = facts.memory["reserved_bytes"] and facts.staged == _running(facts)
    left_to_kernel = facts.staged == ["auto"] and crashkernel.knows_auto(facts.memory["kernel"])
    return bool(done or left_to_kernel or (facts.resolution and facts.resolution.size))


def boot_rules(facts: Facts) -> Iterator[Finding]:
    """Will the kernels that boot next, and those to come, reserve memory?"""
    boot = facts.boot
    if boot.error is not None:
        yield Finding("bootloader-unknown", boot.error)
        return
    wanted = facts.wanted_crashkernel.split() if facts.wanted_crashkernel else None
    bare = sorted(name for name, values in boot.entries.items() if not values)
    if bare:
        yield Finding(
            "crashkernel-not-staged",
            "{0} of {1} boot entries of {2} have no crashkernel=, the first is '{3}'.".format(
                len(bare), len(boot.entries), boot.loader, bare[0]
            ),
        )
    other = sorted(name for name, values in boot.entries.items() if values and wanted and values != wanted)
    if wanted and other:
        yield Finding(
            "crashkernel-differs",
            "{0} of {1} boot entries have another crashkernel= than '{2}': '{3}' has '{4}'.".format(
                len(other), len(boot.entries), " ".join(wanted), other[0], _joined(boot.entries[other[0]])
            ),
        )
    if not bare and (not boot.future or (wanted and not other and boot.future != wanted)):
        yield Finding(
            "future-kernels-uncovered", "Kernels installed later would boot with: {0}.".format(_joined(boot.future))
        )
    if facts.staged and facts.resolution and not _reserves(facts):
        yield Finding(
            "crashkernel-reserves-nothing",
            "'{0}' reserves nothing on this host with {1} of memory: {2}.".format(
                as_arguments(facts.staged),
                _mebibytes(facts.memory["physical_ram_bytes"]),
                (facts.resolution.reason or "its size is zero").rstrip("."),
            ),
        )


def memory_rules(facts: Facts) -> Iterator[Finding]:
    """Is memory reserved, and a capture kernel in it?"""
    memory = facts.memory
    if not memory["kexec_supported"]:
        return
    running = _running(facts)
    said = ", and the kernel says: {0}".format(facts.refusal) if facts.refusal else "."
    if not memory["reserved_bytes"]:
        # Another value, staged or to be staged, may well be accepted. The same one will be refused again.
        yield Finding(
            "reservation-refused" if facts.refusal and facts.staged in (None, running) else "memory-not-reserved",
            "No crash memory is reserved; booted with {0}{1}".format(_joined(running), said),
        )
    elif not _loaded(memory) and facts.setup.unit_working:
        yield Finding(
            "capture-kernel-building", "{0} is at work, most likely on the capture initrd.".format(facts.setup.unit)
        )
    elif not _loaded(memory):
        yield Finding(
            "capture-kernel-not-loaded",
            "{0} are reserved, but no capture kernel is loaded.".format(_mebibytes(memory["reserved_bytes"])),
        )
    elif facts.outdated:
        yield Finding(
            "configuration-not-loaded",
            "{0} is newer than {1}: a capture would work with the former settings.".format(
                facts.outdated, facts.setup.capture_initrd
            ),
        )
    # A boot into values that reserve nothing would only take away what there is.
    worthwhile = _reserves(facts) or facts.boot.next_values != facts.staged
    if facts.boot.next_values and facts.boot.next_values != running and worthwhile:
        yield Finding(
            "reboot-required",
            "Booted with {0}; the entry that boots next has {1}.".format(
                _joined(running), _joined(facts.boot.next_values)
            ),
        )


def target_rules(facts: Facts) -> Iterator[Finding]:
    """Is there a place for the dump, now and once the policy is in effect?"""
    for place in facts.places:
        yield from _place_rules(place, facts.setup.estimate_bytes)


def _place_rules(place: Place, needed: Optional[int]) -> Iterator[Finding]:
    if not place.is_directory:
        yield Finding(
            "target-not-a-directory", "{0} is, or lies below, something that is no directory.".format(place.path)
        )
        return
    if place.read_only:
        yield Finding("target-read-only", "{0} lies on a file system that is mounted read-only.".format(place.path))
    if not place.exists:
        yield Finding("target-missing", "{0} does not exist.".format(place.path))
    elif place.mode is not None and (place.mode & stat.S_ISVTX or belongs_to_system(place.path)):
        # Ubuntu's crash reporter shares /var/crash with every user: closing it would break that service.
        yield Finding("target-shared", "{0} has mode {1:04o}: it is shared with others.".format(place.path, place.mode))
    elif place.mode is not None and place.mode & 0o077 and not place.local:
        yield Finding(
            "target-shared",
            "{0} has mode {1:04o} on a file system of its own, which may have other users.".format(
                place.path, place.mode
            ),
        )
    elif place.mode is not None and place.mode & 0o077:
        yield Finding(
            "target-readable-by-others",
            "{0} has mode {1:04o}: dumps in it can be read by others than root.".format(place.path, place.mode),
        )
    if needed and place.free_bytes < needed:
        yield Finding(
            "target-space-low",
            "{0} has {1} free; a dump of this host may need {2}.".format(
                place.path, _mebibytes(place.free_bytes), _mebibytes(needed)
            ),
        )


def proof_rules(facts: Facts) -> Iterator[Finding]:
    """Has a crash proven it, and was the capture comfortable?"""
    if facts.proof is None or facts.fingerprint is None:
        yield Finding("proof-missing", facts.proof_error or "No crash has been captured on purpose on this host yet.")
        return
    changed = proof.changed(facts.proof, facts.fingerprint)
    if changed:
        yield Finding(
            "proof-expired",
            "Proven {0}, but changed since: {1}.".format(facts.proof["time"], "; ".join(changed)),
        )
    capture = facts.memory["capture"]
    if capture and capture["least_available_bytes"] < TIGHT * capture["total_bytes"]:
        yield Finding(
            "capture-memory-tight",
            "The last proven capture had {0} of {1} left at its worst.".format(
                _mebibytes(capture["least_available_bytes"]), _mebibytes(capture["total_bytes"])
            ),
        )


def inspection_rules(facts: Facts) -> Iterator[Finding]:
    """What only a longer look shows."""
    if facts.inspection is None:
        return
    for what in facts.inspection.lacking:
        yield Finding("capture-initrd-incomplete", "{0} does not hold {1}.".format(facts.setup.capture_initrd, what))
    wanted, reserved = facts.inspection.recommended, facts.memory["reserved_bytes"]
    if wanted and reserved and reserved < wanted:
        yield Finding(
            "crash-memory-below-estimate",
            "{0} are reserved, and kdumpctl estimates that {1} are needed.".format(
                _mebibytes(reserved), _mebibytes(wanted)
            ),
        )


RULES: Tuple[Rule, ...] = (
    kernel_rules,
    setup_rules,
    boot_rules,
    memory_rules,
    target_rules,
    inspection_rules,
    proof_rules,
)


def judge(facts: Facts) -> List[Finding]:
    """All findings of a host: errors first, then warnings, then the rest; within these in the order of the rules."""
    order = ("error", "warning", "info")
    found = [finding for rule in RULES for finding in rule(facts)]
    return sorted(found, key=lambda finding: order.index(CODES[finding.code].severity))


def ready(findings: List[Finding]) -> Tuple[bool, bool]:
    """Whether a crash would be captured now, and after the next reboot."""
    blocked = {state for finding in findings for state in CODES[finding.code].blocks}
    return NOW not in blocked, NEXT_BOOT not in blocked
