# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of managed_block.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kdump.fleet.plugins.module_utils.host.managed_block import (
    BEGIN,
    END,
    inside,
    last_line,
    outside,
)


@pytest.mark.parametrize(
    ("text", "left", "held"),
    [
        ("", "", ""),
        ("A=1\n", "A=1\n", ""),
        ("A=1\n# BEGIN kdump.fleet\nA=2\n# END kdump.fleet\nB=1\n", "A=1\nB=1\n", "A=2\n"),
        ("# BEGIN kdump.fleet\n# END kdump.fleet", "", ""),
        ("A=1\n# BEGIN kdump.fleet\nA=2\n# END kdump.fleet", "A=1\n", "A=2\n"),
        ("A=1\n# BEGIN kdump.fleet\nA=2\n", "A=1\n# BEGIN kdump.fleet\nA=2\n", ""),
        ("A=1\n# END kdump.fleet\n", "A=1\n# END kdump.fleet\n", ""),
        ("A=1 # BEGIN kdump.fleet\nB=2\n# END kdump.fleet\n", "A=1 # BEGIN kdump.fleet\nB=2\n# END kdump.fleet\n", ""),
    ],
)
def test_the_block_is_told_from_the_rest(text: str, left: str, held: str) -> None:
    assert (outside(text), inside(text)) == (left, held)


@given(st.text(), st.text().filter(lambda text: END not in text), st.text())
def test_cutting_out_undoes_adding(before: str, held: str, behind: str) -> None:
    before = before + "\n"
    block = "{0}\n{1}\n{2}\n".format(BEGIN, held, END)
    if BEGIN not in before:
        assert outside(before + block + behind) == before + behind
        assert inside(before + block + behind) == held + "\n"


def test_the_line_that_ends_the_block() -> None:
    assert last_line("a\n# BEGIN kdump.fleet\nb\n# END kdump.fleet\nc\n") == 4
    assert last_line("# BEGIN kdump.fleet\n# END kdump.fleet") == 2
    assert last_line("a\nb\n") == 0
