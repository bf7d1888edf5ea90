# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The running kernel: its release, and its version in numbers."""

import re
from typing import Tuple

from .machine import Host

RELEASE = "/proc/sys/kernel/osrelease"


def release(host: Host) -> str:
    """What uname -r prints; empty where that cannot be read."""
    return (host.read(RELEASE) or "").strip()


def version(of_release: str) -> Tuple[int, ...]:
    """The first two numbers of a release."""
    return tuple(int(number) for number in re.findall("[0-9]+", of_release)[:2])
