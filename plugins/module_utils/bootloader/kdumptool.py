# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SUSE's kdumptool, which puts a crashkernel= of its own into the boot loader, and how it is kept from that.

kdump-commandline.service runs it at every boot (since kdump 2.1): where /proc/cmdline has other values than
KDUMP_CRASHKERNEL or its own estimate asks for, it writes these. kdump(7) names KDUMP_UPDATE_BOOTLOADER="false" as the
way to manage them oneself; older releases have KDUMP_CRASHKERNEL alone, which then gets the same values.
"""

from typing import Dict, List

from ..host.machine import Host
from . import shell_settings
from .base import FileChange

TOOL = "kdumptool"
SETTINGS = "/etc/sysconfig/kdump"
UPDATES = "KDUMP_UPDATE_BOOTLOADER"
VALUE = "KDUMP_CRASHKERNEL"


def changes(host: Host, values: List[str]) -> List[FileChange]:
    """What must be written so that kdumptool leaves these crashkernel values alone."""
    tool = host.which(TOOL)
    text = host.read(SETTINGS)
    if tool is None or text is None:
        return []
    new = text
    if UPDATES in text or UPDATES in (host.read(tool) or ""):
        new = _set(text, UPDATES, "false")
    elif VALUE in text and values:
        new = _set(text, VALUE, " ".join("crashkernel=" + value for value in values))
    return [FileChange(SETTINGS, text, new)] if new != text else []


def _set(text: str, name: str, value: str) -> str:
    """I(text) with C(NAME="value") in the place of the last assignment to it, else at the end."""
    variables: Dict[str, str] = {}
    shell_settings.evaluate(text, variables)
    if variables.get(name) == value:
        return text
    found = [one for one in shell_settings.assignments(text) if one.name == name]
    quoted = '"{0}"'.format(value)
    if found:
        return text[: found[-1].start] + quoted + text[found[-1].end :]
    return text + ("" if text.endswith("\n") or not text else "\n") + "{0}={1}\n".format(name, quoted)
