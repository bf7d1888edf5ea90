# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the rules of rules.py judge: one look at a host, through files alone."""

import os
import re
import time
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from ..bootloader.detect import detect
from ..crash_memory import crashkernel, recommendation, reserved
from ..host import boot_sysctl, kernel, kernel_log
from ..host.errors import KdumpError
from ..host.machine import CommandError, Host
from ..target.configured import setup_of
from ..target.directories import (
    Place,
    fallback_place,
    place_of,
    places,
)
from ..target.dump_size import DumpSize
from ..target.obstacle import Obstacle
from ..tools.inspect import Inspection, inspect
from ..tools.policy import Policy
from ..tools.records import Setup, Target
from . import fingerprint as fingerprints
from . import proof, reboot_note

CONTAINER_MARKS = ("/run/systemd/container", "/.dockerenv", "/run/.containerenv")
# What the kernel says about a reservation that it refuses: kernel/crash_reserve.c, once kernel/crash_core.c.
REFUSAL = re.compile(
    "crashkernel: |crashkernel .*(?:failed|zero bytes)|cannot (?:allocate|reserve) crashkernel", re.IGNORECASE
)
COMMAND_LINE = re.compile("command line:", re.IGNORECASE)


class Boot(NamedTuple):
    """What the boot loader will give to kernels: crashkernel values by entry, and for later kernels."""

    loader: Optional[str]
    error: Optional[str]
    entries: Dict[str, List[str]]
    future: List[str]
    next_values: Optional[List[str]]


class Facts(NamedTuple):
    """One host as the rules see it."""

    setup: Setup
    policy: Policy
    wanted_crashkernel: Optional[str]  # empty where the policy wants none; None where it has no opinion
    memory: reserved.CrashMemory
    boot: Boot
    rebooted_in_vain: bool  # whether the last reboot into what boots next did not bring it
    staged: Optional[List[str]]  # the values that the host boots with, or will once the policy is in effect
    resolution: Optional[crashkernel.Resolution]  # what the kernel will make of these
    places: List[Place]  # the directories on this host that receive dumps: now, and once the policy is in effect
    dump_size: DumpSize
    outdated: Optional[str]  # a file that the capture initrd was made from, and that changed since
    recommended: Optional[recommendation.Recommendation]  # what to reserve, by the best that is known
    container: Optional[str]
    selinux: bool
    keyless: List[Target]  # targets whose private key does not exist
    load_disabled: bool
    load_disabled_at_boot: Optional[str]  # the file that forbids it before kdump is started
    unwritable: List[str]  # configuration files that must be written, on a file system that is read-only
    initrd_from_future: bool
    lockdown: str
    panic_timeout: Optional[int]
    panic_on_oops: Optional[bool]
    proof: Optional[Dict[str, Any]]
    proof_changes: List[str]  # what is no longer as it was when the proof was made
    proof_error: Optional[str]  # why the record that is there cannot be used
    fingerprint: Optional[Dict[str, Any]]  # None where nobody asked and there is no proof to compare
    refusal: Optional[str]  # the kernel's own line about a reservation that it refused
    inspection: Optional[Inspection]  # None unless it was asked for
    devices: Sequence[Tuple[Target, Obstacle]] = ()  # what speaks against raw targets
    fallback: Optional[Place] = None  # what has to have room for a dump that does not reach its target
    servers: Sequence[Tuple[Optional[Target], Obstacle]] = ()  # what keeps a dump from getting through, where asked


def boot_of(host: Host) -> Boot:
    """The boot loader's crashkernel values; a boot loader that is not understood is reported, not raised."""
    try:
        loader = detect(host)
        entries = loader.entries()
        chosen = loader.next_entries(entries)
        return Boot(
            loader=loader.name,
            error=None,
            entries={entry.id: crashkernel.values(entry.arguments) for entry in entries},
            future=crashkernel.values(loader.future_arguments()),
            next_values=crashkernel.values(chosen[0].arguments) if chosen else None,
        )
    except KdumpError as error:
        return Boot(None, str(error), {}, [], None)


def _outdated(host: Host, setup: Setup) -> Optional[str]:
    """A file of a time to come says nothing: the clock was ahead when it was written, and no new initrd is newer."""
    made, now = _time(host, setup.capture_initrd), _now()
    return next((path for path in setup.initrd_sources if made and made < _time(host, path) <= now), None)


def _now() -> int:
    return int(time.time() * 1e9)


def _load_disabled_at_boot(host: Host) -> Optional[str]:
    found = boot_sysctl.setting(host, "kernel.kexec_load_disabled")
    return found[1] if found and found[0] == "1" else None


def _unwritable(host: Host, setup: Setup) -> List[str]:
    files = [file.path for file in setup.files if not file.exists or file.differences()]
    return [path for path in files if place_of(host, path).read_only]


def _time(host: Host, path: Optional[str]) -> int:
    """When a file was written, in nanoseconds; 0 where there is none."""
    try:
        return os.stat(host.path(path)).st_mtime_ns if path else 0
    except OSError:
        return 0


def _integer(text: Optional[str]) -> Optional[int]:
    try:
        return int(text or "")
    except ValueError:
        return None


def refusal_line(log: str) -> Optional[str]:
    """The kernel's line about a crashkernel reservation that failed, out of its log."""
    texts = (line.text.strip() for line in kernel_log.lines(log))
    return next((text for text in texts if REFUSAL.search(text) and not COMMAND_LINE.search(text)), None)


def _refusal(host: Host, memory: reserved.CrashMemory) -> Optional[str]:
    """Ask the kernel's log only when memory should have been reserved and was not: a healthy host costs no command."""
    if not memory.crashkernel or memory.reserved_bytes or not host.which("dmesg"):
        return None
    try:
        return refusal_line(host.run(["dmesg"], timeout=20.0).stdout)
    except CommandError:  # a container, or a log kept from root: that nothing is reserved is known without it
        return None


def as_arguments(values: List[str]) -> str:
    """The values as they stand on a kernel's command line."""
    return " ".join("crashkernel=" + value for value in values)


def _wanted_crashkernel(host: Host, policy: Policy, setup: Setup) -> Optional[str]:
    if policy.wants_no_crashkernel:
        return ""
    value = setup.default_crashkernel if policy.crashkernel == "default" else policy.crashkernel
    if value:
        crashkernel.check(value, crashkernel.knows_auto(kernel.release(host)))
    return value or None


def _size(host: Host, values: List[str]) -> int:
    return reserved.resolve_on(host, as_arguments(values)).size


def _recommended(
    host: Host, setup: Setup, memory: reserved.CrashMemory, measured: bool, inspection: Optional[Inspection]
) -> Optional[recommendation.Recommendation]:
    """What to reserve; nothing is known where firmware keeps the memory of the crash."""
    if memory.fadump.enabled:
        return None
    used = memory.capture.used_bytes if measured and memory.capture else None
    estimate = inspection.estimate if inspection else None
    default = None if used or estimate else setup.default_crashkernel or setup.usual_crashkernel
    resolution = reserved.resolve_on(host, as_arguments(default.split())) if default else None
    return recommendation.recommend(used, estimate, default, resolution)


def _devices(host: Host, setup: Setup, policy: Policy, dump_size: DumpSize) -> List[Tuple[Target, Obstacle]]:
    """What speaks against raw targets. A host with others pays nothing, not even the import."""
    if not any(target.kind == "raw" for target in setup.targets):
        return []
    from ..target import raw_device

    return raw_device.judge(host, setup, policy, dump_size)


def gather(host: Host, policy: Policy, fingerprint: bool = False, longer: bool = False) -> Facts:
    """Look at a host once.

    The fingerprint is taken where there is a proof to compare, or when it is asked for. With I(longer) commands look
    into the capture initrd and estimate the memory, which takes seconds to minutes.
    """
    setup = setup_of(host, policy)
    record, proof_error = _proof(host)
    memory = reserved.look(host, (record or {}).get("capture"))
    container = next((mark for mark in CONTAINER_MARKS if host.exists(mark)), None)
    if not memory.privileged and not container:  # inside a container they are hidden from root as well
        raise KdumpError("Only root can judge a host: /proc/iomem hides its addresses. Run with become: true.")
    wanted = _wanted_crashkernel(host, policy, setup)
    boot = boot_of(host)
    if (
        policy.keep_larger
        and wanted
        and boot.next_values
        and _size(host, boot.next_values) > _size(host, wanted.split())
    ):
        wanted = " ".join(boot.next_values)
    running = (memory.crashkernel or "").split()
    staged = boot.next_values if wanted is None else wanted.split()
    current = fingerprints.take(host, setup, memory, record) if record or fingerprint else None
    changes = fingerprints.changed(record, current) if record and current else []
    measured = bool(record and record["capture"] and current and fingerprints.measures(record, current))
    outdated = _outdated(host, setup)  # before the longer look, which may build the initrd again and does not load it
    inspection = inspect(host, setup) if longer and not setup.unit_working else None
    dump_size = DumpSize(host, memory.physical_ram_bytes, setup.collector)
    oops = host.read("/proc/sys/kernel/panic_on_oops")
    return Facts(
        setup=setup,
        policy=policy,
        wanted_crashkernel=wanted,
        memory=memory,
        boot=boot,
        rebooted_in_vain=boot.next_values is not None and reboot_note.holds(host, boot.next_values, running),
        staged=staged,
        resolution=reserved.resolve_on(host, as_arguments(staged)) if staged else None,
        places=places(host, setup),
        dump_size=dump_size,
        devices=_devices(host, setup, policy, dump_size),
        outdated=outdated,
        recommended=_recommended(host, setup, memory, measured, inspection),
        container=container,
        selinux=host.exists("/sys/fs/selinux/enforce"),
        keyless=[target for target in setup.targets if not host.exists(target.sshkey or "/")],
        load_disabled=(host.read("/proc/sys/kernel/kexec_load_disabled") or "0").strip() == "1",
        load_disabled_at_boot=_load_disabled_at_boot(host),
        unwritable=_unwritable(host, setup),
        initrd_from_future=bool(setup.initrd_sources) and _time(host, setup.capture_initrd) > _now(),
        lockdown=_lockdown(host.read("/sys/kernel/security/lockdown") or ""),
        panic_timeout=_integer(host.read("/proc/sys/kernel/panic")),
        panic_on_oops=None if oops is None else oops.strip() != "0",
        proof=record,
        proof_changes=changes,
        proof_error=proof_error,
        fingerprint=current,
        refusal=_refusal(host, memory),
        inspection=inspection,
        fallback=fallback_place(host, setup),
    )


def _proof(host: Host) -> Tuple[Optional[Dict[str, Any]], Optional[str]]:
    try:
        return proof.read(host), None
    except proof.ProofError as error:
        return None, str(error)


def _lockdown(text: str) -> str:
    """The mode between brackets: none, integrity or confidentiality; empty where the kernel has no lockdown."""
    return text.partition("[")[2].partition("]")[0]
