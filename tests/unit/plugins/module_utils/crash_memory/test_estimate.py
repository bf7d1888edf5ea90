# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of estimate.py."""

from pathlib import Path
from typing import List, Optional, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory.estimate import (
    estimate,
    of_kdumpctl,
    of_kdumptool,
)
from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import CommandResult
from tests.unit.plugins.module_utils.host_tree import HostTree

MIB = 1 << 20
# Of kdump-utils 1.0.61 in a machine with 2.5 GiB.
KDUMPCTL = """\
Reserved crashkernel:    256M
Recommended crashkernel: 655M

Kernel image size:   54M
WARNING: Current crashkernel size is lower than recommended size 655M.
"""
# The lines that kdumptool's source writes, on x86_64 and on architectures without a region below 4 GiB; the numbers are
# made up.
KDUMPTOOL = "Total: 16271\nLow: 72\nHigh: {0}\nMinLow: 72\nMaxLow: 2968\nMinHigh: 0 \nMaxHigh: 13239 \n"


@pytest.mark.parametrize(
    ("text", "size", "low"),
    [
        (KDUMPCTL, 655, 0),
        ("Usage: kdumpctl {estimate|start}", None, None),
        ("Recommended crashkernel: M", None, None),
    ],
)
def test_kdumpctl_estimates(text: str, size: Optional[int], low: Optional[int]) -> None:
    found = of_kdumpctl(text)
    assert (found and (found.bytes, found.low_bytes)) == (size and (size * MIB, low))


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        (KDUMPTOOL.format(180), (252, 72)),
        (KDUMPTOOL.format(72), (144, 72)),
        (KDUMPTOOL.format(0), (72, 0)),
        ("Total: 0\nLow: 0\nHigh: 0\nMinLow: 0\nMaxLow: 0\nMinHigh: 0 \nMaxHigh: 0 \n", None),
        ("kdumptool: cannot calibrate", None),
    ],
)
def test_kdumptool_calibrates(text: str, sizes: Optional[Tuple[int, int]]) -> None:
    found = of_kdumptool(text)
    assert (found and (found.bytes, found.low_bytes)) == (sizes and (sizes[0] * MIB, sizes[1] * MIB))


@given(st.text())
def test_any_output_is_an_estimate_or_none(text: str) -> None:
    assert of_kdumpctl(text) is None or "Recommended" in text
    assert of_kdumptool(text) is None or ":" in text


@pytest.mark.parametrize(
    ("program", "status", "answer"),
    [
        ("kdumpctl", 0, (655 * MIB, "kdumpctl estimate")),
        ("kdumpctl", 1, None),
        ("kdumptool", 0, (252 * MIB, "kdumptool calibrate")),
        ("kdumptool", 1, None),
        ("kdump-config", 0, None),
    ],
)
def test_the_host_s_own_tool_is_asked(
    tmp_path: Path, program: str, status: int, answer: Optional[Tuple[int, str]]
) -> None:
    asked: List[List[str]] = []

    def run(argv: List[str], timeout: float) -> CommandResult:
        asked.append(argv)
        return CommandResult(argv, status, KDUMPCTL + KDUMPTOOL.format(180), "kdump: Invalid kdump config option x")

    tree = HostTree(tmp_path)
    tree.program("/usr/sbin/" + program)
    tree.runner = run
    found = estimate(tree.host())
    assert (found and (found.bytes, found.source)) == answer
    assert [argv[0] for argv in asked] == ([program] if program != "kdump-config" else [])
