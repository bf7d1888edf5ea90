# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of look.py."""

import json
import os
import time
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.grub2 import Grub2
from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory.crashkernel import CrashkernelError
from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory.recommendation import DEFAULT, MEASURED
from ansible_collections.kdump.fleet.plugins.module_utils.host.errors import KdumpError
from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import CommandError, CommandResult, Host
from ansible_collections.kdump.fleet.plugins.module_utils.readiness import proof, reboot_note
from ansible_collections.kdump.fleet.plugins.module_utils.readiness.look import (
    Facts,
    boot_of,
    gather,
    refusal_line,
)
from ansible_collections.kdump.fleet.plugins.module_utils.target.configured import setup_of
from ansible_collections.kdump.fleet.plugins.module_utils.tools.policy import Policy
from tests.unit.plugins.module_utils import rpm_tree
from tests.unit.plugins.module_utils.host_tree import (
    CONFIGURATION,
    IOMEM,
    KERNEL,
    MENU,
    VALUE,
    HostTree,
    Space,
    kernel_log,
)
from tests.unit.plugins.module_utils.rpm_tree import RpmTree, ready_rpm_host

HIDDEN = "".join("00000000-00000000 :{0}\n".format(line.partition(" :")[2]) for line in IOMEM.splitlines())


def facts_of(tree: HostTree, **policy: Any) -> Facts:
    return gather(tree.host(), Policy.of(policy))


# ---- which tool


def test_a_host_that_can_get_kdump_tools_has_its_set_up(tree: HostTree) -> None:
    tree.remove("/usr/sbin/kdump-config")
    assert setup_of(tree.host(), Policy()).tool == "kdump-tools"


def test_a_host_with_kdump_tools_needs_no_apt(tree: HostTree) -> None:
    tree.remove("/usr/bin/apt-get")
    assert setup_of(tree.host(), Policy()).installed


@pytest.mark.parametrize(
    ("programs", "tool"),
    [
        (["/usr/bin/kdumpctl"], "kdumpctl"),
        (["/usr/bin/dnf5"], "kdumpctl"),
        (["/usr/bin/yum"], "kdumpctl"),
        (["/usr/bin/apt-get"], "kdump-tools"),
        (["/usr/bin/apt-get", "/usr/bin/dnf"], "kdumpctl"),  # Fedora, with its package apt
        (["/usr/bin/apt-get", "/usr/bin/kdumpctl"], "kdumpctl"),
        (["/usr/sbin/kdump-config", "/usr/bin/kdumpctl"], "kdump-tools"),
    ],
)
def test_what_is_installed_decides_then_what_can_be(tree: HostTree, programs: List[str], tool: str) -> None:
    tree.remove("/usr/sbin/kdump-config", "/usr/bin/apt-get")
    for program in programs:
        tree.program(program)
    assert setup_of(tree.host(), Policy()).tool == tool


def test_a_host_of_debian_packages_may_have_dnf_as_well(tree: HostTree) -> None:
    tree.remove("/usr/sbin/kdump-config")
    tree.program("/usr/bin/dnf")
    tree.write("/var/lib/dpkg/status", "")
    assert setup_of(tree.host(), Policy()).tool == "kdumpctl"
    tree.write("/var/lib/dpkg/status", "Package: dpkg\nStatus: install ok installed\n")
    assert setup_of(tree.host(), Policy()).tool == "kdump-tools"


def test_a_host_with_neither_is_told_what_was_looked_for(tree: HostTree) -> None:
    tree.remove("/usr/sbin/kdump-config", "/usr/bin/apt-get")
    with pytest.raises(KdumpError) as error:
        setup_of(tree.host(), Policy())
    assert str(error.value) == (
        "No known kdump tool and no way to install one. Looked for kdump-config or kdumpctl (installed), apt-get (to "
        "install kdump-tools), or dnf or yum (kdumpctl), in /usr/local/sbin, /usr/sbin, /sbin, /usr/local/bin, "
        "/usr/bin, /bin; found none."
    )


# ---- boot loader


def test_boot_entries_are_read(tree: HostTree) -> None:
    tree.menu("1G,high", None)
    tree.drop_in("1G,high", "128M,low")
    boot = boot_of(tree.host())
    assert (boot.loader, boot.error) == ("grub2", None)
    assert boot.entries == {"entry-0": ["1G,high"], "entry-1": []}
    assert boot.future == ["1G,high", "128M,low"]
    assert boot.next_values == ["1G,high"]


def test_a_boot_loader_that_is_not_understood_is_told(tree: HostTree) -> None:
    tree.remove(MENU)
    boot = boot_of(tree.host())
    assert boot.loader is None
    assert (boot.entries, boot.future, boot.next_values) == ({}, [], None)
    assert boot.error is not None
    assert boot.error.startswith("No boot loader was found.")


def test_no_entry_may_boot_next(tree: HostTree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Grub2, "next_entries", lambda self, entries: [])
    assert boot_of(tree.host()).next_values is None


# ---- the kernel's own words


@pytest.mark.parametrize(
    ("log", "line"),
    [
        ("", None),
        ("[    0.000000] crashkernel reserved: 0x0000000037000000 - 0x0000000047000000 (256 MB)\n", None),
        ("[    0.000000] Command line: ro crashkernel=1G failed=1 crashkernel: \n", None),
        ("[    0.010000] Kernel command line: crashkernel=1 cannot allocate crashkernel\n", None),
        (
            "[    0.004123] cannot allocate crashkernel (size:0xc000000)\n",
            "cannot allocate crashkernel (size:0xc000000)",
        ),
        (
            "<4>[    0.004123][    T0] crashkernel: memory value expected\nlater\n",
            "crashkernel: memory value expected",
        ),
        ("[Sun Nov 22 18:28:00 2026] crashkernel: unrecognized char: x", "crashkernel: unrecognized char: x"),
        ("[    0.0] crashkernel: end <= start\n", "crashkernel: end <= start"),
        (
            "[    0.0] crashkernel reservation failed - memory is in use.\n",
            "crashkernel reservation failed - memory is in use.",
        ),
        ("[    0.0] crashkernel size resulted in zero bytes\n", "crashkernel size resulted in zero bytes"),
        (
            "[    0.0] Cannot reserve crashkernel at 0x40000000\n[    0.1] crashkernel: x\n",
            "Cannot reserve crashkernel at 0x40000000",
        ),
    ],
)
def test_a_refusal_is_found_in_the_log(log: str, line: Optional[str]) -> None:
    assert refusal_line(log) == line


@pytest.mark.parametrize("number", [1, 2])
def test_the_log_is_asked_only_when_something_is_missing(tree: HostTree, number: int) -> None:
    """The runner of the tree refuses every command."""
    if number == 2:
        tree.nothing_reserved()
        tree.running(None)
    assert facts_of(tree).refusal is None


def test_the_log_says_why_nothing_is_reserved(tree: HostTree) -> None:
    tree.nothing_reserved()
    tree.runner = kernel_log("[    0.0] crashkernel: invalid size\n")
    assert facts_of(tree).refusal == "crashkernel: invalid size"


def no_dmesg(tree: HostTree) -> None:
    tree.remove("/usr/bin/dmesg")


def closed_log(tree: HostTree) -> None:
    def refuse(argv: List[str], timeout: float) -> CommandResult:
        return CommandResult(argv, 1, "", "dmesg: read kernel buffer failed: Operation not permitted\n")

    tree.runner = refuse


def slow_log(tree: HostTree) -> None:
    def fail(argv: List[str], timeout: float) -> CommandResult:
        raise CommandError("too slow")

    tree.runner = fail


@pytest.mark.parametrize("change", [no_dmesg, closed_log, slow_log])
def test_a_log_that_cannot_be_read_does_not_stop_an_audit(tree: HostTree, change: Callable[[HostTree], None]) -> None:
    tree.nothing_reserved()
    change(tree)
    assert facts_of(tree).refusal is None


# ---- the whole


def test_a_host_is_looked_at_once(tree: HostTree) -> None:
    facts = facts_of(tree, crashkernel="default")
    assert facts.wanted_crashkernel == VALUE
    assert facts.staged == VALUE.split()
    assert facts.resolution is not None
    assert facts.resolution.size == 192 << 20
    assert (facts.container, facts.load_disabled, facts.lockdown) == (None, False, "none")
    assert (facts.panic_timeout, facts.panic_on_oops) == (10, True)
    assert facts.proof == tree.record()
    assert facts.proof_error is None
    assert [place.path for place in facts.places] == ["/var/crash"]


@pytest.mark.parametrize(
    ("policy", "wanted", "staged"),
    [
        ({}, None, [VALUE]),
        ({"crashkernel": ""}, None, [VALUE]),
        ({"crashkernel": "1G,high 128M,low"}, "1G,high 128M,low", ["1G,high", "128M,low"]),
    ],
)
def test_what_is_staged_is_the_policy_or_what_boots_next(
    tree: HostTree, policy: Dict[str, Any], wanted: Optional[str], staged: List[str]
) -> None:
    facts = facts_of(tree, **policy)
    assert (facts.wanted_crashkernel, facts.staged) == (wanted, staged)


def test_nothing_staged_resolves_to_nothing(tree: HostTree) -> None:
    tree.menu(None)
    assert (facts_of(tree).staged, facts_of(tree).resolution) == ([], None)


def test_a_wrong_value_in_the_policy_is_refused(tree: HostTree) -> None:
    with pytest.raises(CrashkernelError, match="The crashkernel value 'lots' cannot be used"):
        facts_of(tree, crashkernel="lots")


@pytest.mark.parametrize(
    ("text", "number"), [("10\n", 10), ("-1\n", -1), ("0\n", 0), ("\n", None), ("x\n", None), ("\udcff", None)]
)
def test_the_panic_time_may_be_negative(tree: HostTree, text: str, number: Optional[int]) -> None:
    tree.write("/proc/sys/kernel/panic", text)
    assert facts_of(tree).panic_timeout == number


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("[none] integrity confidentiality\n", "none"),
        ("none [integrity] confidentiality\n", "integrity"),
        ("none integrity [confidentiality]\n", "confidentiality"),
        ("", ""),
        ("nonsense", ""),
    ],
)
def test_the_lockdown_is_read(tree: HostTree, text: str, mode: str) -> None:
    tree.write("/sys/kernel/security/lockdown", text)
    assert facts_of(tree).lockdown == mode


@pytest.mark.parametrize("mark", ["/run/systemd/container", "/.dockerenv", "/run/.containerenv"])
def test_a_container_is_known_even_without_privileges(tree: HostTree, mark: str) -> None:
    tree.write(mark, "")
    tree.write("/proc/iomem", HIDDEN)
    assert facts_of(tree).container == mark


def test_others_than_root_are_told_to_become_root(tree: HostTree, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a proof is kept, which they may not read."""

    def closed(host: Host, name: str) -> Optional[str]:
        return HIDDEN if name == "/proc/iomem" else None

    monkeypatch.setattr(Host, "read_if_allowed", closed)
    with pytest.raises(KdumpError) as error:
        facts_of(tree)
    assert str(error.value) == ("Only root can judge a host: /proc/iomem hides its addresses. Run with become: true.")


def test_a_broken_proof_does_not_stop_an_audit(tree: HostTree) -> None:
    tree.write(proof.RECORD, "[")
    facts = facts_of(tree)
    assert facts.proof is None
    assert facts.proof_error is not None
    assert "it is not JSON" in facts.proof_error


# ---- files and their times


@pytest.mark.parametrize(
    ("text", "file"),
    [
        ("kernel.kexec_load_disabled = 1\n", "/etc/sysctl.d/10-hardening.conf"),
        ("kernel.kexec_load_disabled = 0\n", None),
        ("kernel.panic = 1\n", None),
    ],
)
def test_a_file_that_forbids_loading_at_boot_is_known(tree: HostTree, text: str, file: Optional[str]) -> None:
    tree.write("/etc/sysctl.d/10-hardening.conf", text)
    assert facts_of(tree).load_disabled_at_boot == file


@pytest.mark.parametrize(("flag", "unwritable"), [(os.ST_RDONLY, [CONFIGURATION]), (0, [])])
@pytest.mark.parametrize("missing", [False, True])
def test_a_file_that_has_to_be_written_must_be_writable(
    tree: HostTree, monkeypatch: pytest.MonkeyPatch, flag: int, unwritable: List[str], missing: bool
) -> None:
    """One that is missing, and one that differs from the policy."""
    monkeypatch.setattr(os, "statvfs", lambda path: Space(flag, 1 << 30))
    assert facts_of(tree).unwritable == []
    if missing:
        tree.remove(CONFIGURATION)
    assert facts_of(tree, keep_dumps=None if missing else 3).unwritable == unwritable


@pytest.fixture
def rpm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RpmTree:
    """Its clock stands still, and all that its capture initrd is made from is a day older than the initrd."""
    tree = ready_rpm_host(tmp_path / "rpm")
    monkeypatch.setattr(time, "time", lambda: NOW / 1e9)
    for name in (rpm_tree.CONFIGURATION, "/boot/vmlinuz-" + rpm_tree.RELEASE):
        stamp(tree, name, -2 * DAY)
    stamp(tree, rpm_tree.INITRD, -DAY)
    return tree


NOW = 10**18  # nanoseconds; a float holds it exactly
DAY = 86400 * 10**9


def stamp(tree: HostTree, name: str, age: int) -> None:
    """A time that lies so many nanoseconds behind the clock."""
    os.utime(str(tree.path(name)), ns=(NOW + age, NOW + age))


@pytest.mark.parametrize(
    ("age", "outdated"),
    [
        (-DAY - 1, None),
        (-DAY, None),
        (1 - DAY, rpm_tree.CONFIGURATION),
        (0, rpm_tree.CONFIGURATION),
        (1, None),  # of a time to come
    ],
)
def test_an_initrd_is_outdated_by_what_was_changed_since(rpm: RpmTree, age: int, outdated: Optional[str]) -> None:
    stamp(rpm, rpm_tree.CONFIGURATION, age)
    assert facts_of(rpm).outdated == outdated


def test_an_initrd_that_is_not_there_is_not_outdated(rpm: RpmTree) -> None:
    rpm.remove(rpm_tree.INITRD)
    facts = facts_of(rpm)
    assert (facts.outdated, facts.initrd_from_future) == (None, False)


@pytest.mark.parametrize(("age", "ahead"), [(0, False), (1, True), (10**9 // 2, True)])
def test_an_initrd_may_be_of_a_time_to_come(rpm: RpmTree, age: int, ahead: bool) -> None:
    stamp(rpm, rpm_tree.INITRD, age)
    assert facts_of(rpm).initrd_from_future == ahead


def test_the_time_of_an_initrd_counts_where_it_is_made_from_the_configuration(
    tree: HostTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That of kdump-tools is not."""
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert facts_of(tree).initrd_from_future is False


# ---- what is wanted


@pytest.mark.parametrize(
    ("staged", "keep_larger", "wanted"),
    [
        ("256M", True, "256M"),
        ("256M", False, "192M"),
        (VALUE, True, "192M"),  # which is as much on this host
        ("128M", True, "192M"),
        (None, True, "192M"),
    ],
)
def test_a_larger_value_is_kept_where_the_policy_says_so(
    tree: HostTree, staged: Optional[str], keep_larger: bool, wanted: str
) -> None:
    tree.menu(staged)
    assert facts_of(tree, crashkernel="192M", keep_larger=keep_larger).wanted_crashkernel == wanted


def test_a_larger_value_is_no_wish_of_a_policy_without_one(tree: HostTree) -> None:
    assert facts_of(tree, keep_larger=True).wanted_crashkernel is None


def test_what_to_reserve_is_told_by_a_proof_that_holds(tree: HostTree) -> None:
    recommended = facts_of(tree).recommended
    assert recommended is not None
    assert recommended.source == MEASURED
    tree.write("/proc/sys/kernel/osrelease", "6.13\n")
    recommended = facts_of(tree).recommended
    assert recommended is not None
    assert (recommended.source, recommended.bytes) == (DEFAULT, 192 << 20)


def test_where_firmware_keeps_the_memory_nothing_is_recommended(tree: HostTree) -> None:
    tree.write("/sys/kernel/fadump/enabled", "1\n")
    assert facts_of(tree).recommended is None


def test_a_fingerprint_is_taken_where_there_is_a_proof_or_somebody_asks(tree: HostTree) -> None:
    proven = facts_of(tree)
    assert proven.fingerprint == tree.record()["fingerprint"]
    assert proven.proof_changes == []
    tree.remove(proof.RECORD)
    assert facts_of(tree).fingerprint is None
    assert gather(tree.host(), Policy(), fingerprint=True).fingerprint == proven.fingerprint


# ---- the rest


def test_a_raw_target_is_looked_at(rpm: RpmTree) -> None:
    rpm.append(rpm_tree.CONFIGURATION, "raw /dev/vdb\n")
    rpm.write("/dev/vdb", "")
    assert [obstacle.code for _target, obstacle in facts_of(rpm).devices] == ["target-device-unfit"]


@pytest.mark.parametrize(("text", "disabled"), [("1\n", True), ("0\n", False), (None, False)])
def test_loading_may_be_forbidden(tree: HostTree, text: Optional[str], disabled: bool) -> None:
    tree.remove("/proc/sys/kernel/kexec_load_disabled")
    if text is not None:
        tree.write("/proc/sys/kernel/kexec_load_disabled", text)
    assert facts_of(tree).load_disabled == disabled


@pytest.mark.parametrize(("text", "crashes"), [("1\n", True), ("0\n", False), (None, None)])
def test_whether_an_oops_crashes_may_be_unknown(tree: HostTree, text: Optional[str], crashes: Optional[bool]) -> None:
    tree.remove("/proc/sys/kernel/panic_on_oops")
    if text is not None:
        tree.write("/proc/sys/kernel/panic_on_oops", text)
    assert facts_of(tree).panic_on_oops is crashes


def test_a_target_without_its_key_is_known(tree: HostTree) -> None:
    assert facts_of(tree).keyless == []
    tree.append(CONFIGURATION, "SSH=kdump@dump1\n")
    assert [target.location for target in facts_of(tree).keyless] == ["kdump@dump1"]
    tree.write("/root/.ssh/kdump_id_rsa", "")
    assert facts_of(tree).keyless == []


def test_a_reboot_in_vain_is_known_for_what_boots_next(tree: HostTree) -> None:
    tree.menu("256M")
    tree.write(reboot_note.PATH, json.dumps({"staged": "256M", "running": VALUE}))
    assert facts_of(tree).rebooted_in_vain
    tree.remove(MENU)
    assert not facts_of(tree).rebooted_in_vain


def test_the_longer_look_waits_until_the_unit_has_ended_its_work(tree: HostTree) -> None:
    assert facts_of(tree).inspection is None
    assert gather(tree.host(), Policy(), longer=True).inspection is not None
    tree.write("/sys/fs/cgroup/system.slice/kdump-tools.service/cgroup.procs", "812\n")
    assert gather(tree.host(), Policy(), longer=True).inspection is None


def test_what_the_host_is_made_of(tree: HostTree) -> None:
    """The kernel that counts is the one that runs."""
    assert facts_of(tree).memory.kernel == KERNEL
    assert not facts_of(tree).selinux
    tree.write("/sys/fs/selinux/enforce", "1")
    assert facts_of(tree).selinux
