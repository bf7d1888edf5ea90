# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of recommendation.py: how much to reserve, and by what."""

from typing import Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory import crashkernel
from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory.recommendation import (
    STEP,
    Estimate,
    is_wasteful,
    recommend,
)
from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory.sizes import MIB

GIB = 1 << 30
DEFAULT = "2G-64G:256M,64G-:512M"
SMALL, USUAL = (crashkernel.resolve("crashkernel=" + DEFAULT, size) for size in (1 * GIB, 4 * GIB))
HIGH = crashkernel.resolve("crashkernel=1G,high", 64 * GIB)


@pytest.mark.parametrize(
    ("used", "estimate", "resolution", "size", "source"),
    [
        (123 * MIB, Estimate(300 * MIB, 0, "kdumpctl estimate"), USUAL, 160, "measured capture"),
        (128 * MIB, None, None, 160, "measured capture"),
        (128 * MIB + 1, None, None, 176, "measured capture"),
        (None, Estimate(655 * MIB, 0, "kdumpctl estimate"), USUAL, 655, "kdumpctl estimate"),
        (None, None, USUAL, 256, "default"),
        (None, None, HIGH, 1024 + 256, "default"),  # with the region below 4 GiB that comes along
        (None, None, SMALL, None, None),
        (None, None, None, None, None),
    ],
)
def test_the_best_that_is_known_counts(
    used: Optional[int],
    estimate: Optional[Estimate],
    resolution: Optional[crashkernel.Resolution],
    size: Optional[int],
    source: Optional[str],
) -> None:
    found = recommend(used, estimate, DEFAULT if resolution else None, resolution)
    assert (found and found.bytes) == (size and size * MIB)
    assert (found and found.source) == source


def test_the_reason_has_the_host_s_values() -> None:
    measured = recommend(123 * MIB, None, None, None)
    assert measured is not None
    assert measured.reason == "the last proven capture used 123 MiB, and a quarter of that is added"
    usual = recommend(None, None, DEFAULT, USUAL)
    assert usual is not None
    assert usual.reason == "the default for this host is " + DEFAULT


@given(st.integers(1, 1 << 40))
def test_a_measured_use_gets_its_margin(used: int) -> None:
    found = recommend(used, None, None, None)
    assert found is not None
    assert found.bytes % STEP == 0
    assert used + used // 4 <= found.bytes < used + used // 4 + STEP


def test_twice_the_use_is_not_wasteful_yet() -> None:
    assert not is_wasteful(200 * MIB, 100 * MIB)
    assert is_wasteful(200 * MIB + 1, 100 * MIB)
