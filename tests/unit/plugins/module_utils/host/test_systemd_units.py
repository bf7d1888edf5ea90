# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of systemd_units.py."""

from pathlib import Path

from ansible_collections.kdump.fleet.plugins.module_utils.host import systemd_units
from tests.unit.plugins.module_utils.host_tree import HostTree

UNIT = "kdump.service"


def test_enabled_means_that_some_target_wants_it(tmp_path: Path) -> None:
    tree = HostTree(tmp_path)
    assert not systemd_units.is_enabled(tree.host(), UNIT)
    tree.link("/etc/systemd/system/multi-user.target.wants/" + UNIT, "/usr/lib/systemd/system/" + UNIT)
    assert systemd_units.is_enabled(tree.host(), UNIT)


def test_masked_is_a_link_to_nothing(tmp_path: Path) -> None:
    tree = HostTree(tmp_path)
    assert not systemd_units.is_masked(tree.host(), UNIT)
    tree.link("/etc/systemd/system/" + UNIT, "/dev/null")
    assert systemd_units.is_masked(tree.host(), UNIT)


def test_at_work_is_who_has_processes(tmp_path: Path) -> None:
    tree = HostTree(tmp_path)
    assert not systemd_units.is_working(tree.host(), UNIT)
    tree.write("/sys/fs/cgroup/system.slice/kdump.service/cgroup.procs", "")
    assert not systemd_units.is_working(tree.host(), UNIT)
    tree.write("/sys/fs/cgroup/systemd/system.slice/kdump.service/cgroup.procs", "4711\n")
    assert systemd_units.is_working(tree.host(), UNIT)
