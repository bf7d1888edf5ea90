# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of kernel.py."""

from typing import Tuple

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.host import kernel
from tests.unit.plugins.module_utils.host_tree import HostTree


def test_the_release_is_what_uname_prints(tree: HostTree) -> None:
    tree.write(kernel.RELEASE, "6.12.0-55.el10.x86_64\n")
    assert kernel.release(tree.host()) == "6.12.0-55.el10.x86_64"
    tree.remove(kernel.RELEASE)
    assert kernel.release(tree.host()) == ""


@pytest.mark.parametrize(
    ("release", "version"),
    [("6.12.73+deb13-amd64", (6, 12)), ("3.10.0-1160.el7.x86_64", (3, 10)), ("7.0-rc1", (7, 0)), ("7", (7,)), ("", ())],
)
def test_a_version_is_two_numbers(release: str, version: Tuple[int, ...]) -> None:
    assert kernel.version(release) == version
