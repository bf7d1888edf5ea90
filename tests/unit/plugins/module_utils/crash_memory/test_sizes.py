# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Amounts of memory: the kernel's way of reading them."""

from typing import Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory.sizes import (
    format_size,
    mebibytes,
    memparse,
    read_number,
)

MIB = 1 << 20


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("256M", (256 * MIB, 4)),
        ("256m,high", (256 * MIB, 4)),
        ("4096", (4096, 4)),
        ("1K", (1 << 10, 2)),
        ("1g", (1 << 30, 2)),
        ("1T", (1 << 40, 2)),
        ("1p", (1 << 50, 2)),
        ("1E", (1 << 60, 2)),
        ("0x10M", (16 * MIB, 5)),
        ("0XfG", (15 << 30, 4)),
        ("0x1E", (0x1E, 4)),  # a digit, not a unit
        ("0xM", (0, 1)),  # no hexadecimal digit: octal zero, and the x is left over
        ("0x", (0, 1)),
        ("010M", (8 * MIB, 4)),
        ("08", (0, 1)),
        ("0", (0, 1)),
        ("", (0, 0)),
        ("auto", (0, 0)),
        ("-1M", (0, 0)),
        (" 1M", (0, 0)),
        ("M", (0, 1)),  # a unit alone is zero
        ("enough", (0, 1)),
        ("1MB", (MIB, 2)),
        ("1.5G", (1, 1)),
        ("18446744073709551616", (0, 20)),  # 64 bits overflow silently
        ("16E", (0, 3)),
        ("\u0663M", (0, 0)),  # an Arabic three is no digit
        ("1\u212a", (1, 1)),  # nor is the Kelvin sign a K
    ],
)
def test_memparse(text: str, expected: Tuple[int, int]) -> None:
    assert memparse(text) == expected


def test_memparse_starts_where_it_is_told() -> None:
    assert memparse("1G-2G:256M", 6) == (256 * MIB, 10)
    assert memparse("1G-0x10M:256M", 3) == (16 * MIB, 8)
    assert memparse("1G-010M:256M", 3) == (8 * MIB, 7)


def test_a_number_begins_where_the_text_does() -> None:
    assert read_number("32768,force") == (32768, 5)


def test_a_unit_alone_is_no_amount_for_the_newest_kernels() -> None:
    assert memparse("M", lone_unit=False) == (0, 0)
    assert memparse("1-M", 2, lone_unit=False) == (0, 2)
    assert memparse("1M", lone_unit=False) == (MIB, 2)


def test_a_kernel_of_32_bits_loses_the_bits_above_them() -> None:
    limit = (1 << 32) - 1
    assert memparse("4294967297", limit=limit) == (1, 10)
    assert memparse("4G", limit=limit) == (0, 2)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, "0"),
        (1, "1"),
        (1023, "1023"),
        (1024, "1K"),
        (256 * MIB, "256M"),
        (1 << 60, "1E"),
        (1 << 63, "8E"),
        (1 << 70, "1024E"),
    ],
)
def test_format_size(number: int, expected: str) -> None:
    assert format_size(number) == expected


@given(st.integers(min_value=0, max_value=(1 << 64) - 1))
def test_what_is_printed_is_read_back(number: int) -> None:
    text = format_size(number)
    assert memparse(text) == (number, len(text))


@given(st.text(max_size=30))
def test_memparse_takes_any_text(text: str) -> None:
    number, position = memparse(text)
    assert 0 <= number < 1 << 64
    assert 0 <= position <= len(text)


@pytest.mark.parametrize(
    ("number", "down", "up"),
    [(0, "0 MiB", "0 MiB"), (1, "0 MiB", "1 MiB"), (MIB, "1 MiB", "1 MiB"), (MIB + 1, "1 MiB", "2 MiB")],
)
def test_an_amount_for_a_message(number: int, down: str, up: str) -> None:
    assert (mebibytes(number), mebibytes(number, up=True)) == (down, up)
