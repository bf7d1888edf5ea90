# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which processes of sshd are connections that nobody uses; how they are ended."""

import os
import pwd
import signal
from pathlib import Path
from typing import List, Tuple

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.dump_gate import main, unused
from ansible_collections.kdump.fleet.plugins.module_utils.dump_gate.unused import Process
from tests.unit.plugins.module_utils.dump_gate.server import Server

FOUND = [
    Process(1, 0, 0, 9999.0, "/sbin/init"),
    Process(10, 1, 0, 9999.0, "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups"),
    # in use: the gate is its child
    Process(20, 10, 0, 999.0, "sshd: kdump [priv]"),
    Process(21, 20, 990, 999.0, "sshd: kdump@notty"),
    Process(22, 21, 990, 999.0, "/usr/bin/python3 -I /usr/local/libexec/kdump-gate web1 /var/crash"),
    # unused
    Process(30, 10, 0, 61.0, "sshd: kdump [priv]"),
    Process(31, 30, 990, 61.0, "sshd: kdump"),
    Process(41, 40, 990, 61.0, "sshd-session: kdump@notty"),
    # young, of another user, under another name, logging in
    Process(51, 50, 990, 60.0, "sshd: kdump"),
    Process(61, 60, 1000, 999.0, "sshd: kdump"),
    Process(71, 70, 990, 999.0, "sshd: kdumper"),
    Process(81, 80, 990, 999.0, "sshd: kdump [net]"),
    Process(91, 90, 990, 999.0, "vi sshd: kdump"),
]


def test_connections_without_a_session() -> None:
    assert unused.unused(FOUND, 990, "kdump") == [31, 41]
    assert unused.unused(FOUND, 990, "k.ump") == []


def test_what_proc_says(tmp_path: Path) -> None:
    """One that ends while it is looked at is passed over; a name may hold what the file separates by."""
    (tmp_path / "uptime").write_text("1000.50 900.00\n")
    ticks = os.sysconf("SC_CLK_TCK")
    for pid, name in ((7, "a) b (c"), (8, "sshd")):
        (tmp_path / str(pid)).mkdir()
        (tmp_path / str(pid) / "status").write_text("Name:\t{0}\nPPid:\t3\nUid:\t990\t991\t992\t993\n".format(name))
        (tmp_path / str(pid) / "cmdline").write_bytes(b"sshd: kdump\0\0\0")
    numbers = " ".join(["S", "3", *["0"] * 17, str(900 * ticks), "0"])
    (tmp_path / "7/stat").write_text("7 (a) b (c) {0}\n".format(numbers))
    (tmp_path / "sys").mkdir()
    assert list(unused.processes(str(tmp_path))) == [Process(7, 3, 990, 100.5, "sshd: kdump")]
    (own,) = [process for process in unused.processes() if process.pid == os.getpid()]
    assert (own.parent, own.user) == (os.getppid(), os.getuid())
    assert 0 <= own.age < 24 * 60 * 60 and "python" in own.title


def test_the_service(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes on until it is stopped, says what it ended, and what has just ended by itself stops nothing."""
    name = pwd.getpwuid(os.geteuid()).pw_name
    rounds: List[List[Process]] = [
        [Process(pid, 1, os.geteuid(), 61.0, "sshd: " + name) for pid in (71, 72)],
        [Process(73, 1, os.geteuid(), 61.0, "sshd: " + name)],
    ]
    killed: List[Tuple[int, int]] = []

    def kill(pid: int, number: int) -> None:
        killed.append((pid, number))
        if pid == 71:
            raise ProcessLookupError(3, "No such process")

    def sleep(seconds: float) -> None:
        assert seconds == 30
        if not rounds:
            raise main.LostError("ended by signal 15")

    monkeypatch.setattr("os.kill", kill)
    monkeypatch.setattr("time.sleep", sleep)
    monkeypatch.setattr(unused, "processes", lambda: rounds.pop(0))
    assert server.run("", names=["--end-unused"]).status == 0
    assert killed == [(pid, signal.SIGTERM) for pid in (71, 72, 73)]
    said = [line.partition(" connections ")[2] for line in server.said().splitlines()]
    expected = "ended a connection of {0} without a session, process {1} of sshd; its log says from where"
    assert said == [expected.format(name, pid) for pid in (72, 73)]
