# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of capture_initrd.py."""

from typing import Set

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.capture_initrd import lacking, names
from ansible_collections.kdump.fleet.plugins.module_utils.setup import Target

LOCAL = Target("local", "", "/var/crash", "/var/crash")
SSH = Target("ssh", "kdump@server", "/var/crash")
NFS = Target("nfs", "server:/export", "/var/crash")
KEY = "/root/.ssh/kdump_id_rsa"
WHOLE = {"usr/bin/makedumpfile", "usr/bin/mount", "usr/bin/ssh", "root/.ssh/kdump_id_rsa", "usr/sbin/mount.nfs"}
WHOLE = WHOLE | {"usr/sbin/NetworkManager", "root/.ssh/known_hosts"}


def test_names_of_a_listing() -> None:
    text = (
        "Arguments: -f\ndracut modules:\nbase\n=====\n"
        "drwxr-xr-x  12 root     root            0 Nov 22 18:40 .\n"
        "crw-r--r--   1 root     root       5,   1 Nov 22 18:40 dev/console\n"
        "-rwxr-xr-x   1 root     root       444512 Nov 22  2026 usr/bin/a name\n"
        "lrwxrwxrwx   1 root     root            7 Nov 22 18:40 bin -> usr/bin\n"
    )
    assert names(text) == {".", "dev/console", "usr/bin/a name", "bin"}


@pytest.mark.parametrize("target", [LOCAL, SSH, NFS])
def test_a_whole_initrd_lacks_nothing(target: Target) -> None:
    assert lacking(WHOLE, target, "makedumpfile -l -d 31", KEY) == []


@pytest.mark.parametrize(
    ("target", "taken", "what"),
    [
        (LOCAL, {"usr/bin/makedumpfile"}, "the core collector makedumpfile"),
        (LOCAL, {"usr/bin/mount"}, "the program mount"),
        (SSH, {"usr/bin/ssh"}, "the program ssh"),
        (SSH, {"root/.ssh/kdump_id_rsa"}, "the key " + KEY),
        (SSH, {"root/.ssh/known_hosts"}, "the server's host key, root/.ssh/known_hosts"),
        (SSH, {"usr/sbin/NetworkManager"}, "a program that brings the network up"),
        (NFS, {"usr/sbin/mount.nfs"}, "the program mount.nfs"),
    ],
)
def test_each_thing_is_missed(target: Target, taken: Set[str], what: str) -> None:
    assert lacking(WHOLE - taken, target, "makedumpfile -l -d 31", KEY) == [what]
