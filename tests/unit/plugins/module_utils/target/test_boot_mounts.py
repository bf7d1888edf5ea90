# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of boot_mounts.py."""

from pathlib import Path
from typing import Optional

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.target.boot_mounts import doubt, unit_of
from tests.unit.plugins.module_utils.host_tree import HostTree

UNIT = "kdump-tools-dump.service"
ROOT = "/dev/vda2 / ext4 rw 0 0\n"


@pytest.fixture
def tree(tmp_path: Path) -> HostTree:
    made = HostTree(tmp_path)
    made.write("/proc/self/mounts", ROOT + "/dev/vdb1 /srv ext4 rw 0 0\n/dev/vdb /srv/my\\040dumps ext4 rw 0 0\n")
    return made


# As 'systemd-escape --path --suffix=mount' of systemd 257 has them.
@pytest.mark.parametrize(
    ("directory", "unit"),
    [
        ("/srv", "srv.mount"),
        ("/srv/my dumps", "srv-my\\x20dumps.mount"),
        ("/srv/my-dumps/a_b:c", "srv-my\\x2ddumps-a_b:c.mount"),
        ("/.dumps/.x", "\\x2edumps-.x.mount"),
        ("/d\u00fc\udcff", "d\\xc3\\xbc\\xff.mount"),
    ],
)
def test_a_mount_has_a_unit(directory: str, unit: str) -> None:
    assert unit_of(directory) == unit


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "and /etc/fstab has no line for it"),
        ("/dev/vdb1 /srv ext4 defaults 0 0\n", "and /etc/fstab has no line for it"),
        ("/dev/vdb /srv/my\\040dumps ext4 defaults 0 0\n", None),
        ("/dev/other /srv/my\\040dumps/ ext4 defaults 0 0\n", None),
        ("/dev/vdb /srv/my\\040dumps ext4 noauto 0 0\n", "whose line in /etc/fstab has noauto"),
        ("/dev/vdb /srv/my\\040dumps ext4 noauto,nofail,x-systemd.automount 0 0\n", None),
        (
            "/dev/vdb /srv/my\\040dumps ext4 nofail 0 0\n",
            "whose line in /etc/fstab has nofail, but not x-systemd.before=" + UNIT + ": nothing waits for it",
        ),
        ("/dev/vdb /srv/my\\040dumps ext4 nofail,x-systemd.before=" + UNIT + " 0 0\n", None),
        (
            "server:/x /srv/my\\040dumps nfs defaults 0 0\n",
            "whose line in /etc/fstab is for remote-fs.target, which " + UNIT + " does not bring",
        ),
        (
            "/dev/vdb /srv/my\\040dumps ext4 _netdev 0 0\n",
            "whose line in /etc/fstab is for remote-fs.target, which " + UNIT + " does not bring",
        ),
    ],
)
def test_the_table_of_mounts_says_whether_it_will_be_there(tree: HostTree, line: str, said: Optional[str]) -> None:
    tree.write("/etc/fstab", line)
    expected = said and "/srv/my dumps/crash lies on /dev/vdb, mounted at /srv/my dumps, " + said
    assert doubt(tree.host(), "/srv/my dumps/crash", UNIT) == expected


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/dev/vdb /srv/dumps/ ext4 defaults 0 0\n", True),
        ("/dev/vdb /srv/dumps ext4 nofail 0 0\n/dev/vdc /srv/dumps/other ext4 defaults 0 0\n", True),
        ("/dev/vdb /srv/dumps ext4 noauto 0 0\n", False),
        ("/dev/vda2 / ext4 defaults 0 1\n/dev/vdc none swap sw 0 0\n/dev/vdb /srv/dump ext4 defaults 0 0\n", False),
    ],
)
def test_what_should_be_mounted_by_now_is_doubted(tree: HostTree, line: str, said: bool) -> None:
    tree.write("/proc/self/mounts", ROOT)
    tree.write("/etc/fstab", line)
    found = doubt(tree.host(), "/srv/dumps/crash", UNIT)
    expected = "/srv/dumps/crash is for /dev/vdb, which /etc/fstab mounts at /srv/dumps"
    assert (found is not None) == said
    assert (found or expected).startswith(expected)


@pytest.mark.parametrize(
    "where", ["/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system", "/run/systemd/generator.late"]
)
def test_a_mount_unit_does_as_well(tree: HostTree, where: str) -> None:
    assert doubt(tree.host(), "/srv/my dumps", UNIT)
    tree.write(where + "/srv-my\\x20dumps.mount", "")
    assert doubt(tree.host(), "/srv/my dumps", UNIT) is None


@pytest.mark.parametrize("path", ["/var/crash", "/srvx/crash", "/"])
def test_the_root_file_system_is_always_there(tree: HostTree, path: str) -> None:
    assert doubt(tree.host(), path, UNIT) is None


def test_without_a_table_nothing_is_doubted(tree: HostTree) -> None:
    tree.remove("/proc/self/mounts")
    assert doubt(tree.host(), "/srv/crash", UNIT) is None
