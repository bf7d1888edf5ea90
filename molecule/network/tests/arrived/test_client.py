# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host after its crash: armed, proven, and it knows the server by its new keys."""

from __future__ import annotations

import json
from typing import Any

from testinfra.host import Host

testinfra_hosts = ["ansible://clients"]


def test_it_is_armed_and_proven_over_ssh(host: Host) -> None:
    answer: dict[str, Any] = host.ansible("kdump.fleet.kdump_info", "probe=write", check=False, become=False)
    assert answer["ready"], answer["findings"]
    assert answer["target"]["kind"] == "ssh"
    assert answer["proof"]["valid"], answer["proof"]
    record = json.loads(host.file("/var/lib/kdump-fleet/proof.json").content_string)
    assert "/srv/kdump/n1/" in record["dump"]["path"]
    assert record["evidence"] == "mark"


def test_no_dump_is_left_here(host: Host) -> None:
    answer: dict[str, Any] = host.ansible("kdump.fleet.vmcore_info", "", check=False, become=False)
    assert answer["vmcores"] == []


def test_pins_are_the_servers_new_keys(host: Host) -> None:
    """All machines of an image begin with the same host keys: the server's were renewed, this host's were not."""
    served = {line.partition(" ")[2] for line in host.check_output("ssh-keyscan -q 192.0.2.1").splitlines()}
    pinned = [line for line in host.file("/root/.ssh/known_hosts").content_string.splitlines() if line[0] != "#"]
    before = {" ".join(line.split()[:2]) for line in host.check_output("cat /etc/ssh/ssh_host_*_key.pub").splitlines()}
    assert {line.partition(" ")[2] for line in pinned} == served
    assert len(served) == len(before)
    assert not served & before
