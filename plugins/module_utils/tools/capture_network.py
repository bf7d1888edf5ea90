# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a capture initrd holds the drivers of the way to its dump server. Sources: sysfs(5), ip-route(8), kmod(8).

A driver that is built into the kernel is not looked for, nor one whose card is not on that way.
"""

import os
import posixpath
import re
from typing import Iterator, List, Set, Tuple

from ..host import kernel
from ..host.machine import CommandError, Host
from .records import Target, server_of

LIMIT = 20.0  # seconds
_DEVICE = re.compile(r" dev (\S+)")
_BUILT_IN = re.compile(r"/([^/\n]+)\.ko$", re.MULTILINE)
_MODULE = re.compile(r"(.+)\.ko(?:\.(?:xz|gz|zst))?\Z")


def missing_drivers(host: Host, held: Set[str], target: Target) -> List[str]:
    """The drivers, in words for a message, that I(held), the paths in the initrd, do not have."""
    if target.kind not in ("ssh", "nfs"):
        return []
    modules = [_MODULE.match(posixpath.basename(name)) for name in held]
    there = {match.group(1).replace("-", "_") for match in modules if match}
    found = {card: driver for device in _devices(host, target) for card, driver in _drivers(host, device)}
    missing = ["the driver {0} of {1}".format(found[card], card) for card in sorted(found) if found[card] not in there]
    return missing + list(_file_system(host, there, target))


def _file_system(host: Host, there: Set[str], target: Target) -> Iterator[str]:
    """The modules of the NFS client: its own, and one of a version."""
    if target.kind != "nfs":
        return
    release = kernel.release(host)
    built_in = host.read("/lib/modules/{0}/modules.builtin".format(release))
    if built_in is None:
        return
    known = there | set(_BUILT_IN.findall(built_in))
    if "nfs" not in known:
        yield "the module nfs"
    elif not known & {"nfsv4", "nfsv3"}:
        yield "the module nfsv4 or nfsv3"


def _devices(host: Host, target: Target) -> Iterator[str]:
    """The device on which packets to the server leave; none where it is unknown, which is a finding elsewhere."""
    try:
        answer = host.run(["getent", "ahosts", server_of(target)], LIMIT).stdout.split()
        for address in answer[:1]:
            found = _DEVICE.search(host.run(["ip", "-o", "route", "get", address], LIMIT).stdout)
            if found:
                yield found.group(1)
    except CommandError:
        return


def _drivers(host: Host, device: str, deep: int = 4) -> Iterator[Tuple[str, str]]:
    """The cards below a device (bonds and VLANs have others below them), each with its driver."""
    base = "/sys/class/net/{0}/".format(device)
    try:
        module = posixpath.basename(os.readlink(host.path(base + "device/driver/module")))
    except OSError:
        for lower in host.glob(base + "lower_*") if deep else []:
            yield from _drivers(host, posixpath.basename(lower)[len("lower_") :], deep - 1)
        return
    if host.exists("/sys/module/{0}/initstate".format(module)):  # not there for what is built in
        yield device, module
