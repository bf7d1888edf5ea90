# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter dump_server_hosts: the hosts that a dump server serves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.kdump.fleet.plugins.filter.dump_server_of import dump_server_of

DOCUMENTATION = r"""
name: dump_server_hosts
short_description: The hosts that a dump server serves
version_added: 0.1.0
author: The kdump.fleet authors (@kdump-fleet)
description:
  - Those hosts whose C(kdump_dump_servers) names this server, and whose own server it is of those. The servers
    themselves are not among them.
positional: _input
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
seealso:
  - plugin: kdump.fleet.dump_server_of
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show whom dump1 serves
  ansible.builtin.debug:
    msg: "{{ groups['all'] | kdump.fleet.dump_server_hosts(hostvars, 'dump1') }}"
"""

RETURN = r"""
_value:
  description: Inventory names, sorted.
  type: list
  elements: str
  sample: [web1, web2]
"""


def dump_server_hosts(hosts: Iterable[str], hostvars: Mapping[str, Any], server: str) -> list[str]:
    """The hosts whose dump server this is, sorted."""
    found = []
    for host in hosts:
        servers = hostvars[host].get("kdump_dump_servers") or []
        if server in servers and host not in servers and dump_server_of(host, list(servers)) == server:
            found.append(host)
    return sorted(found)


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """The filters by name."""
        return {"dump_server_hosts": dump_server_hosts}
