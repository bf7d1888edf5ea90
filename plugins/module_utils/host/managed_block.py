# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The block of lines that the rollout manages in a file of somebody else, as ansible.builtin.blockinfile writes it."""

import re

BEGIN = "# BEGIN kdump.fleet"
END = "# END kdump.fleet"
_BLOCK = re.compile(r"^{0}\n((?:.*\n)*?){1}(?:\n|\Z)".format(BEGIN, END), re.MULTILINE)


def outside(text: str) -> str:
    """The file without the block."""
    return _BLOCK.sub("", text, count=1)


def last_line(text: str) -> int:
    """The number of the line that ends the block; 0 where there is none."""
    found = _BLOCK.search(text)
    return text.count("\n", 0, found.end() - 1) + 1 if found else 0


def inside(text: str) -> str:
    """What stands in the block; empty where there is none."""
    found = _BLOCK.search(text)
    return found.group(1) if found else ""
