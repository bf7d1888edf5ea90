# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a command on a dump server failed, by what ssh said. Source: OpenSSH 9.2 and 10.0."""

import re
from typing import Sequence, Tuple

from ..host.machine import CommandResult
from ..tools.records import Target

OWN_STATUS = 255  # that of ssh itself; others are those of the command
CLOSED = "Connection refused"
_NO_WAY = re.compile(r"^ssh: connect to host (\S+) port ([0-9]+): (.+?)\r?$", re.MULTILINE)  # once for each address
_HOST_KEY = re.compile("Host key verification failed|host key is known|HOST IDENTIFICATION HAS CHANGED")
_REFUSED = re.compile("Permission denied|Too many authentication failures")
# The shell, or Python, about the program: its own refusals begin with its name without a path.
_GATE = re.compile("/kdump-gate[:\"']")
_UNTOLD = re.compile("Warning: Permanently added|^debug|^\\*\\*")


def cause(target: Target, words: Sequence[str], answer: CommandResult) -> Tuple[str, str]:
    """The code of the obstacle, and its message; I(words) are the command."""
    told = said(answer)
    if answer.rc != OWN_STATUS and _GATE.search(answer.stderr):
        return "target-gate-fails", "The gate of {0} does not start (exit status {1}): {2}.".format(
            target.location, answer.rc, told
        )
    if answer.rc != OWN_STATUS:
        return "target-path-not-writable", "'{0}' on {1} failed with exit status {2}: {3}.".format(
            " ".join(words), target.location, answer.rc, told
        )
    no_way = _NO_WAY.findall(answer.stderr)
    if no_way:
        name, port, _reason = no_way[0]
        reasons = sorted({reason for _name, _port, reason in no_way})
        if CLOSED in reasons:
            return "target-port-closed", "{0} refuses connections to port {1}.".format(name, port)
        return "target-unreachable", "No connection to port {0} of {1}: {2}.".format(port, name, "; ".join(reasons))
    if _HOST_KEY.search(answer.stderr):
        return "target-host-key-unknown", "ssh does not trust {0}: {1}.".format(target.location, told)
    if _REFUSED.search(answer.stderr):
        return "target-key-refused", "{0} does not accept the key {1}: {2}.".format(
            target.location, target.sshkey, told
        )
    return "target-unreachable", "ssh to {0} failed: {1}.".format(target.location, told)


def said(answer: CommandResult) -> str:
    """The last lines of what a command printed, without what ssh prints in any case."""
    lines = [line.strip() for line in (answer.stderr or answer.stdout).splitlines() if line.strip()]
    told = [line for line in lines if not _UNTOLD.search(line)]
    return " / ".join(told[-2:]).rstrip(".")[-400:] or "no output"
