# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The harness itself: it answers what the collection's own code says of such hosts, and nothing gets past it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.fleet.conftest import is_due
from tests.fleet.fleets import Fleet


def test_a_host_goes_from_bare_to_proven(fleet: Fleet) -> None:
    """The whole life of two hosts, by the real roles."""
    fleet.hosts("web1", "web2", state="bare")
    run = fleet.playbook("rollout", kdump_reboot_ok=True, kdump_prove="canary")
    assert run.status == 0, run.output
    assert run.who("apt") == run.who("crashkernel") == run.who("reboot") == ["web1", "web2"]
    assert run.crashed == ["web1"]
    answers = run.stats["kdump_audit"]
    assert {name: answer["summary"] for name, answer in answers.items()} == {"web1": "ready", "web2": "ready"}
    assert answers["web1"]["proof"]["valid"] is True
    assert answers["web2"]["proof"] is None


def book(fleet: Fleet, *tasks: dict[str, Any]) -> str:
    """A playbook of these tasks over all hosts."""
    path = fleet.directory / "book.yml"
    path.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": list(tasks)}]))
    return str(path)


def test_what_nothing_stands_in_for_fails_the_test(fleet: Fleet) -> None:
    """Whatever the playbook makes of the error; and nothing is run on this machine."""
    fleet.hosts("web1")
    for task in ({"ansible.builtin.cron": {"name": "x"}}, {"ansible.builtin.command": {"argv": ["touch", "here"]}}):
        with pytest.raises(AssertionError, match="the harness is at fault"):
            fleet.playbook(book(fleet, {**task, "ignore_errors": True}))
    with pytest.raises(AssertionError, match="nowhere, which is not a stub host"):
        fleet.playbook(book(fleet, {"ansible.builtin.slurp": {"src": "/x"}, "delegate_to": "nowhere"}))
    assert not (fleet.directory / "here").exists()


def test_check_mode_changes_nothing(fleet: Fleet) -> None:
    """The calls are logged as those of a check, and the hosts stay as they were."""
    fleet.hosts("web1", state="bare")
    run = fleet.playbook("rollout", "--check", kdump_reboot_ok=True)
    assert {event["check"] for event in run.events if event["module"] != "kdump_info"} == {True}
    assert fleet.playbook("audit").stats["kdump_audit"]["web1"]["setup"]["installed"] is False


@pytest.mark.parametrize(
    ("fault", "word", "status"),
    [({"failed": "no space"}, "failures", 2), ({"unreachable": "no route"}, "unreachable", 4)],
)
def test_faults_are_those_of_a_host(fleet: Fleet, fault: dict[str, str], word: str, status: int) -> None:
    """A scripted fault looks to Ansible as a real one does."""
    fleet.hosts("web1", "web2", state="proven")
    fleet.host("web2", faults=[{"module": "kdump_info", **fault}])
    run = fleet.playbook(
        book(fleet, {"kdump.fleet.kdump_info": {}}, {"ansible.builtin.slurp": {"src": "/proc/cmdline"}})
    )
    assert run.status == status
    assert run.recap["web2"][word] == 1
    assert run.who("slurp") == ["web1"]


def test_a_boot_without_the_staged_arguments(fleet: Fleet) -> None:
    """As on hosts whose arguments come from a hypervisor, PXE or kexec."""
    fleet.hosts("web1", state="staged", reboot_ignores_menu=True)
    fleet.hosts("web2", state="staged", reboot_reserves_nothing=True)
    fleet.hosts("web3", state="staged")
    fleet.playbook(book(fleet, {"ansible.builtin.reboot": {}}))
    found = fleet.playbook("audit").stats["kdump_audit"]
    assert {name: (answer["reboot_required"], answer["ready"]) for name, answer in found.items()} == {
        "web1": (True, False),
        "web2": (False, False),
        "web3": (False, True),
    }


def test_of_two_turns_each_runs_a_test_on_another_ansible_core() -> None:
    for name in ("a", "b", "the_newest_thing", "c-1"):
        due = {
            (turn, core): is_due(f"tests/fleet/test_x.py::test_{name}[{core}-one]", core, turn)
            for turn in (7, 8)
            for core in ("newest", "oldest")
        }
        assert due[7, "newest"] == due[8, "oldest"] != due[7, "oldest"] == due[8, "newest"]
