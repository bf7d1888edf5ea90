# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Amounts of memory by name, one a line, in kB: /proc/meminfo, and the measurement of a capture."""

import re
from typing import Dict

_LINE = re.compile(r"^([A-Za-z][A-Za-z0-9_()]*):?[ \t]+([0-9]{1,15})(?: kB)?$", re.MULTILINE)


def parse(text: str) -> Dict[str, int]:
    """The amounts in bytes; lines that are none are left out."""
    return {name: int(number) * 1024 for name, number in _LINE.findall(text)}
