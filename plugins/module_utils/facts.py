# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the rules of findings.py judge: one look at a host, through files alone."""

import os
import stat
from typing import Any, Dict, List, NamedTuple, Optional

from ansible_collections.kdump.fleet.plugins.module_utils import crash_memory, crashkernel, kdump_tools, proof
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.detect import detect
from ansible_collections.kdump.fleet.plugins.module_utils.errors import KdumpError
from ansible_collections.kdump.fleet.plugins.module_utils.host import Host
from ansible_collections.kdump.fleet.plugins.module_utils.setup import Policy, Setup

CONTAINER_MARKS = ("/run/systemd/container", "/.dockerenv", "/run/.containerenv")
LOOKED_FOR = (
    "kdump-config or kdumpctl (installed), or apt-get (to install kdump-tools), in /usr/sbin, /usr/bin, /sbin and /bin"
)


class Boot(NamedTuple):
    """What the boot loader will give to kernels: crashkernel values by entry, and for kernels to come."""

    loader: Optional[str]
    error: Optional[str]
    entries: Dict[str, List[str]]
    future: List[str]
    next_values: Optional[List[str]]


class Place(NamedTuple):
    """The directory that receives dumps, or its nearest existing parent when it does not exist yet."""

    path: str
    exists: bool
    is_directory: bool
    read_only: bool
    mode: Optional[int]
    free_bytes: int


class Facts(NamedTuple):
    """One host as the rules see it."""

    setup: Setup
    policy: Policy
    wanted_crashkernel: Optional[str]
    memory: Dict[str, Any]
    boot: Boot
    place: Optional[Place]
    container: Optional[str]
    load_disabled: bool
    lockdown: str
    panic_timeout: Optional[int]
    panic_on_oops: Optional[bool]
    proof: Optional[Dict[str, Any]]
    fingerprint: Dict[str, Any]
    refusal: Optional[str]  # the kernel's own line about a reservation that it refused


def setup_of(host: Host, policy: Policy) -> Setup:
    """The set-up by what the host has, never by what it is called."""
    if host.which("kdump-config") or host.which("apt-get"):
        return kdump_tools.read(host, policy)
    if host.which("kdumpctl"):
        raise KdumpError(
            "This host has kdumpctl, which this version does not manage yet; it manages kdump-tools (Debian, Ubuntu)."
        )
    raise KdumpError("No known kdump tool and no way to install one. Looked for {0}; found none.".format(LOOKED_FOR))


def boot_of(host: Host) -> Boot:
    """The boot loader's crashkernel values; a boot loader that is not understood is told, not raised."""
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


def place_of(host: Host, path: str) -> Place:
    """What stands at a dump path; free space is what root may use (f_bfree)."""
    nearest = path
    while not host.exists(nearest):
        nearest = os.path.dirname(nearest)
    status = os.stat(host.path(nearest))
    space = os.statvfs(host.path(nearest))
    return Place(
        path=path,
        exists=nearest == path,
        is_directory=stat.S_ISDIR(status.st_mode),
        read_only=bool(space.f_flag & os.ST_RDONLY),
        mode=stat.S_IMODE(status.st_mode) if nearest == path else None,
        free_bytes=space.f_bfree * space.f_frsize,
    )


def _number(text: Optional[str]) -> Optional[int]:
    try:
        return int(text or "")
    except ValueError:
        return None


def refusal_line(log: str) -> Optional[str]:
    """The kernel's line about a crashkernel reservation that failed, out of its log."""
    for line in log.split("\n"):
        low = line.lower()
        if "crashkernel" in low and ("fail" in low or "cannot" in low or "expected" in low or "invalid" in low):
            return line.split("]", 1)[-1].strip()
    return None


def _refusal(host: Host, memory: Dict[str, Any]) -> Optional[str]:
    """Ask the kernel's log only when memory should have been reserved and was not: a healthy host costs no command."""
    if not memory["crashkernel"] or memory["reserved_bytes"] or not host.which("dmesg"):
        return None
    return refusal_line(host.run(["dmesg"], timeout=20.0).stdout)


def _wanted_crashkernel(policy: Policy) -> Optional[str]:
    value = kdump_tools.CRASHKERNEL if policy.crashkernel == "default" else policy.crashkernel
    if value:
        crashkernel.check(value)
    return value or None


def gather(host: Host, policy: Policy) -> Facts:
    """Look at a host once."""
    setup = setup_of(host, policy)
    record = proof.read(host)
    memory = crash_memory.read(host, (record or {}).get("capture"))
    if not memory["privileged"]:
        raise KdumpError("Only root can judge a host: /proc/iomem hides its addresses. Run with become: true.")
    oops = host.read("/proc/sys/kernel/panic_on_oops")
    return Facts(
        setup=setup,
        policy=policy,
        wanted_crashkernel=_wanted_crashkernel(policy),
        memory=memory,
        boot=boot_of(host),
        place=place_of(host, setup.target.path) if setup.target.kind == "local" else None,
        container=next((mark for mark in CONTAINER_MARKS if host.exists(mark)), None),
        load_disabled=(host.read("/proc/sys/kernel/kexec_load_disabled") or "0").strip() == "1",
        lockdown=_lockdown(host.read("/sys/kernel/security/lockdown") or ""),
        panic_timeout=_number(host.read("/proc/sys/kernel/panic")),
        panic_on_oops=None if oops is None else oops.strip() != "0",
        proof=record,
        fingerprint=proof.fingerprint(host, setup, memory["kernel"], record),
        refusal=_refusal(host, memory),
    )


def _lockdown(text: str) -> str:
    """The mode between brackets: none, integrity or confidentiality; empty where the kernel has no lockdown."""
    return text.partition("[")[2].partition("]")[0]
