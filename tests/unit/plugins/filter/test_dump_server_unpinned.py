# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who keeps a dump server from giving its previous host keys up."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kdump.fleet.plugins.filter.dump_server_unpinned import FilterModule, dump_server_unpinned

SERVER = {"ansible_host": "192.0.2.1", "dump_server_addresses": ["2001:db8::1"], "dump_server_address": "dump.example"}
KEYS = ["ssh-rsa FORMER root@dump1", "ssh-rsa NEW root@dump1"]
BOTH = {"dump1": ["ssh-rsa NEW", "ssh-rsa FORMER other", "ssh-ed25519 MORE"]}
SSH, NFS = {"type": "ssh"}, {"type": "nfs"}


def at(location: str) -> dict[str, Any]:
    """A target that names its server itself."""
    return {"kdump_target": {"type": "ssh", "location": location}}


@pytest.mark.parametrize(
    ("variables", "served", "named"),
    [
        ({"kdump_target": SSH, "kdump_pinned_host_keys": BOTH}, True, False),
        ({"kdump_target": SSH, "kdump_pinned_host_keys": {"dump1": KEYS[:1]}}, True, True),
        ({"kdump_target": SSH, "kdump_pinned_host_keys": {"dump2": KEYS}}, True, True),
        ({"kdump_target": SSH, "kdump_pinned_host_keys": {}}, True, True),
        ({"kdump_target": SSH}, True, True),
        ({"kdump_target": SSH}, False, False),
        ({"kdump_target": NFS}, True, False),
        ({"kdump_target": NFS, "kdump_ssh_server": "dump1"}, False, False),
        ({"kdump_target": SSH, "kdump_ssh_server": "dump1"}, False, True),
        ({"kdump_target": SSH, "kdump_ssh_server": "dump2"}, False, False),
        (at("kdump@192.0.2.1"), False, True),
        (at("kdump@[2001:db8::1]"), False, True),
        (at("kdump@dump.example"), False, True),
        (at("kdump@dump1"), False, True),
        ({**at("kdump@elsewhere"), "kdump_ssh_server": "dump1"}, False, True),
        (at("kdump@elsewhere"), True, False),
        ({}, True, True),
        ({"kdump_path": "/var/crash"}, True, False),
        ({"kdump_target": None, "kdump_ssh_public_key": "ssh-rsa MINE"}, True, True),
        ({"kdump_ssh_public_keys": ["ssh-rsa MINE"]}, False, False),
    ],
)
def test_a_host_is_named_when_it_would_be_locked_out(variables: dict[str, Any], served: bool, named: bool) -> None:
    """It sends its dumps there over ssh, and has not said in this run that it knows all keys."""
    hostvars = {"dump1": SERVER, "web1": variables}
    found = dump_server_unpinned(["web1", "dump1"], hostvars, "dump1", KEYS, served=["web1"] if served else [])
    assert found == (["web1"] if named else [])


def test_a_host_that_is_served_and_not_in_the_inventory_is_named() -> None:
    """dump_server_hosts may name anybody."""
    assert FilterModule().filters() == {"dump_server_unpinned": dump_server_unpinned}
    assert dump_server_unpinned(["dump1"], {"dump1": {}}, "dump1", KEYS, served=["web2", "web1"]) == ["web1", "web2"]


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        (None, True),  # of another inventory
        ({}, True),
        ({"kdump_target": SSH}, True),
        ({"kdump_target": SSH, "kdump_pinned_host_keys": {"dump2": KEYS}}, True),  # it moved, and has not been told yet
        ({"kdump_target": SSH, "kdump_pinned_host_keys": BOTH}, False),
        ({"kdump_target": NFS}, False),
    ],
)
def test_who_has_a_key_on_the_server_has_to_have_pinned(variables: dict[str, Any] | None, named: bool) -> None:
    """It may send dumps there, whatever this inventory says of it."""
    hostvars = {"dump1": SERVER} if variables is None else {"dump1": SERVER, "web1": variables}
    found = dump_server_unpinned(hostvars, hostvars, "dump1", KEYS, enrolled=["web1"])
    assert found == (["web1"] if named else [])
