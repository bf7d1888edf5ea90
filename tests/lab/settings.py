# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the lab keeps things, and how long it waits. Everything that the environment can change stands here."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent

# Emulated machines on a busy computer are slow: these limits only end what hangs.
BOOT_LIMIT = 600.0  # seconds from power-on to ssh
RESTORE_LIMIT = 120.0  # seconds from the start of a snapshot to ssh
BUILD_LIMIT = 1800.0  # seconds that one step of a build may take
COMMAND_LIMIT = 300.0  # seconds that a command on a machine may take
PROBE_LIMIT = 20.0  # seconds that KVM gets to run a kernel
POLL = 0.2  # seconds between two looks at a condition


def cache_directory() -> Path:
    """Images, snapshots and symbols; everything in it can be made again."""
    told = os.environ.get("KDUMP_LAB_CACHE")
    if told:
        return Path(told).absolute()
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base).absolute() / "kdump-fleet"


def run_directory() -> Path:
    """The machines that are meant when no run is named."""
    told = os.environ.get("KDUMP_LAB_RUN")
    return Path(told).absolute() if told else cache_directory() / "runs" / "default"


def told_accelerator() -> str | None:
    """The accelerator that the environment asks for."""
    return os.environ.get("KDUMP_LAB_ACCEL") or None


def told_mirror() -> str | None:
    """The Debian mirror that the environment asks for, in place of the one that this machine uses itself."""
    return os.environ.get("KDUMP_LAB_MIRROR") or None
