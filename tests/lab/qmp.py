# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Talking to a running QEMU (QEMU Machine Protocol)."""

from __future__ import annotations

import json
import os
import re
import socket
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.lab.errors import LabError


def connect(path: Path, limit: float) -> socket.socket:
    """Connect to a socket whose path may be longer than the 107 bytes that an address can hold."""
    directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        client.settimeout(limit)
        try:
            client.connect(f"/proc/self/fd/{directory}/{path.name}")
        except BaseException:
            client.close()
            raise
    finally:
        os.close(directory)
    return client


class Monitor:
    """One conversation with a QEMU; use as a context manager."""

    def __init__(self, path: Path, limit: float = 120.0) -> None:
        self.path = path
        try:
            self._socket = connect(path, limit)
        except OSError as error:
            raise LabError(f"QEMU does not answer at {path}: {error}.") from error
        self._stream = self._socket.makefile("rwb")

    def __enter__(self) -> Monitor:
        try:
            self._receive()  # the greeting
            self.execute("qmp_capabilities")
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the conversation; QEMU runs on."""
        self._stream.close()
        self._socket.close()

    def _receive(self) -> dict[str, Any]:
        try:
            line = self._stream.readline()
        except OSError as error:
            raise LabError(f"QEMU at {self.path} stopped answering: {error}.") from error
        if not line:
            raise LabError(f"QEMU at {self.path} ended the conversation.")
        message: dict[str, Any] = json.loads(line)
        return message

    def execute(self, command: str, **arguments: object) -> Any:
        """Run one command and return its answer; events that come in between are not for us."""
        request = {"execute": command, "arguments": arguments} if arguments else {"execute": command}
        self._stream.write(json.dumps(request).encode() + b"\n")
        self._stream.flush()
        while True:
            message = self._receive()
            if "error" in message:
                raise LabError(f"QEMU refused '{command}': {message['error'].get('desc')}")
            if "return" in message:
                return message["return"]

    def human(self, command: str) -> str:
        """What a command of QEMU's human monitor prints; it prints its errors too."""
        return str(self.execute("human-monitor-command", **{"command-line": command})).replace("\r", "")

    def ssh_port(self) -> int:
        """The port of this machine that is forwarded to port 22 of the guest; QEMU found a free one itself."""
        text = self.human("info usernet")
        match = re.search(r"TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)\s+\S+\s+22\s", text)
        if match is None:
            raise LabError(f"QEMU forwards no port to the guest's ssh:\n{text}")
        return int(match.group(1))

    def save(self, name: str) -> None:
        """Save the running machine as a snapshot in its own disk."""
        complaint = self.human(f"savevm {name}").strip()
        if complaint:
            raise LabError(f"QEMU could not save the machine: {complaint}")
