# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter dump_server_unpinned: the hosts that would not know a dump server any more by its new host keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

DOCUMENTATION = r"""
name: dump_server_unpinned
short_description: The hosts that have not pinned the host keys of a dump server
version_added: 0.1.0
author: The kdump.fleet authors (@kdump-fleet)
description:
  - The hosts that send their dumps to this server over ssh, and have not reported in this run that they have pinned all
    of its keys (fact C(kdump_pinned_host_keys), of role P(kdump.fleet.kdump#role)).
  - Those are the hosts that it serves, but for those with a target of another type or with a location elsewhere, and
    hosts that reach it by C(kdump_ssh_server) or by the location of their C(kdump_target). A host without
    C(kdump_target) may be configured by hand, and counts when it has given a key.
  - Whoever has a key on the server counts as well, served or not, in the inventory or not.
positional: _input, hostvars, server, keys
options:
  _input:
    description: Inventory names, for instance all of the inventory.
    type: list
    elements: str
    required: true
  hostvars:
    description: Ansible's C(hostvars).
    type: dict
    required: true
  server:
    description: Inventory name of the server.
    type: str
    required: true
  keys:
    description: Its public host keys, previous and new ones.
    type: list
    elements: str
    required: true
  served:
    description: Inventory names of the hosts that it serves. They need not be in the inventory.
    type: list
    elements: str
    default: []
  enrolled:
    description: Names of the hosts that have a key in the server's file.
    type: list
    elements: str
    default: []
seealso:
  - plugin: kdump.fleet.dump_server_hosts
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show who would not know dump1 by its new host keys
  ansible.builtin.debug:
    msg: >-
      {{ groups['all'] | kdump.fleet.dump_server_unpinned(hostvars, 'dump1', hostvars['dump1'].dump_server_host_keys,
         served=['web1', 'web2']) }}
"""

RETURN = r"""
_value:
  description: Inventory names, sorted.
  type: list
  elements: str
  sample: [web2]
"""


def plain(keys: Iterable[str]) -> set[tuple[str, ...]]:
    """Types and contents of public keys, without their comments."""
    return {tuple(key.split()[:2]) for key in keys if key.strip()}


def addresses(server: str, variables: Mapping[str, Any]) -> set[str]:
    """By what hosts may reach the server."""
    named = (server, variables.get("ansible_host"), variables.get("dump_server_address"))
    return {str(name) for name in (*named, *(variables.get("dump_server_addresses") or [])) if name}


def sends(variables: Mapping[str, Any], server: str, known_as: set[str], served: bool, enrolled: bool) -> bool:
    """Whether a host logs in to the server to send its dumps."""
    target = variables.get("kdump_target") or {}
    if not target:
        gave = variables.get("kdump_ssh_public_keys") or variables.get("kdump_ssh_public_key")
        return enrolled or (served and bool(gave))
    if target.get("type") != "ssh":
        return False
    location = str(target.get("location") or "").rpartition("@")[2].strip("[]")
    if location:
        return location in known_as or variables.get("kdump_ssh_server") == server
    return served or enrolled or variables.get("kdump_ssh_server") == server


def dump_server_unpinned(
    hosts: Iterable[str],
    hostvars: Mapping[str, Any],
    server: str,
    keys: Iterable[str],
    served: Iterable[str] = (),
    enrolled: Iterable[str] = (),
) -> list[str]:
    """The hosts that have to pin the server's keys and have not, sorted."""
    wanted, expected, keyed = plain(keys), set(served), set(enrolled)
    known_as = addresses(server, hostvars[server])
    asked = expected.union(keyed, hosts) - {server}
    known = {host: hostvars[host] for host in asked if host in hostvars}
    found = []
    for host in asked:
        variables = known.get(host, {})
        pinned = (variables.get("kdump_pinned_host_keys") or {}).get(server) or []
        bound = not variables or sends(variables, server, known_as, host in expected, host in keyed)
        if bound and not wanted <= plain(pinned):
            found.append(host)
    return sorted(found)


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """The filters by name."""
        return {"dump_server_unpinned": dump_server_unpinned}
