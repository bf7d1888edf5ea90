# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Amounts of memory as the kernel reads them on its command line, and as it writes them best."""

from typing import Tuple

MIB = 1 << 20
UNITS = "KMGTPE"
LIMIT = (1 << 64) - 1  # the kernel's unsigned long long
_DIGITS = "0123456789abcdef"


def read_number(text: str, position: int = 0, limit: int = LIMIT) -> Tuple[int, int]:
    """The number at I(position) and the position behind it: C(simple_strtoull()) of the kernel.

    C(0x) is hexadecimal, a leading C(0) octal. Bits above I(limit) are lost without a word.
    """
    base = 10
    if text[position : position + 1] == "0":
        third = text[position + 2 : position + 3].lower()
        if text[position + 1 : position + 2] in ("x", "X") and third and third in _DIGITS:
            base = 16
            position += 2
        else:
            base = 8
    number = 0
    for character in text[position:]:
        digit = _DIGITS.find(character.lower())
        if not 0 <= digit < base:
            break
        number = (number * base + digit) & limit
        position += 1
    return number, position


def memparse(text: str, position: int = 0, limit: int = LIMIT, lone_unit: bool = True) -> Tuple[int, int]:
    """The amount at I(position), in bytes, and the position behind it: C(memparse()) of the kernel.

    A unit letter counts without a number in front of it, as zero, but not for the newest kernels (I(lone_unit) false).
    The position stays when there is neither.
    """
    number, end = read_number(text, position, limit)
    unit = UNITS.find(text[end : end + 1].upper() or "-")
    if unit >= 0 and (lone_unit or end > position):
        number = (number << 10 * (unit + 1)) & limit
        end += 1
    return number, end


def format_size(number: int) -> str:
    """I(number) bytes with the largest unit that leaves no remainder: C(256M)."""
    power = 0
    while number and number % 1024 == 0 and power < len(UNITS):
        number //= 1024
        power += 1
    return "{0}{1}".format(number, UNITS[power - 1] if power else "")


def mebibytes(number: int, up: bool = False) -> str:
    """I(number) bytes for a message: whole MiB, of which there are no more than these, or with I(up) no fewer."""
    return "{0} MiB".format(-(-number // MIB) if up else number // MIB)
