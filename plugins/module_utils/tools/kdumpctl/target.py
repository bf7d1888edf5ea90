# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where dumps go on hosts with kdumpctl: the targets of kdump.conf(5), and the policy's in its words."""

import os
from typing import Dict, Optional, Tuple

from ...host import mounts
from ...host.errors import KdumpError
from ...host.machine import Host
from ..records import DEFAULT_KEY, Target, TargetMount
from . import conf, directives

CONFIGURATION = "/etc/kdump.conf"
PATH = "/var/crash"  # without a directive
STREAMS = ("ssh", "raw")  # targets that receive a stream


def wanted(target: Dict[str, Optional[str]]) -> Dict[str, str]:
    """A target of the policy in directives; an empty value means that the directive goes."""
    kind, location = target.get("type") or "", (target.get("location") or "").strip()
    result = dict.fromkeys(conf.TARGETS, "")
    if kind == "local" and not location:
        return result
    if kind not in conf.TARGETS or not location:
        raise KdumpError(
            "The target of type '{0}' at '{1}' cannot be written to {2}: use the type local without a location, or one "
            "of {3} with one.".format(kind, location, CONFIGURATION, ", ".join(conf.TARGETS))
        )
    result[kind] = mounts.named(location)
    return result


def target(host: Host, settings: Dict[str, str], mount: Optional[TargetMount]) -> Target:
    """Where dumps go with these directives; I(mount) is what the rollout mounts."""
    path = settings.get("path") or PATH
    kind, location = named(settings)
    if not kind:
        return Target("local", "", path, path)
    if kind in STREAMS:
        return Target(kind, location, path, sshkey=settings.get("sshkey", DEFAULT_KEY) if kind == "ssh" else "")
    if mount and location == mount.device:
        mount_point: Optional[str] = mount.directory
    else:
        found = mounts.mount_of(host, location, mounts.mounted(host))
        mount_point = found.directory if found else None
    directory = os.path.normpath("{0}/{1}".format(mount_point, path)) if mount_point else None
    return Target(kind if kind in ("nfs", "virtiofs") else "filesystem", location, path, directory)


def named(settings: Dict[str, str]) -> Tuple[str, str]:
    """The type and the location of the target, empty for the root file system. dracut_args may mount one."""
    directive = next(((name, settings[name]) for name in conf.TARGETS if settings.get(name)), None)
    mount = directives.mount(settings.get("dracut_args", ""))
    if directive or not mount:
        return directive or ("", "")
    return ("nfs" if mount[1].startswith("nfs") else mount[1]), mount[0]
