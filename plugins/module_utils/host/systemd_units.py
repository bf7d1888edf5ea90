# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What files say about a systemd unit: enabled, masked, at work. A healthy host is judged without a command."""

import os

from .machine import Host

CONFIGURED = "/etc/systemd/system/"
# The control groups of services: unified (cgroup v2), and systemd's own hierarchy beside v1 controllers.
GROUPS = ("/sys/fs/cgroup/system.slice/", "/sys/fs/cgroup/systemd/system.slice/")


def is_enabled(host: Host, unit: str) -> bool:
    """Whether some target wants the unit at boot."""
    return bool(host.glob("{0}*.wants/{1}".format(CONFIGURED, unit)))


def is_masked(host: Host, unit: str) -> bool:
    """Whether the unit can be started by nobody."""
    return os.path.realpath(host.path(CONFIGURED + unit)) == "/dev/null"


def is_working(host: Host, unit: str) -> bool:
    """Whether processes of the unit run. The kdump services are of type oneshot: while they are at work."""
    return any((host.read("{0}{1}/cgroup.procs".format(group, unit)) or "").strip() for group in GROUPS)
