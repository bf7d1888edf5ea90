# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host after four crashes: the dumps that the server had no room for, or did not live to take, are here."""

from __future__ import annotations

import json
from typing import Any

from testinfra.host import Host

testinfra_hosts = ["ansible://clients"]


def test_two_crashes_were_saved_here(host: Host) -> None:
    """On the root file system, as failure_action says; with the address that the host had on its way to the server."""
    answer: dict[str, Any] = host.ansible("kdump.fleet.vmcore_info", "", check=False, become=False)
    assert [dump["complete"] for dump in answer["vmcores"]] == [True, True], answer["vmcores"]
    for dump in answer["vmcores"]:
        assert dump["path"].startswith("/var/crash/192.0.2.2-")
        assert dump["panic"] == "Kernel panic - not syncing: sysrq triggered crash"
        assert host.file(dump["path"]).mode == 0o600


def test_the_capture_kernel_mounts_the_export_soft(host: Host) -> None:
    """By the role's line: a dead server would have held it forever."""
    options = "soft,timeo=50,retrans=2,nolock,nosuid,nodev,noexec"
    line = f"192.0.2.1:/srv/kdump/r1 /var/lib/kdump-fleet-export nfs rw,noauto,{options} 0 0"
    assert line in host.file("/etc/fstab").content_string.splitlines()
    assert host.file("/var/lib/kdump-fleet-export").mode == 0o700
    release = host.check_output("uname -r")
    table = host.check_output(f"lsinitrd /boot/initramfs-{release}kdump.img -f etc/fstab").splitlines()
    assert f"192.0.2.1:/srv/kdump/r1 /kdumproot/var/lib/kdump-fleet-export nfs rw,{options}".split() in [
        entry.split()[:4] for entry in table
    ]


def test_it_is_armed_and_proven_over_nfs(host: Host) -> None:
    answer: dict[str, Any] = host.ansible("kdump.fleet.kdump_info", "probe=write", check=False, become=False)
    assert answer["ready"], answer["findings"]
    assert answer["target"]["kind"] == "nfs"
    assert [finding["code"] for finding in answer["findings"] if finding["severity"] != "info"] == []
    assert answer["proof"]["valid"], answer["proof"]
    record = json.loads(host.file("/var/lib/kdump-fleet/proof.json").content_string)
    assert record["dump"]["path"].startswith("192.0.2.1:/srv/kdump/r1/var/crash/192.0.2.2-")
    assert record["evidence"] == "mark"


def test_no_export_is_left_mounted(host: Host) -> None:
    assert " nfs" not in host.file("/proc/mounts").content_string
