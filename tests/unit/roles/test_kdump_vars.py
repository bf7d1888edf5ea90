# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What role kdump makes of its variables for targets, by Ansible itself: one play, one host for each case."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.kdump.fleet.plugins.module_utils.tools import kdump_tools
from ansible_collections.kdump.fleet.plugins.module_utils.tools.kdumpctl import fallback
from tests.checkout import ROOT

SSH, NFS = {"type": "ssh"}, {"type": "nfs"}
ONE = {"kdump_dump_servers": ["dump1"]}
VAULT = {**SSH, "location": "kdump@vault"}
# Variables of a host, its location, and the names for which its server's keys are pinned.
CASES: dict[str, tuple[dict[str, Any], str, list[str]]] = {
    "local": ({"kdump_target": {"type": "local"}}, "", []),
    "given": ({"kdump_target": {**SSH, "location": "a@b"}}, "a@b", ["b"]),
    "dropin": (
        {"kdump_target": SSH, "kdump_ssh_user": "kdump", "kdump_ssh_server": "old"},
        "kdump@old",
        ["old", "192.0.2.3"],
    ),
    "stranger": ({"kdump_target": SSH, "kdump_ssh_user": "k", "kdump_ssh_server": "x"}, "k@x", ["x"]),
    "nouser": ({"kdump_target": SSH, "kdump_ssh_server": "x"}, "kdump@x", ["x"]),
    "emptyuser": ({"kdump_target": SSH, "kdump_ssh_server": "old", "kdump_ssh_user": ""}, "kdump@old", []),
    "nobody": ({"kdump_target": SSH}, "", []),
    "ssh": (
        {"kdump_target": SSH, **ONE},
        "catcher@192.0.2.1",
        ["192.0.2.1", "dump1", "dump.example", "2001:db8::1"],
    ),
    "own": ({"kdump_target": SSH, "kdump_ssh_user": "me", **ONE}, "me@192.0.2.1", []),
    "nfs": ({"kdump_target": NFS, **ONE}, "192.0.2.1:/srv/dumps/nfs", []),
    "plain": ({"kdump_target": NFS, "kdump_dump_servers": ["old"]}, "192.0.2.3:/srv/kdump/plain", []),
    "bare": ({"kdump_target": SSH, "kdump_dump_servers": ["bare1"]}, "kdump@bare1", ["bare1"]),
    "elsewhere": ({"kdump_target": NFS, "kdump_ssh_server": "old"}, "", []),
    "six": ({"kdump_target": NFS, "kdump_dump_servers": ["six1"]}, "[fd00::5%eth0]:/srv/kdump/six", []),
    "bracketed": ({"kdump_target": NFS, "kdump_dump_servers": ["six2"]}, "[fd00::6]:/srv/kdump/bracketed", []),
    "sixssh": ({"kdump_target": SSH, "kdump_dump_servers": ["six1"]}, "kdump@fd00::5%eth0", []),
    "capital": ({"kdump_target": SSH, "kdump_dump_servers": ["Dump9"]}, "kdump@dump9", ["dump9"]),
    "capitalnfs": ({"kdump_target": NFS, "kdump_dump_servers": ["Dump9"]}, "Dump9:/srv/kdump/capitalnfs", []),
    "capitaldropin": ({"kdump_target": SSH, "kdump_ssh_user": "k", "kdump_ssh_server": "New"}, "k@new", ["new"]),
    "tovault": ({"kdump_target": VAULT}, "kdump@vault", ["vault"]),
    "vaultamongmany": ({"kdump_target": VAULT, **ONE}, "kdump@vault", ["vault"]),
    "vaultnamed": (
        {"kdump_target": VAULT, **ONE, "kdump_ssh_server": "old"},
        "kdump@vault",
        ["vault", "old", "192.0.2.3"],
    ),
    "atone": ({"kdump_target": {**SSH, "location": "me@dump1"}, **ONE}, "me@dump1", []),
    "itself": ({"kdump_target": SSH, "kdump_dump_servers": ["itself", "dump1"]}, "", []),
    "itselfnfs": ({"kdump_target": NFS, "kdump_dump_servers": ["dump1", "itselfnfs"]}, "", []),
    "neighbour": ({"kdump_target": VAULT, "kdump_dump_servers": ["neighbour", "dump1"]}, "kdump@vault", ["vault"]),
    "byhand": ({"kdump_target": None, **ONE}, "kdump@vault", ["vault"]),
}
GIVEN = {"vault": ["ssh-rsa VAULT"], "dump1": ["ssh-rsa DUMP1"], "old": ["ssh-rsa OLD"], "b": ["ssh-rsa B"]}
# Whose keys are pinned, whether they may be read there, and whether the host's key is authorised there by this role.
SERVER_OF: dict[str, tuple[str, bool, bool]] = {
    "given": ("b", False, False),
    "dropin": ("old", True, True),
    "stranger": ("x", True, True),
    "ssh": ("dump1", True, False),
    "tovault": ("vault", False, False),
    "vaultamongmany": ("vault", False, False),
    "vaultnamed": ("old", True, True),
    "atone": ("dump1", True, False),
    "byhand": ("vault", False, False),
}
SERVERS = {
    "dump1": {
        "ansible_host": "192.0.2.1",
        "dump_server_user": "catcher",
        "dump_server_directory": "/srv/dumps",
        "dump_server_addresses": ["dump.example", "2001:db8::1"],
    },
    "old": {"ansible_host": "192.0.2.3"},
    "bare1": {},
    "six1": {"ansible_host": "fd00::5%eth0"},
    "six2": {"dump_server_address": "[fd00::6]"},
    "Dump9": {},
}
PLAY = """\
- hosts: clients
  gather_facts: false
  tasks:
    - ansible.builtin.include_vars: {root}/roles/kdump/vars/main.yml
    - ansible.builtin.assert:
        that:
          - kdump_target is none or __kdump_target.location == wanted
          - kdump_target is none or (__kdump_target.type == 'local') == (inventory_hostname in keep)
          - pinned | length == 0 or (__kdump_server_names | sort) == (pinned | sort)
        fail_msg: "{{{{ __kdump_target if kdump_target else '' }}}} {{{{ __kdump_server_names }}}}"
      vars:
        keep: [local, itself, itselfnfs]  # their own dumps: they are dump servers
        __kdump_audit: &audit {{target: {{wanted: {{location: "{{{{ wanted }}}}"}}}}}}
    - ansible.builtin.assert:
        that:
          - __kdump_server == server.0
          - __kdump_pins == kdump_dump_server_host_keys[server.0] | default([])
          - ({read}) == server.1
          - __kdump_server_authorises == server.2
        fail_msg: "{{{{ [__kdump_server, __kdump_pins, __kdump_server_authorises] | string }}}}"
      vars:
        __kdump_audit: *audit
      when: server is defined
"""


def test_the_role_brings_what_the_module_looks_for() -> None:
    variables = yaml.safe_load((ROOT / "roles/kdump/vars/main.yml").read_text())
    assert (variables["__kdump_save_script"], variables["__kdump_save_drop_in"]) == kdump_tools.FALLBACK
    assert variables["__kdump_collector"] == fallback.COLLECTOR


def step(name: str, start: str) -> dict[str, Any]:
    """The task of a step whose name begins so."""
    found = yaml.safe_load((ROOT / "roles/kdump/tasks" / name).read_text())
    return next(dict(one) for one in found if one["name"].startswith(start))


def test_a_location_follows_from_the_server(tmp_path: Path) -> None:
    """As given; the host's own of many servers; or the one of linux-system-roles/kdump."""
    hosts = {
        name: {**variables, "wanted": location, "pinned": pinned}
        for name, (variables, location, pinned) in CASES.items()
    }
    for name, server in SERVER_OF.items():
        hosts[name]["server"] = server
    defaults: dict[str, Any] = {
        "kdump_dump_servers": [],
        "kdump_ssh_user": None,
        "kdump_ssh_server": None,
        "kdump_fallback": "local",
        "kdump_enrol": True,
        "kdump_dump_server_host_keys": GIVEN,
    }
    read = " and ".join(f"({condition})" for condition in step("ssh.yml", "Enrol the key on the dump server")["when"])
    inventory = {"clients": {"hosts": hosts, "vars": defaults}, "servers": {"hosts": SERVERS}}
    (tmp_path / "hosts.json").write_text(json.dumps(inventory))
    (tmp_path / "play.yml").write_text(PLAY.format(root=ROOT, read=read))
    program = Path(sys.executable).with_name("ansible-playbook")
    words = ["-i", "hosts.json", "play.yml"]
    done = subprocess.run([program, *words], cwd=tmp_path, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
