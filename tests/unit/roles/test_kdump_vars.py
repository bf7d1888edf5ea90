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

from ansible_collections.kdump.fleet.plugins.module_utils import kdump_tools, kdumpctl_fallback
from tests.checkout import ROOT

SSH, NFS = {"type": "ssh"}, {"type": "nfs"}
ONE = {"kdump_dump_servers": ["dump1"]}
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
}
PLAY = """\
- hosts: clients
  gather_facts: false
  tasks:
    - ansible.builtin.include_vars: {root}/roles/kdump/vars/main.yml
    - ansible.builtin.assert:
        that:
          - __kdump_target.location == wanted
          - pinned | length == 0 or (__kdump_server_names | sort) == (pinned | sort)
        fail_msg: "{{{{ __kdump_target }}}} {{{{ __kdump_server_names }}}}"
      vars:
        __kdump_audit: {{target: {{wanted: {{location: "{{{{ wanted }}}}"}}}}}}
"""


def test_the_role_brings_what_the_module_looks_for() -> None:
    variables = yaml.safe_load((ROOT / "roles/kdump/vars/main.yml").read_text())
    assert (variables["__kdump_save_script"], variables["__kdump_save_drop_in"]) == kdump_tools.FALLBACK
    assert variables["__kdump_collector"] == kdumpctl_fallback.COLLECTOR


def test_a_location_follows_from_the_server(tmp_path: Path) -> None:
    """As given; the host's own of many servers; or the one of linux-system-roles/kdump."""
    hosts = {
        name: {**variables, "wanted": location, "pinned": pinned}
        for name, (variables, location, pinned) in CASES.items()
    }
    defaults: dict[str, Any] = {
        "kdump_dump_servers": [],
        "kdump_ssh_user": None,
        "kdump_ssh_server": None,
        "kdump_fallback": "local",
    }
    inventory = {"clients": {"hosts": hosts, "vars": defaults}, "servers": {"hosts": SERVERS}}
    (tmp_path / "hosts.json").write_text(json.dumps(inventory))
    (tmp_path / "play.yml").write_text(PLAY.format(root=ROOT))
    program = Path(sys.executable).with_name("ansible-playbook")
    words = ["-i", "hosts.json", "play.yml"]
    done = subprocess.run([program, *words], cwd=tmp_path, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
