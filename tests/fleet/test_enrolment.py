# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dump servers that fail: the hosts of such a server fail with its name, and the hosts of the others go on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.kdump.fleet.plugins.filter.dump_server_of import dump_server_of
from tests.fleet.fleets import Fleet

SERVERS = ["dump1", "dump2"]
HOSTS = [f"web{number}" for number in range(1, 7)]
OF = {host: dump_server_of(host, SERVERS) for host in HOSTS}
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKV6"
ON_HOSTS = [{"match": "make-key"}, {"match": "ssh-keygen -y", "stdout": KEY}]
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHost"
ON_SERVERS = [{"match": "sshd has no host keys", "stdout": HOST_KEY}]
FAULTS = [
    ({"unreachable": "no route"}, "no route"),
    ({"failed": "sshd has no keys"}, "sshd has no keys"),
]


def served(server: str) -> list[str]:
    return [host for host in HOSTS if OF[host] == server]


@pytest.mark.parametrize(("fault", "reason"), FAULTS)
def test_a_server_that_fails_costs_its_own_hosts_alone(fleet: Fleet, fault: dict[str, Any], reason: str) -> None:
    """One of the hosts asks the servers for all."""
    assert served("dump1") and served("dump2")
    fleet.hosts(*HOSTS, state="installed", commands=ON_HOSTS)
    fleet.hosts(*SERVERS, group="dump_servers", state="plain", commands=ON_SERVERS)
    fleet.vars = {"kdump_dump_servers": SERVERS, "kdump_target": {"type": "ssh"}, "kdump_probe": "none"}
    fleet.make()
    for host in HOSTS:
        fleet.stub(host).tree.write("/root/.ssh/kdump_id_rsa", "a key")
    fleet.host("dump2", faults=[{"module": "command", **fault}])
    play = {"hosts": "web*", "gather_facts": False, "roles": [{"role": "kdump.fleet.kdump", "kdump_reboot_ok": True}]}
    book = fleet.directory / "site.yml"
    book.write_text(json.dumps([play]))
    run = fleet.playbook(str(book))
    assert run.status == 2
    assert sorted(run.who("reboot")) == served("dump1"), run.output
    for host in served("dump2"):
        assert f"dump2, the dump server of {host}, failed at its part of the enrolment:" in run.text
    assert reason in run.text
    for host in HOSTS:
        pins = fleet.stub(host).read("/root/.ssh/known_hosts")
        assert (f"dump1 {HOST_KEY}" in pins) is (OF[host] == "dump1"), (host, pins)
        assert ("kdump.fleet" in pins) is (OF[host] == "dump1")
    fleet.host("dump2", faults=[])
    again = fleet.playbook(str(book))
    assert again.status == 0, again.output
    assert sorted(again.who("reboot")) == served("dump2")
    for host in served("dump2"):
        assert f"dump2 {HOST_KEY}" in fleet.stub(host).read("/root/.ssh/known_hosts")
