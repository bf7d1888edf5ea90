# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbook crash_test over several hosts: whom it crashes, and in which order."""

from __future__ import annotations

import pytest

from tests.fleet.fleets import Fleet


def test_its_hosts_are_those_that_are_named(fleet: Fleet) -> None:
    """Without kdump_hosts, and one after the other."""
    fleet.hosts("db1", "web1", "web2", state="armed")
    run = fleet.playbook("crash_test", crash_test_confirm="web1, web2")
    assert run.status == 0, run.output
    assert (run.crashed, run.most_down_at_once) == (["web1", "web2"], 1)


@pytest.mark.parametrize("extra", [{"kdump_hosts": "web*", "crash_test_confirm": ["web1"]}, {"kdump_hosts": "all"}, {}])
def test_a_host_that_is_not_named_is_refused_before_any_crash(fleet: Fleet, extra: dict[str, object]) -> None:
    """Whichever comes first."""
    fleet.hosts("web1", "web2", "web3", state="armed")
    run = fleet.playbook("crash_test", **extra)
    assert (run.status, run.events) == (2, [])
    assert "of 3 hosts are not named in crash_test_confirm (web" in run.text


def test_after_a_host_that_was_not_proven_nobody_else_is_crashed(fleet: Fleet) -> None:
    """The first failure ends it."""
    fleet.hosts("web1", "web2", state="armed")
    fleet.host("web1", dump=None)
    run = fleet.playbook("crash_test", crash_test_confirm="web1,web2")
    assert (run.status, run.crashed) == (2, ["web1"])


def test_several_at_once(fleet: Fleet) -> None:
    """As many as crash_test_at_once says."""
    fleet.hosts("web1", "web2", "web3", state="armed")
    run = fleet.playbook("crash_test", crash_test_confirm="web1,web2,web3", crash_test_at_once=2)
    assert (run.status, run.most_down_at_once, len(run.crashed)) == (0, 2, 3)


@pytest.mark.parametrize("extra", [{}, {"kdump_hosts": ["web1", "web2"]}])
def test_names_may_be_a_list(fleet: Fleet, extra: dict[str, object]) -> None:
    """As the specification of the variable says, and as messages advise."""
    fleet.hosts("db1", "web1", "web2", state="armed")
    run = fleet.playbook("crash_test", crash_test_confirm=["web1", "web2"], **extra)
    assert (run.status, run.crashed) == (0, ["web1", "web2"]), run.output


def test_a_host_that_never_comes_back_ends_it_with_the_list_of_the_others(fleet: Fleet) -> None:
    """Who was not crashed, and how to go on with these."""
    fleet.hosts("web1", "web2", "web3", "web4", state="armed")
    gone = "web2 had not booted again after 1800 seconds"
    fleet.host("web2", faults=[{"module": "wait_for_boot", "failed": gone}])
    run = fleet.playbook("crash_test", crash_test_confirm="web1,web2,web3,web4")
    assert (run.status, run.crashed) == (2, ["web1", "web2"]), run.output
    assert f"{gone} No further host is crashed. Not crashed: web3, web4." in run.text
    assert "-e crash_test_confirm=web3,web4" in run.text
    assert run.recap["web1"]["failures"] == 0


def test_its_neighbours_of_the_batch_are_judged_all_the_same(fleet: Fleet) -> None:
    """They have crashed too; leaving them would leave them without a proof."""
    fleet.hosts("web1", "web2", "web3", state="armed")
    fleet.host("web1", faults=[{"module": "wait_for_boot", "failed": "gone"}])
    run = fleet.playbook("crash_test", crash_test_confirm="web1,web2,web3", crash_test_at_once=2)
    assert (run.status, run.crashed) == (2, ["web1", "web2"]), run.output
    assert run.who("copy", "Write the proof record") == ["web2"]
    assert "Not crashed: web3." in run.text


def test_a_host_that_does_not_answer_ends_it_with_the_list_of_the_others(fleet: Fleet) -> None:
    """Without a crash of the host, or of those after it."""
    fleet.hosts("web1", "web2", "web3", state="armed")
    fleet.host("web2", faults=[{"module": "ping", "unreachable": "no route to host"}])
    run = fleet.playbook("crash_test", crash_test_confirm="web1,web2,web3")
    assert (run.status, run.crashed) == (2, ["web1"]), run.output
    assert "web2 does not answer (" in run.text
    assert "no route to host), and was not crashed." in run.text
    assert "No further host is crashed. Not crashed: web3." in run.text


def test_the_last_host_leaves_nothing_to_go_on_with(fleet: Fleet) -> None:
    fleet.hosts("web1", state="armed", dump=None)
    run = fleet.playbook("crash_test", crash_test_confirm="web1")
    assert run.status == 2
    assert "No other host was left to crash." in run.text


def test_tags_that_leave_the_crash_out_are_refused(fleet: Fleet) -> None:
    """It would end with status 0 and no proof."""
    fleet.hosts("web1", state="armed")
    run = fleet.playbook("crash_test", "--tags", "kdump_prove", crash_test_confirm="web1")
    assert (run.status, run.events) == (2, []), run.output
    assert "no host was crashed. Leave --tags away." in run.text
