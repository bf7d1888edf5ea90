# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of boot_sysctl.py: sysctl.d(5) as systemd-sysctl reads it."""

from pathlib import Path
from typing import Dict, Optional, Tuple

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.host.boot_sysctl import setting
from tests.unit.plugins.module_utils.host_tree import HostTree

NAME = "kernel.kexec_load_disabled"
ETC, USR, RUN = "/etc/sysctl.d/", "/usr/lib/sysctl.d/", "/run/sysctl.d/"


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({}, None),
        ({ETC + "99-hardening.conf": NAME + " = 1\n"}, ("1", ETC + "99-hardening.conf")),
        ({ETC + "a.conf": "-kernel/kexec_load_disabled=1"}, ("1", ETC + "a.conf")),
        ({ETC + "a.conf": "# {0}=1\n;{0}=1\n{0}\n".format(NAME)}, None),
        ({ETC + "a.conf": NAME + "=1\n", USR + "b.conf": NAME + "=0\n"}, ("0", USR + "b.conf")),
        ({ETC + "a.conf": "x=1\n", USR + "a.conf": NAME + "=1\n"}, None),  # replaced by the file of its name
        ({RUN + "a.conf": NAME + "=1\n", USR + "a.conf": NAME + "=0\n"}, ("1", RUN + "a.conf")),
        ({ETC + "a.txt": NAME + "=1\n"}, None),
        ({ETC + "a.conf": "{0}=0\n{0}=1\n".format(NAME)}, ("1", ETC + "a.conf")),
    ],
)
def test_the_last_file_has_the_last_word(
    tmp_path: Path, files: Dict[str, str], found: Optional[Tuple[str, str]]
) -> None:
    tree = HostTree(tmp_path)
    tree.directory("/")
    for path, text in files.items():
        tree.write(path, text)
    assert setting(tree.host(), NAME) == found


def test_the_old_file_is_read_through_its_link(tmp_path: Path) -> None:
    tree = HostTree(tmp_path)
    tree.write("/etc/sysctl.conf", NAME + "=1\n")
    tree.link(ETC + "99-sysctl.conf", "../sysctl.conf")
    assert setting(tree.host(), NAME) == ("1", ETC + "99-sysctl.conf")
