# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of mounts.py."""

from pathlib import Path
from typing import Optional

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.host import mounts
from tests.unit.plugins.module_utils.host_tree import HostTree

UUID = "12e3e25f-534e-4007-a40c-e7e080a933ad"
MOUNTED = """\
/dev/vda2 / ext4 rw,relatime 0 0
/dev/vdb1 /srv/my\\040dumps xfs rw 0 0
server:/export /mnt/nfs nfs4 rw,vers=4.2 0 0
short line
"""


@pytest.fixture
def tree(tmp_path: Path) -> HostTree:
    made = HostTree(tmp_path)
    made.write("/proc/self/mounts", MOUNTED)
    made.write("/dev/vdb1", "")
    made.write("/dev/vda2", "")
    made.link("/dev/disk/by-uuid/" + UUID, "../../vdb1")
    made.link("/dev/disk/by-label/my\\x20dumps", "../../vdb1")
    return made


@pytest.mark.parametrize(
    ("name", "device"),
    [
        ("/dev/vdb1", "/dev/vdb1"),
        ("UUID=" + UUID, "/dev/vdb1"),
        ("LABEL=my dumps", "/dev/vdb1"),
        ('UUID="{0}"'.format(UUID), "/dev/vdb1"),
        ("/dev/disk/by-uuid/" + UUID, "/dev/vdb1"),
        ("/dev/vdz", None),
        ("UUID=0000", None),
        ("LABEL=../../../etc", None),
        ("server:/export", None),
        ("", None),
    ],
)
def test_every_name_of_a_device_leads_to_it(tree: HostTree, name: str, device: Optional[str]) -> None:
    assert mounts.device(tree.host(), name) == device


@pytest.mark.parametrize(
    ("name", "directory"),
    [
        ("UUID=" + UUID, "/srv/my dumps"),
        ("/dev/vdb1", "/srv/my dumps"),
        ("server:/export", "/mnt/nfs"),
        ("/dev/vda2", "/"),
        ("server:/other", None),
    ],
)
def test_where_it_is_mounted(tree: HostTree, name: str, directory: Optional[str]) -> None:
    host = tree.host()
    found = mounts.mount_of(host, name, mounts.mounted(host))
    assert (found.directory if found else None) == directory


def test_the_table_has_comments_and_short_lines(tree: HostTree) -> None:
    assert mounts.configured(tree.host()) == []
    lines = ["# a comment with words", "", "UUID=" + UUID + " /srv/dumps xfs noauto,ro 0 0", "/dev/vda2 / ext4"]
    tree.write("/etc/fstab", "\n".join(lines) + "\n/dev/vda3 /data ext4 nofail\n")
    assert mounts.configured(tree.host()) == [
        ("UUID=" + UUID, "/srv/dumps", "xfs", ["noauto", "ro"]),
        ("/dev/vda2", "/", "ext4", []),
        ("/dev/vda3", "/data", "ext4", ["nofail"]),
    ]


def test_the_newest_mount_counts(tree: HostTree) -> None:
    tree.append("/proc/self/mounts", "/dev/vdb1 /again xfs rw 0 0\n")
    host = tree.host()
    found = mounts.mount_of(host, "/dev/vdb1", mounts.mounted(host))
    assert found is not None
    assert found.directory == "/again"


@pytest.mark.parametrize("text", ["plain", "my dumps", "a\\b", "#x", "a\tb\nc", "d\u00fc"])
def test_a_field_is_read_back(text: str) -> None:
    assert mounts.parse("{0} {0} ext4\n".format(mounts.field(text)))[0][:2] == (text, text)


@pytest.mark.parametrize(
    ("location", "name"), [(UUID, "UUID=" + UUID), ("UUID=" + UUID, "UUID=" + UUID), ("/dev/vdb1", "/dev/vdb1")]
)
def test_a_bare_uuid_is_one(location: str, name: str) -> None:
    assert mounts.named(location) == name


def test_the_last_line_for_a_directory_counts(tree: HostTree) -> None:
    tree.append("/proc/self/mounts", "other:/export /mnt/nfs nfs4 rw 0 0\ntmpfs /mnt/nfs/ tmpfs rw 0 0\n")
    table = mounts.mounted(tree.host())
    found = mounts.mount_at("/mnt/nfs", table)
    assert found is not None
    assert found.source == "tmpfs"
    assert mounts.mount_at("/mnt", table) is None


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("/", "/dev/vda2"),
        ("/var/crash", "/dev/vda2"),
        ("/mnt/nfs", "server:/export"),
        ("/mnt/nfs/below", "server:/export"),
        ("/mnt/nfsx", "/dev/vda2"),
    ],
)
def test_a_path_lies_on_the_deepest_file_system_above_it(tree: HostTree, path: str, source: str) -> None:
    found = mounts.lowest(path, mounts.mounted(tree.host()))
    assert found is not None
    assert found.source == source
    assert mounts.lowest(path, []) is None
