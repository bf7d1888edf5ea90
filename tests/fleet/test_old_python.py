# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host whose Python is 3.6, as on RHEL 8: no stub, the module really runs on this machine, and only looks."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests import pythons
from tests.checkout import ROOT, collections_path
from tests.fleet.fleets import CORES


def run(core: str, directory: Path, command: str, *arguments: str) -> str:
    """The output of an Ansible command on a host with Python 3.6."""
    old = pythons.find("3.6")
    assert old is not None, "Python 3.6 is missing"
    words = [str(CORES[core]), "-m", "ansible", command, "-i", "rhel8,", "-c", "local", *arguments]
    words += ["-e", f"ansible_python_interpreter={old}"]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(directory),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_COLLECTIONS_PATH": str(collections_path()),
        "ANSIBLE_NOCOLOR": "1",
    }
    done = subprocess.run(
        words, cwd=directory, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    return f"{done.stdout}{done.stderr}"


def look(core: str, directory: Path, *arguments: str) -> str:
    """What kdump_info answers."""
    return run(core, directory, "adhoc", "all", "-o", "-m", "kdump.fleet.kdump_info", *arguments)


@pytest.mark.parametrize("arguments", [(), ("--check",)])
def test_the_newest_ansible_core_says_which_one_manages_the_host(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """In the place of "Module result deserialization failed: No start of json char found"."""
    output = look("newest", tmp_path, *arguments)
    assert "rhel8 has Python 3.6." in output
    assert "cannot run modules with it. Manage this host with ansible-core 2.16" in output
    assert "deserialization" not in output
    assert "SyntaxError" not in output


def test_the_oldest_ansible_core_manages_it(tmp_path: Path) -> None:
    """The module answers, whatever it thinks of this machine."""
    output = look("oldest", tmp_path)
    assert "cannot run modules" not in output
    assert "reboot_required" in output or "Only root can judge a host" in output


@pytest.mark.parametrize("core", sorted(CORES))
def test_a_dump_server_is_looked_at_in_the_same_way(core: str, tmp_path: Path) -> None:
    """Its play begins with facts, not with kdump_info."""
    tasks = [{"ansible.builtin.import_tasks": str(ROOT / "roles/dump_server/tasks/look.yml")}]
    (tmp_path / "play.yml").write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
    output = run(core, tmp_path, "playbook", "play.yml")
    assert ("ok=1" if core == "oldest" else "rescued=1") in output
    assert ("Manage this server with ansible-core 2.16" in " ".join(output.split())) is (core == "newest")
