# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where dumps go by the variables, and which server that is; roles/test_kdump_vars.py has more of it, by Ansible."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kdump.fleet.plugins.filter.target_server import FilterModule, target_server

HOSTVARS: dict[str, Any] = {
    "dump1": {
        "ansible_host": "192.0.2.1",
        "dump_server_addresses": ["dump.example", "DUMP1"],
        "dump_server_user": "me",
    },
    "six": {"dump_server_address": "[fd00::6]", "ansible_host": "192.0.2.6", "dump_server_addresses": None},
    "five": {"ansible_host": "fd00::5"},
}


def server(target: dict[str, Any] | None, **options: Any) -> dict[str, Any]:
    """What the filter finds for host web1."""
    filters = FilterModule().filters()
    assert filters == {"target_server": target_server}
    found: dict[str, Any] = target_server(target, **{"host": "web1", "servers": [], "hostvars": HOSTVARS, **options})
    return found


@pytest.mark.parametrize(
    ("options", "location", "name"),
    [
        ({}, "", ""),
        ({"servers": ["dump1"]}, "me@192.0.2.1", "dump1"),
        ({"servers": ["five"]}, "kdump@fd00::5", "five"),
        ({"servers": ["six"], "ssh_user": "you"}, "you@[fd00::6]", "six"),
        ({"servers": ["Vault"]}, "kdump@vault", "Vault"),
        ({"servers": ["dump1"], "ssh_server": "six"}, "me@192.0.2.1", "dump1"),
        ({"ssh_server": "Six"}, "kdump@six", "Six"),
        ({"ssh_server": "dump1"}, "kdump@dump1", "dump1"),
    ],
)
def test_an_account_on_the_server(options: dict[str, Any], location: str, name: str) -> None:
    """Of the fleet's servers the account and the address are known; of another one they are not asked for."""
    found = server({"type": "ssh", "location": None}, **options)
    assert (found["target"], found["name"]) == ({"type": "ssh", "location": location}, name)


@pytest.mark.parametrize(
    ("servers", "location"),
    [
        ([], ""),
        (["dump1"], "192.0.2.1:/srv/kdump/web1"),
        (["six"], "[fd00::6]:/srv/kdump/web1"),
        (["five"], "[fd00::5]:/srv/kdump/web1"),
        (["Vault"], "Vault:/srv/kdump/web1"),
    ],
)
def test_an_export_of_the_server(servers: list[str], location: str) -> None:
    """The host's own directory. Who is no server of the fleet exports what nobody can guess."""
    assert server({"type": "nfs"}, servers=servers, ssh_server="dump1")["target"]["location"] == location


def test_the_directory_of_the_landing_area_is_the_servers() -> None:
    own = {"dump1": {"dump_server_directory": "/data"}}
    assert server({"type": "nfs"}, servers=["dump1"], hostvars=own)["target"]["location"] == "dump1:/data/web1"


@pytest.mark.parametrize("kind", ["local", "ext4", "raw"])
def test_a_target_on_the_host_itself(kind: str) -> None:
    assert server({"type": kind}, servers=["dump1", "web1"])["target"] == {"type": kind, "location": ""}
    assert server({"type": kind, "location": "LABEL=x"})["target"] == {"type": kind, "location": "LABEL=x"}


@pytest.mark.parametrize("kind", ["ssh", "nfs"])
def test_a_dump_server_keeps_its_own_dumps(kind: str) -> None:
    """Unless its target has a location."""
    servers = ["dump1", "web1"]
    assert server({"type": kind}, servers=servers)["target"] == {"type": "local", "location": ""}
    elsewhere = {"type": kind, "location": "kdump@vault"}
    assert server(elsewhere, servers=servers)["target"] == elsewhere


@pytest.mark.parametrize(("ssh_server", "name"), [(None, "vault"), ("", "vault"), ("dump1", "dump1")])
@pytest.mark.parametrize("target", [{"type": "ssh", "location": "kdump@vault"}, None])
def test_the_server_of_a_location_that_was_given(
    target: dict[str, Any] | None, ssh_server: str | None, name: str
) -> None:
    """Or that the host's own file has, where the policy names no target; it is not the host's one of the fleet's."""
    found = server(target, servers=["six"], ssh_server=ssh_server, wanted="kdump@vault")
    assert (found["target"], found["name"], found["names"][0]) == (target, name, "vault")
    assert found["authorises"] == (name == ssh_server)


@pytest.mark.parametrize(
    ("options", "authorises"),
    [
        ({}, False),
        ({"ssh_server": "dump1"}, True),
        ({"servers": ["dump1"]}, False),
        ({"servers": ["dump1"], "ssh_server": "dump1"}, False),
    ],
)
def test_who_gives_the_key_to_the_server(options: dict[str, Any], authorises: bool) -> None:
    assert server({"type": "ssh"}, **options)["authorises"] is authorises


def test_every_name_of_a_server_stands_once() -> None:
    """As ssh compares them, without brackets, and none that is empty."""
    assert server({"type": "ssh"}, servers=["dump1"], wanted="me@192.0.2.1")["names"] == [
        "192.0.2.1",
        "dump1",
        "dump.example",
    ]
    assert server(None, servers=["six"])["names"] == ["six", "192.0.2.6", "fd00::6"]
    assert server(None)["names"] == []
