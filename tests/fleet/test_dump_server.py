# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbook dump_server with two servers, one of which fails: the hosts of the other one are enrolled and pinned."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kdump.fleet.plugins.filter.dump_server_of import dump_server_of
from tests.fleet.fleets import Fleet

SERVERS = ["dump1", "dump2"]
HOSTS = [f"web{number}" for number in range(1, 7)]
OF = {host: dump_server_of(host, SERVERS) for host in HOSTS}
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHost"
# What the role's scripts answer, which have tests of their own.
ON_SERVERS = [
    {"match": "sshd has no host keys", "stdout": HOST_KEY},
    {"match": "cat /etc/ssh/kdump-fleet/authorized_keys"},
    *({"match": f" {name} "} for name in ("make-folders", "merge-keys", "rotate-host-keys", "max-startups")),
    {"match": "grep -Ei", "stdout": "Include /etc/ssh/sshd_config.d/*.conf"},
    {"match": "/usr/sbin/sshd -T"},
]


def keys(host: str) -> list[dict[str, Any]]:
    """The commands that make and read a host's key."""
    key = f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{host}"
    return [{"match": "make-key"}, {"match": "ssh-keygen -y", "stdout": key}, {"match": "ssh-keygen -F", "rc": 1}]


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ({"module": "setup", "unreachable": "no route"}, 4),
        ({"module": "package", "failed": "no space left on device"}, 2),
    ],
)
def test_a_server_that_fails_costs_its_own_hosts_alone(fleet: Fleet, fault: dict[str, Any], status: int) -> None:
    """They are named with their server, and the next run, with the server back, pins what is missing."""
    fleet.hosts(*SERVERS, group="dump_servers", state="plain", commands=ON_SERVERS)
    for host in HOSTS:
        fleet.host(host, state="armed", commands=keys(host))
    fleet.vars = {"kdump_dump_servers": SERVERS, "kdump_target": {"type": "ssh"}}
    fleet.host("dump2", faults=[fault])
    run = fleet.playbook("dump_server")
    assert run.status == status, run.output
    (entries,) = (call["args"]["stdin"] for call in run.calls("command", "Merge the entries"))
    for host in HOSTS:
        pinned = f"dump1 {HOST_KEY}" in fleet.stub(host).read("/root/.ssh/known_hosts")
        assert pinned is (OF[host] == "dump1"), host
        assert (f"AAAAI{host}" in entries) is pinned, entries
        said = f"dump2, the dump server of {host}, was not part of this run, or failed in it"
        assert (said in run.text) is not pinned
        assert run.recap[host]["failures"] == (0 if pinned else 1)
    assert str(fault.get("unreachable", fault.get("failed"))) in run.text
    fleet.host("dump2", faults=[])
    assert fleet.playbook("dump_server").status == 0
    for host in HOSTS:
        assert f"{OF[host]} {HOST_KEY}" in fleet.stub(host).read("/root/.ssh/known_hosts")
