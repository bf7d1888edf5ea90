# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the tests of module_utils."""

from pathlib import Path

import pytest

from tests.unit.plugins.module_utils.host_tree import HostTree, ready_host


@pytest.fixture
def tree(tmp_path: Path) -> HostTree:
    """A host with nothing to complain about."""
    return ready_host(tmp_path / "host")
