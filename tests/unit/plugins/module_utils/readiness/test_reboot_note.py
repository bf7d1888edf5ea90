# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of reboot_note.py: when another reboot would be for nothing."""

import json
from pathlib import Path
from typing import List

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.readiness import reboot_note
from tests.unit.plugins.module_utils.host_tree import HostTree


@pytest.mark.parametrize(
    ("staged", "running", "holds"),
    [
        (["1G,high", "128M,low"], ["256M"], True),
        (["1G,high"], ["256M"], False),
        (["1G,high", "128M,low"], [], False),
        (["256M"], ["256M"], False),
    ],
)
def test_it_holds_for_the_values_that_it_names(
    tmp_path: Path, staged: List[str], running: List[str], holds: bool
) -> None:
    tree = HostTree(tmp_path)
    tree.write(reboot_note.PATH, json.dumps({"staged": "1G,high 128M,low", "running": "256M", "host": "n1"}))
    assert reboot_note.holds(tree.host(), staged, running) is holds


def test_a_host_that_runs_what_is_staged_has_no_reboot_in_vain(tmp_path: Path) -> None:
    """Whatever a note says that was left behind."""
    tree = HostTree(tmp_path)
    tree.write(reboot_note.PATH, json.dumps({"staged": "256M", "running": "256M"}))
    assert not reboot_note.holds(tree.host(), ["256M"], ["256M"])


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"staged": ["256M"], "running": ""}', "[" * 100000])
def test_a_note_that_says_nothing_is_none(tmp_path: Path, text: str) -> None:
    tree = HostTree(tmp_path)
    assert not reboot_note.holds(tree.host(), ["256M"], [])
    tree.write(reboot_note.PATH, text)
    assert not reboot_note.holds(tree.host(), ["256M"], [])


def test_a_note_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    tree = HostTree(tmp_path)
    tree.directory(reboot_note.PATH)
    assert not reboot_note.holds(tree.host(), ["256M"], [])
