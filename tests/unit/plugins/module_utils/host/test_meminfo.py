# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of meminfo.py."""

from typing import Dict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kdump.fleet.plugins.module_utils.host import meminfo


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("MemTotal:         989888 kB\nActive(anon):  12 kB\n", {"MemTotal": 1013645312, "Active(anon)": 12288}),
        ("total 164392\nleast_available 70656", {"total": 168337408, "least_available": 72351744}),
        ("total 1\ntotal 2\n", {"total": 2048}),
        ("total\ntotal x\ntotal -1\ntotal 1.5\ntotal 1 MB\n: 5 kB\n", {}),
        ("total \u00b2\ntotal \u0663\n", {}),
        ("total " + "9" * 5000, {}),
        ("\0\0\0\udcff total 1\n", {}),
    ],
)
def test_amounts_are_bytes(text: str, expected: Dict[str, int]) -> None:
    assert meminfo.parse(text) == expected


@given(st.text(st.characters()))
def test_any_text_can_be_read(text: str) -> None:
    meminfo.parse(text)
