# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a capture needs, whichever tool prepares it."""

from typing import Iterable, List

from ..host.machine import Host
from .records import Command

COMMANDS = (Command("kexec", "kexec-tools"), Command("makedumpfile", "makedumpfile"))
# A panic inside the capture kernel hangs the host unless an argument has it reboot (seconds).
PANIC = "panic=10"


def missing(host: Host, commands: Iterable[Command]) -> List[Command]:
    """The commands that are not there."""
    return [command for command in commands if not host.which(command.name)]


def with_panic(arguments: str) -> str:
    """The capture kernel's arguments, with a reboot after a panic unless they already say what to do."""
    if any(word.startswith("panic=") for word in arguments.split()):
        return arguments
    return (arguments + " " + PANIC).strip()
