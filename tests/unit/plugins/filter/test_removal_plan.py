# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the filter removal_plan."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.kdump.fleet.plugins.filter.removal_plan import FilterModule, removal_plan


def test_every_host_enters_a_wave_and_nobody_crashes() -> None:
    plan = removal_plan(["web3", "web1", "web2"], waves=[1, "100%"])
    assert plan["waves"] == [["web1"], ["web2", "web3"]]
    assert plan["order"] == ["web1", "web2", "web3"]
    assert plan["wave_of"] == {"web1": 1, "web2": 2, "web3": 2}
    assert (plan["prove"], plan["canaries"], plan["unproven"], plan["left_out"]) == ({}, [], {}, {})
    assert plan["lines"] == ["3 of 3 hosts in 2 waves", "wave 1: web1", "wave 2: web2, web3"]


def test_the_waves_of_a_rollout_are_the_default() -> None:
    assert [len(wave) for wave in removal_plan([f"web{number:02}" for number in range(21)])["waves"]] == [1] + 10 * [2]


def test_wrong_waves_are_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="kdump_waves"):
        removal_plan(["web1"], waves=[0])


def test_the_filter_is_found_by_its_name() -> None:
    assert FilterModule().filters() == {"removal_plan": removal_plan}
