# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logging in."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import ssh
from tests.lab.errors import LabError
from tests.unit.lab.conftest import Fake


@pytest.fixture
def port() -> Iterator[int]:
    """A port where something greets as ssh does."""
    with socket.create_server((ssh.ADDRESS, 0)) as server:

        def serve() -> None:
            while True:
                try:
                    client, _address = server.accept()
                except OSError:
                    return
                with client:
                    client.sendall(b"SSH-2.0-test\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        yield int(server.getsockname()[1])
        server.shutdown(socket.SHUT_RDWR)
    thread.join()


def test_a_server_greets(port: int) -> None:
    assert ssh.answers(port)


def test_an_open_port_is_not_an_answer() -> None:
    with socket.create_server((ssh.ADDRESS, 0)) as server:
        assert not ssh.answers(server.getsockname()[1], 0.1)
        closed = server.getsockname()[1]
    assert not ssh.answers(closed, 0.1)


def test_waiting_for_a_machine(fake: Fake, port: int, tmp_path: Path) -> None:
    fake("ssh", f"test -e {tmp_path}/up || {{ touch {tmp_path}/up; exit 255; }}")
    ssh.wait(port, tmp_path / "key", 10, lambda: True)


def test_waiting_ends_with_qemu_or_the_limit(fake: Fake, port: int, tmp_path: Path) -> None:
    fake("ssh", "exit 255")
    with pytest.raises(LabError, match="QEMU ended"):
        ssh.wait(port, tmp_path / "key", 10, lambda: False)
    with pytest.raises(LabError, match="does not answer within 0 s"):
        ssh.wait(port, tmp_path / "key", 0, lambda: True)


def test_commands_run_as_root_there(fake: Fake, tmp_path: Path) -> None:
    fake("ssh", 'for word; do last=$word; done; echo "$last"')
    assert ssh.execute(22, tmp_path / "key", "uname -r; id") == "uname -r; id\n"
    assert ssh.command(40022, tmp_path / "key")[-1] == "root@127.0.0.1"
