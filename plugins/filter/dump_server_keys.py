# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter dump_server_keys: entries of authorized_keys for the hosts of a dump server."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

DOCUMENTATION = r"""
name: dump_server_keys
short_description: Entries of a dump server's authorized_keys
version_added: 0.1.0
author: The kdump.fleet authors (@kdump-fleet)
description:
  - One entry for each key of each host, restricted to the gate.
  - A host whose key is not known, because it could not be reached in this run or is not in the inventory, has none
    here. The role merges them into the file, where such a host keeps what it has.
  - What hosts say is not trusted. A key that is no plain public key is an error, and its comment is not taken over.
positional: _input
options:
  _input:
    description: Inventory names of the hosts that this server serves.
    type: list
    elements: str
    required: true
  hostvars:
    description: >-
      Ansible's C(hostvars). C(kdump_ssh_public_keys), or C(kdump_ssh_public_key), is the host's; C(kdump_path) is what
      it calls its own folder.
    type: dict
    required: true
  program:
    description: The gate's path on the server.
    type: path
    required: true
  collectors:
    description: Public keys that may read the landing area with rsync.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Show the entries of two hosts
  ansible.builtin.debug:
    msg: "{{ ['web1', 'web2'] | kdump.fleet.dump_server_keys(hostvars, '/usr/local/libexec/kdump-gate') }}"
"""

RETURN = r"""
_value:
  description: The entries, one a line.
  type: str
  sample: |
    restrict,command="/usr/local/libexec/kdump-gate web1 /var/crash" ssh-ed25519 AAAAC3Nza web1
"""

PATH = "/var/crash"  # kdump_path of the role kdump
KEY = re.compile(r"(ssh-ed25519|ecdsa-sha2-nistp(?:256|384|521)|ssh-rsa) ([A-Za-z0-9+/]+={0,2})(?: .*)?")
# As the gate wants them. Neither has a character that a shell or authorized_keys reads as anything else.
HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}")
FOLDER = re.compile(r"/[A-Za-z0-9_@%+=:,./-]*")


def keys_of(host: str, variables: Mapping[str, Any]) -> list[str]:
    """The public keys of a host, without their comments."""
    texts = variables.get("kdump_ssh_public_keys") or [variables.get("kdump_ssh_public_key") or ""]
    return [plain(host, text) for text in texts if text]


def plain(owner: str, text: str) -> str:
    """Type and content of a public key."""
    match = KEY.fullmatch(text.strip())
    if not match:
        raise AnsibleFilterError(
            f"The public key of {owner} is {text[:80]!r}, which is no line of an OpenSSH .pub file with an Ed25519, "
            "ECDSA or RSA key. Look at the host: what it says is written into the server's authorized_keys."
        )
    return f"{match[1]} {match[2]}"


def entry(program: str, host: str, path: str, key: str) -> str:
    """A line of authorized_keys."""
    if not HOST.fullmatch(host) or not FOLDER.fullmatch(path):
        raise AnsibleFilterError(
            f"{host!r} with kdump_path {path!r} cannot have a folder on a dump server: use letters, digits and ._- in "
            "the name and an absolute path without blanks."
        )
    return f'restrict,command="{program} {host} {path}" {key} {host}'


def dump_server_keys(
    hosts: Iterable[str], hostvars: Mapping[str, Any], program: str, collectors: Iterable[str] = ()
) -> str:
    """The entries of those whose keys are known."""
    lines = [f'restrict,command="{program} --collect" {plain("a collector", key)} collector' for key in collectors]
    for host in sorted(set(hosts)):
        variables = hostvars[host] if host in hostvars else {}  # noqa: SIM401  (no get() there before ansible-core 2.19)
        path = str(variables.get("kdump_path") or PATH)
        lines += [entry(program, host, path, key) for key in keys_of(host, variables)]
    return "".join(f"{line}\n" for line in dict.fromkeys(lines))


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """The filters by name."""
        return {"dump_server_keys": dump_server_keys}
