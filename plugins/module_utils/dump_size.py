# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much room a dump may need."""

from typing import Dict, Optional


def estimate(values: Dict[str, int], collector: str) -> Optional[int]:
    """Bytes that a dump may need, by /proc/meminfo: all memory, or with C(-d 31) what belongs to the kernel.

    With level 31 makedumpfile leaves out zero, cache, user and free pages (makedumpfile(8)).
    Compression is not counted.
    """
    if "MemTotal" not in values:
        return None
    words = collector.split()
    if not any(one == "-d31" or (one, two) == ("-d", "31") for one, two in zip(words, words[1:] + [""])):
        return values["MemTotal"]
    left_out = sum(values.get(name, 0) for name in ("MemFree", "Buffers", "Cached", "AnonPages"))
    return max(values["MemTotal"] - left_out, 0)
