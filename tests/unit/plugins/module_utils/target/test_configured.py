# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of configured.py: what the table of mounts adds to what a tool says."""

from typing import Any, Optional

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.target.configured import setup_of
from ansible_collections.kdump.fleet.plugins.module_utils.tools.policy import Policy
from tests.unit.plugins.module_utils.host_tree import CONFIGURATION, HostTree


@pytest.mark.parametrize(
    ("line", "doubt"),
    [
        ("", "/var/crash lies on /dev/vdb, mounted at /var/crash, and /etc/fstab has no line for it"),
        ("SSH=kdump@dump1\n", None),
    ],
)
def test_the_directory_of_dumps_may_not_be_mounted_at_boot(tree: HostTree, line: str, doubt: Optional[str]) -> None:
    """Dumps that go to a server have none."""
    tree.write("/proc/self/mounts", "/dev/vda2 / ext4 rw 0 0\n/dev/vdb /var/crash ext4 rw 0 0\n")
    tree.append(CONFIGURATION, line)
    assert setup_of(tree.host(), Policy()).doubt_at_boot == doubt


@pytest.mark.parametrize(("policy", "asked"), [({}, False), ({"mount_point": "/srv/dumps"}, True)])
def test_a_mount_is_looked_at_where_the_policy_asks_for_it(tree: HostTree, policy: Any, asked: bool) -> None:
    target = {"type": "ext4" if asked else "local", "location": "/dev/vdb" if asked else None}
    setup = setup_of(tree.host(), Policy.of(dict(policy, target=target)))
    assert (setup.mount is not None) == asked
