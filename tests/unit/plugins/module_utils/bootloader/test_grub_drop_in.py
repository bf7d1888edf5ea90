# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The drop-in, run by the shell that grub-mkconfig runs it with."""

import os
import subprocess
import tempfile
from typing import List, Tuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.kdump.fleet.plugins.module_utils.bootloader import grub_drop_in
from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory import crashkernel
from ansible_collections.kdump.fleet.plugins.module_utils.host import kernel_arguments

SCRIPT = '. "$1"; printf "%s\\0%s" "$GRUB_CMDLINE_LINUX" "$GRUB_CMDLINE_LINUX_DEFAULT"'
VALUES = [["256M"], ["it's$HOME"], ["1G-4G:192M,4G-:256M@64M"], ["512M,high", "128M,low"], []]


def sourced(values: List[str], **variables: str) -> Tuple[str, str]:
    """What is in GRUB_CMDLINE_LINUX and GRUB_CMDLINE_LINUX_DEFAULT after the drop-in."""
    with tempfile.NamedTemporaryFile(suffix=".cfg") as stream:
        stream.write(grub_drop_in.text(values).encode("ascii"))
        stream.flush()
        said = subprocess.check_output(
            ["sh", "-eu", "-c", SCRIPT, "sh", stream.name], env=dict(variables, PATH=os.environ["PATH"])
        )
    linux, default = said.decode("utf-8", "surrogateescape").split("\0")
    return linux, default


def words(text: str) -> List[str]:
    return [word.text for word in kernel_arguments.words(text)]


@pytest.mark.parametrize("values", VALUES)
def test_variables_that_nobody_set(values: List[str]) -> None:
    assert sourced(values) == (" ".join("crashkernel=" + value for value in values), "")


@pytest.mark.parametrize(
    "before, after",
    [
        ("quiet splash", "quiet splash"),
        ("crashkernel=384M-:128M", ""),
        ("a crashkernel=1M b crashkernel=2M,high crashkernel=3M,low c", "a b c"),
        ('x="a  b" crashkernel=1M "crashkernel=2M" y="c crashkernel=3M"', 'x="a  b" y="c crashkernel=3M"'),
        ("xcrashkernel=1M crashkernelx=2M crashkernel", "xcrashkernel=1M crashkernelx=2M crashkernel"),
        ("a -- b crashkernel=1M", "a -- b"),
        ('crashkernel="1M 2M" z', "z"),
        ('a "never closed crashkernel=1M', 'a "never closed crashkernel=1M'),
        ("a \\ * $HOME `id` 'x' -n %s", "a \\ * $HOME `id` 'x' -n %s"),
        ("-n", "-n"),
        ("a\tcrashkernel=1M\tb", "a\tb"),
    ],
)
def test_what_others_set_is_taken_away(before: str, after: str) -> None:
    variables = {"GRUB_CMDLINE_LINUX": before, "GRUB_CMDLINE_LINUX_DEFAULT": before}
    assert sourced([], **variables) == (after, after)
    assert sourced(["256M"], **variables) == (("crashkernel=256M " + after).rstrip(" "), after)


LINES = st.lists(
    st.sampled_from(
        [
            "quiet",
            "ro",
            "--",
            "a=1",
            'b="c d"',
            '"e f"',
            "crashkernel=1M",
            '"crashkernel=2M"',
            "crashkernel=",
            " ",
            "\t",
        ]
        + ['"', "$x", "\\", "'", "\u00e9", "\u00a0", "xcrashkernel=3M"]
    )
).map(" ".join)


@settings(max_examples=60)  # each runs a shell
@given(LINES, LINES, st.sampled_from(VALUES))
def test_it_does_what_replace_does(linux: str, default: str, values: List[str]) -> None:
    wanted = " ".join(values) or None
    after = sourced(values, GRUB_CMDLINE_LINUX=linux, GRUB_CMDLINE_LINUX_DEFAULT=default)
    assert crashkernel.values(after[0]) == values
    assert crashkernel.values(after[1]) == []
    # The same words; only where the new ones stand differs.
    assert sorted(words(after[0])) == sorted(words(crashkernel.replace(linux, wanted).strip(kernel_arguments.SPACES)))
    assert words(after[1]) == words(crashkernel.replace(default, None).strip(kernel_arguments.SPACES))


@pytest.mark.parametrize("values", VALUES)
def test_its_words_are_found_again(values: List[str]) -> None:
    assert grub_drop_in.words(grub_drop_in.text(values)) == " ".join("crashkernel=" + value for value in values)


@pytest.mark.parametrize("text", ["", "# nothing\n", "kdump_fleet_crashkernel='open\n"])
def test_a_drop_in_that_was_changed_by_hand_has_no_words(text: str) -> None:
    assert grub_drop_in.words(text) == ""


@pytest.mark.parametrize("values", [["1G"], []])
def test_it_says_who_manages_it_and_what_it_does(values: List[str]) -> None:
    text = grub_drop_in.text(values)
    assert text.startswith("# This file is managed by kdump.fleet")
    assert ("the wanted one is put there" in text) == bool(values)
