# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of report.py: the answer of kdump_info as a whole. What the rules find is tested in readiness/test_rules.py."""

import json
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory import last_capture
from ansible_collections.kdump.fleet.plugins.module_utils.host import identity
from ansible_collections.kdump.fleet.plugins.module_utils.host import machine as host_module
from ansible_collections.kdump.fleet.plugins.module_utils.host.errors import KdumpError
from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import run_command
from ansible_collections.kdump.fleet.plugins.module_utils.readiness import fingerprint, proof, reboot_note
from ansible_collections.kdump.fleet.plugins.module_utils.readiness.report import report
from ansible_collections.kdump.fleet.plugins.module_utils.tools.policy import Policy
from tests.unit.plugins.module_utils.host_tree import CONFIGURATION, INITRD, KERNEL, MENU, VALUE, HostTree, ready_host

KEYS = [
    "bootloader",
    "capture_measured",
    "crash_memory",
    "crashkernel_wanted",
    "findings",
    "fingerprint",
    "identity",
    "needs_rollout",
    "proof",
    "proof_file",
    "ready",
    "ready_next_boot",
    "ready_now",
    "reboot_note_file",
    "reboot_required",
    "recommended",
    "selinux",
    "setup",
    "summary",
    "symbols",
    "target",
]


def test_the_answer_has_all_its_parts(tree: HostTree) -> None:
    answer = report(tree.host(), Policy.of({"crashkernel": "default", "path": "/var/crash"}), fingerprint=True)
    assert sorted(answer) == KEYS
    assert answer["crashkernel_wanted"] == VALUE
    assert answer["bootloader"] == {
        "name": "grub2",
        "error": None,
        "next_crashkernel": VALUE,
        "reboot_without_effect": False,
    }
    lines = answer["setup"]["configuration"][0]["lines"]
    assert answer["setup"] == {
        "tool": "kdump-tools",
        "package": "kdump-tools",
        "installed": True,
        "packages_missing": [],
        "unit": "kdump-tools.service",
        "unit_working": False,
        "configuration": [
            {"path": CONFIGURATION, "whole": False, "to_write": False, "lines": lines, "differences": []}
        ],
        "capture_kernel": "/boot/vmlinuz-" + KERNEL,
        "capture_initrd": INITRD,
        "keep_dumps": 0,
    }
    assert [line.partition("=")[0] for line in lines] == [
        "KDUMP_CMDLINE_APPEND",
        "KDUMP_COREDIR",
        "USE_KDUMP",
    ]
    assert answer["target"]["free_bytes"] > 0
    assert answer["proof"] == dict(tree.record(), valid=True)
    assert answer["fingerprint"] == tree.record()["fingerprint"]
    assert answer["proof_file"] == proof.RECORD
    assert answer["crash_memory"]["summary"] == "192 MiB reserved, 123 MiB used by the last capture"


def test_a_proof_expires(tree: HostTree) -> None:
    tree.write(INITRD, "another")
    answer = report(tree.host(), Policy())
    assert (answer["proof"], answer["fingerprint"]) == (dict(tree.record(), valid=False), None)


def test_no_proof_is_none(tree: HostTree) -> None:
    tree.remove(proof.RECORD)
    assert report(tree.host(), Policy())["proof"] is None


def test_a_host_without_proof_is_not_read_for_its_fingerprint(tree: HostTree) -> None:
    asked = report(tree.host(), Policy(), fingerprint=True)["fingerprint"]
    tree.remove(proof.RECORD)
    assert report(tree.host(), Policy())["fingerprint"] is None
    assert report(tree.host(), Policy(), fingerprint=True)["fingerprint"] == asked


def test_a_measurement_is_handed_on(tree: HostTree) -> None:
    tree.write(last_capture.MEASURED, "total 1000\nleast_available 500\n")
    assert report(tree.host(), Policy())["capture_measured"] == {
        "total_bytes": 1024000,
        "least_available_bytes": 512000,
    }


def test_an_unknown_boot_loader_is_named_in_the_answer(tree: HostTree) -> None:
    tree.remove(MENU)
    answer = report(tree.host(), Policy())
    assert answer["bootloader"]["name"] is None
    assert answer["bootloader"]["next_crashkernel"] is None
    assert answer["bootloader"]["error"].startswith("No boot loader was found.")


def unloaded(tree: HostTree) -> None:
    tree.write("/sys/kernel/kexec_crash_loaded", "0\n")


def unstaged(tree: HostTree) -> None:
    tree.menu(None)


def neither(tree: HostTree) -> None:
    unloaded(tree)
    unstaged(tree)


@pytest.mark.parametrize(
    ("change", "policy", "summary", "ready"),
    [
        (lambda tree: None, {}, "ready", (True, True)),
        # Warnings, and what only tells something, are left out.
        (lambda tree: tree.path("/var/crash").chmod(0o755), {}, "ready", (True, True)),
        (lambda tree: tree.remove(proof.RECORD), {}, "ready", (True, True)),
        (unstaged, {}, "ready now, not after the next boot: crashkernel-not-staged", (True, False)),
        (unloaded, {}, "not ready before a reboot: capture-kernel-not-loaded", (False, True)),
        (neither, {}, "not ready: crashkernel-not-staged, capture-kernel-not-loaded", (False, False)),
        # An error about a target that is not in use yet; and what blocks without being one.
        (
            lambda tree: None,
            {"target": {"type": "ssh", "location": "kdump@new"}, "sshkey": "/k"},
            "ready: target-key-missing, command-missing",
            (True, True),
        ),
        (
            unstaged,
            {"crashkernel": "absent"},
            "ready now, not after the next boot: crash-memory-not-wanted",
            (True, False),
        ),
        (
            lambda tree: tree.remove("/usr/sbin/kexec", "/usr/bin/makedumpfile"),
            {},
            "not ready: command-missing",
            (False, False),
        ),
    ],
)
def test_the_summary_names_what_keeps_a_host_from_being_ready(
    tree: HostTree, change: Callable[[HostTree], Any], policy: Dict[str, Any], summary: str, ready: Tuple[bool, bool]
) -> None:
    change(tree)
    answer = report(tree.host(), Policy.of(policy))
    assert answer["summary"] == summary
    assert (answer["ready_now"], answer["ready_next_boot"]) == ready
    assert answer["ready"] == all(ready)


@pytest.mark.parametrize("keep_larger", [None, False, True])
def test_a_rollout_raises_what_is_too_small_where_it_may(tree: HostTree, keep_larger: Optional[bool]) -> None:
    """It raises nothing else, and repairs nothing of a host without findings."""
    policy = Policy.of({"crashkernel": "default", "keep_larger": keep_larger})
    assert not report(tree.host(), policy)["needs_rollout"]
    record = tree.record()
    record["capture"]["least_available_bytes"] = 16 << 20
    tree.write_record(record)
    answer = report(tree.host(), policy)
    assert [finding["code"] for finding in answer["findings"]] == ["crash-memory-below-need"]
    assert answer["needs_rollout"] is bool(keep_larger)
    tree.write_record(dict(record, capture=None))
    tree.write("/proc/sys/kernel/panic_on_oops", "0\n")
    assert not report(tree.host(), policy)["needs_rollout"]


def test_a_rollout_writes_a_file_that_is_missing_or_differs(tree: HostTree) -> None:
    def to_write(**policy: Any) -> List[bool]:
        return [file["to_write"] for file in report(tree.host(), Policy.of(policy))["setup"]["configuration"]]

    assert to_write() == [False]
    assert to_write(keep_dumps=3) == [True]
    tree.remove(CONFIGURATION)
    assert to_write() == [True]


def test_a_mount_is_named_without_its_refusal(tree: HostTree) -> None:
    """Which is a finding, with a remedy."""
    policy = {"target": {"type": "ext4", "location": "/dev/vdb"}, "mount_point": "/srv/dumps"}
    answer = report(tree.host(), Policy.of(policy))
    assert "target-mount-refused" in [finding["code"] for finding in answer["findings"]]
    assert answer["target"]["mount"] == {
        "device": "/dev/vdb",
        "fstype": "ext4",
        "directory": "/srv/dumps",
        "mounted": False,
        "configured": False,
        "line": answer["target"]["mount"]["line"],
        "written": "",
    }


def test_the_room_is_that_of_the_directory_in_use(tree: HostTree) -> None:
    assert report(tree.host(), Policy.of({"path": "/data"}))["target"]["free_bytes"] > 0
    tree.append(CONFIGURATION, "SSH=kdump@dump1\n")
    assert report(tree.host(), Policy.of({"target": {"type": "local"}}))["target"]["free_bytes"] is None


def test_a_converged_host_costs_no_command_and_no_big_file(tree: HostTree, monkeypatch: pytest.MonkeyPatch) -> None:
    """What makes an audit of many hosts cheap, without measuring time: the tree's runner refuses every command."""
    opened: List[str] = []

    def noted(name: Any, mode: str) -> Any:
        opened.append(str(name))
        return Path(name).open(mode)

    monkeypatch.setattr(host_module, "open", noted, raising=False)
    monkeypatch.setattr(fingerprint, "open", noted, raising=False)
    assert report(tree.host(), Policy.of({"crashkernel": "default"}))["ready"] is True
    assert [path for path in opened if "initrd" in path or "vmlinuz" in path] == []
    assert len(opened) < 60
    tree.write(INITRD, "another")
    del opened[:]
    report(tree.host(), Policy())
    assert [path for path in opened if "initrd" in path or "vmlinuz" in path] == [str(tree.path(INITRD))]


BYTES = st.binary(max_size=60).map(lambda content: content.decode("utf-8", "surrogateescape"))
WORDS = [
    *("crashkernel=", "1G", "4G-", ":", ",high", "@", "0x", "linux ", "menuentry ", "submenu ", "{", "}", "'", '"'),
    *(" : System RAM", " : Crash kernel", "00000000", "ffffffff", "-", "[", "]", "MemTotal: ", " kB", "total ", "\n"),
    *(
        "KDUMP_COREDIR=",
        "KDUMP_NUM_DUMPS=",
        "USE_KDUMP=",
        "/",
        "..",
        "$",
        "`",
        "\\",
        "=",
        " ",
        "#",
        "9" * 5000,
        "\u00b2",
    ),
    *("\0", "\udcff", "\x1b", "set default=", "--id ", "null", "{}", ">", "<", "### BEGIN /etc/grub.d/10_linux ###\n"),
]
TEXTS = st.one_of(BYTES, st.lists(st.sampled_from(WORDS), max_size=12).map("".join))
FILES = [
    CONFIGURATION,
    MENU,
    proof.RECORD,
    last_capture.MEASURED,
    reboot_note.PATH,
    identity.NODENAME,
    identity.ROUTES,
    identity.ADDRESSES_6,
    "/etc/fstab",
    "/proc/cmdline",
    "/proc/iomem",
    "/proc/meminfo",
    "/proc/sys/kernel/osrelease",
    "/proc/sys/kernel/panic",
    "/sys/kernel/kexec_crash_loaded",
    "/sys/kernel/kexec_crash_size",
    "/sys/kernel/security/lockdown",
    "/etc/default/grub",
    "/usr/share/kdump-tools/kdump-tools.conf",
]


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(FILES), TEXTS, st.booleans())
def test_no_content_of_a_file_is_stumbled_over(
    tmp_path_factory: pytest.TempPathFactory, name: str, text: str, added: bool
) -> None:
    """The answer is JSON, or an error with a message; never anything else."""
    tree = ready_host(tmp_path_factory.mktemp("host"))
    tree.runner = lambda argv, timeout: run_command(["true"], timeout)
    if added and tree.path(name).exists():
        tree.append(name, text)
    else:
        tree.write(name, text)
    try:
        answer = report(tree.host(), Policy())
    except KdumpError as error:
        assert str(error)
    else:
        json.dumps(answer, ensure_ascii=False).encode("utf-8")
