# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host after its crash: the dump is there and complete, and the proof record names it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from testinfra.host import Host


@pytest.fixture
def record(host: Host) -> dict[str, Any]:
    """The proof record on the host."""
    found: dict[str, Any] = json.loads(host.file("/var/lib/kdump-fleet/proof.json").content_string)
    return found


def test_host_has_booted_again(host: Host) -> None:
    name = host.ansible.get_variables()["inventory_hostname"]
    before = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], f"boot-id-{name}").read_text(encoding="ascii")
    assert host.file("/proc/sys/kernel/random/boot_id").content_string.strip() != before.strip()


def test_it_booted_what_the_faults_left_alone(host: Host) -> None:
    assert "crashkernel=512M-2G:192M,2G-64G:256M,64G-:512M" in host.file("/proc/cmdline").content_string.split()


def test_dump_is_on_the_disk_for_dumps(host: Host, record: dict[str, Any]) -> None:
    """The capture kernel had it mounted: no dump is in the bare directory, and none where dumps went before."""
    assert record["dump"]["path"].startswith("/srv/dumps/var/crash/2")
    assert host.check_output("findmnt --noheadings --output SOURCE /srv/dumps") == "/dev/vdb"
    stray = "mount --bind / /mnt && find /mnt/srv/dumps /mnt/var/crash -name 'dump*' -type f; umount /mnt"
    assert host.check_output(stray) == ""


def test_dump_is_what_makedumpfile_writes(host: Host, record: dict[str, Any]) -> None:
    dump = host.file(record["dump"]["path"])
    assert dump.size == record["dump"]["size_bytes"] > 10 << 20
    assert host.check_output(f"head -c 12 {record['dump']['path']}") == "makedumpfile"


def test_dump_can_be_rearranged(host: Host, record: dict[str, Any]) -> None:
    """makedumpfile itself reads the dump to its end, which an incomplete one does not stand."""
    command = f"timeout 300 makedumpfile -R /var/tmp/rearranged < {record['dump']['path']}"
    assert host.run(command).rc == 0
    assert host.check_output("head -c 5 /var/tmp/rearranged; rm /var/tmp/rearranged") == "KDUMP"


def test_record_names_the_crash(host: Host, record: dict[str, Any]) -> None:
    assert record["dump"]["panic"] == "Kernel panic - not syncing: kdump.fleet crash test"
    assert record["dump"]["kernel"] == host.check_output("uname -r")
    assert len(record["dump"]["signature"]) == 16
    assert record["seconds"] > 5
    assert record["trigger"] == "module"
    assert record["evidence"] == "mark"  # the line from before the crash is in the log beside the dump


def test_capture_was_measured(record: dict[str, Any]) -> None:
    capture = record["capture"]
    assert capture["reserved_bytes"] == 192 << 20
    assert 16 << 20 < capture["used_bytes"] < 192 << 20
    assert 0 < capture["least_available_bytes"] < capture["total_bytes"] < capture["reserved_bytes"]


def test_record_is_for_root_alone(host: Host) -> None:
    assert host.file("/var/lib/kdump-fleet/proof.json").mode == 0o600
    assert host.file("/var/lib/kdump-fleet").mode == 0o700


def test_what_was_there_for_the_crash_alone_is_gone(host: Host) -> None:
    assert not host.file("/var/lib/kdump-fleet/panic").exists
    assert host.check_output("ls /etc/systemd/system /usr/local/lib").find("kdump-fleet") == -1


def test_kdump_info_knows_the_proof(host: Host) -> None:
    answer: dict[str, Any] = host.ansible("kdump.fleet.kdump_info", check=False, become=False)
    assert answer["ready"], answer["findings"]
    assert answer["proof"]["valid"]
    assert "used by the last capture" in answer["crash_memory"]["summary"]
    assert not [finding for finding in answer["findings"] if finding["code"].startswith("proof-")]


def test_proof_expires_with_the_configuration(host: Host) -> None:
    path = "/etc/default/kdump-tools"
    host.check_output(f"cp -p {path} {path}.before && echo '# one more line' >> {path}")
    try:
        answer: dict[str, Any] = host.ansible("kdump.fleet.kdump_info", check=False, become=False)
    finally:
        host.check_output(f"mv {path}.before {path}")
    assert not answer["proof"]["valid"]
    messages = [finding["message"] for finding in answer["findings"] if finding["code"] == "proof-expired"]
    assert len(messages) == 1
    assert path in messages[0]
