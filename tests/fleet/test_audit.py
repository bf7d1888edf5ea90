# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbook audit over several hosts: what it hands over, on whom it fails, and over whom it runs."""

from __future__ import annotations

import pytest

from tests.fleet.fleets import Fleet


def test_a_strict_audit_fails_on_the_hosts_that_are_not_ready(fleet: Fleet) -> None:
    """After it has handed its results over, and on no other host."""
    fleet.hosts("web1", "web4", state="proven")
    fleet.hosts("web2", "web3", state="bare")
    run = fleet.playbook("audit", kdump_audit_strict=True)
    assert run.status == 2
    assert sorted(run.stats["kdump_audit"]) == ["web1", "web2", "web3", "web4"]
    assert sorted(name for name, counts in run.recap.items() if counts["failures"]) == ["web2", "web3"]
    assert "TASK [Require that every host is ready]" in run.output
    for name in ("web2", "web3"):
        assert f"{name} would not capture its crash (not ready: not-installed" in run.text
    assert fleet.playbook("audit", kdump_audit_strict=False).status == 0


def test_a_strict_audit_of_ready_hosts_passes(fleet: Fleet) -> None:
    """With nothing but a play without hosts more."""
    fleet.hosts("web1", "web2", state="proven")
    assert fleet.playbook("audit", kdump_audit_strict="true").status == 0


def test_a_host_that_does_not_answer(fleet: Fleet) -> None:
    """Exit status 4, and a row of the table."""
    fleet.hosts("web1", state="proven")
    fleet.host("web2", faults=[{"module": "kdump_info", "unreachable": "no route"}])
    run = fleet.playbook("audit", kdump_audit_strict=True)
    assert run.status == 4
    assert "web2 UNREACHABLE" in run.text
    assert run.stats["kdump_audit"]["web2"]["unreachable"] is True


@pytest.mark.parametrize("strict", [True, False])
def test_no_host_is_an_error(fleet: Fleet, strict: bool) -> None:
    """A nightly job over a misspelt pattern is not green."""
    fleet.hosts("web1", state="proven")
    run = fleet.playbook("audit", kdump_hosts="wbe*", kdump_audit_strict=strict)
    assert (run.status, run.events) == (2, [])
    assert "No host matches wbe*: nothing was done. The inventory" in run.text


def test_tags_do_not_empty_the_audit(fleet: Fleet) -> None:
    """They are for the role's steps."""
    fleet.hosts("web1", state="bare")
    assert "not-installed" in fleet.playbook("audit", "--tags", "kdump_install").output


@pytest.mark.parametrize("playbook", ["audit", "rollout"])
def test_hosts_may_be_a_list_of_patterns(fleet: Fleet, playbook: str) -> None:
    """As check_variables allows."""
    fleet.hosts("db1", "web1", "web2", state="proven")
    run = fleet.playbook(playbook, kdump_hosts=["web1", "web2:!db1"])
    assert run.status == 0, run.output
    assert sorted(run.stats["kdump_audit"]) == ["web1", "web2"]
