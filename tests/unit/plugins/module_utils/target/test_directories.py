# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of directories.py."""

import os
from typing import Any, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kdump.fleet.plugins.module_utils.target.directories import place_of
from tests.unit.plugins.module_utils.host_tree import HostTree


@pytest.mark.parametrize(
    ("path", "directory", "mode"),
    [
        ("/", True, 0o755),
        ("/var/crash", True, 0o700),
        ("/var/crash/", True, 0o700),
        ("//var//crash", True, 0o700),
        ("/var/crash/below/deep", True, None),
        ("/none/at/all", True, None),
        ("/etc/default/grub", False, 0o644),
        ("/etc/default/grub/below", False, None),
        ("/var/dangling", False, None),
        ("/var/dangling/below", False, None),
        ("/var/loop", False, None),
        ("/var/link", True, 0o700),
        ("/" + "a" * 5000, True, None),
        ("/a" * 300000, True, None),
        ("", True, 0o755),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_place_is_described(tree: HostTree, path: str, directory: bool, mode: Optional[int]) -> None:
    tree.root.chmod(0o755)
    tree.link("/var/dangling", "/nowhere")
    tree.link("/var/loop", "loop")
    tree.link("/var/link", "crash")
    place = place_of(tree.host(), path)
    assert (place.path, place.is_directory, place.mode) == (path, directory, mode)
    assert place.read_only is False
    assert (place.free_bytes > 0) == ("dangling" not in path and "loop" not in path)


def test_free_space_is_bytes(tree: HostTree) -> None:
    """Others write to this file system meanwhile."""
    space = os.statvfs(str(tree.root))
    assert place_of(tree.host(), "/").free_bytes == pytest.approx(space.f_bfree * space.f_frsize, rel=0.5)


@given(st.text("/.ab\u00fc", max_size=20))
def test_every_path_comes_to_an_end(path: str) -> None:
    class Nothing(object):
        def path(self, name: str) -> str:
            return "/" if name == "/" else "/nowhere"

    nothing: Any = Nothing()
    assert (place_of(nothing, path).mode is None) == bool(path.strip("/"))
