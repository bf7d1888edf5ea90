# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host after four crashes: the dumps that did not reach the server are here, and it is armed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from testinfra.host import Host

testinfra_hosts = ["ansible://clients"]
MIB = 1 << 20


@pytest.fixture(scope="module")
def dumps(host: Host) -> list[dict[str, Any]]:
    """The dumps on the host, in the order of the crashes."""
    answer: dict[str, Any] = host.ansible("kdump.fleet.vmcore_info", "", check=False, become=False)
    found: list[dict[str, Any]] = answer["vmcores"]
    return found


def test_three_crashes_were_saved_here(dumps: list[dict[str, Any]]) -> None:
    """With the server away, with its disk full, and with a server that died in the middle."""
    assert [dump["complete"] for dump in dumps] == [True] * 3, dumps
    assert {dump["panic"] for dump in dumps} == {"Kernel panic - not syncing: sysrq triggered crash"}
    assert min(dump["size_bytes"] for dump in dumps) > 20 * MIB


def test_they_are_root_s_alone(host: Host, dumps: list[dict[str, Any]]) -> None:
    for dump in dumps:
        assert host.file(dump["path"]).mode == 0o600
        assert host.file(dump["directory"]).mode == 0o700


def test_it_is_armed_and_proven_over_nfs(host: Host) -> None:
    answer: dict[str, Any] = host.ansible("kdump.fleet.kdump_info", "probe=write", check=False, become=False)
    assert answer["ready"], answer["findings"]
    assert answer["target"]["kind"] == "nfs"
    assert answer["proof"]["valid"], answer["proof"]
    record = json.loads(host.file("/var/lib/kdump-fleet/proof.json").content_string)
    assert record["dump"]["path"].startswith("192.0.2.1:/srv/kdump/n1/")
    assert record["evidence"] == "mark"


def test_no_export_is_left_mounted(host: Host) -> None:
    assert " nfs" not in host.file("/proc/mounts").content_string
