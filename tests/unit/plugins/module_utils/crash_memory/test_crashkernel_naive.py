# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resolution against the rules written down a second time, without any text: plain sizes and ranges."""

from typing import List, NamedTuple, Optional, Tuple

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory.crashkernel import resolve

MIB = 1 << 20
GIB = 1 << 30
STEP = 128 * MIB

MACHINES = st.one_of(
    st.integers(min_value=1, max_value=1 << 44),
    st.builds(
        lambda steps, off: max(steps * STEP + off, 1),
        st.integers(min_value=1, max_value=1024),
        st.sampled_from((-MIB, -1, 0, 1, MIB)),
    ),
)
AMOUNTS = st.one_of(
    st.integers(min_value=0, max_value=1 << 45),
    st.integers(min_value=0, max_value=1024).map(lambda count: count * STEP),
)
SPELLINGS = st.sampled_from(("decimal", "hexadecimal", "octal", "unit", "lower"))


class Range(NamedTuple):
    start: int
    end: Optional[int]
    size: int
    broken: bool = False


RANGES = st.lists(
    st.builds(Range, AMOUNTS, st.one_of(st.none(), AMOUNTS), AMOUNTS, st.sampled_from((False, False, False, True))),
    min_size=1,
    max_size=5,
)


def spelled(number: int, spelling: str) -> str:
    if spelling in ("unit", "lower"):
        for power, unit in ((40, "T"), (30, "G"), (20, "M"), (10, "K")):
            if number and number % (1 << power) == 0:
                return "{0}{1}".format(number >> power, unit if spelling == "unit" else unit.lower())
    return {"hexadecimal": "0x{0:x}", "octal": "0{0:o}"}.get(spelling, "{0}").format(number)


def written(ranges: List[Range], spelling: str) -> str:
    return ",".join(
        "{0}{1}{2}:{3}".format(
            spelled(one.start, spelling),
            "+" if one.broken else "-",
            "" if one.end is None else spelled(one.end, spelling),
            spelled(one.size, spelling),
        )
        for one in ranges
    )


def expected(ranges: List[Range], ram: int, step: int) -> int:
    """The rules: from the left, a wrong range spoils all, the first that holds the rounded RAM counts."""
    total = ram if ram % step == 0 else ram + step - ram % step
    for one in ranges:
        wrong = one.broken or (one.end is not None and one.end <= one.start) or one.size >= total
        if wrong:
            return 0
        if one.start <= total and (one.end is None or total < one.end):
            return one.size if one.size < ram else 0
    return 0


@given(RANGES, MACHINES, SPELLINGS, st.sampled_from((((6, 12), STEP), ((5, 10), 1))))
def test_ranges(ranges: List[Range], ram: int, spelling: str, kernel: Tuple[Tuple[int, int], int]) -> None:
    linux, step = kernel
    cmdline = "ro crashkernel={0} quiet".format(written(ranges, spelling))
    assert resolve(cmdline, ram, linux=linux).size == expected(ranges, ram, step)


@given(st.lists(AMOUNTS, min_size=1, max_size=4), MACHINES, SPELLINGS)
def test_of_plain_sizes_the_last_counts(sizes: List[int], ram: int, spelling: str) -> None:
    cmdline = " ".join("crashkernel=" + spelled(size, spelling) for size in sizes)
    assert resolve(cmdline, ram).size == (sizes[-1] if sizes[-1] < ram else 0)


@given(AMOUNTS, MACHINES, MACHINES)
def test_more_ram_never_makes_a_plain_size_smaller(size: int, one: int, other: int) -> None:
    cmdline = "crashkernel={0}".format(size)
    assert resolve(cmdline, min(one, other)).size <= resolve(cmdline, max(one, other)).size


@given(st.lists(st.integers(min_value=1, max_value=1 << 40), min_size=1, max_size=5, unique=True), MACHINES, MACHINES)
def test_more_ram_never_means_less_where_the_ranges_rise(limits: List[int], one: int, other: int) -> None:
    limits = sorted(limits)
    ends: List[Optional[int]] = [*limits[1:], None]
    ranges = [Range(start, end, number * 4096) for number, (start, end) in enumerate(zip(limits, ends), 1)]
    cmdline = "crashkernel=" + written(ranges, "decimal")
    small, large = sorted((max(one, MIB), max(other, MIB)))
    assert resolve(cmdline, small).size <= resolve(cmdline, large).size


@given(AMOUNTS, st.sampled_from(("64M", "64M,cma", "1G-:64M", "64M,low")), MACHINES)
def test_what_stands_in_front_of_the_last_plain_size_is_all_the_same(size: int, other: str, ram: int) -> None:
    line = "crashkernel={0}".format(size)
    found, alone = resolve("crashkernel={0} {1}".format(other, line), ram), resolve(line, ram)
    assert (found.size, found.low, found.reason) == (alone.size, alone.low, alone.reason)
