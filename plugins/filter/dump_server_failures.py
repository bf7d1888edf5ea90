# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter dump_server_failures: the dump servers at which a delegated task failed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.kdump.fleet.plugins.module_utils.host.printable import printable

DOCUMENTATION = r"""
name: dump_server_failures
short_description: The dump servers at which a delegated task failed, and why
version_added: 0.1.0
author: The kdump.fleet authors (@kdump-fleet)
description:
  - Internal to role P(kdump.fleet.kdump#role). One host asks all servers in a loop; what fails on one server concerns
    the hosts of that server alone.
positional: _input
options:
  _input:
    description:
      - Registered results of loops. An item is the name of a server, a dictionary with C(server), or the result of a
        loop over these.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Show which servers could not be asked
  ansible.builtin.debug:
    msg: "{{ [asked] | kdump.fleet.dump_server_failures }}"
"""

RETURN = r"""
_value:
  description: The reasons by server, in one line each.
  type: dict
  sample: {dump1: Failed to connect to the host via ssh}
"""


def _server(item: Any) -> str:
    while isinstance(item, Mapping):
        item = item["server"] if "server" in item else item["item"]
    return str(item)


def dump_server_failures(registered: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The reasons by server."""
    found: dict[str, str] = {}
    for loop in registered:
        for result in loop.get("results") or []:
            if result.get("failed") or result.get("unreachable"):
                said = " ".join(f"{result.get('msg') or 'failed'} {result.get('stderr') or ''}".split())
                found.setdefault(_server(result["item"]), str(printable(said.rstrip("."))) + ".")
    return found


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """The filters by name."""
        return {"dump_server_failures": dump_server_failures}
