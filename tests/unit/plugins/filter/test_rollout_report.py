# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the filter rollout_report."""

from __future__ import annotations

from typing import Any

from ansible_collections.kdump.fleet.plugins.filter.rollout_report import FilterModule, rollout_report

PLAN = {"wave_of": {"web1": 1, "web2": 2, "web3": 2, "web4": 3}, "left_out": {"db1": "[masked] It is masked."}}
READY = {"ready": True, "summary": "ready"}
NOT = {"ready": False, "summary": "not ready: not-installed"}
FAILURE = {"task": "Reboot", "msg": "no\nanswer "}


def host(
    name: str, audit: dict[str, Any], done: bool = False, failure: Any = None, unproven: str = "", lost: bool = False
) -> Any:
    return (name, audit, done, failure or {}, unproven, lost)


def test_what_a_host_says_moves_no_cursor() -> None:
    """Nor does it turn a line around."""
    said = {"task": "Reboot", "msg": "\x1b[2J\u202eko"}
    rows = [host("web1", {"summary": "\x9b1m"}, failure=said), host("web2", {"unreachable": True, "msg": "\x07"})]
    found = rollout_report(rows, PLAN)
    assert found["failed"] == {"web1": "in wave 1: Reboot: \\x1b[2J\\u202eko. Now: \\x9b1m."}
    assert found["lines"][2] == "UNREACHABLE: web2 in wave 2: \\x07"


def test_each_host_is_in_one_list() -> None:
    """With its reason and its last known state."""
    rows = [
        host("web1", READY, done=True, unproven="it needs a reboot"),
        host("web2", NOT, failure=FAILURE),
        host("web3", NOT, lost=True),
        host("web4", NOT),
        host("db1", NOT),
        host("db2", READY),
        host("gone", {"unreachable": True, "msg": "no  route"}, lost=True),
        host("odd", {"failed": True, "msg": "only root"}, lost=True),
    ]
    found = rollout_report(rows, PLAN, max_fail="1")
    assert found["done"] == ["web1"]
    assert found["failed"] == {
        "odd": "in the audit: only root",
        "web2": "in wave 2: Reboot: no answer. Now: not ready: not-installed.",
    }
    assert found["unreachable"] == {
        "gone": "in the audit: no route",
        "web3": "in wave 2. Before that: not ready: not-installed.",
    }
    assert found["not_touched"] == {"web4": "wave 3 did not begin"}
    assert found["attention"] == ["db1", "gone", "odd", "web2", "web3"]
    assert found["lines"] == [
        "Rollout: 1 done, 2 failed, 2 unreachable, 1 not touched, 1 left out, 1 had nothing to do",
        "done: web1",
        "FAILED: odd in the audit: only root",
        "FAILED: web2 in wave 2: Reboot: no answer. Now: not ready: not-installed.",
        "UNREACHABLE: gone in the audit: no route",
        "UNREACHABLE: web3 in wave 2. Before that: not ready: not-installed.",
        "left out, needs a person: db1: [masked] It is masked.",
        "not proven: web1: it needs a reboot",
        "not touched: web4",
        "The waves stopped because more hosts were lost than kdump_wave_max_fail allows (2 lost, 1 allowed).",
        "To continue, with the same -e options: ansible-playbook kdump.fleet.rollout",
        "To continue without the hosts that need a person: add -e 'kdump_hosts=all:!db1:!gone:!odd:!web2:!web3'",
    ]


def test_nothing_to_continue() -> None:
    """Where everything is done there is nothing more to say."""
    assert rollout_report([host("web1", READY, done=True)], {"wave_of": {"web1": 1}})["lines"] == [
        "Rollout: 1 done, 0 failed, 0 unreachable, 0 not touched, 0 left out, 0 had nothing to do",
        "done: web1",
    ]
    assert FilterModule().filters() == {"rollout_report": rollout_report}
