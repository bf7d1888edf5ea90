# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One machine's life with kdump, as an administrator sees it. The tests build on each other, in this order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import drgn

from tests.machines.conftest import Event, Fleet

ROLLOUT = ("kdump.fleet.rollout", "-e", "kdump_reboot_ok=true")
REMOVE = ("kdump.fleet.remove", "-e", "kdump_remove_confirm=m1", "-e", "kdump_reboot_ok=true")
REBOOT = "Reboot into the staged boot entry"


def began(events: list[Event], name: str) -> bool:
    """Whether a task has begun."""
    return any(event["event"] == "task" and name in event["name"] for event in events)


def boot_id(fleet: Fleet) -> str:
    """Which boot the machine is in."""
    return fleet.ssh("m1", "cat /proc/sys/kernel/random/boot_id").strip()


def proof(fleet: Fleet) -> dict[str, Any]:
    """The proof record on the machine."""
    record: dict[str, Any] = json.loads(fleet.ssh("m1", "cat /var/lib/kdump-fleet/proof.json"))
    return record


def test_controller_dies_after_staging(fleet: Fleet) -> None:
    before = boot_id(fleet)
    process = fleet.start(*ROLLOUT)
    fleet.kill_when(process, lambda events: began(events, "Make the directory for dumps"))
    assert boot_id(fleet) == before
    assert "crashkernel=" in fleet.ssh("m1", "cat /boot/grub/grub.cfg")


def test_controller_dies_during_the_reboot(fleet: Fleet) -> None:
    before = boot_id(fleet)
    process = fleet.start(*ROLLOUT)
    fleet.kill_when(process, lambda events: began(events, REBOOT) and fleet.is_down("m1"))
    assert not any(event["event"] == "end" for event in fleet.events())
    fleet.wait("m1")
    assert boot_id(fleet) != before


def test_third_run_converges(fleet: Fleet) -> None:
    fleet.wait("m1")
    output = fleet.play(*ROLLOUT)
    assert "1 of 1 hosts would capture a crash" in output
    assert fleet.ssh("m1", "cat /sys/kernel/kexec_crash_loaded").strip() == "1"


def test_converged_rollout_visits_nobody(fleet: Fleet) -> None:
    before = boot_id(fleet)
    fleet.play(*ROLLOUT)
    assert not began(fleet.events(), REBOOT)
    assert [event["name"] for event in fleet.events() if event.get("changed")] == []
    assert boot_id(fleet) == before


def test_converged_audit_is_one_remote_execution(fleet: Fleet) -> None:
    """Every module that runs on a host notes its invocation in the host's journal."""
    count = "journalctl -q --no-pager -o cat | grep -c 'ansible.*Invoked with\\|^Invoked with' || true"
    before = int(fleet.ssh("m1", count))
    output = fleet.play("kdump.fleet.audit")
    assert "1 of 1 hosts would capture a crash" in output
    assert int(fleet.ssh("m1", count)) - before == 1


def test_crash_needs_the_name_of_the_host(fleet: Fleet) -> None:
    before = boot_id(fleet)
    output = fleet.play("kdump.fleet.crash_test", status=2)
    assert "crash_test_confirm" in output
    assert boot_id(fleet) == before


def test_sysrq_crash_is_proven(fleet: Fleet) -> None:
    before = boot_id(fleet)
    output = fleet.play("kdump.fleet.crash_test", "-e", "crash_test_confirm=m1")
    assert boot_id(fleet) != before
    assert "Kernel panic - not syncing: sysrq triggered crash" in output
    assert proof(fleet)["trigger"] == "sysrq"


def test_vmcore_opens_in_drgn(fleet: Fleet, tmp_path: Path) -> None:
    """The dump, still flattened as kdump-tools wrote it, with the symbols of the lab's kernel."""
    vmlinux = fleet.symbols()
    vmcore = tmp_path / "vmcore"
    fleet.fetch("m1", proof(fleet)["dump"]["path"], vmcore)
    program = drgn.Program()
    program.set_core_dump(vmcore)
    program.load_debug_info([vmlinux])
    names = [frame.name for frame in program.crashed_thread().stack_trace()]
    assert "sysrq_handle_crash" in names


def test_remove_gives_the_memory_back(fleet: Fleet) -> None:
    fleet.play(*REMOVE)
    assert fleet.ssh("m1", "cat /sys/kernel/kexec_crash_size").strip() == "0"
    assert "crashkernel" not in fleet.ssh("m1", "cat /proc/cmdline /boot/grub/grub.cfg")
    # What the administrator wrote beside our block, and the dumps, are not ours to delete.
    settings = fleet.ssh("m1", "cat /etc/default/kdump-tools")
    assert "USE_KDUMP=" in settings
    assert "kdump.fleet" not in settings
    assert fleet.ssh("m1", "ls /var/crash").strip()


def test_second_remove_changes_nothing(fleet: Fleet) -> None:
    assert "changed=0" in fleet.play(*REMOVE)
