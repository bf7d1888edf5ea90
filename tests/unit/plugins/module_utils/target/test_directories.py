# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of directories.py."""

import os
from typing import Any, List, Optional, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kdump.fleet.plugins.module_utils.target.configured import setup_of
from ansible_collections.kdump.fleet.plugins.module_utils.target.directories import (
    fallback_place,
    place_of,
    places,
)
from ansible_collections.kdump.fleet.plugins.module_utils.tools.policy import Policy
from ansible_collections.kdump.fleet.plugins.module_utils.tools.records import Fallback, Target, TargetMount
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


MOUNT = TargetMount("/dev/vdb", "ext4", "/srv/dumps", mounted=True)


@pytest.mark.parametrize(
    ("now", "wanted", "mount", "found"),
    [
        (Target("local", "", "/a", "/a"), Target("local", "", "/a", "/a"), None, [("/a", True)]),
        (Target("local", "", "/a", "/a"), Target("filesystem", "x", "/", "/b"), None, [("/a", True), ("/b", False)]),
        (Target("ssh", "u@s", "/a"), Target("nfs", "s:/", "/a", "/mnt/a"), None, []),
        (
            Target("local", "", "/a", "/a"),
            Target("filesystem", "x", "/", "/srv/dumps/c"),
            MOUNT,
            [("/a", True), ("/srv/dumps/c", False)],
        ),
        (
            Target("local", "", "/a", "/a"),
            Target("filesystem", "x", "/", "/srv/dumps/c"),
            MOUNT._replace(mounted=False),
            [("/a", True)],
        ),
    ],
)
def test_the_places_are_those_that_can_be_seen(
    tree: HostTree, now: Target, wanted: Target, mount: Optional[TargetMount], found: List[Tuple[str, bool]]
) -> None:
    """No server's, and none below a file system that is not mounted."""
    setup = setup_of(tree.host(), Policy())._replace(target=now, wanted_target=wanted, mount=mount)
    assert [(place.path, place.local) for place in places(tree.host(), setup)] == found


@pytest.mark.parametrize(
    ("fallback", "path"),
    [
        (None, None),
        (Fallback("/var/crash", "/"), None),  # where dumps go, or will
        (Fallback("/other", "/"), None),
        (Fallback("/elsewhere", "/etc"), "/etc"),
        (Fallback("/var/crash", "/", hidden="it is mounted over"), "/"),
        (Fallback("/elsewhere", "/etc", hidden="it is mounted over"), "/etc"),
    ],
)
def test_the_place_of_what_does_not_reach_its_target(
    tree: HostTree, fallback: Optional[Fallback], path: Optional[str]
) -> None:
    setup = setup_of(tree.host(), Policy())
    setup = setup._replace(fallback=fallback, wanted_target=Target("filesystem", "x", "/", "/other"))
    place = fallback_place(tree.host(), setup)
    assert (place.path if place else None) == path
