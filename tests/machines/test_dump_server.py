# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A dump server in a directory of this machine: two hundred hosts enrolled, and dumps through a real sshd."""

from __future__ import annotations

import getpass
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.checkout import ROOT, collections_path

HOSTS = 200
PLAY = """
- name: A key on each host, all at the same time
  hosts: clients
  gather_facts: false
  tasks:
    - name: Make it
      ansible.builtin.raw: test -e {{ key }} || ssh-keygen -t ed25519 -N "" -f {{ key }}
      vars:
        key: "{{ sandbox }}/keys/{{ inventory_hostname }}"
      register: made
      changed_when: made.stdout | length > 0

- name: The server
  hosts: dump1
  gather_facts: false
  tasks:
    - name: Look at it
      ansible.builtin.setup:
        gather_subset: ["!all", "!min", python]
    - name: Gate
      ansible.builtin.include_role:
        name: kdump.fleet.dump_server
        tasks_from: gate
    - name: Keys
      ansible.builtin.include_role:
        name: kdump.fleet.dump_server
        tasks_from: keys
"""


class Sandbox:
    """An inventory, and a server whose files all lie below one directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.area = directory / "landing"
        self.keys = directory / "authorized_keys"
        for name in ("keys", "landing", "journal"):
            (directory / name).mkdir()
        (directory / "play.yml").write_text(PLAY, encoding="utf-8")
        self.hosts = [f"host{number:03}" for number in range(HOSTS)]
        key = "{{ lookup('ansible.builtin.file', sandbox ~ '/keys/' ~ inventory_hostname ~ '.pub') }}"
        self.clients = {"kdump_dump_servers": ["dump1"], "kdump_ssh_public_keys": [key]}
        user = getpass.getuser()
        self.variables: dict[str, Any] = {
            "sandbox": str(directory),
            "dump_server_user": user,
            "dump_server_directory": str(self.area),
            "dump_server_floor_bytes": 0,
            "__dump_server_root": user,
            "__dump_server_program": str(directory / "libexec/kdump-gate"),
            "__dump_server_library": str(directory / "lib"),
            "__dump_server_settings": str(directory / "gate.json"),
            "__dump_server_journal_directory": str(directory / "journal"),
            "__dump_server_keys_directory": str(directory),
        }

    def enrol(self, *options: str) -> dict[str, dict[str, int]]:
        """Run the playbook; what it did, by host."""
        inventory = {
            "all": {
                "vars": {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"},
                "children": {
                    "dump_servers": {"hosts": {"dump1": None}},
                    "clients": {"hosts": dict.fromkeys(self.hosts), "vars": self.clients},
                },
            }
        }
        (self.directory / "inventory.yml").write_text(yaml.safe_dump(inventory), encoding="utf-8")
        command = ["ansible-playbook", "-i", "inventory.yml", "play.yml", "-f", "20", "-e", json.dumps(self.variables)]
        environment = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(collections_path()),
            "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_HOME": str(ROOT / ".ansible"),
        }
        done = subprocess.run(
            [*command, *options], cwd=self.directory, env=environment, capture_output=True, text=True, timeout=900
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
        recap = done.stdout.rpartition("PLAY RECAP")[2]
        return {
            line.split()[0]: {name: int(count) for name, count in re.findall(r"(\w+)=(\d+)", line)}
            for line in recap.splitlines()
            if ": ok=" in line.replace("    ", "")
        }

    def enrolled(self) -> set[str]:
        """The hosts with an entry."""
        return set(
            re.findall(r'^restrict,command="\S+ (\S+) /var/crash" ssh-ed25519 \S+ \1$', self.keys.read_text(), re.M)
        )


@pytest.fixture(name="sandbox", scope="module")
def a_server_with_two_hundred_hosts(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """Made once: the keys alone take a while."""
    return Sandbox(tmp_path_factory.mktemp("dump-server"))


def changed(recap: dict[str, dict[str, int]]) -> int:
    """How many tasks changed something, over all hosts."""
    return sum(counts["changed"] for counts in recap.values())


def test_two_hundred_hosts_are_enrolled(sandbox: Sandbox) -> None:
    """200 of 200, twice in a row; the second run changes nothing; a host that is gone has no key any more."""
    assert changed(sandbox.enrol()) > HOSTS
    assert sandbox.enrolled() == set(sandbox.hosts)
    first = sandbox.keys.read_bytes()
    recap = sandbox.enrol()
    assert len(recap) == HOSTS + 1
    assert changed(recap) == 0
    assert sandbox.keys.read_bytes() == first
    assert sorted(path.name for path in sandbox.area.iterdir()) == sandbox.hosts

    gone = sandbox.hosts.pop()
    assert changed(sandbox.enrol("--check", "--limit", "host000,dump1")) == 1
    assert sandbox.keys.read_bytes() == first
    # The other hosts are not in this run. What is known of them stays.
    assert changed(sandbox.enrol("--limit", "host000,dump1")) == 1
    assert sandbox.enrolled() == set(sandbox.hosts)
    assert (sandbox.area / gone).is_dir()
