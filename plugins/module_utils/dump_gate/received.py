# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the gate has received, as opposed to what somebody else has put into a host's directory.

The gate marks each file and directory that it makes with an extended attribute. The mark holds the inode numbers of the
file and of its directory, so a copy of a dump is not marked, and neither is a dump that was moved to another directory.
"""

import contextlib
import os
import re
import stat

ATTRIBUTE = "user.kdump-gate"
# What has no mark is from before there were marks, came over NFS, or lies on a file system without extended attributes.
# It counts as received where directory and file have the names that kdump.sh and kdump-config give them.
_DIRECTORY = re.compile(r"(?:\d{4}-\d\d-\d\d-\d\d[:.-]\d\d(?:[:.-]\d\d)?|\d{12}(?:\d\d)?)$")
_FILE = re.compile(r"(?:vmcore|dump|dmesg|kexec-dmesg|opalcore)(?:[.-][A-Za-z0-9.-]*)?")


def mark(fd: int, folder: int) -> None:
    """Mark an open file or directory, which lies in the open directory I(folder)."""
    with contextlib.suppress(OSError):  # without the mark its name counts
        os.setxattr(fd, ATTRIBUTE, _value(fd, folder))


def is_marked(fd: int, folder: int) -> bool:
    """Whether an open file or directory has the mark of the gate, and is where it was made."""
    try:
        return os.getxattr(fd, ATTRIBUTE) == _value(fd, folder)
    except OSError:
        return False


def is_of_a_dump(directory: str) -> bool:
    """Whether a tool gives a directory of a dump this name: it ends in a time."""
    return _DIRECTORY.search(directory) is not None


def has_a_tools_name(file: str, directory: str, found: os.stat_result) -> bool:
    """Whether what has no mark is what a tool has sent, by its name, its directory's name and its owner.

    Links and pipes, which only a host can make (over NFS), have any name.
    """
    if found.st_uid != os.geteuid() or not is_of_a_dump(directory):
        return False
    return not stat.S_ISREG(found.st_mode) or _FILE.fullmatch(file) is not None


def _value(fd: int, folder: int) -> bytes:
    return "{0} {1}".format(os.fstat(fd).st_ino, os.fstat(folder).st_ino).encode("ascii")
