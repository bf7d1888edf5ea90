# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A dump server for each test."""

from pathlib import Path

import pytest

from tests.unit.plugins.module_utils.dump_gate.server import Server


@pytest.fixture(name="server")
def server_in_a_directory(tmp_path: Path) -> Server:
    """As the role leaves it."""
    return Server(tmp_path)
