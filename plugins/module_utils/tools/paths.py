# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which paths may be named for dumps and keys."""

import posixpath
from typing import Optional

from ..host.errors import KdumpError

# A directory for dumps is closed to everybody but root. These have other users.
SYSTEM_DIRECTORIES = (
    *("/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib32", "/lib64", "/media", "/mnt", "/opt", "/proc"),
    *("/root", "/run", "/sbin", "/srv", "/sys", "/tmp", "/usr", "/usr/local", "/usr/share", "/var", "/var/cache"),
    *("/var/lib", "/var/local", "/var/log", "/var/mail", "/var/opt", "/var/run", "/var/spool", "/var/tmp"),
)


def plain_path(path: str) -> str:
    """A path from /, without slashes and dots that mean nothing."""
    return posixpath.normpath("/" + path.lstrip("/"))


def belongs_to_system(path: str) -> bool:
    """Whether I(path) is a directory of the system itself, which cannot be closed to others."""
    return plain_path(path) in SYSTEM_DIRECTORIES


def check_dump_path(path: str) -> None:
    """Refuse a path that cannot be a directory for dumps on any host."""
    if not path.startswith("/"):
        raise KdumpError("The dump path '{0}' is not absolute: write it from /.".format(path))
    if belongs_to_system(path):
        raise KdumpError(
            "The dump path '{0}' is a directory of the system, and one for dumps is closed to others (mode 0700). "
            "Choose one of its own, for instance /var/crash.".format(path)
        )


def check_key_path(path: Optional[str]) -> None:
    """Refuse a private key whose path does not begin at the root."""
    if path is not None and not path.startswith("/"):
        raise KdumpError("The ssh key '{0}' is not absolute: write its path from /.".format(path))
