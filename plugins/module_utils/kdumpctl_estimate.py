# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What kdumpctl recommends to reserve. It may build the capture initrd anew to find out: never in an audit.

Source: kdumpctl(8), the verb estimate, which prints mebibytes; versions since 2021 have it.
"""

import re
from typing import Optional

from ansible_collections.kdump.fleet.plugins.module_utils.host import CommandError, Host

ESTIMATE_LIMIT = 900.0  # seconds
_RECOMMENDED = re.compile(r"^Recommended crashkernel:\s+(\d+)M$", re.MULTILINE)


def parse(text: str) -> Optional[int]:
    """The recommended bytes in the output of C(kdumpctl estimate); None when they are not there."""
    found = _RECOMMENDED.search(text)
    return int(found.group(1)) << 20 if found else None


def recommended(host: Host) -> Optional[int]:
    """kdumpctl's estimate in bytes; None where it does not know the verb, or gives up."""
    try:
        return parse(host.run(["kdumpctl", "estimate"], timeout=ESTIMATE_LIMIT).stdout)
    except CommandError:
        return None
