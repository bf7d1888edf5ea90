# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file in /etc/default/grub.d that puts crashkernel= on every entry which grub-mkconfig writes."""

import re
import shlex
from typing import List

PATH = "/etc/default/grub.d/zz-kdump-fleet.cfg"
VALUE = re.compile(r"^kdump_fleet_crashkernel=(.*)$", re.MULTILINE)

# The shell is dash or bash with "set -e". The words of a kernel command line end at white space outside double
# quotes: the regular expression follows that, so that arguments in quotes stay as they are.
STRIP = r"""# This file is managed by kdump.fleet (module crashkernel); changes made by hand are lost.
#
# grub-mkconfig sources it after /etc/default/grub and the files in this directory that sort before it. Whatever
# crashkernel= they put on the kernel's command line is taken away here{then}.

kdump_fleet_strip() {{
    # $1 without the words crashkernel=...; white space between double quotes does not end a word.
    kdump_fleet_part='([^[:space:]"]|"[^"]*("|$))'
    kdump_fleet_word="(\"crashkernel=[^\"]*(\"|\$)|crashkernel=)${{kdump_fleet_part}}*"
    printf '%s\n' "$1" | LC_ALL=C sed -E -e :again -e \
        "s/^((${{kdump_fleet_part}}|[[:space:]])*[[:space:]])?${{kdump_fleet_word}}[[:space:]]*/\1/" \
        -e 't again' -e 's/[[:space:]]+$//'
}}

GRUB_CMDLINE_LINUX_DEFAULT=$(kdump_fleet_strip "${{GRUB_CMDLINE_LINUX_DEFAULT-}}")
GRUB_CMDLINE_LINUX=$(kdump_fleet_strip "${{GRUB_CMDLINE_LINUX-}}")
"""

# In front: a " -- " or a quote that is never closed, in what others set, would swallow what stands behind it.
SET = r"""
# GRUB_CMDLINE_LINUX reaches every entry, those for recovery included.
kdump_fleet_crashkernel='{words}'
GRUB_CMDLINE_LINUX="$kdump_fleet_crashkernel${{GRUB_CMDLINE_LINUX:+ $GRUB_CMDLINE_LINUX}}"
"""


def text(values: List[str]) -> str:
    """The drop-in for these crashkernel values; without any it only takes away what other files set."""
    strip = STRIP.format(then=",\n# and the wanted one is put there, once" if values else "")
    if not values:
        return strip
    return strip + SET.format(words=" ".join("crashkernel=" + value for value in values).replace("'", "'\\''"))


def words(drop_in: str) -> str:
    """What a drop-in puts on the command line: C(crashkernel=...), or nothing."""
    match = VALUE.search(drop_in)
    try:
        return " ".join(shlex.split(match.group(1))) if match else ""
    except ValueError:  # somebody changed it by hand, and left a quote open
        return ""
