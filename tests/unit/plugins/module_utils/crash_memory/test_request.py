# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How architectures and kernels of an age read crashkernel=. What comes of it, crash_memory/test_resolution.py says."""

from typing import Optional, Tuple

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory import request
from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory.request import (
    Architecture,
    RefusedError,
    architecture,
    asked,
)

MIB = 1 << 20
GIB = 1 << 30
KNOWN = ("high", "low", "cma")
X86 = Architecture(
    16 * MIB,
    16 * MIB,
    256 * MIB,
    True,
    bounce=True,
    cma=True,
    round=1,
    all_low=False,
    old=False,
    rounding=128 * MIB,
    lone_unit=True,
)
ARM = Architecture(
    2 * MIB,
    2 * MIB,
    128 * MIB,
    True,
    bounce=False,
    cma=False,
    round=1,
    all_low=True,
    old=False,
    rounding=128 * MIB,
    lone_unit=True,
)
POWER = Architecture(
    2 * MIB,
    2 * MIB,
    128 * MIB,
    False,
    bounce=False,
    cma=False,
    round=65536,
    all_low=False,
    old=False,
    rounding=128 * MIB,
    lone_unit=True,
)


@pytest.mark.parametrize(
    ("arch", "linux", "rounded", "expected"),
    [
        ("x86_64", (6, 12), None, X86),
        ("i686", (6, 12), None, X86),
        ("x86_64", (6, 7), None, X86),
        ("x86_64", (6, 6), None, X86._replace(offset_align=MIB, old=True)),
        ("x86_64", (6, 0), None, X86._replace(offset_align=MIB, old=True)),
        ("x86_64", (5, 19), None, X86._replace(offset_align=MIB, old=True, rounding=1)),
        ("x86_64", (5, 14), True, X86._replace(offset_align=MIB, old=True)),
        ("x86_64", (6, 12), False, X86._replace(rounding=1)),
        ("x86_64", (7, 2), None, X86),
        ("x86_64", (7, 3), None, X86._replace(lone_unit=False)),
        ("aarch64", (6, 12), None, ARM),
        ("aarch64", (6, 1), None, ARM),
        ("aarch64", (5, 10), None, ARM._replace(rounding=1)),
        ("riscv64", (6, 12), None, ARM._replace(all_low=False)),
        ("loongarch64", (6, 12), None, ARM._replace(all_low=False)),
        ("ppc64le", (6, 12), None, POWER),
        ("ppc64", (6, 12), None, POWER),
        ("s390x", (6, 12), None, POWER._replace(round=MIB)),
    ],
)
def test_architectures(arch: str, linux: Tuple[int, ...], rounded: Optional[bool], expected: Architecture) -> None:
    assert architecture(arch, linux, rounded) == expected


@pytest.mark.parametrize(
    ("value", "ram", "size", "offset"),
    [
        ("1G-2G:64M,2G-:128M", 2 * GIB, 128 * MIB, 0),
        ("1G-2G:64M,2G-:128M", 2 * GIB - 128 * MIB, 64 * MIB, 0),
        ("1G-2G:64M,2G-:128M", GIB, 64 * MIB, 0),
        ("1G-:64M@16M", 2 * GIB, 64 * MIB, 16 * MIB),
        ("1G-2G:64M@32M,2G-:128M@16M", GIB, 64 * MIB, 32 * MIB),
        ("64M@16M", GIB, 64 * MIB, 16 * MIB),
        ("64M", GIB, 64 * MIB, 0),
        ("1023M", GIB, 1023 * MIB, 0),
    ],
)
def test_plain_values(value: str, ram: int, size: int, offset: int) -> None:
    """They are the same on kernels that know "auto"."""
    for auto_supported in (False, True):
        found = asked("crashkernel=" + value, ram, X86, KNOWN, auto_supported)
        assert (found.size, found.offset, found.value) == (size, offset, value)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("1G-1G:64M", "crashkernel: end <= start"),
        ("2G-1G:64M", "crashkernel: end <= start"),
        ("0-1:1G", "crashkernel: invalid size"),
        ("1G-:64M@", "crashkernel: Memory value expected after '@'"),
        ("2G-:64M", "crashkernel size resulted in zero bytes: no range holds 1G of RAM"),
        ("512M-1G:64M", "crashkernel size resulted in zero bytes: no range holds 1G of RAM"),
        ("512M-:0M", "crashkernel size resulted in zero bytes"),
        ("0M", "the size is zero"),
        ("1G", "the size 1G is not below the RAM of 1G"),
    ],
)
def test_values_that_are_refused(value: str, reason: str) -> None:
    with pytest.raises(RefusedError) as caught:
        asked("crashkernel=" + value, GIB, X86, KNOWN, False)
    assert (caught.value.value, caught.value.reason) == (value, reason)


@pytest.mark.parametrize(
    ("line", "machine", "low"),
    [
        ("", X86, 256 * MIB),
        ("", ARM, 128 * MIB),
        ("swiotlb=262144", X86, 520 * MIB),
        ("swiotlb=262144", ARM, 128 * MIB),
        ("swiotlb=126977", X86, 248 * MIB + (128 << 11) + 8 * MIB),
        ("swiotlb=126976", X86, 256 * MIB),
    ],
)
def test_the_low_region_leaves_room_for_bounce_buffers(line: str, machine: Architecture, low: int) -> None:
    assert request.low_default(line, machine) == low
