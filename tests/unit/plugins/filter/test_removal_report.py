# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the filter removal_report."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kdump.fleet.plugins.filter.removal_report import FilterModule, removal_report

PLAN = {"wave_of": {"web1": 1, "web2": 2, "web3": 2, "web4": 3}, "left_out": {}}
NOT = {"ready": False, "summary": "not ready: not-installed"}
AGAIN = "ansible-playbook kdump.fleet.remove  -i hosts.ini"


def host(name: str, done: bool = False, failure: Any = None, waits: Any = False, lost: bool = False) -> Any:
    return (name, NOT, done, failure or {}, waits, lost)


def test_each_host_is_in_one_list() -> None:
    rows = [
        host("web1", done=True),
        host("web2", failure={"task": "Reboot", "msg": "no answer"}),
        host("web3", lost=True),
        host("web4"),
    ]
    found = removal_report(rows, PLAN, max_fail="1", again=AGAIN)
    assert {key: found[key] for key in ("removed", "waiting", "not_touched")} == {
        "removed": ["web1"],
        "waiting": [],
        "not_touched": {"web4": "wave 3 did not begin"},
    }
    assert found["lines"] == [
        "Removal: removed from 1 of 4 hosts, 1 failed, 1 unreachable, 1 not touched",
        "removed: web1",
        "FAILED: web2 in wave 2: Reboot: no answer. Now: not ready: not-installed.",
        "UNREACHABLE: web3 in wave 2. Before that: not ready: not-installed.",
        "not touched: web4",
        "The waves stopped because more hosts were lost than kdump_wave_max_fail allows (1).",
        "To continue, with the same -e options: ansible-playbook kdump.fleet.remove -i hosts.ini",
    ]


@pytest.mark.parametrize("waits", [True, "true", "Yes", "1", 1, "y", "t", "on"])
def test_a_host_that_waits_for_a_reboot_is_named(waits: Any) -> None:
    found = removal_report([host("web1", done=True, waits=waits), host("web2", done=True, waits="no")], PLAN)
    assert (found["removed"], found["waiting"]) == (["web1", "web2"], ["web1"])
    assert found["lines"] == [
        "Removal: removed from 2 of 2 hosts, 0 failed, 0 unreachable, 0 not touched",
        "removed: web2",
        "removed, and crash memory stays reserved until a reboot (kdump_reboot_ok): web1",
    ]


def test_all_wait() -> None:
    found = removal_report([host("web1", done=True, waits=True)], PLAN)
    assert found["lines"][1:] == ["removed, and crash memory stays reserved until a reboot (kdump_reboot_ok): web1"]


def test_check_mode_says_what_would_be() -> None:
    found = removal_report([host("web1", done=True)], PLAN, check=True)
    assert found["lines"] == [
        "Removal: would be removed from 1 of 1 hosts, 0 failed, 0 unreachable, 0 not touched",
        "would be removed: web1",
    ]


@pytest.mark.parametrize(
    ("row", "line"),
    [
        (host("web2", failure={"task": "Reboot", "msg": "no answer"}), "FAILED: web2"),
        (host("web2", lost=True), "UNREACHABLE: web2"),
        (host("web4"), "not touched: web4"),
    ],
)
def test_whatever_is_left_has_a_way_to_continue(row: Any, line: str) -> None:
    """By default the playbook, where the command of the run is not known."""
    found = removal_report([row], PLAN)
    assert found["lines"][1].startswith(line)
    assert found["lines"][-1] == "To continue, with the same -e options: ansible-playbook kdump.fleet.remove"


def test_no_host_may_be_lost_by_default() -> None:
    assert "kdump_wave_max_fail allows (0)" in "".join(removal_report([host("web4")], PLAN)["lines"])


def test_the_filter_is_found_by_its_name() -> None:
    assert FilterModule().filters() == {"removal_report": removal_report}
