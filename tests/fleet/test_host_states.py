# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts in a state of their own: what the real playbooks do on them."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

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


def test_what_diff_mode_shows_holds_no_password(fleet: Fleet) -> None:
    """Of files that may hold passwords of others, the lines of the rollout alone are shown."""
    fleet.host("web1", state="armed")
    run = fleet.playbook("rollout", "--diff", kdump_options={"FTP_PASSWORD": "geheim", "HOSTTAG": "ip"})
    assert run.status == 0, run.output
    assert 'FTP_PASSWORD="geheim"' in fleet.stub("web1").read("/etc/default/kdump-tools")
    assert "FTP_PASSWORD=********" in run.text
    assert 'HOSTTAG=\\"ip\\"' in run.text
    assert "geheim" not in run.output.partition("PLAY RECAP")[0]


def test_tasks_that_write_into_files_with_passwords_show_no_differences() -> None:
    blocks = [
        task
        for path in files()
        if path.suffix == ".yml" and path.parts[:2] == ("roles", "kdump")
        for task in yaml.safe_load((ROOT / path).read_text()) or []
        if isinstance(task, dict) and "ansible.builtin.blockinfile" in task
    ]
    paths = ("/etc/fstab", "{{ item.path }}")
    private = [one for one in blocks if one["ansible.builtin.blockinfile"]["path"] in paths]
    assert len(private) == 4
    assert [one["name"] for one in private if one.get("diff") is not False] == []


def test_symbols_that_cannot_be_had_stop_no_host_with_apt(fleet: Fleet) -> None:
    """Ubuntu's are in no enabled repository; capturing does not need them."""
    missing = {"module": "apt", "task": "Install the symbols", "failed": "No package matching 'linux-image-x-dbgsym'"}
    fleet.host("web1", state="bare", faults=[missing])
    run = fleet.playbook("rollout", kdump_analysis=True, kdump_reboot_ok=True)
    assert run.status == 0, run.output
    assert "could not be installed from the enabled repositories" in run.text
    assert "No package matching 'linux-image-x-dbgsym'" in run.text
    answer = fleet.playbook("audit", kdump_analysis=True).stats["kdump_audit"]["web1"]
    assert answer["ready"] is True
    assert "symbols-missing" in [finding["code"] for finding in answer["findings"]]


MASK = "/etc/systemd/system/kdump-tools.service"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (lambda tree: tree.link(MASK, "/dev/null"), "service-masked"),
        (
            lambda tree: tree.write("/etc/sysctl.d/99-hardening.conf", "kernel.kexec_load_disabled = 1\n"),
            "kexec-load-disabled-at-boot",
        ),
    ],
)
def test_nothing_is_changed_on_a_host_that_could_not_be_armed(fleet: Fleet, fault: Any, code: str) -> None:
    """The package is not installed, the boot entries are not touched, nothing is rebooted: the reason is said first."""
    fleet.host("web1", state="bare")
    fleet.playbook("audit")  # which makes the files of the host
    fault(fleet.stub("web1").tree)
    run = fleet.playbook("rollout", kdump_reboot_ok=True)
    assert run.status == 2, run.output
    assert run.touched == []
    assert code in run.text


def test_a_full_disk_leaves_an_armed_host_as_it_was(fleet: Fleet) -> None:
    full = {"module": "blockinfile", "failed": "[Errno 28] No space left on device: '/etc/default/kdump-tools'"}
    fleet.host("web1", state="armed", faults=[full])
    before = fleet.playbook("audit").stats["kdump_audit"]["web1"]
    run = fleet.playbook("rollout", kdump_keep_dumps=3)
    assert run.status == 2
    assert "No space left on device" in run.text
    assert run.who("systemd_service") == []
    after = fleet.playbook("audit").stats["kdump_audit"]["web1"]
    assert (before["ready"], after["ready"], after["crash_memory"]["armed"]) == (True, True, True)
