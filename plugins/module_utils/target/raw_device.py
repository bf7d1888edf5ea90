# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a device may receive dumps as a raw target, which overwrites it from its first byte.

It is the only target that overwrites: all others write files into a file system. Sources: kdump.sh (kdump-utils
1.0.61), blkid(8), open(2), the kernel's Documentation/ABI/stable/sysfs-block.
"""

import errno
import os
import re
from typing import Iterator, List, Optional, Tuple

from ..crash_memory.sizes import mebibytes
from ..host import kernel_arguments, mounts
from ..host.machine import CommandError, Host
from ..tools.policy import Policy
from ..tools.records import Setup, Target
from .dump_size import DumpSize
from .obstacle import Obstacle

BLOCK = "/sys/class/block/"
MOUNT_INFO = "/proc/self/mountinfo"
SWAPS = "/proc/swaps"
SECTOR = 512  # bytes: the unit of sysfs, whatever the device has
PROBE_LIMIT = 30.0  # seconds: a disk that is dying answers late
# What a dump begins with: a stream (-F), and a file.
DUMPS = (b"makedumpfile\0\0\0\0", b"KDUMP   ")
NO_SIGNATURE, AMBIVALENT = 2, 8  # exit statuses of blkid -p


def judge(host: Host, setup: Setup, policy: Policy, dump_size: DumpSize) -> List[Tuple[Target, Obstacle]]:
    """What speaks against each raw target, the one in use and the one of the policy."""
    return [
        (target, obstacle)
        for target in setup.targets
        if target.kind == "raw" and host.exists(target.location)  # one that is missing is refused with its line
        for obstacle in _readable(host, target.location, policy.overwrite_device, dump_size)
    ]


def _readable(host: Host, name: str, overwrite: Optional[str], dump_size: DumpSize) -> List[Obstacle]:
    """What is found about a device. One that cannot be read stops no look at the host."""
    try:
        return list(_of_device(host, name, overwrite, dump_size))
    except OSError as error:
        return [Obstacle("target-device-unfit", "{0} cannot be read: {1}.".format(name, error.strerror or error))]


def _of_device(host: Host, name: str, overwrite: Optional[str], dump_size: DumpSize) -> Iterator[Obstacle]:
    device = _device(host, name)
    label = name if device == name else "{0} ({1})".format(name, device)
    block = BLOCK + _kernel_name(device)
    if not host.exists(block):
        yield Obstacle("target-device-unfit", "{0} is not a block device: {1} does not exist.".format(label, block))
        return
    use = _use(host, device)
    if use:
        yield Obstacle(
            "target-device-in-use", "A dump would overwrite {0} from its first byte, and it {1}.".format(label, use)
        )
        return
    content = _content(host, device)
    if content and not (overwrite and _device(host, overwrite) == device):
        yield Obstacle(
            "target-device-not-empty", "A dump would overwrite {0} from its first byte, and {1}.".format(label, content)
        )
    if (host.read(block + "/ro") or "").strip() == "1":
        yield Obstacle("target-device-unfit", "{0} is read-only.".format(label))
    size = int((host.read(block + "/size") or "").strip() or "0") * SECTOR
    need = dump_size.beyond(size)
    if need:
        yield Obstacle(
            "target-device-unfit",
            "{0} has {1}; a dump of this host may need {2} ({3}).".format(
                label, mebibytes(size), mebibytes(need.bytes), need.source
            ),
        )


def _device(host: Host, name: str) -> str:
    """The device's own name, all links resolved."""
    return os.path.realpath(host.path(name))[len(os.path.realpath(host.path("/")).rstrip("/")) :]


def _kernel_name(device: str) -> str:
    """Its name in sysfs, where a slash cannot stand (cciss!c0d0)."""
    return (device[len("/dev/") :] if device.startswith("/dev/") else os.path.basename(device)).replace("/", "!")


def _file(name: str) -> str:
    return "/dev/" + name.replace("!", "/")


# ---- who uses it


def _use(host: Host, device: str) -> Optional[str]:
    """Who uses the device, one of its partitions, or the disk that it is a part of."""
    name = _kernel_name(device)
    for part in [name] + _partitions(host, name):
        used = _direct_use(host, part)
        if used:
            return used if part == name else "has the partition {0}, which {1}".format(_file(part), used)
    disk = _disk(host, name)
    holders = _holders(host, disk) if disk else []
    if holders:
        return "is a part of {0}, which belongs to {1}".format(_file(disk or ""), ", ".join(holders))
    # The kernel's own answer: it also knows other mount namespaces, and file systems of several devices.
    return "is in use: the kernel refuses to open it exclusively" if is_claimed(host.path(device)) else None


def _direct_use(host: Host, name: str) -> Optional[str]:
    device = _file(name)
    number = (host.read(BLOCK + name + "/dev") or "").strip()
    line = r"^\S+ \S+ {0} \S+ (\S+)".format(re.escape(number))
    place = re.search(line, host.read(MOUNT_INFO) or "", re.MULTILINE)
    if place:
        return "is mounted at {0}".format(place.group(1))
    mounted = mounts.mount_of(host, device, mounts.mounted(host))
    if mounted:
        return "is mounted at {0}".format(mounted.directory)
    for line in (host.read(SWAPS) or "").splitlines()[1:]:
        if mounts.device(host, (line.split() or [""])[0]) == device:
            return "is swap space"
    for argument, what in (("root", "the root file system"), ("resume", "the image of a hibernated system")):
        for value in kernel_arguments.values(host.read("/proc/cmdline") or "", argument):
            if mounts.device(host, value) == device:
                return "holds {0}: the kernel was booted with {1}={2}".format(what, argument, value)
    configured = mounts.mount_of(host, device, mounts.configured(host))
    if configured:
        return "has a line in {0}, for {1}".format(mounts.TABLE, configured.directory)
    holders = _holders(host, name)
    if holders:
        return "belongs to {0} (LVM, RAID, multipath or encryption)".format(", ".join(holders))
    if host.glob("/sys/fs/btrfs/*/devices/" + name):
        return "belongs to a btrfs file system that is in use"
    return None


def _holders(host: Host, name: str) -> List[str]:
    return [_file(os.path.basename(path)) for path in host.glob("{0}{1}/holders/*".format(BLOCK, name))]


def _partitions(host: Host, name: str) -> List[str]:
    return [path.split("/")[-2] for path in host.glob("{0}{1}/*/partition".format(BLOCK, name))]


def _disk(host: Host, name: str) -> Optional[str]:
    """The disk of a partition, by the place of its directory in sysfs."""
    if not host.exists(BLOCK + name + "/partition"):
        return None
    return os.path.basename(os.path.dirname(os.path.realpath(host.path(BLOCK + name))))


def is_claimed(path: str) -> bool:
    """Whether the kernel lets nobody else have the device (open(2), O_EXCL without O_CREAT)."""
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_EXCL))
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        return True
    return False


# ---- what is on it


def _content(host: Host, device: str) -> Optional[str]:
    """What would be lost; None for an empty device, and for one that holds a dump."""
    partitions = [_file(name) for name in _partitions(host, _kernel_name(device))]
    if partitions:
        return "it has the partition{0} {1}".format("s" if len(partitions) > 1 else "", ", ".join(partitions))
    with open(host.path(device), "rb") as stream:
        if stream.read(len(DUMPS[0])).startswith(DUMPS):
            return None
    try:
        found = host.run(["blkid", "-p", "-o", "export", device], PROBE_LIMIT, accept=(0, NO_SIGNATURE, AMBIVALENT))
    except CommandError as error:
        return "what is on it cannot be determined: {0}".format(str(error).rstrip("."))
    if found.rc == AMBIVALENT:
        return "blkid finds the signatures of several file systems on it"
    # Of a partition it also says what its disk has (PART_ENTRY_...).
    told = dict(line.split("=", 1) for line in found.stdout.splitlines() if "=" in line)
    kinds = [told[name] for name in ("TYPE", "PTTYPE") if told.get(name)]
    return "it holds {0}, by its signature".format(" and ".join(kinds)) if kinds else None
