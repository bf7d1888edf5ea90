# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file system of its own for dumps, which the rollout mounts where the policy asks for it. It never makes one.

Sources: fstab(5), systemd.mount(5), blkid(8).
"""

import os
import posixpath
from typing import Callable, Iterator, List, Optional, Tuple

from ..host import managed_block, mounts
from ..host.errors import KdumpError
from ..host.machine import CommandError, Host
from ..host.mounts import Mount
from ..host.printable import is_printable
from ..tools.kdumpctl.directives import FILE_SYSTEMS
from ..tools.paths import belongs_to_system
from ..tools.policy import Policy
from ..tools.records import Refusal, TargetMount

# A disk that is gone keeps no host from booting: with nofail nothing waits for the mount but the unit that is named,
# which would find the bare directory. It waits long: a capture kernel has one processor, and was seen to need more than
# half a minute before udev looked for disks at all. No check (the last 0): in the small memory of a capture kernel that
# boots the root file system it could take hours, or fail; mounting replays the journal.
OPTIONS = "nosuid,nodev,noexec,nofail,x-systemd.device-timeout=180s,x-systemd.before={0}"
# What kdump-config keeps where dumps go, also when it runs before the mount. There is nothing lost when it is hidden.
LITTER = ("kdump_lock", "kexec_cmd")
PROBE_LIMIT = 30.0  # seconds: a disk that is dying answers late


def wanted(host: Host, policy: Policy, unit: str) -> TargetMount:
    """What the policy asks to be mounted, and its current state; I(unit) must find it mounted."""
    device, fstype = _file_system(policy)
    directory = _directory(policy, device)
    text = host.read(mounts.TABLE) or ""
    own = managed_block.inside(text)
    theirs = mounts.parse(managed_block.outside(text))
    mounted = mounts.mounted(host)
    line = " ".join([mounts.field(device), mounts.field(directory), fstype, OPTIONS.format(unit), "0", "0"])
    there = mounts.mount_at(directory, mounted)
    by_others = bool(mounts.mounts_of(host, device, theirs))
    return TargetMount(
        device=device,
        fstype=fstype,
        directory=directory,
        mounted=there is not None and _is(host, device)(there),
        configured=by_others or any(map(_is(host, device), _at(directory, mounts.parse(own)))),
        line="" if by_others else line,
        written=own.strip("\n"),
        refusal=_refusal(host, TargetMount(device, fstype, directory), mounted, theirs),
    )


def _file_system(policy: Policy) -> Tuple[str, str]:
    """The device and the type of the target; anything else has nothing to mount."""
    target = policy.target or {}
    kind, location = target.get("type") or "", (target.get("location") or "").strip()
    if kind not in FILE_SYSTEMS or not location or not is_printable(location):
        raise KdumpError(
            "There is nothing to mount at '{0}': kdump_mount_point goes with a kdump_target of type {1} whose location "
            "is a device, UUID= or LABEL=; it is of type '{2}' at '{3}'.".format(
                policy.mount_point, ", ".join(FILE_SYSTEMS), kind, location
            )
        )
    return mounts.named(location), kind


def _directory(policy: Policy, device: str) -> str:
    """The mount point, in the form that the table of mounts has."""
    path = policy.mount_point or ""
    directory = "/" + posixpath.normpath(path).lstrip("/")
    if not path.startswith("/") or belongs_to_system(path) or not is_printable(path):
        raise KdumpError(
            "{0} cannot be mounted at '{1}': choose a directory of its own and write it from /, for instance "
            "/srv/dumps.".format(device, path)
        )
    if ((policy.path or "") + "/").startswith(directory + "/"):
        raise KdumpError(
            "The dump path '{0}' would be {1}{0}: with a mount point it is inside the file system. "
            "Write it from there, for instance /var/crash.".format(policy.path, directory)
        )
    return directory


def _is(host: Host, device: str) -> Callable[[Mount], bool]:
    return lambda mount: bool(mounts.mounts_of(host, device, [mount]))


def _at(directory: str, table: List[Mount]) -> List[Mount]:
    found = mounts.mount_at(directory, table)
    return [found] if found else []


def _refusal(host: Host, asked: TargetMount, mounted: List[Mount], theirs: List[Mount]) -> Optional[Refusal]:
    """Why the rollout does not mount it: the first cause that only an administrator can fix."""
    found = mounts.device(host, asked.device)
    if not found:
        return Refusal("there is no such device", "Name a device, UUID= or LABEL= that blkid shows")
    for table, what in ((mounted, "is mounted at"), (theirs, "has a line in {0} for".format(mounts.TABLE))):
        lines = mounts.mounts_of(host, asked.device, table)
        if lines and not any(map(_is(host, asked.device), _at(asked.directory, lines))):
            return Refusal(
                "it {0} {1}".format(what, lines[-1].directory),
                "Set kdump_mount_point to {0}, or unmount it and take its line out".format(lines[-1].directory),
            )
        for other in _at(asked.directory, table):
            if not _is(host, asked.device)(other):
                return Refusal(
                    "{0} {1} {2}".format(other.source, what, asked.directory), "Choose another kdump_mount_point"
                )
    there = mounts.mount_at(asked.directory, mounted)
    if there:
        return _other_type(asked, there.fstype)
    return _occupied(host, asked.directory) or _not_made(host, asked, found)


def _other_type(asked: TargetMount, fstype: str) -> Optional[Refusal]:
    if fstype == asked.fstype:
        return None
    return Refusal("what is on it is {0}".format(fstype), "Correct the type or the location of kdump_target")


def _occupied(host: Host, directory: str) -> Optional[Refusal]:
    """What a mount would hide, and a directory whose name in the table of mounts would be another one."""
    path = host.path(directory)
    place = os.path.realpath(path)
    if place != os.path.join(os.path.realpath(host.path("/")), directory.lstrip("/")):
        return Refusal(
            "{0} is reached through a symbolic link".format(directory), "Write kdump_mount_point without links"
        )
    if not os.path.exists(path):
        return None
    if not os.path.isdir(path):
        return Refusal("{0} is not a directory".format(directory), "Choose another kdump_mount_point")
    held = next(_files(path), None)
    if held is None:
        return None
    return Refusal(
        "{0} is not empty, and what is in it would be hidden, for instance {1}".format(directory, held),
        "See whether there are dumps below it, move it away, or choose another kdump_mount_point",
    )


def _files(path: str) -> Iterator[str]:
    """What would be missed if it were hidden: empty directories would not."""
    for directory, directories, names in os.walk(path):
        directories.sort()
        for name in sorted(names):
            if name not in LITTER:
                yield os.path.relpath(os.path.join(directory, name), path)


def _not_made(host: Host, asked: TargetMount, device: str) -> Optional[Refusal]:
    """Asked of the device itself (blkid -p), only while it is not mounted: a converged host costs no command."""
    try:
        said = host.run(["blkid", "-p", "-o", "value", "-s", "TYPE", device], PROBE_LIMIT, accept=(0, 2)).stdout.strip()
    except CommandError as error:
        return Refusal("what is on it cannot be determined: {0}".format(error), "See what blkid says about it")
    if not said:
        return Refusal("there is no file system on it", "Make one with mkfs; the rollout never does")
    return _other_type(asked, said)
