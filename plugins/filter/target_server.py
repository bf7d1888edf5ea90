# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter target_server: where the dumps of a host go by its variables, and which server that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.kdump.fleet.plugins.filter.dump_server_of import dump_server_of

DOCUMENTATION = r"""
name: target_server
short_description: Where the dumps of a host go by its variables, and which server that is
version_added: 0.1.0
author: The kdump.fleet authors (@kdump-fleet)
description:
  - Completes the target of a host from the variables that may name its server, and finds the name of that server in the
    inventory, the names by which the host reaches it, and who gives it the host's key. Role P(kdump.fleet.kdump#role)
    uses it.
  - The server is the one that a given location names, or O(ssh_server) for it; without a location it is the host's one
    of O(servers); without these it is O(ssh_server), as in linux-system-roles/kdump.
  - A host of O(servers) keeps its own dumps, unless its target has a location. It is down when it crashes, and no other
    server enrols it.
positional: _input
options:
  _input:
    description: The policy's target with C(type) and C(location), or null for what the host's own configuration has.
    type: dict
  host:
    description: Inventory name of the host.
    type: str
    required: true
  servers:
    description: Inventory names of the dump servers.
    type: list
    elements: str
    required: true
  hostvars:
    description: The variables of all hosts.
    type: dict
    required: true
  ssh_server:
    description: Inventory name of a server, or the name or address of one that is not in the inventory.
    type: str
  ssh_user:
    description: The account on the server. The default is C(dump_server_user) of one of O(servers), or C(kdump).
    type: str
  wanted:
    description: The location that the target has in the end, as M(kdump.fleet.kdump_info) reports it.
    type: str
    default: ''
seealso:
  - plugin: kdump.fleet.dump_server_of
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show where the dumps of web1 go
  ansible.builtin.debug:
    msg: "{{ ({'type': 'ssh'} | kdump.fleet.target_server(host='web1', servers=['dump1'], hostvars=hostvars)).target }}"
"""

RETURN = r"""
_value:
  description: The target and its server.
  type: dict
  contains:
    target:
      description: C(type) and C(location) of the target; null where none was given.
      type: dict
      sample: {type: ssh, location: kdump@192.0.2.1}
    name:
      description: The server's name in the inventory, or as it was given; empty where no server is known.
      type: str
      sample: dump1
    names:
      description: Every name and address by which the host may reach it, for its pinned host keys.
      type: list
      elements: str
      sample: [192.0.2.1, dump1]
    authorises:
      description: Whether role kdump gives the host's key to the server. On a server of O(servers) the playbook
        dump_server does it, and one that only a location names is not ours.
      type: bool
"""

REMOTE = ("ssh", "nfs")


def target_server(
    target: Mapping[str, Any] | None,
    host: str,
    servers: Sequence[str],
    hostvars: Mapping[str, Any],
    ssh_server: str | None = None,
    ssh_user: str | None = None,
    wanted: str = "",
) -> dict[str, Any]:
    """The target of a host and its server; see RETURN."""
    given = (wanted if target is None else target.get("location") or "").rpartition("@")[2]
    if given:
        name = ssh_server or given
    else:
        name = dump_server_of(host, servers) if servers else ssh_server or ""
    known = hostvars[name] if name and name in hostvars else {}
    return {
        "target": None if target is None else _target(target, host, servers, name, known, ssh_user),
        "name": name,
        "names": _names(wanted, name, known),
        "authorises": name == ssh_server and name not in servers,
    }


def _target(
    target: Mapping[str, Any],
    host: str,
    servers: Sequence[str],
    name: str,
    known: Mapping[str, Any],
    ssh_user: str | None,
) -> dict[str, str]:
    """The target with the location that follows from the server, where none was given."""
    kind, location = target["type"], target.get("location") or ""
    if location or kind not in REMOTE:
        return {"type": kind, "location": location}
    if host in servers:
        return {"type": "local", "location": ""}
    address = name
    if servers:
        address = known.get("dump_server_address") or known.get("ansible_host") or name
    if kind == "nfs":
        return {"type": kind, "location": _export(address, host, known) if servers else ""}
    user = ssh_user or (known.get("dump_server_user", "kdump") if servers else "kdump")
    # ssh spells a name in small letters, and kdumpctl refuses any other.
    return {"type": kind, "location": f"{user}@{address.lower()}" if name else ""}


def _export(address: str, host: str, known: Mapping[str, Any]) -> str:
    """The directory of the host on its server; an IPv6 address stands in brackets."""
    server = f"[{address}]" if ":" in address and "[" not in address else address
    return f"{server}:{known.get('dump_server_directory', '/srv/kdump')}/{host}"


def _names(wanted: str, name: str, known: Mapping[str, Any]) -> list[str]:
    """Every name and address of the server, each once, as ssh distinguishes names."""
    address = (known.get("dump_server_address") or "").strip("[]")
    found = [wanted.rpartition("@")[2], name, known.get("ansible_host"), address]
    unique: dict[str, str] = {}
    for one in [*found, *(known.get("dump_server_addresses") or [])]:
        if one:
            unique.setdefault(one.lower(), one)
    return list(unique.values())


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """The filters by name."""
        return {"target_server": target_server}
