# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the last capture was measured to use. The measuring unit of role kdump writes it inside the capture kernel."""

from typing import Dict, Optional

from ..host import meminfo
from ..host.machine import Host

MEASURED = "/var/lib/kdump-fleet/capture-memory"


def measured(host: Host) -> Optional[Dict[str, int]]:
    """The memory of the last measured capture in bytes: C(total_bytes) and C(least_available_bytes), or None.

    The file has its lines in kB, as /proc/meminfo has them, and is kept to root.
    """
    values = meminfo.parse(host.read_if_allowed(MEASURED) or "")
    if not {"total", "least_available"} <= set(values):
        return None
    return {"total_bytes": values["total"], "least_available_bytes": values["least_available"]}
