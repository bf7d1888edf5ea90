# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What role kdump notes on a host after a reboot that did not bring the staged crashkernel= to the kernel.

Without it every rollout would reboot that host again, for nothing.
"""

import json
from typing import Any, Dict, List, Optional

from ..host.machine import Host

PATH = "/var/lib/kdump-fleet/reboot-without-effect.json"


def holds(host: Host, staged: List[str], running: List[str]) -> bool:
    """Whether a reboot into the values I(staged) has brought the values I(running) before.

    Another value, staged or running, is worth another reboot.
    """
    return staged != running and _read(host) == {"staged": " ".join(staged), "running": " ".join(running)}


def _read(host: Host) -> Optional[Dict[str, Any]]:
    try:
        note = json.loads(host.read(PATH) or "null")
    except (OSError, ValueError, RecursionError):  # then it says nothing, and the next reboot writes it again
        return None
    return {name: note.get(name) for name in ("staged", "running")} if isinstance(note, dict) else None
