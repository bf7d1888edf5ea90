# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logging in to machines."""

from __future__ import annotations

import contextlib
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.lab.errors import LabError
from tests.lab.process import environment, run, wait_until
from tests.lab.settings import COMMAND_LIMIT

ADDRESS = "127.0.0.1"
# A machine of the lab lives for minutes, and its address is this machine: its host key says nothing.
# The alive messages end sessions that a crash or a reboot has cut: QEMU's user network reports it to nobody, and ssh
# would wait forever.
COMMON = (
    "-o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no -o LogLevel=ERROR "
    "-o ServerAliveInterval=10 -o ServerAliveCountMax=4"
)


def make_key(path: Path) -> Path:
    """A new key pair without a passphrase; returns the public key's path."""
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "kdump-fleet lab", "-f", str(path)])
    return path.with_name(path.name + ".pub")


def command(port: int, key: Path) -> list[str]:
    """The ssh command that logs in as root."""
    return [
        *("ssh", "-i", str(key), "-p", str(port), *COMMON.split()),
        *("-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-o", "ConnectTimeout=30", f"root@{ADDRESS}"),
    ]


def execute(port: int, key: Path, script: str, limit: float = COMMAND_LIMIT) -> str:
    """What a shell command prints on a machine; a failing one is an error."""
    return run([*command(port, key), script], limit=limit)


def answers(port: int, limit: float = 3.0) -> bool:
    """Whether an ssh server greets there. The port itself is QEMU's and always open."""
    with contextlib.suppress(OSError), socket.create_connection((ADDRESS, port), limit) as client:
        client.settimeout(limit)
        return client.recv(4) == b"SSH-"
    return False


def logs_in(port: int, key: Path) -> bool:
    """Whether the key opens the machine."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        done = subprocess.run(
            [*command(port, key), "true"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment(),
            timeout=60,
            check=False,
        )
        return done.returncode == 0
    return False


def wait(port: int, key: Path, limit: float, alive: Callable[[], bool]) -> None:
    """Wait until a machine lets us in; gives up when it is gone."""
    state = {"alive": True}

    def settled() -> bool:
        state["alive"] = alive()
        return not state["alive"] or (answers(port) and logs_in(port, key))

    if not wait_until(settled, limit):
        raise LabError(f"ssh does not answer within {limit:.0f} s.")
    if not state["alive"]:
        raise LabError("QEMU ended.")
