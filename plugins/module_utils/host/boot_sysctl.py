# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What systemd-sysctl sets at boot, before any kdump service is started. Source: sysctl.d(5)."""

import os
from typing import Dict, Optional, Tuple

from .machine import Host

# A file of an earlier directory replaces those of the same name in later ones.
DIRECTORIES = ("/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d")


def setting(host: Host, name: str) -> Optional[Tuple[str, str]]:
    """The value of a kernel parameter (C(kernel.panic)), and the file that has the last word; None without any."""
    files: Dict[str, str] = {}
    for directory in DIRECTORIES:
        for path in host.glob(directory + "/*.conf"):
            files.setdefault(os.path.basename(path), path)
    found = None
    for base in sorted(files):
        for line in (host.read(files[base]) or "").splitlines():
            key, equals, value = line.strip().partition("=")
            if equals and key.strip().lstrip("-").strip().replace("/", ".") == name:
                found = (value.strip(), files[base])
    return found
