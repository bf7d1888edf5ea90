# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host after three crashes: the dump that the server had no room for is here, and it is armed."""

from __future__ import annotations

import json
from typing import Any

from testinfra.host import Host

testinfra_hosts = ["ansible://clients"]


def test_one_crash_was_saved_here(host: Host) -> None:
    """On the root file system, as failure_action says; with the address that the host had on its way to the server."""
    answer: dict[str, Any] = host.ansible("kdump.fleet.vmcore_info", "", check=False, become=False)
    (dump,) = answer["vmcores"]
    assert dump["complete"], dump
    assert dump["path"].startswith("/var/crash/192.0.2.2-")
    assert dump["panic"] == "Kernel panic - not syncing: sysrq triggered crash"
    assert host.file(dump["path"]).mode == 0o600


def test_it_is_armed_and_proven_over_nfs(host: Host) -> None:
    answer: dict[str, Any] = host.ansible("kdump.fleet.kdump_info", "probe=write", check=False, become=False)
    assert answer["ready"], answer["findings"]
    assert answer["target"]["kind"] == "nfs"
    assert answer["proof"]["valid"], answer["proof"]
    record = json.loads(host.file("/var/lib/kdump-fleet/proof.json").content_string)
    assert record["dump"]["path"].startswith("192.0.2.1:/srv/kdump/r1/var/crash/192.0.2.2-")


def test_no_export_is_left_mounted(host: Host) -> None:
    assert " nfs" not in host.file("/proc/mounts").content_string
