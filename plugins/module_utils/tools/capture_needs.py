# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a capture needs, whichever tool prepares it."""

from typing import Iterable, List

from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import Host
from ansible_collections.kdump.fleet.plugins.module_utils.tools.records import Command

COMMANDS = (Command("kexec", "kexec-tools"), Command("makedumpfile", "makedumpfile"))
# A panic inside the capture kernel hangs the host unless it is told to reboot (seconds).
PANIC = "panic=10"


def missing(host: Host, commands: Iterable[Command]) -> List[Command]:
    """The commands that are not there."""
    return [command for command in commands if not host.which(command.name)]


def with_panic(arguments: str) -> str:
    """The capture kernel's arguments, with a reboot after a panic unless they already say what to do."""
    if any(word.startswith("panic=") for word in arguments.split()):
        return arguments
    return (arguments + " " + PANIC).strip()
