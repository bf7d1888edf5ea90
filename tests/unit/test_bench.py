# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of tests/bench: how measured time is separated."""

from __future__ import annotations

from tests.bench.rollout import ROLE, parts


def test_a_step_lasts_until_the_next_begins() -> None:
    names = ["Audit", ROLE + "Install", ROLE + "Install kexec-tools", ROLE + "Reboot", "Show the fleet"]
    events = [{"event": "task", "name": name, "time": 10.0 * number} for number, name in enumerate(names)]
    events.insert(2, {"event": "result", "name": ROLE + "Install", "time": 12.0})
    events.append({"event": "end", "time": 55.0})
    found = parts(events)
    assert found == {
        "Audit": 10.0,
        "Install": 20.0,
        "Stage crashkernel=": 0.0,
        "Configure": 0.0,
        "Reboot": 25.0,
        "Verify": 0.0,
    }
    assert sum(found.values()) == 55.0
