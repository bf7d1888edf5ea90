# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of last_capture.py."""

from typing import Dict, Optional

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory import last_capture
from tests.unit.plugins.module_utils.host_tree import HostTree


@pytest.mark.parametrize(
    ("text", "measured"),
    [
        (None, None),
        ("", None),
        ("total 100\n", None),
        ("least_available 7\n", None),
        ("total 100\nleast_available x\n", None),
        ("total 100\nleast_available \u00b2\n", None),
        ("\0\0\0\0", None),
        ("total 100\nleast_available 7\n", {"total_bytes": 102400, "least_available_bytes": 7168}),
        ("garbage\udcff\ntotal 100\nleast_available 7", {"total_bytes": 102400, "least_available_bytes": 7168}),
    ],
)
def test_a_measurement_is_read(tree: HostTree, text: Optional[str], measured: Optional[Dict[str, int]]) -> None:
    if text is not None:
        tree.write(last_capture.MEASURED, text)
    assert last_capture.measured(tree.host()) == measured
