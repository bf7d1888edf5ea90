# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of inspect.py: which commands the longer look runs. What comes of them: kdumpctl/test_read.py."""

from pathlib import Path
from typing import List

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory.recommendation import Estimate
from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import CommandResult
from ansible_collections.kdump.fleet.plugins.module_utils.target.configured import setup_of
from ansible_collections.kdump.fleet.plugins.module_utils.tools.inspect import Inspection, inspect
from ansible_collections.kdump.fleet.plugins.module_utils.tools.policy import Policy
from tests.unit.plugins.module_utils.host_tree import HostTree
from tests.unit.plugins.module_utils.rpm_tree import INITRD, ready_rpm_host


def test_a_host_with_kdump_tools_has_nothing_to_inspect(tree: HostTree) -> None:
    assert inspect(tree.host(), setup_of(tree.host(), Policy())) == Inspection([], None)


@pytest.mark.parametrize(
    ("inside", "lacking"),
    [
        ("", []),
        (
            "-rwxr-xr-x root/root    9 2026-11-28 22:45 squashfs-root/usr/bin/mount\n",
            ["the core collector makedumpfile"],
        ),
    ],
)
def test_nothing_is_missed_in_an_image_that_cannot_be_unpacked(tmp_path: Path, inside: str, lacking: List[str]) -> None:
    listing = "".join(
        "-rw-r--r--   1 root     root       9 Nov 28 22:45 {0}\n".format(name) for name in ("init", "squashfs-root.img")
    )
    tree = ready_rpm_host(tmp_path)
    setup = setup_of(tree.host(), Policy())

    def run(argv: List[str], timeout: float) -> CommandResult:
        said = {"kdumpctl": "Recommended crashkernel: 300M\n", "lsinitrd": listing + inside}
        return CommandResult(argv, 0, said[argv[0]], "")

    tree.runner = run
    assert inspect(tree.host(), setup).lacking == lacking


def test_a_capture_initrd_that_is_not_there_is_not_opened(tmp_path: Path) -> None:
    asked: List[List[str]] = []

    def run(argv: List[str], timeout: float) -> CommandResult:
        asked.append(argv)
        return CommandResult(argv, 0, "Recommended crashkernel: 300M\n", "")

    tree = ready_rpm_host(tmp_path)
    tree.remove(INITRD)
    setup = setup_of(tree.host(), Policy())
    tree.runner = run
    assert inspect(tree.host(), setup) == Inspection([], Estimate(300 << 20, 0, "kdumpctl estimate"))
    assert asked == [["kdumpctl", "estimate"]]
