# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which accounts a dump server may have: the role's own tasks on this machine, which only look (getent)."""

from __future__ import annotations

import json
import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from tests.checkout import ROOT
from tests.fleet.fleets import CORES

ROLE = ROOT / "roles/dump_server"
PLAY = """\
- hosts: localhost
  gather_facts: false
  vars_files: [{role}/defaults/main.yml, {role}/vars/main.yml]
  tasks:
    - ansible.builtin.import_tasks: {role}/tasks/account.yml
"""
DAEMON = pwd.getpwnam("daemon")


def judged(core: str, directory: Path, **variables: str) -> tuple[int, str]:
    """The status of the role's look at the account, and what it says."""
    (directory / "play.yml").write_text(PLAY.format(role=ROLE), encoding="utf-8")
    variables["ansible_python_interpreter"] = sys.executable
    command = [str(CORES[core]), "-m", "ansible", "playbook", "-i", "localhost,", "-c", "local", "play.yml"]
    done = subprocess.run(
        [*command, "-e", json.dumps(variables)],
        cwd=directory,
        env={"PATH": os.environ["PATH"], "HOME": str(directory), "LC_ALL": "C.UTF-8", "ANSIBLE_NOCOLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, " ".join(done.stdout.split())


@pytest.mark.parametrize("core", sorted(CORES))
@pytest.mark.parametrize("user", ["root", "daemon"])
def test_an_account_that_is_there_is_refused(core: str, user: str, tmp_path: Path) -> None:
    """ "Match User root" would lock root and Ansible out of the server."""
    status, said = judged(core, tmp_path, dump_server_user=user)
    assert status == 2, said
    assert (
        f"{user} cannot be the dump_server_user of localhost: sshd would let that account do nothing but send" in said
    )
    assert f"with the home {pwd.getpwnam(user).pw_dir} and the shell {pwd.getpwnam(user).pw_shell}" in said


@pytest.mark.parametrize("core", sorted(CORES))
@pytest.mark.parametrize(
    "variables",
    [
        {"dump_server_user": "kdump-nobody-has"},
        {"dump_server_user": "daemon", "dump_server_directory": DAEMON.pw_dir + "/"},
        {"dump_server_user": "daemon", "__dump_server_comment": DAEMON.pw_gecos},
    ],
    ids=["new", "by its home", "by its comment"],
)
def test_a_new_account_and_the_roles_own_are_taken(core: str, variables: dict[str, str], tmp_path: Path) -> None:
    """The second run finds what the first one has made, also after dump_server_directory was changed."""
    status, said = judged(core, tmp_path, **variables)
    assert status == 0, said
