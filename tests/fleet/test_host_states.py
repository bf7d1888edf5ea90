# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts in a state of their own: what the real playbooks do on them."""

from __future__ import annotations

from tests.checkout import ROOT, files
from tests.fleet.fleets import Fleet


def test_a_host_that_firmware_arms_is_configured_and_proven(fleet: Fleet) -> None:
    """fadump registers the running kernel with firmware, and no capture kernel is ever loaded."""
    fleet.host("power1", state="armed", fadump=True)
    changed = fleet.playbook("rollout", kdump_keep_dumps=3, kdump_arm_timeout=10)
    assert changed.status == 0, changed.output
    assert 'KDUMP_NUM_DUMPS="3"' in fleet.stub("power1").read("/etc/default/kdump-tools")
    proven = fleet.playbook(
        "crash_test", kdump_hosts="power1", crash_test_confirm=["power1"], crash_test_arm_timeout=10
    )
    assert proven.status == 0, proven.output
    answer = fleet.playbook("audit", kdump_keep_dumps=3).stats["kdump_audit"]["power1"]
    assert (answer["ready"], answer["proof"]["valid"]) == (True, True)
    assert (answer["crash_memory"]["armed"], answer["crash_memory"]["capture_kernel_loaded"]) == (True, False)


def test_every_step_asks_whether_a_host_is_armed_in_one_way() -> None:
    own = [path for path in files() if path.suffix == ".yml" and path.parts[0] in ("roles", "playbooks", "molecule")]
    assert own
    assert [str(path) for path in own if "capture_kernel_loaded" in (ROOT / path).read_text()] == []
