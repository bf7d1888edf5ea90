# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of dump_size.py."""

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.dump_size import estimate


@pytest.mark.parametrize(
    ("collector", "size"),
    [
        ("-c -d 31", 100),
        ("-d31 -F", 100),
        ("-F -c -d 31", 100),
        ("-c -d 17", 1000),
        ("-c", 1000),
        ("", 1000),
        ("-d", 1000),
        ("31 -d", 1000),
        ("-c -d 3", 1000),
    ],
)
def test_a_dump_may_need_all_memory_or_what_the_kernel_has(collector: str, size: int) -> None:
    values = {"MemTotal": 1000, "MemFree": 500, "Buffers": 100, "Cached": 200, "AnonPages": 100, "SwapCached": 77}
    assert estimate(values, collector) == size


def test_nonsense_in_meminfo_is_no_estimate_or_zero() -> None:
    assert estimate({}, "-d 31") is None
    assert estimate({"MemFree": 5}, "-d 31") is None
    assert estimate({"MemTotal": 5, "MemFree": 50}, "-d 31") == 0
