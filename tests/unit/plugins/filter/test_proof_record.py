# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the filter proof_record: what it writes is what kdump_info reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.kdump.fleet.plugins.filter import proof_record as module
from ansible_collections.kdump.fleet.plugins.filter.proof_record import FilterModule, proof_record
from ansible_collections.kdump.fleet.plugins.module_utils.readiness import proof
from ansible_collections.kdump.fleet.plugins.module_utils.readiness.report import report
from ansible_collections.kdump.fleet.plugins.module_utils.tools.policy import Policy
from tests.unit.plugins.module_utils.host_tree import INITRD, KERNEL, HostTree, ready_host

DUMP: dict[str, Any] = {
    "path": "/var/crash/202611221828/dump.202611221828",
    "directory": "/var/crash/202611221828",
    "time": "2026-11-22T18:28:00Z",
    "kernel": KERNEL,
    "size_bytes": 93975628,
    "disk_bytes": 93978624,
    "format": "flattened",
    "complete": True,
    "dmesg": "/var/crash/202611221828/dmesg.202611221828",
    "panic": "Kernel panic - not syncing: sysrq triggered crash",
    "signature": "0123456789abcdef",
}
MEASURED = {"total_bytes": 168337408, "least_available_bytes": 72351744}


@pytest.fixture
def tree(tmp_path: Path) -> HostTree:
    tree = ready_host(tmp_path / "host")
    tree.remove(proof.RECORD)
    return tree


@pytest.mark.parametrize("measured", [MEASURED, None, {}])
def test_a_record_makes_a_host_proven(tree: HostTree, measured: dict[str, int] | None) -> None:
    before = report(tree.host(), Policy(), fingerprint=True)
    record = proof_record(DUMP, before, host="n1", trigger="sysrq", seconds="148", measured=measured)
    tree.write(proof.RECORD, json.dumps(record, indent=4) + "\n")
    answer = report(tree.host(), Policy(), fingerprint=True)
    assert answer["findings"] == []
    assert answer["proof"] == {**record, "valid": True}
    assert answer["proof"]["seconds"] == 148
    assert answer["fingerprint"] == before["fingerprint"]
    if measured:
        assert answer["crash_memory"]["capture"] == {
            "reserved_bytes": 201326592,
            "total_bytes": 168337408,
            "least_available_bytes": 72351744,
            "used_bytes": 128974848,
        }
        assert record["capture"] == answer["crash_memory"]["capture"]
    else:
        assert record["capture"] is None


def test_an_initrd_that_the_boot_has_built_again_does_not_end_the_proof(tree: HostTree) -> None:
    before = report(tree.host(), Policy(), fingerprint=True)
    tree.write(INITRD, "of the boot after the crash")
    after = report(tree.host(), Policy(), fingerprint=True)
    record = proof_record(DUMP, before, host="n1", trigger="sysrq", seconds=148, after=after)
    assert record["rebuilt_at_boot"] is True
    tree.write(INITRD, "of another boot")
    tree.write(proof.RECORD, json.dumps(record))
    assert report(tree.host(), Policy())["proof"]["valid"] is True


@pytest.mark.parametrize("change", ["nothing", "no look", "another name", "gone"])
def test_any_other_initrd_ends_the_proof(tree: HostTree, change: str) -> None:
    before = report(tree.host(), Policy(), fingerprint=True)
    if change == "another name":
        tree.write("/boot/other", "other")
        tree.link("/var/lib/kdump/initrd.img", "/boot/other")
    elif change == "gone":
        tree.remove(INITRD)
    after = None if change == "no look" else report(tree.host(), Policy(), fingerprint=True)
    record = proof_record(DUMP, before, host="n1", trigger="sysrq", seconds=148, after=after)
    assert record["rebuilt_at_boot"] is False
    tree.write(INITRD, "of another boot")
    tree.write(proof.RECORD, json.dumps(record))
    assert report(tree.host(), Policy())["proof"]["valid"] is False


def test_all_memory_that_the_capture_kernel_had_counts(tree: HostTree) -> None:
    """Its own total can be more than the main region alone, and what it used is never less than nothing."""
    before = report(tree.host(), Policy(), fingerprint=True)
    before["crash_memory"].update(main_bytes=100, low_bytes=50, reserved_bytes=150, cma_bytes=70)
    measured = {"total_bytes": 190, "least_available_bytes": 120}
    record = proof_record(DUMP, before, host="n1", trigger="module", seconds=10, measured=measured)
    assert record["capture"] == {**measured, "reserved_bytes": 220, "used_bytes": 100}


def test_a_record_holds_what_was_proven_and_no_more(tree: HostTree) -> None:
    record = proof_record(
        DUMP, report(tree.host(), Policy(), fingerprint=True), host="n1", trigger="sysrq", seconds=148
    )
    assert sorted(record) == sorted(
        [
            "format",
            "host",
            "time",
            "trigger",
            "seconds",
            "evidence",
            "dump",
            "capture",
            "rebuilt_at_boot",
            "fingerprint",
        ]
    )
    assert sorted(record["dump"]) == sorted(module.DUMP_KEYS)
    assert module.FORMAT == proof.FORMAT


def test_the_documentation_says_the_same() -> None:
    options = yaml.safe_load(module.DOCUMENTATION)["options"]
    assert set(options) == {"_input", "before", "measured", "host", "trigger", "seconds", "evidence", "after"}
    assert FilterModule().filters() == {"proof_record": proof_record}
