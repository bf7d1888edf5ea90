# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How role kdump mounts a file system for dumps: the conditions of its tasks, and what has to accept the new table."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.readiness.report import report
from ansible_collections.kdump.fleet.plugins.module_utils.tools.policy import Policy
from tests.unit.plugins.module_utils.host_tree import HostTree, ready_host
from tests.unit.plugins.module_utils.target import test_mount
from tests.unit.test_kdump_verify import evaluated, task

MOUNTED = "/dev/vda2 / ext4 rw 0 0\n/dev/vdb /srv/dumps ext4 rw 0 0\n"


def due(answer: dict[str, Any], name: str, start: str, **variables: Any) -> bool:
    """Whether a task is run; it has one condition, or all of several."""
    conditions = task(name, start)["when"]
    conditions = [conditions] if isinstance(conditions, str) else conditions
    return all(evaluated(condition, answer, **variables) for condition in conditions)


@pytest.fixture
def tree(tmp_path: Path) -> HostTree:
    return test_mount.with_disk(ready_host(tmp_path))


def test_nothing_is_mounted_unless_it_is_asked_for(tree: HostTree) -> None:
    answer = report(tree.host(), Policy())
    assert not due(answer, "configure.yml", "Mount the file system")
    assert not due(answer, "remove.yml", "Take the file system")


def test_what_is_not_mounted_is_and_comes_out_again(tree: HostTree) -> None:
    answer = report(tree.host(), Policy.of(test_mount.POLICY))
    assert due(answer, "configure.yml", "Mount the file system")
    assert due(answer, "mount.yml", "Make the directory")
    assert due(answer, "mount.yml", "Mount the file system")
    assert not due(answer, "remove.yml", "Take the file system")
    line = task("mount.yml", "Have the file system")["vars"]["__kdump_line"]
    assert evaluated(line.strip("{} "), answer) == test_mount.LINE
    tree.write("/proc/self/mounts", MOUNTED)
    tree.append("/etc/fstab", test_mount.BLOCK)
    answer = report(tree.host(), Policy.of(test_mount.POLICY))
    # The mode of a mount point is that of the file system on it.
    assert not due(answer, "mount.yml", "Make the directory")
    assert not due(answer, "mount.yml", "Mount the file system")
    # Whatever the variables say by then.
    assert due(report(tree.host(), Policy()), "remove.yml", "Take the file system")


@pytest.mark.parametrize(
    ("former", "new", "accepted"),
    [("good", "good", True), ("good", "bad", False), ("bad", "bad", True), ("bad", "good", True)],
)
def test_a_table_that_was_accepted_has_to_be_accepted(tmp_path: Path, former: str, new: str, accepted: bool) -> None:
    program = tmp_path / "bin/findmnt"
    program.parent.mkdir()
    program.write_text(
        '#!/bin/sh\n[ "$1 $2" = "--verify --tab-file" ] || exit 9\n'
        f'case $3 in /etc/fstab) said={former} ;; *) said=$(cat "$3") ;; esac\necho "$said table"\n[ "$said" = good ]\n'
    )
    program.chmod(0o755)
    table = tmp_path / "a table"
    table.write_text(new)
    words = shlex.split(task("fstab.yml", "Write the line")["ansible.builtin.blockinfile"]["validate"])
    command = [word.replace("%s", str(table)) for word in words]
    done = subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": f"{program.parent}:{os.environ['PATH']}"},
    )
    assert (done.returncode == 0) == accepted
    # What Ansible shows of a refusal.
    assert ("bad table" in done.stderr) == (not accepted)


def test_a_host_without_findmnt_is_none_where_nothing_can_be_written(tmp_path: Path) -> None:
    words = shlex.split(task("fstab.yml", "Write the line")["ansible.builtin.blockinfile"]["validate"])
    assert subprocess.run(words, check=False, env={"PATH": str(tmp_path)}).returncode == 0
