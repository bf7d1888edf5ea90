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
