# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is mounted where, and which device a name such as UUID=... stands for. Sources: proc(5), fstab(5), udev(7)."""

import os
import re
from typing import List, NamedTuple, Optional

from .machine import Host

MOUNTED = "/proc/self/mounts"
TABLE = "/etc/fstab"
BY_NAME = {"UUID": "by-uuid", "LABEL": "by-label", "PARTUUID": "by-partuuid", "PARTLABEL": "by-partlabel"}
_NAMED = re.compile(r'(UUID|LABEL|PARTUUID|PARTLABEL)="?([^"]+)"?\Z')
_BARE_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
_OCTAL = re.compile(r"\\([0-7]{3})")
_BLANK = re.compile(r"[ \t\n\\#]")
# Characters that udev leaves as they are in the names below /dev/disk; others become \xNN.
_PLAIN = re.compile(r"[^A-Za-z0-9#+.:=@_/-]")


class Mount(NamedTuple):
    """One line of the table of mounts: the device or server, the directory, the file system's type, the options."""

    source: str
    directory: str
    fstype: str
    options: List[str]


def parse(text: str) -> List[Mount]:
    """The lines of a table of mounts: C(/proc/self/mounts) and C(/etc/fstab) are written alike."""
    found = []
    for line in text.split("\n"):
        words = [_OCTAL.sub(lambda match: chr(int(match.group(1), 8)), word) for word in line.split()]
        if len(words) >= 3 and not line.lstrip().startswith("#"):
            found.append(Mount(words[0], words[1], words[2], words[3].split(",") if len(words) > 3 else []))
    return found


def mounted(host: Host) -> List[Mount]:
    """What is mounted now, in the order in which it was mounted."""
    return parse(host.read(MOUNTED) or "")


def configured(host: Host) -> List[Mount]:
    """What /etc/fstab mounts at boot, or on demand."""
    return parse(host.read(TABLE) or "")


def named(location: str) -> str:
    """A device as files name it: linux-system-roles/kdump gives a file system by its bare UUID, too."""
    return "UUID=" + location if _BARE_UUID.match(location) else location


def field(text: str) -> str:
    """A text as a field of C(/etc/fstab), which parse() reads back."""
    return _BLANK.sub(lambda match: "\\{0:03o}".format(ord(match.group())), text)


def device(host: Host, name: str) -> Optional[str]:
    """The device that I(name) stands for (C(/dev/...), C(UUID=...), C(LABEL=...)), links resolved; None without one."""
    named = _NAMED.match(name)
    if named:
        coded = _PLAIN.sub(lambda match: "".join("\\x%02x" % byte for byte in match.group().encode()), named.group(2))
        name = "/dev/disk/{0}/{1}".format(BY_NAME[named.group(1)], coded.replace("/", "\\x2f"))
    path = host.path(name)
    if not name.startswith("/dev/") or not os.path.exists(path):
        return None
    if os.path.islink(path):
        return os.path.normpath(os.path.join(os.path.dirname(name), os.readlink(path)))
    return name


def mounts_of(host: Host, name: str, table: List[Mount]) -> List[Mount]:
    """The lines of I(table) for a device or server, whatever name a line has for it."""
    wanted = device(host, name) or name
    return [mount for mount in table if wanted == (device(host, mount.source) or mount.source)]


def mount_of(host: Host, name: str, table: List[Mount]) -> Optional[Mount]:
    """The last of these lines."""
    matching = mounts_of(host, name, table)
    return matching[-1] if matching else None


def lowest(path: str, table: List[Mount]) -> Optional[Mount]:
    """The line of I(table) for what I(path) lies on."""
    above = [mount for mount in table if (path + "/").startswith(mount.directory.rstrip("/") + "/")]
    return max(above, key=lambda mount: len(mount.directory.rstrip("/")), default=None)


def mount_at(directory: str, table: List[Mount]) -> Optional[Mount]:
    """The last line of I(table) for a directory."""
    matching = [mount for mount in table if os.path.normpath(mount.directory) == directory]
    return matching[-1] if matching else None
