# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two controllers at work on the same hosts, and one that is killed: nothing happens twice, the next run ends it."""

from __future__ import annotations

import signal

import pytest

from tests.fleet.fleets import Fleet
from tests.fleet.stub_host import LOADED
from tests.unit.plugins.module_utils.host_tree import CONFIGURATION

KILLED = -signal.SIGKILL
APPEND = {"kdump_options": {"KDUMP_CMDLINE_APPEND": "nr_cpus=1 panic=10 systemd.unit=kdump-tools-dump.service nosmt"}}
PASSING = "/etc/systemd/system/kdump-tools-dump.service.d/kdump-fleet-measure.conf"


def test_a_host_that_another_controller_has_rebooted_is_not_rebooted_again(fleet: Fleet) -> None:
    """Between this run's look and its reboot; web1 boots with what this run has staged."""
    fleet.hosts("web1", "web2", state="installed")
    fleet.host("web1", faults=[{"module": "reboot", "boots": True}])
    run = fleet.playbook("rollout", kdump_reboot_ok=True, kdump_waves=[2])
    assert (run.status, run.who("reboot")) == (0, ["web2"]), run.output
    assert fleet.stub("web1").running() is not None
    assert fleet.playbook("audit", kdump_audit_strict=True).status == 0


def test_after_a_reboot_by_somebody_else_that_came_too_early_the_next_run_reboots(fleet: Fleet) -> None:
    """It booted before anything was staged, and whoever did that may be at work there."""
    fleet.host("web1", state="installed", faults=[{"module": "crashkernel", "boots": True}])
    run = fleet.playbook("rollout", kdump_reboot_ok=True)
    assert (run.status, run.who("reboot")) == (2, []), run.output
    assert "web1 was rebooted by somebody else since this run has looked at it, and its staged" in run.text
    fleet.host("web1", faults=[])
    again = fleet.playbook("rollout", kdump_reboot_ok=True)
    assert (again.status, again.who("reboot")) == (0, ["web1"]), again.output
    assert fleet.stub("web1").running() is not None


def test_two_rollouts_at_once(fleet: Fleet) -> None:
    """Each host is rebooted once, and armed; both runs are slow where the other one can come between."""
    names = ["web1", "web2", "web3"]
    fleet.hosts(*names, state="bare", faults=[{"module": "crashkernel", "seconds": 0.3}])
    fleet.make()
    started = [fleet.start("rollout", kdump_reboot_ok=True, kdump_waves=[3]) for _controller in range(2)]
    runs = [fleet.finish(one) for one in started]
    assert [run.status for run in runs] == [0, 0], "\n".join(run.output for run in runs)
    rebooted = [call["on"] for call in runs[-1].calls("reboot") if "failed" not in call["result"]]
    assert sorted(rebooted) == names
    assert fleet.playbook("audit", kdump_audit_strict=True).status == 0


def test_a_crash_test_of_a_host_that_another_one_has_crashed(fleet: Fleet) -> None:
    """Between its guards and its crash: the findings are those of the boot before."""
    fleet.host("web1", state="armed", faults=[{"module": "slurp", "boots": True}])
    run = fleet.playbook("crash_test", crash_test_confirm="web1")
    assert (run.status, run.crashed) == (2, [])
    assert "web1 is not crashed, because it has rebooted since this run has looked at it" in run.text


@pytest.mark.parametrize("loaded", ["0", "1"])
def test_a_controller_that_dies_between_writing_and_loading(fleet: Fleet, loaded: str) -> None:
    """The file is the policy's by then; a restart that was begun has unloaded the capture kernel, or has not."""
    fleet.hosts("web1", "web2", state="armed")
    dies = {"module": "systemd_service", "task": "Enable and restart the service", "controller_dies": True}
    fleet.host("web1", faults=[dies])
    killed = fleet.playbook("rollout", kdump_waves=[2], **APPEND)
    assert killed.status == KILLED
    assert killed.who("blockinfile", "Write the settings into their blocks") == ["web1", "web2"]
    fleet.host("web1", faults=[])
    fleet.stub("web1").tree.write(LOADED, loaded + "\n")
    again = fleet.playbook("rollout", kdump_waves=[2], **APPEND)
    assert again.status == 0, again.output
    assert again.who("systemd_service", "Enable and restart the service") == (["web1"] if loaded == "0" else [])
    assert fleet.stub("web1").read(LOADED) == "1"
    assert "nosmt" in fleet.stub("web1").read(CONFIGURATION)
    assert ("done: web1" in again.output) is (loaded == "0")
    assert "0 failed, 0 unreachable, 0 not touched" in again.output
    assert fleet.playbook("rollout", kdump_waves=[2], **APPEND).touched == []


def test_a_controller_that_dies_between_crash_and_judgement(fleet: Fleet) -> None:
    """The next run crashes that host again, because nobody has judged its first dump, and leaves nothing behind."""
    fleet.hosts("web1", "web2", state="armed")
    fleet.host("web1", faults=[{"module": "wait_for_boot", "nth": 1, "controller_dies": True}])
    killed = fleet.playbook("rollout", kdump_prove="canary", kdump_canaries="web1")
    assert (killed.status, killed.crashed) == (KILLED, ["web1"])
    fleet.host("web1", faults=[])
    again = fleet.playbook("rollout", kdump_prove="canary", kdump_canaries="web1")
    assert (again.status, again.crashed) == (0, ["web1"]), again.output
    assert fleet.stub("web1").read("/var/lib/kdump-fleet/proof.json")
    assert not fleet.stub("web1").tree.path(PASSING).exists()
    assert fleet.playbook("rollout", kdump_prove="canary", kdump_canaries="web1").touched == []
