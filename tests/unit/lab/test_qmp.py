# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Talking to QEMU."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.errors import LabError
from tests.lab.qmp import Monitor

GREETING: dict[str, Any] = {"QMP": {"version": {}}}
FORWARD = (
    "Hub -1 (net):\r\n"
    "  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ\r\n"
    "  TCP[HOST_FORWARD]  12       127.0.0.1 33475       10.0.2.15    22     0     0\r\n"
)


class Server:
    """A QEMU that answers from a list."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "qmp.sock"
        self.answers: list[Any] = []
        self.requests: list[Any] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        here = os.getcwd()
        os.chdir(directory)
        self._socket.bind("qmp.sock")
        os.chdir(here)
        self._socket.listen(1)
        self._thread = threading.Thread(target=self._serve)

    def start(self, *answers: Any) -> None:
        self.answers = [GREETING, {"return": {}}, *answers]
        self._thread.start()

    def _serve(self) -> None:
        client, _address = self._socket.accept()
        with client, client.makefile("rwb") as stream:
            stream.write(json.dumps(self.answers.pop(0)).encode() + b"\n")
            stream.flush()
            for line in stream:
                self.requests.append(json.loads(line))
                while self.answers:
                    answer = self.answers.pop(0)
                    stream.write(json.dumps(answer).encode() + b"\n")
                    stream.flush()
                    if "event" not in answer:
                        break
                else:
                    return

    def end(self) -> None:
        if self._thread.ident is not None:
            self._thread.join()
        self._socket.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    # longer than any socket's address can be
    directory = tmp_path / ("d" * 100) / ("e" * 100)
    directory.mkdir(parents=True)
    found = Server(directory)
    yield found
    found.end()


def test_events_are_not_answers(server: Server) -> None:
    server.start({"event": "RESET"}, {"event": "RESUME"}, {"return": {"status": "running"}})
    with Monitor(server.path) as monitor:
        assert monitor.execute("query-status") == {"status": "running"}
    assert server.requests[0] == {"execute": "qmp_capabilities"}


def test_a_refusal_is_an_error(server: Server) -> None:
    server.start({"error": {"class": "GenericError", "desc": "no such thing"}})
    with Monitor(server.path) as monitor, pytest.raises(LabError, match="refused 'fly': no such thing"):
        monitor.execute("fly")


def test_the_port_that_qemu_chose(server: Server) -> None:
    server.start({"return": FORWARD})
    with Monitor(server.path) as monitor:
        assert monitor.ssh_port() == 33475
    assert server.requests[1]["arguments"] == {"command-line": "info usernet"}


def test_no_forwarded_port(server: Server) -> None:
    server.start({"return": "Hub -1 (net):\r\n"})
    with Monitor(server.path) as monitor, pytest.raises(LabError, match="forwards no port"):
        monitor.ssh_port()


def test_what_the_human_monitor_prints_on_savevm_is_an_error(server: Server) -> None:
    server.start({"return": ""}, {"return": "Error: No block device can accept snapshots\r\n"})
    with Monitor(server.path) as monitor:
        monitor.save("bare")
        with pytest.raises(LabError, match="could not save the machine: Error: No block device"):
            monitor.save("bare")


def test_a_qemu_that_hangs_up(server: Server) -> None:
    server.start()
    with Monitor(server.path) as monitor, pytest.raises(LabError, match="ended the conversation"):
        monitor.execute("quit")


def test_no_qemu(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="does not answer"):
        Monitor(tmp_path / "qmp.sock")
