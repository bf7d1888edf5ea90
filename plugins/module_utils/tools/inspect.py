# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The longer look at a host: it runs commands and may build the capture initrd again. Never part of an audit."""

from typing import List, NamedTuple, Optional

from ..crash_memory.recommendation import Estimate
from ..host.machine import Host
from .records import Setup


class Inspection(NamedTuple):
    """What a longer look found."""

    lacking: List[str]  # what the target needs and the capture initrd does not hold, as far as that can be determined
    estimate: Optional[Estimate]  # what to reserve, by the host's own tool; None without one


def inspect(host: Host, setup: Setup) -> Inspection:
    """The capture kernel of kdump-tools boots the real root file system: its initrd holds nothing for the target."""
    if setup.tool != "kdumpctl":
        return Inspection([], None)
    from ..crash_memory.estimate import estimate
    from .capture_initrd import lacking, listed
    from .capture_network import missing_drivers

    enough = estimate(host)  # first, because it may build the initrd again
    if setup.capture_initrd is None:
        return Inspection([], enough)
    settings = setup.files[0].settings
    held = listed(host, setup.capture_initrd)
    if held is None:
        return Inspection([], enough)
    needed = lacking(host, held, setup.target, settings["core_collector"], settings["sshkey"])
    return Inspection(needed + missing_drivers(host, held, setup.target), enough)
