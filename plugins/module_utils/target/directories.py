# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directories on this host that receive dumps, as the rules see them."""

import os
import stat
from typing import List, NamedTuple, Optional, Tuple

from ..host.machine import Host
from ..tools.records import Setup


class Place(NamedTuple):
    """The directory that receives dumps; room and kind are those of its nearest parent when it does not exist yet."""

    path: str
    is_directory: bool
    read_only: bool
    mode: Optional[int]  # None while it does not exist
    free_bytes: int
    local: bool = True  # on the root file system; what is mounted may have other users


def places(host: Host, setup: Setup) -> List[Place]:
    """Where dumps go now, and where they will once the policy is in effect.

    What stands below a mount point proves nothing while its file system is not mounted. An export is not looked at from
    here: with a dead server that would last forever. probe.py asks, with a limit.
    """
    local = {target.directory: target.kind == "local" for target in (setup.wanted_target, setup.target)}
    targets = [target for target in (setup.target, setup.wanted_target) if target.kind != "nfs"]
    names = [target.directory for target in targets if target.directory]
    hidden = setup.mount if setup.mount and not setup.mount.mounted else None
    return [
        place_of(host, name)._replace(local=local[name])
        for name in sorted(set(names), key=names.index)
        if not (hidden and hidden.holds(name))
    ]


def fallback_place(host: Host, setup: Setup) -> Optional[Place]:
    """Where a dump has to find room that does not reach its target; None where a target's own place is that."""
    fallback, targets = setup.fallback, (setup.target, setup.wanted_target)
    if not fallback or (fallback.directory in [target.directory for target in targets] and not fallback.hidden):
        return None
    return place_of(host, fallback.file_system)


def place_of(host: Host, path: str) -> Place:
    """What stands at a dump path; free space is what root may use (f_bfree)."""
    nearest, exists = _nearest(host, path)
    try:
        status = os.stat(host.path(nearest))
    except OSError:  # a symbolic link to nothing, or in circles: no directory can be made there
        return Place(path, is_directory=False, read_only=False, mode=None, free_bytes=0)
    space = os.statvfs(host.path(nearest))
    return Place(
        path=path,
        is_directory=stat.S_ISDIR(status.st_mode),
        read_only=bool(space.f_flag & os.ST_RDONLY),
        mode=stat.S_IMODE(status.st_mode) if exists else None,
        free_bytes=space.f_bfree * space.f_frsize,
    )


def _nearest(host: Host, path: str) -> Tuple[str, bool]:
    """How far I(path) exists, and whether that is all of it."""
    nearest = "/"
    for name in path.strip("/").split("/"):
        further = os.path.join(nearest, name)
        if not os.path.lexists(host.path(further)):
            return nearest, False
        nearest = further
    return nearest, True
