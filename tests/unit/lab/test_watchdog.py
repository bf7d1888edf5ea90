# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines that lost their timer are reset, once a boot, and no others."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tests.lab import watchdog
from tests.lab.errors import LabError

BOOT = "[    0.000000] Linux version 6.12.118 (debian)\n"
# From a machine of the lab that hung.
LOST = "[   24.2] rcu: \tPossible timer handling issue on cpu=0 timer-softirq=25\n"


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ("", False),
        (BOOT, False),
        (BOOT + LOST, False),
        (BOOT + LOST + LOST, True),
        (BOOT + LOST + LOST + BOOT, False),
        (BOOT + LOST + BOOT + LOST, False),
        (BOOT + LOST + LOST + BOOT + LOST + LOST + LOST, True),
    ],
)
def test_what_is_a_lost_timer(log: str, expected: bool) -> None:
    assert watchdog.lost(log.encode()) is expected


def test_a_machine_is_reset_once_a_boot(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hung, well, gone = (tmp_path / name / "serial.log" for name in ("hung", "well", "gone"))
    for serial, log in ((hung, BOOT + LOST + LOST), (well, BOOT)):
        serial.parent.mkdir()
        serial.write_text(log)
    asked: list[Path] = []
    one = watchdog.Watchdog(asked.append)
    for _time in range(3):
        one.look([gone, hung, well])
    assert asked == [hung]
    assert "hung: its emulated processor has lost its timer" in capsys.readouterr().err
    with hung.open("a") as stream:
        stream.write(BOOT + LOST + LOST)
    one.look([hung])
    assert asked == [hung, hung]


def test_a_machine_that_has_ended_is_none_to_reset(tmp_path: Path) -> None:
    serial = tmp_path / "n1" / "serial.log"
    serial.parent.mkdir()
    serial.write_text(BOOT + LOST + LOST)

    def resetting(path: Path) -> None:
        raise LabError("QEMU does not answer.")

    watchdog.Watchdog(resetting).look([serial])


def test_reset_asks_the_machine_s_qemu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    class Monitor:
        def __init__(self, path: Path) -> None:
            asked.append(path.parent)

        def __enter__(self) -> object:
            return self

        def __exit__(self, *error: object) -> None:
            pass

        def execute(self, command: str) -> None:
            asked.append(command)

    monkeypatch.setattr(watchdog, "Monitor", Monitor)
    watchdog.reset(tmp_path / "n1" / "serial.log")
    assert asked[1:] == ["system_reset"]


def test_it_looks_while_the_block_runs(tmp_path: Path) -> None:
    serial = tmp_path / "serial.log"
    serial.write_text(BOOT + LOST + LOST)
    seen = threading.Event()
    with watchdog.watching(lambda: [serial], interval=0.01, resetting=lambda path: seen.set()):
        assert seen.wait(60)
