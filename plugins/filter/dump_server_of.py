# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter dump_server_of: the dump server of a host, out of several."""

from __future__ import annotations

import hashlib
from typing import Any

from ansible.errors import AnsibleFilterError
from jinja2 import Undefined, UndefinedError

DOCUMENTATION = r"""
name: dump_server_of
short_description: The dump server of a host, out of several
version_added: 0.1.0
author: The kdump.fleet authors (@kdump-fleet)
description:
  - The server follows from the two names alone (rendezvous hashing), whoever asks and wherever.
  - Another server takes its share of hosts, and no host moves between the servers that were there. When a server goes,
    only its own hosts move, and they spread over the ones that are left.
positional: _input
options:
  _input:
    description: Inventory name of the host.
    type: str
    required: true
  servers:
    description: Inventory names of the dump servers, in any order.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show where web1 sends its dumps
  ansible.builtin.debug:
    msg: "{{ 'web1' | kdump.fleet.dump_server_of(['dump1', 'dump2']) }}"
"""

RETURN = r"""
_value:
  description: The name of one of the servers.
  type: str
  sample: dump1
"""


def dump_server_of(host: str, servers: Any) -> str:
    """The server whose name, together with the host's, hashes highest."""
    if isinstance(servers, Undefined):
        raise UndefinedError("kdump_dump_servers is undefined")  # as templates say it, and linters know it
    if not isinstance(servers, (list, tuple)) or not servers:
        raise AnsibleFilterError(f"kdump_dump_servers is {servers!r}: give a list of one or more inventory names.")
    names: list[str] = sorted(servers)
    return max(names, key=lambda server: weight(host, server))


def weight(host: str, server: str) -> bytes:
    """The rendezvous weight of a host and a server: a hash, so that it is the same on every controller."""
    # No name holds a line break, so no two pairs make the same text.
    return hashlib.sha256(f"{host}\n{server}".encode()).digest()


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """The filters by name."""
        return {"dump_server_of": dump_server_of}
