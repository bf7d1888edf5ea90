# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of readiness: would a crash be captured now, and after the next reboot? If not, why.

Each rule is a function over Facts that yields findings; no other place in the collection judges a host.
"""

import stat
from typing import Callable, Iterator, List, Tuple

from ..crash_memory.sizes import mebibytes
from ..target.directories import Place
from ..target.dump_size import DumpSize
from ..tools.paths import belongs_to_system
from .codes import CODES, NEXT_BOOT, NOW, Finding
from .look import Facts
from .rules_for_boot import boot_rules
from .rules_for_fallback import fallback_rules
from .rules_for_memory import memory_rules, size_rules
from .rules_for_mount import mount_rules
from .rules_for_tool import of_target, setup_rules

Rule = Callable[[Facts], Iterator[Finding]]


def kernel_rules(facts: Facts) -> Iterator[Finding]:
    """Can this kernel capture at all?"""
    if facts.container:
        yield Finding(
            "container", "{0} exists: this is a container, its kernel is another host's.".format(facts.container)
        )
    if not facts.memory.kexec_supported:
        yield Finding("kexec-unsupported", "Kernel {0} has no kexec in /sys/kernel.".format(facts.memory.kernel))
    loaded = facts.memory.armed
    if facts.load_disabled and not loaded:
        yield Finding("kexec-load-disabled", "kernel.kexec_load_disabled is 1 and no capture kernel is loaded.")
    if facts.load_disabled_at_boot:
        yield Finding(
            "kexec-load-disabled-at-boot",
            "{0} sets kernel.kexec_load_disabled=1 at boot, before kdump is started.".format(
                facts.load_disabled_at_boot
            ),
        )
    if facts.lockdown in ("integrity", "confidentiality") and not loaded:
        yield Finding("lockdown", "Lockdown is '{0}': unsigned capture kernels are refused.".format(facts.lockdown))
    if not loaded and facts.panic_timeout == 0:
        yield Finding(
            "panic-hangs", "kernel.panic is 0 and no capture kernel is loaded: a panic leaves the host hanging."
        )
    if facts.panic_on_oops is False:
        yield Finding("oops-does-not-crash", "kernel.panic_on_oops is 0: an oops kills a process, and leaves no dump.")


def target_rules(facts: Facts) -> Iterator[Finding]:
    """Is there a place for the dump, now and once the policy is in effect?"""
    for place in facts.places:
        yield from _place_rules(place, facts.dump_size)


def device_rules(facts: Facts) -> Iterator[Finding]:
    """May a raw target be overwritten? target/raw_device.py has looked at the device."""
    for target, obstacle in facts.devices:
        yield of_target(facts.setup, target, Finding(*obstacle))


def server_rules(facts: Facts) -> Iterator[Finding]:
    """Would a dump get through to its server? target/probe.py has asked it."""
    for target, obstacle in facts.servers:
        finding = Finding(*obstacle)
        yield of_target(facts.setup, target, finding) if target else finding


def _place_rules(place: Place, dump_size: DumpSize) -> Iterator[Finding]:
    if not place.is_directory:
        yield Finding(
            "target-not-a-directory", "{0}, or a parent of it, exists and is not a directory.".format(place.path)
        )
        return
    if place.read_only:
        yield Finding("target-read-only", "{0} lies on a file system that is mounted read-only.".format(place.path))
    if place.mode is None:
        yield Finding("target-missing", "{0} does not exist.".format(place.path))
    elif place.mode & stat.S_ISVTX or belongs_to_system(place.path):
        # Ubuntu's crash reporter shares /var/crash with every user: closing it would break that service.
        yield Finding("target-shared", "{0} has mode {1:04o}: it is shared with others.".format(place.path, place.mode))
    elif place.mode & 0o077 and not place.local:
        yield Finding(
            "target-shared",
            "{0} has mode {1:04o} on a file system of its own, which may have other users.".format(
                place.path, place.mode
            ),
        )
    elif place.mode & 0o077:
        yield Finding(
            "target-readable-by-others",
            "{0} has mode {1:04o}: dumps in it can be read by others than root.".format(place.path, place.mode),
        )
    need = dump_size.beyond(place.free_bytes)
    if need:
        yield Finding(
            "target-space-low",
            "{0} has {1} free; a dump of this host may need {2} ({3}).".format(
                place.path, mebibytes(place.free_bytes), mebibytes(need.bytes), need.source
            ),
        )


def proof_rules(facts: Facts) -> Iterator[Finding]:
    """Has a crash proven it?"""
    if facts.proof is None:
        yield Finding("proof-missing", facts.proof_error or "No crash has been captured on purpose on this host yet.")
        return
    if facts.proof_changes:
        yield Finding(
            "proof-expired",
            "Proven {0}, but changed since: {1}.".format(facts.proof["time"], "; ".join(facts.proof_changes)),
        )


def inspection_rules(facts: Facts) -> Iterator[Finding]:
    """What only a longer look shows."""
    for what in facts.inspection.lacking if facts.inspection else []:
        yield Finding("capture-initrd-incomplete", "{0} does not hold {1}.".format(facts.setup.capture_initrd, what))


RULES: Tuple[Rule, ...] = (
    kernel_rules,
    setup_rules,
    boot_rules,
    memory_rules,
    mount_rules,
    target_rules,
    device_rules,
    server_rules,
    fallback_rules,
    inspection_rules,
    size_rules,
    proof_rules,
)


def judge(facts: Facts) -> List[Finding]:
    """All findings of a host: errors first, then warnings, then the rest; within these in the order of the rules."""
    order = ("error", "warning", "info")
    found = [finding for rule in RULES for finding in rule(facts)]
    return sorted(found, key=lambda finding: order.index(CODES[finding.code].severity))


def ready(findings: List[Finding]) -> Tuple[bool, bool]:
    """Whether a crash would be captured now, and after the next reboot."""
    blocked = {state for finding in findings for state in finding.blocks}
    return NOW not in blocked, NEXT_BOOT not in blocked
