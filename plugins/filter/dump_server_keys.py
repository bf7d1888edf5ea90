# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter dump_server_keys: entries of authorized_keys for the hosts of a dump server."""

from __future__ import annotations

import base64
import binascii
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
  - What hosts say is not trusted. A key that is not a plain public key is refused, and its comment is not taken over.
  - A key that another host or a collector has is refused, because sshd goes by the first entry of a key - the dumps of
    one host would land in the directory of the other. A host that is alone in having the key on the server keeps it.
  - A refusal concerns one host, and leaves the others alone. It is a line C(refused), the host and the reason, with
    tabs between them, which the role reports.
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
      it calls its own directory.
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
  enrolled:
    description: The authorized_keys of the server as they are.
    type: str
    default: ''
"""

EXAMPLES = r"""
- name: Show the entries of two hosts
  ansible.builtin.debug:
    msg: "{{ ['web1', 'web2'] | kdump.fleet.dump_server_keys(hostvars, '/usr/local/libexec/kdump-gate') }}"
"""

RETURN = r"""
_value:
  description: The entries and the refusals, one a line.
  type: str
  sample: |
    restrict,command="/usr/local/libexec/kdump-gate web1 /var/crash" ssh-ed25519 AAAAC3Nza web1
"""

PATH = "/var/crash"  # kdump_path of the role kdump
KEY = re.compile(r"(ssh-ed25519|ecdsa-sha2-nistp(?:256|384|521)|ssh-rsa) ([A-Za-z0-9+/]+={0,2})(?: .*)?")
# As the gate wants them. Neither has a character that a shell or authorized_keys reads as anything else.
HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}")
FOLDER = re.compile(r"/[A-Za-z0-9_@%+=:,./-]*")
COLLECTOR = "a collector"


def keys_of(host: str, variables: Mapping[str, Any]) -> list[str]:
    """The public keys of a host, without their comments."""
    texts = variables.get("kdump_ssh_public_keys") or [variables.get("kdump_ssh_public_key") or ""]
    return [plain(host, text) for text in texts if text]


def plain(owner: str, text: Any) -> str:
    """Type and content of a public key."""
    match = KEY.fullmatch(str(text).strip())
    if not match:
        raise AnsibleFilterError(
            f"The public key of {owner} is {str(text)[:80]!r}, which is not a line of an OpenSSH .pub file with an "
            "Ed25519, ECDSA or RSA key. Look at the host: what it says is written into the server's authorized_keys."
        )
    if match[1] == "ssh-rsa" and not _is_as_ssh_writes_it(match[2]):
        raise AnsibleFilterError(
            f"The public RSA key of {owner} is not written as ssh writes it. To sshd it may be another host's key, and "
            "no comparison would show that. Look at the host: ssh-keygen -y -f KEY prints the key as it must be."
        )
    return f"{match[1]} {match[2]}"


def _is_as_ssh_writes_it(content: str) -> bool:
    """Whether an RSA key is the one text that stands for it. To sshd, zeros before its numbers make no difference."""
    try:
        rest = base64.b64decode(content, validate=True)
    except binascii.Error:
        return False
    if base64.b64encode(rest).decode("ascii") != content:
        return False
    fields = []
    while rest:
        size = int.from_bytes(rest[:4], "big")
        fields.append(rest[4 : 4 + size])
        if len(fields[-1]) < size:
            return False
        rest = rest[4 + size :]
    # A zero stands before a number only to show that it is not negative.
    numbers = [field for field in fields[1:] if field and (field[0] or field[1:] >= b"\x80")]
    return len(fields) == 3 and fields[0] == b"ssh-rsa" and len(numbers) == 2


def entry(program: str, host: str, path: str, key: str) -> str:
    """A line of authorized_keys."""
    if not HOST.fullmatch(host) or not FOLDER.fullmatch(path):
        raise AnsibleFilterError(
            f"{host!r} with kdump_path {path!r} cannot have a directory on a dump server: use letters, digits and ._- "
            "in the name and an absolute path without blanks."
        )
    return f'restrict,command="{program} {host} {path}" {key} {host}'


def holders_of(enrolled: str, program: str) -> dict[str, set[str]]:
    """The hosts by the keys that they have on the server."""
    found: dict[str, set[str]] = {}
    line = re.compile(rf'restrict,command="{re.escape(program)} (\S+) \S+" (\S+ \S+) \1')
    for text in enrolled.splitlines():
        match = line.fullmatch(text)
        if match:
            found.setdefault(match[2], set()).add(match[1])
    return found


def dump_server_keys(
    hosts: Iterable[str],
    hostvars: Mapping[str, Any],
    program: str,
    collectors: Iterable[str] = (),
    enrolled: str = "",
) -> str:
    """The entries of those whose keys are known, and the refusals."""
    collecting = {plain(COLLECTOR, key): None for key in collectors}
    given: dict[str, list[tuple[str, str]]] = {}  # keys and lines
    refused: dict[str, str] = {}
    for host in sorted(set(hosts)):
        variables = hostvars[host] if host in hostvars else {}  # noqa: SIM401  (no get() there before ansible-core 2.19)
        try:
            path = str(variables.get("kdump_path") or PATH)
            entry(program, host, path, "")  # whether it can have one
            given[host] = [(key, entry(program, host, path, key)) for key in keys_of(host, variables)]
        except AnsibleFilterError as error:
            refused[host] = str(error)
    claims = holders_of("\n".join(line for lines in given.values() for _key, line in lines), program)
    holders = holders_of(enrolled, program)
    lines = [f'restrict,command="{program} --collect" {key} collector' for key in collecting]
    for host, entries in given.items():
        for key, line in entries:
            others = (holders.get(key) or claims[key]) - {host}
            if key in collecting or others:
                owner = COLLECTOR if key in collecting else min(others)
                refused[host] = f"the public key that it gives is that of {owner}"
            else:
                lines.append(line)
    lines += [f"refused\t{host}\t{reason}" for host, reason in sorted(refused.items())]
    return "".join(f"{line}\n" for line in dict.fromkeys(lines))


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """The filters by name."""
        return {"dump_server_keys": dump_server_keys}
