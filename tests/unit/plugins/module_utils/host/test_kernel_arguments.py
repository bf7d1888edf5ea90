# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a command line, and editing them to the byte."""

from typing import List

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.kdump.fleet.plugins.module_utils.host.kernel_arguments import (
    SPACES,
    replace,
    split_values,
    values,
    words,
)

# Pieces that meet at odd places; joined they make the lines that hand-edited files hold.
PIECES = (
    " ",
    "  ",
    "\t",
    "\n",
    '"',
    "--",
    "---",
    "=",
    "quiet",
    "ro",
    "root=UUID=5a",
    'dyndbg="file a.c +p"',
    '"init=/bin/a b"',
    "crashkernel",
    "crashkernel=",
    "crashkernel=256M",
    '"crashkernel=1G"',
    "xcrashkernel=1",
    "\u00a0",
    "\x1c",
    "\udcff",
    "\u00e9",
)
LINES = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
WANTED = st.lists(st.sampled_from(("256M", "1G,high", "128M,low", "1G-:64M", "64M,cma")), max_size=3)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", []),
        (" \t\n", []),
        ("ro quiet", ["ro", "quiet"]),
        ("  ro\tquiet\n", ["ro", "quiet"]),
        ('dyndbg="file a.c +p" ro', ['dyndbg="file a.c +p"', "ro"]),
        ('"a b"c d', ['"a b"c', "d"]),
        ('a="b c', ['a="b c']),
        ("a\u00a0b", ["a\u00a0b"]),
    ],
)
def test_words(line: str, expected: List[str]) -> None:
    assert [word.text for word in words(line)] == expected


def test_words_know_where_they_stand() -> None:
    assert [(word.start, word.end) for word in words(' a "b c"')] == [(1, 2), (3, 8)]


@pytest.mark.parametrize(
    ("line", "past_dashes", "expected"),
    [
        ("panic=5 panic=10", False, ["5", "10"]),
        ("panic panic= panic=1 xpanic=2 panicx=3", False, ["", "1"]),
        ('"panic=5"', False, ['5"']),
        ('panic="5"', False, ['"5"']),
        ("panic=5 -- panic=10", False, ["5"]),
        ("panic=5 -- panic=10", True, ["5", "10"]),
        ("panic=5 --- panic=10", False, ["5", "10"]),
    ],
)
def test_values(line: str, past_dashes: bool, expected: List[str]) -> None:
    assert values(line, "panic", past_dashes) == expected


def test_what_goes_to_init_is_left_out_unless_asked_for() -> None:
    assert values("panic=5 -- panic=10", "panic") == ["5"]


@pytest.mark.parametrize(
    ("line", "wanted", "expected"),
    [
        ("ro quiet", ["1"], "ro quiet p=1"),
        ("ro  quiet ", ["1"], "ro  quiet p=1 "),
        ("ro quiet\n", ["1"], "ro quiet p=1\n"),
        ("", ["1"], "p=1"),
        ("  ", ["1"], "p=1  "),
        ("ro", ["1", "2"], "ro p=1 p=2"),
        ("ro -- x", ["1"], "ro p=1 -- x"),
        ("-- x", ["1"], "p=1 -- x"),
        (" -- x", ["1"], "p=1  -- x"),
        ('ro a="b c', ["1"], 'ro p=1 a="b c'),
        ('a="b c', ["1"], 'p=1 a="b c'),
        ("ro p=2 quiet", ["1"], "ro p=1 quiet"),
        ("ro p=2 quiet p=3 x", ["1"], "ro p=1 quiet x"),
        ("p=2\tquiet", ["1"], "p=1\tquiet"),
        ('ro "p=2 3" quiet', ["1"], "ro p=1 quiet"),
        ("ro -- p=2 x", ["1"], "ro p=1 -- x"),
        ("ro p=2 -- p=3", ["1"], "ro p=1 --"),
        ("ro p=1 quiet", ["1"], "ro p=1 quiet"),
        ("ro p=1 quiet p=2", ["1", "2"], "ro p=1 quiet p=2"),
        ("ro p=2 p=1", ["1", "2"], "ro p=1 p=2"),
        ("ro p=1 quiet", [], "ro quiet"),
        ("p=1 quiet", [], "quiet"),
        ("p=1", [], ""),
        ("p=1 p=2", [], ""),
        ("ro  p=1  quiet", [], "ro   quiet"),
        ("ro quiet", [], "ro quiet"),
        ("ro -- p=1", [], "ro --"),
        (" p=1 quiet", [], " quiet"),
        ('a="b c" ro', ["1"], 'a="b c" ro p=1'),
    ],
)
def test_replace(line: str, wanted: List[str], expected: str) -> None:
    assert replace(line, "p", wanted) == expected


@given(LINES, WANTED)
def test_the_wanted_values_are_there_exactly(line: str, wanted: List[str]) -> None:
    assert values(replace(line, "crashkernel", wanted), "crashkernel", past_dashes=True) == wanted


@given(LINES, WANTED)
def test_set_twice_equals_set_once(line: str, wanted: List[str]) -> None:
    once = replace(line, "crashkernel", wanted)
    assert replace(once, "crashkernel", wanted) == once


@given(LINES, WANTED)
def test_set_then_removed_gives_back_the_same_bytes(line: str, wanted: List[str]) -> None:
    assume(not values(line, "crashkernel", past_dashes=True))
    assert replace(replace(line, "crashkernel", wanted), "crashkernel", []) == line


@given(LINES, WANTED)
def test_other_words_and_their_order_stay(line: str, wanted: List[str]) -> None:
    def others(text: str) -> List[str]:
        return [word.text for word in words(text) if not word.text.startswith(("crashkernel=", '"crashkernel='))]

    assert others(replace(line, "crashkernel", wanted)) == others(line)


@given(st.text(max_size=60), WANTED)
def test_any_text_can_be_edited(line: str, wanted: List[str]) -> None:
    assert values(replace(line, "crashkernel", wanted), "crashkernel", past_dashes=True) == wanted


@given(LINES)
def test_words_leave_out_nothing_but_white_space(line: str) -> None:
    found = words(line)
    gaps = [line[first.end : second.start] for first, second in zip(found, found[1:])]
    gaps.append(line[: found[0].start] if found else line)
    gaps.append(line[found[-1].end :] if found else "")
    assert not "".join(gaps).strip(SPACES)
    assert all(line[word.start : word.end] == word.text for word in found)


def test_split_values() -> None:
    assert split_values(" 512M,high\t128M,low\n") == ["512M,high", "128M,low"]
    assert split_values("") == []
