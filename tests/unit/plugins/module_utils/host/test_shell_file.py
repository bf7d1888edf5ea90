# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of shell_file.py, against a real shell where that matters."""

import os
import subprocess
import tempfile
from typing import Dict, List

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.kdump.fleet.plugins.module_utils.host.errors import KdumpError
from ansible_collections.kdump.fleet.plugins.module_utils.host.printable import is_printable
from ansible_collections.kdump.fleet.plugins.module_utils.host.shell_file import assignment, overriding, parse

PATH = "/etc/default/kdump-tools"
ANY_TEXT = st.text(st.characters())  # surrogates included
SHELL_TEXT = st.text(st.sampled_from("aX1 \t\"'\\$`#;(){}=|&<>~:!*\u00fc-"), max_size=12)
VALUES = ANY_TEXT.filter(lambda text: is_printable(text) and "\n" not in text)


def in_shell(text: str, name: str) -> str:
    """What a shell that sources I(text) has in a variable."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "settings")
        with open(path, "wb") as stream:
            stream.write(text.encode("utf-8", "surrogateescape"))
        script = '. "$1"; eval "printf %s \\"\\${$2}\\""'
        said = subprocess.check_output(
            ["/bin/sh", "-c", script, "sh", path, name],
            stderr=subprocess.STDOUT,
            env={"HOME": "/root", "PATH": directory},
        )
        return said.decode("utf-8", "surrogateescape")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", {}),
        ("# X=1\n\n   \n\t# Y=2\n", {}),
        ("X=1", {"X": "1"}),
        ("X=1\n", {"X": "1"}),
        ("X=\nY=''\nZ=\"\"\n", {"X": "", "Y": "", "Z": ""}),
        ("  X=1\n\tY=2\n", {"X": "1", "Y": "2"}),
        ("export X=1\n", {"X": "1"}),
        ("X=1 # why\nY=2\t#why\nZ= # why\n", {"X": "1", "Y": "2", "Z": ""}),
        ("X=a#b\nY=#c\n", {"X": "a#b", "Y": "#c"}),
        ('X="a b"   \n', {"X": "a b"}),
        ("X='a $b \\ \"c\"'\n", {"X": 'a $b \\ "c"'}),
        ('X="a \\$b \\`c\\` \\\\ \\" \\d"\n', {"X": 'a $b `c` \\ " \\d'}),
        ("X=a\\ b\\$c\\\\n", {"X": "a b$c\\n"}),
        ("X=a\"b\"'c'\\d\n", {"X": "abcd"}),
        ('X="a \\\nb"\nY=c\\\nd\n', {"X": "a b", "Y": "cd"}),
        ('X=100$\nY="$ 5"\n', {"X": "100$", "Y": "$ 5"}),
        ("X=1\nX=2\n", {"X": "2"}),
        ("X_1=d\u00fcmps\n", {"X_1": "d\u00fcmps"}),
        ("X=a\u00a0b\x85\n", {"X": "a\u00a0b\x85"}),
    ],
)
def test_values_are_those_of_the_shell(text: str, values: Dict[str, str]) -> None:
    parsed = parse(text, PATH)
    assert parsed.values == values
    assert [problem for problem in parsed.problems if "control characters" not in problem.message] == []
    assert {name: in_shell(text, name) for name in values} == values


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("X = 1", "blanks around '=' make a shell run 'X' as a command: write X=value"),
        ("X =1", "blanks around '=' make a shell run 'X' as a command: write X=value"),
        ("X= 1", "blanks around '=' make a shell run 'X' as a command: write X=value"),
        ("export X = 1", "blanks around '=' make a shell run 'X' as a command: write X=value"),
        ("echo hello", "not an assignment NAME=value: systemd ignores the line"),
        ("1X=2", "not an assignment NAME=value: systemd ignores the line"),
        ("X+=2", "not an assignment NAME=value: systemd ignores the line"),
        ("[Unit]", "not an assignment NAME=value: systemd ignores the line"),
        ("\udcff", "not an assignment NAME=value: systemd ignores the line"),
        ("X='a", "the value of X cannot be read: it ends inside quotes or behind a backslash"),
        ('X="a', "the value of X cannot be read: it ends inside quotes or behind a backslash"),
        ('X="a\\', "the value of X cannot be read: it ends inside quotes or behind a backslash"),
        ("X=a\\", "the value of X cannot be read: it ends inside quotes or behind a backslash"),
        ("X=a b", "the value of X ends at the first blank: put it in double quotes"),
        ('X="a" b', "the value of X ends at the first blank: put it in double quotes"),
        ("X=a;Y=b", "the value of X ends at the first ';': put it in double quotes"),
        ("X=a|b", "the value of X ends at the first '|': put it in double quotes"),
        ("X=$HOME/x", "the value of X is known to a shell only, which replaces '$HOME': write it out"),
        ('X="${HOME}"', "the value of X is known to a shell only, which replaces '${': write it out"),
        ("X=$(date)", "the value of X is known to a shell only, which replaces '$(': write it out"),
        ('X="a `date`"', "the value of X is known to a shell only, which replaces '`': write it out"),
        ('X="\\\\$1"', "the value of X is known to a shell only, which replaces '$1': write it out"),
        ("X=~/dumps", "the value of X is known to a shell only, which replaces '~': write it out"),
        ("X=1\0", "the value of X holds a NUL byte: the file is damaged"),
    ],
)
def test_lines_that_set_nothing_are_told(line: str, message: str) -> None:
    parsed = parse("A=1\n" + line, PATH)
    assert parsed.values == {"A": "1"}
    assert parsed.problems == [(PATH, 2, message)]


@pytest.mark.parametrize(
    ("text", "values", "message"),
    [
        (
            "X=1\r\n",
            {"X": "1\r"},
            "the value of X ends with a carriage return: convert the file to Unix line ends",
        ),
        (
            "X=\udcff\x1b\n",
            {"X": "\udcff\x1b"},
            "the value of X holds control characters or bytes that are not UTF-8: '\\xff\\x1b'",
        ),
        (
            'X="a\nY="b"\nZ="c\n',
            {"X": "a\nY=b\nZ=c"},
            "the value of X goes on in the next line: close the quotes if that is not meant",
        ),
    ],
)
def test_values_that_count_and_are_odd_are_told(text: str, values: Dict[str, str], message: str) -> None:
    parsed = parse(text, PATH)
    assert parsed.values == values
    assert parsed.problems == [(PATH, 1, message)]
    assert {name: in_shell(text, name) for name in values} == values


def test_lines_are_counted_through_values_of_several_lines() -> None:
    parsed = parse('# one\nX="a\nb\nc"\nY=1\n\noops\nZ=1\nY=2\n', PATH)
    assert parsed.lines == {"X": 2, "Y": 9, "Z": 8}
    assert [problem.line for problem in parsed.problems] == [2, 7]


def test_an_open_quote_does_not_hide_the_lines_behind_it() -> None:
    parsed = parse('X="/var/crash\nUSE="1"\nZ=2\n', PATH)
    assert parsed.values == {"USE": "1", "Z": "2"}
    assert [problem.line for problem in parsed.problems] == [1]


def test_carriage_returns_in_comments_and_empty_lines_do_no_harm() -> None:
    assert parse("# a\r\n\r\n", PATH) == ({}, {}, [])


@pytest.mark.parametrize(
    "text",
    ["X=" + "a" * 2000000, 'X="' + "\\" * 2000001, "X='\n" * 20000, '"' * 200000, "X=$(\n" * 20000],
    ids=["long", "backslashes", "quotes", "nonsense", "commands"],
)
def test_huge_files_are_read_in_one_go(text: str) -> None:
    parsed = parse(text, PATH)
    assert len(parsed.values) + len(parsed.problems) >= 1


@given(ANY_TEXT)
def test_any_text_can_be_read(text: str) -> None:
    parsed = parse(text, PATH)
    lines = text.count("\n") + 1
    assert all(1 <= problem.line <= lines and is_printable(problem.message) for problem in parsed.problems)
    assert set(parsed.values) == set(parsed.lines)


@given(SHELL_TEXT)
def test_what_is_read_without_a_problem_is_what_the_shell_reads(text: str) -> None:
    line = "X={0}\n".format(text)
    parsed = parse(line, PATH)
    assume(not parsed.problems)
    assert in_shell(line, "X") == parsed.values["X"]


@given(VALUES)
def test_an_assignment_is_read_back(value: str) -> None:
    line = assignment("NAME_1", value) + "\n"
    assert parse(line, PATH) == ({"NAME_1": value}, {"NAME_1": 1}, [])


@given(st.one_of(VALUES, SHELL_TEXT.filter(is_printable)))
def test_an_assignment_is_read_back_by_a_shell(value: str) -> None:
    assert in_shell(assignment("NAME", value), "NAME") == value


@pytest.mark.parametrize("name", ["", "1A", "A-B", "A B", "A=", "\u00dc", "A\n", "\udcff"])
def test_names_are_checked(name: str) -> None:
    with pytest.raises(KdumpError, match="is not a name of a setting"):
        assignment(name, "x")


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\0b", "a\udcffb", "\x1b", "\x7f"])
def test_values_that_cannot_be_written_are_refused(value: str) -> None:
    with pytest.raises(KdumpError, match="The value of A cannot be written"):
        assignment("A", value)


def test_problems_name_the_file() -> None:
    found: List[str] = [problem.path for problem in parse("oops\n", "/some/file").problems]
    assert found == ["/some/file"]


def test_a_file_may_begin_with_an_empty_line() -> None:
    assert parse("\nUSE_KDUMP=1\n", "/etc/default/kdump-tools") == ({"USE_KDUMP": "1"}, {"USE_KDUMP": 2}, [])


@pytest.mark.parametrize(
    ("before", "inside", "behind", "found"),
    [
        ("", "A=1\n", "A=2\n", {"A": 4}),
        ("A=2\n", "A=1\n", "", {}),
        ("A=2\n", "A=1\n", "A=1\n", {}),
        ("A=0\n", "A=1\n", "\nA=3\nA=2\n", {"A": 7}),
        ("", "A=9\n", "A=2\n", {}),  # the block is not as it is asked for: the rollout writes it first
        ("", "B=1\n", "A=2\n", {}),
        ("", "A=1\n", "B=2\n", {}),
        ("", "", "A=2\n", {}),
        ("", "A=1\n", "export A=2\n# A=1\n", {"A": 4}),
    ],
)
def test_lines_behind_the_block_that_have_the_last_word(
    before: str, inside: str, behind: str, found: Dict[str, int]
) -> None:
    text = "{0}# BEGIN kdump.fleet\n{1}# END kdump.fleet\n{2}".format(before, inside, behind)
    assert overriding(text, PATH, {"A": "1"}) == found


def test_without_a_block_nothing_is_overridden() -> None:
    assert overriding("A=2\n", PATH, {"A": "1"}) == {}
