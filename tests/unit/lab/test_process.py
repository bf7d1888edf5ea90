# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running commands and waiting."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.lab import process
from tests.lab.errors import LabError


def test_run_returns_what_was_printed() -> None:
    assert process.run(["sh", "-c", "cat; echo $LC_ALL $MORE"], text="in ", extra={"MORE": "x"}) == "in C.UTF-8 x\n"


def test_a_failure_says_what_was_run_and_what_it_said() -> None:
    with pytest.raises(LabError, match=r"'sh -c 'echo no >&2; exit 3'' failed with status 3:\nno"):
        process.run(["sh", "-c", "echo no >&2; exit 3"])


def test_a_failure_with_a_log_shows_its_end(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with pytest.raises(LabError) as error:
        process.run(["sh", "-c", "seq 100; exit 1"], log=log)
    assert str(error.value).endswith("\n99\n100")
    assert "\n50\n" not in str(error.value)
    assert log.read_text().startswith("+ sh -c 'seq 100; exit 1'\n1\n")


def test_a_command_that_is_not_there() -> None:
    with pytest.raises(LabError, match=r"no-such-command is not installed; run 'python -m tests\.lab setup'"):
        process.run(["no-such-command"])


def test_a_command_that_hangs_is_ended(tmp_path: Path) -> None:
    pidfile = tmp_path / "pid"
    with pytest.raises(LabError, match="did not end within"):
        process.run(["sh", "-c", f"echo $$ >{pidfile}; exec sleep 60"], limit=0.5)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pidfile.read_text()), 0)


def test_the_end_of_a_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"one\r\n\x1b[H\x1b[2Jtwo \xff\r\nthree\r\n")
    assert process.tail(log, 2) == "two \ufffd\nthree"
    assert process.tail(tmp_path / "none") == process.tail(None) == ""


def test_commands_of_root_are_found_by_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/bin")
    assert process.environment()["PATH"].split(":") == ["/bin", "/usr/local/sbin", "/usr/sbin", "/sbin"]


def test_waiting_ends_with_the_condition_or_the_limit() -> None:
    looks = iter([False, False, True])
    assert process.wait_until(lambda: next(looks), 10, 0)
    assert not process.wait_until(lambda: False, 0.01, 0)
