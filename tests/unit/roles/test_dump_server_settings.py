# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What role dump_server writes for the gate, by Ansible itself, is what the gate reads."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from ansible_collections.kdump.fleet.plugins.module_utils.dump_gate import settings
from ansible_collections.kdump.fleet.plugins.module_utils.dump_gate.landing import Limits
from ansible_collections.kdump.fleet.plugins.module_utils.dump_gate.retention import Policy
from tests.checkout import ROOT

ROLE = ROOT / "roles/dump_server"
PLAY = """\
- hosts: localhost
  gather_facts: false
  vars_files: [{role}/defaults/main.yml, {role}/vars/main.yml]
  tasks:
    - ansible.builtin.template: {{src: {role}/templates/kdump-gate.json.j2, dest: "{{{{ dest }}}}"}}
"""


def written(directory: Path, **variables: Any) -> settings.Settings:
    """The settings that the gate reads with these variables of the role."""
    play, target = directory / "play.yml", directory / "gate.json"
    play.write_text(PLAY.format(role=ROLE), encoding="utf-8")
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", "-c", "local", str(play)]
    extra = json.dumps({"dest": str(target), "ansible_python_interpreter": sys.executable, **variables})
    done = subprocess.run(
        [*command, "-e", extra], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    return settings.read(str(target))


def test_the_defaults(tmp_path: Path) -> None:
    """A quarter of the file system for each host, the floor, and no dump removed within a month."""
    assert written(tmp_path) == settings.Settings(
        area="/srv/kdump",
        limits=Limits(quota=0, quota_percent=25, floor=10 << 30, entries=1000),
        journal="/var/log/kdump-gate/journal",
        sessions="/var/log/kdump-gate/sessions",
        policy=Policy(keep=5, keep_days=30, incomplete_days=7),
    )


def test_numbers_as_the_command_line_gives_them(tmp_path: Path) -> None:
    """C(-e) makes texts of them."""
    found = written(
        tmp_path,
        dump_server_quota_percent="0",
        dump_server_quota_bytes="1099511627776",
        dump_server_keep_days="0",
        dump_server_incomplete_days="3",
    )
    assert found.limits == Limits(quota=1 << 40, quota_percent=0, floor=10 << 30, entries=1000)
    assert found.policy == Policy(keep=5, keep_days=0, incomplete_days=3)
