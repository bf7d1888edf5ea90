# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of look.py."""

from typing import Any, Callable, Dict, List, Optional

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.grub2 import Grub2
from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory.crashkernel import CrashkernelError
from ansible_collections.kdump.fleet.plugins.module_utils.host.errors import KdumpError
from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import CommandError, CommandResult, Host
from ansible_collections.kdump.fleet.plugins.module_utils.readiness import proof
from ansible_collections.kdump.fleet.plugins.module_utils.readiness.look import (
    Facts,
    boot_of,
    gather,
    refusal_line,
)
from ansible_collections.kdump.fleet.plugins.module_utils.target.configured import setup_of
from ansible_collections.kdump.fleet.plugins.module_utils.tools.policy import Policy
from tests.unit.plugins.module_utils.host_tree import IOMEM, MENU, VALUE, HostTree, kernel_log

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
