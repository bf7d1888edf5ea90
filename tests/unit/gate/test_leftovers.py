# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines of one's own runs are stopped, and no others."""

from pathlib import Path

import pytest

from tests import leftovers


@pytest.mark.parametrize(
    ("runs", "stopped"),
    [
        ([], []),
        (["elsewhere/run"], []),
        (["mine/a", "elsewhere/run", "mine/b/lab", "mine-too"], ["mine/a", "mine/b/lab"]),
    ],
)
def test_only_own_machines_are_stopped(tmp_path: Path, runs: list[str], stopped: list[str]) -> None:
    """Own are those below the directories that are named."""
    done: list[Path] = []
    status = leftovers.main([str(tmp_path / "mine")], lambda: [tmp_path / run for run in runs], done.append)
    assert done == [tmp_path / run for run in stopped]
    assert status == int(bool(stopped))
