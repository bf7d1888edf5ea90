# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts with a fault of their own: what is found, and what readiness is made of it."""

import os
import time
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Tuple

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.readiness.report import report
from ansible_collections.kdump.fleet.plugins.module_utils.tools.policy import Policy
from tests.unit.plugins.module_utils.host_tree import CONFIGURATION, HostTree, Space, kernel_log, ready_host, refuses
from tests.unit.plugins.module_utils.rpm_tree import CONFIGURATION as RPM_CONFIGURATION
from tests.unit.plugins.module_utils.rpm_tree import INITRD, RELEASE, RpmTree, ready_rpm_host

YEAR = 365 * 86400
LOADED = "/sys/kernel/kexec_crash_loaded"


def judged(tree: HostTree, **policy: Any) -> Dict[str, Any]:
    return report(tree.host(), Policy.of(policy))


def codes(answer: Dict[str, Any]) -> List[str]:
    return [one["code"] for one in answer["findings"] if one["code"] not in ("proof-missing", "proof-expired")]


class Fault(NamedTuple):
    """What is wrong with a ready host, which findings say so, whether it is ready now and at the next boot."""

    change: Callable[[HostTree], Any]
    codes: List[str]
    ready: Tuple[bool, bool]
    policy: Dict[str, Any] = {}


def masked(tree: HostTree) -> None:
    tree.link("/etc/systemd/system/kdump-tools.service", "/dev/null")


def masked_and_bare(tree: HostTree) -> None:
    masked(tree)
    tree.remove("/usr/sbin/kdump-config")


def hardened(tree: HostTree) -> None:
    """dev-sec's role os_hardening, or any other: what is loaded stays loaded until the next boot."""
    tree.write("/etc/sysctl.d/99-hardening.conf", "kernel.panic_on_oops = 1\nkernel.kexec_load_disabled = 1\n")
    tree.write("/proc/sys/kernel/kexec_load_disabled", "1\n")


def hardened_and_rebooted(tree: HostTree) -> None:
    hardened(tree)
    tree.write(LOADED, "0\n")


def disabled_after_kdump(tree: HostTree) -> None:
    """By a unit that is ordered after kdump: nothing is wrong with that."""
    tree.write("/proc/sys/kernel/kexec_load_disabled", "1\n")


def locked_down(tree: HostTree) -> None:
    tree.write("/sys/kernel/security/lockdown", "none [integrity] confidentiality\n")


def locked_down_and_unarmed(tree: HostTree) -> None:
    locked_down(tree)
    tree.write(LOADED, "0\n")


def small(tree: HostTree) -> None:
    """300 MiB of RAM, below all ranges of the default; the kernel rounds them to 384 MiB."""
    tree.nothing_reserved()
    tree.write("/proc/iomem", "00001000-0009fbff : System RAM\n00100000-12bfffff : System RAM\n")
    tree.runner = kernel_log("")


FAULTS = {
    "masked": Fault(masked, ["service-masked"], (True, False)),
    "masked before it is installed": Fault(masked_and_bare, ["service-masked", "not-installed"], (False, False)),
    "hardened": Fault(hardened, ["kexec-load-disabled-at-boot"], (True, False)),
    "hardened, after a reboot": Fault(
        hardened_and_rebooted,
        ["kexec-load-disabled", "kexec-load-disabled-at-boot", "capture-kernel-not-loaded"],
        (False, False),
    ),
    "load disabled after kdump": Fault(disabled_after_kdump, [], (True, True)),
    "locked down": Fault(locked_down, [], (True, True)),
    "locked down, nothing loaded": Fault(
        locked_down_and_unarmed, ["capture-kernel-not-loaded", "lockdown"], (False, True)
    ),
    "small": Fault(
        small,
        ["crashkernel-reserves-nothing", "memory-not-reserved"],
        (False, False),
        {"crashkernel": "default"},
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_findings_and_readiness_of_a_fault(tmp_path: Path, name: str) -> None:
    tree, fault = ready_host(tmp_path), FAULTS[name]
    fault.change(tree)
    answer = judged(tree, **fault.policy)
    assert codes(answer) == fault.codes
    assert (answer["ready_now"], answer["ready_next_boot"]) == fault.ready
    by = {one["code"]: one["mended_by"] for one in answer["findings"]}
    # The rollout stops in front of all of these but a kernel that is merely not loaded.
    assert not fault.codes or name == "locked down, nothing loaded" or "administrator" in by.values()


def test_a_full_disk_is_a_warning_on_an_armed_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a dump fits nobody knows; the host still captures."""
    tree = ready_host(tmp_path)
    tree.runner = refuses
    monkeypatch.setattr(os, "statvfs", lambda path: Space(0, 0))
    answer = judged(tree)
    assert (codes(answer), answer["ready"]) == (["target-space-low"], True)


def test_a_root_that_is_read_only_stops_the_rollout_where_it_has_to_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = ready_host(tmp_path)
    monkeypatch.setattr(os, "statvfs", lambda path: Space(0 if "crash" in str(path) else os.ST_RDONLY, 1 << 30))
    answer = judged(tree)
    assert (codes(answer), answer["ready"]) == ([], True)  # an image that is never written to
    answer = judged(tree, keep_dumps=3)
    assert codes(answer) == ["configuration-read-only", "configuration-differs"]
    assert answer["findings"][0]["message"] == (
        "/etc/default/kdump-tools must be written, and lies on a file system that is mounted read-only."
    )
    assert (answer["findings"][0]["mended_by"], answer["ready"]) == ("administrator", True)
    tree.remove(CONFIGURATION)
    assert codes(judged(tree))[:2] == ["configuration-read-only", "configuration-missing"]


@pytest.fixture
def rpm(tmp_path: Path) -> RpmTree:
    return ready_rpm_host(tmp_path)


def dated(tree: RpmTree, name: str, seconds: int) -> None:
    moment = time.time() + seconds
    os.utime(str(tree.path(name)), (moment, moment))


def test_a_clock_that_was_behind_has_the_initrd_built_again(rpm: RpmTree) -> None:
    """The initrd is of 1970, the file of today."""
    os.utime(str(rpm.path(INITRD)), (3600, 3600))
    answer = judged(rpm)
    assert (codes(answer), answer["ready"], answer["needs_rollout"]) == (["configuration-not-loaded"], True, True)


@pytest.mark.parametrize("name", [RPM_CONFIGURATION, "/boot/vmlinuz-" + RELEASE])
def test_a_file_of_next_year_does_not_have_it_built_every_night(rpm: RpmTree, name: str) -> None:
    dated(rpm, name, YEAR)
    answer = judged(rpm)
    assert (codes(answer), answer["ready"], answer["needs_rollout"]) == ([], True, False)


def test_an_initrd_of_next_year_is_a_finding(rpm: RpmTree) -> None:
    """kdumpctl would take it for newer than every change to come."""
    dated(rpm, INITRD, YEAR)
    answer = judged(rpm)
    assert (codes(answer), answer["ready"], answer["needs_rollout"]) == (["capture-initrd-from-future"], True, False)
