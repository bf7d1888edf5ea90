# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host with dnf and kdumpctl after its crash: the dump is complete, and crash opens it with the installed symbols."""

from __future__ import annotations

import json
from typing import Any

import pytest
from testinfra.host import Host


@pytest.fixture
def record(host: Host) -> dict[str, Any]:
    """The proof record on the host."""
    found: dict[str, Any] = json.loads(host.file("/var/lib/kdump-fleet/proof.json").content_string)
    return found


def test_record_names_the_crash(host: Host, record: dict[str, Any]) -> None:
    assert record["dump"]["panic"] == "Kernel panic - not syncing: sysrq triggered crash"
    assert record["dump"]["kernel"] == host.check_output("uname -r")
    assert record["dump"]["path"].startswith("/var/crash/fleet/127.0.0.1-")
    assert record["dump"]["format"] == "compressed"
    assert record["trigger"] == "sysrq"
    assert record["evidence"] == "mark"  # the line from before the crash is in the log beside the dump
    assert record["capture"] is None  # the capture kernel ran in its initrd alone: not measured


def test_dump_is_what_makedumpfile_writes(host: Host, record: dict[str, Any]) -> None:
    assert host.file(record["dump"]["path"]).size == record["dump"]["size_bytes"] > 10 << 20
    assert host.check_output(f"head -c 5 {record['dump']['path']}") == "KDUMP"


def test_crash_opens_the_dump(host: Host, record: dict[str, Any]) -> None:
    vmlinux = f"/usr/lib/debug/lib/modules/{record['dump']['kernel']}/vmlinux"
    output = host.run(f"printf 'bt\\nquit\\n' | timeout 600 crash -s {vmlinux} {record['dump']['path']}").stdout
    assert "sysrq_handle_crash" in output


def test_kdump_info_knows_the_proof(host: Host) -> None:
    answer: dict[str, Any] = host.ansible("kdump.fleet.kdump_info", check=False, become=False)
    assert answer["ready"], answer["findings"]
    assert answer["proof"]["valid"]


def test_proof_expires_with_the_configuration(host: Host) -> None:
    host.check_output("cp -p /etc/kdump.conf /root/before && echo '# one more line' >> /etc/kdump.conf")
    try:
        answer: dict[str, Any] = host.ansible("kdump.fleet.kdump_info", check=False, become=False)
    finally:
        host.check_output("cp -p /root/before /etc/kdump.conf")
    assert not answer["proof"]["valid"]
    codes = {finding["code"] for finding in answer["findings"]}
    assert {"proof-expired", "configuration-not-loaded"} <= codes
