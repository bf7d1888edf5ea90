# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a directory's file system is mounted when a unit starts at boot; what is mounted now is only half of it.

Sources: fstab(5), systemd.mount(5), systemd-escape(1).
"""

import re
from typing import Optional

from ..host import mounts
from ..host.machine import Host

# Units of administrators and packages, and those that systemd makes again at every boot for what it finds on the disks.
UNITS = ("/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system", "/run/systemd/generator.late")
# What only remote-fs.target brings, which is not part of what a capture unit waits for.
REMOTE = ("nfs", "nfs4", "cifs", "smb3", "glusterfs", "ceph")
_PLAIN = re.compile(r"[^A-Za-z0-9:_./]|\A\.")


def unit_of(directory: str) -> str:
    """The name of the mount unit of a directory."""
    name = directory.strip("/")
    coded = _PLAIN.sub(
        lambda match: "".join("\\x%02x" % byte for byte in match.group().encode("utf-8", "surrogateescape")), name
    )
    return coded.replace("/", "-") + ".mount"


def doubt(host: Host, path: str, unit: str) -> Optional[str]:
    """Why I(unit) may find the file system of I(path) not mounted when the host boots; None without a doubt."""
    table = mounts.configured(host)
    here, wanted = mounts.lowest(path, mounts.mounted(host)), mounts.lowest(path, table)
    if here and wanted and len(wanted.directory.rstrip("/")) > len(here.directory) and "noauto" not in wanted.options:
        return "{0} is for {1}, which {2} mounts at {3}, and which is not mounted now".format(
            path, wanted.source, mounts.TABLE, wanted.directory
        )
    if here is None or here.directory == "/":
        return None
    line = mounts.mount_at(here.directory, table)
    what = "{0} lies on {1}, mounted at {2}, ".format(path, here.source, here.directory)
    if line is None:
        name = unit_of(here.directory)
        made = any(host.exists("{0}/{1}".format(where, name)) for where in UNITS)
        return None if made else what + "and {0} has no line for it".format(mounts.TABLE)
    options = set(line.options)
    what += "whose line in {0} ".format(mounts.TABLE)
    if "x-systemd.automount" in options:
        return None
    if "noauto" in options:
        return what + "has noauto"
    if line.fstype in REMOTE or "_netdev" in options:
        return what + "is for remote-fs.target, which {0} does not bring".format(unit)
    if "nofail" in options and "x-systemd.before=" + unit not in options:
        return what + "has nofail, but not x-systemd.before={0}: nothing waits for it".format(unit)
    return None
