# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the host's own tool recommends to reserve. kdumpctl may build the capture initrd again: never in an audit.

Source: kdumpctl(8), the verb estimate, which versions since 2021 have; kdumptool of openSUSE's kdump 2.1.9, the verb
calibrate. Both print mebibytes. kdump-config (kdump-tools) has nothing of the kind.
"""

import re
from typing import Optional

from ..host.machine import CommandError, Host
from .recommendation import Estimate
from .sizes import MIB

ESTIMATE_LIMIT = 900.0  # seconds
KDUMPCTL = "kdumpctl estimate"
KDUMPTOOL = "kdumptool calibrate"
_RECOMMENDED = re.compile(r"^Recommended crashkernel:\s+(\d{1,9})M$", re.MULTILINE)
_REGION = re.compile(r"^(Low|High): (\d{1,9}) *$", re.MULTILINE)


def of_kdumpctl(text: str) -> Optional[Estimate]:
    """The estimate in the output of C(kdumpctl estimate); None when it is not there."""
    found = _RECOMMENDED.search(text)
    return Estimate(int(found.group(1)) * MIB, 0, KDUMPCTL) if found else None


def of_kdumptool(text: str) -> Optional[Estimate]:
    """The estimate in the output of C(kdumptool calibrate); None when it is not there, or zero as in Xen's guests.

    Where all of it may lie anywhere the tool calls it low.
    """
    sizes = {name: int(number) * MIB for name, number in _REGION.findall(text)}
    low, high = sizes.get("Low", 0), sizes.get("High", 0)
    return Estimate(low + high, low if high else 0, KDUMPTOOL) if low + high else None


def estimate(host: Host) -> Optional[Estimate]:
    """The estimate of the tool that is there; None where there is none, or it gives up."""
    try:
        if host.which("kdumpctl"):
            return of_kdumpctl(host.run(["kdumpctl", "estimate"], timeout=ESTIMATE_LIMIT).stdout)
        if host.which("kdumptool"):
            return of_kdumptool(host.run(["kdumptool", "calibrate"], timeout=ESTIMATE_LIMIT).stdout)
    except CommandError:
        pass
    return None
