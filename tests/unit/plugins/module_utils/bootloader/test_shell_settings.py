# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Editing and reading settings that a shell sources, held against what the shell makes of them."""

import os
import subprocess
import tempfile
from contextlib import suppress
from typing import Dict, Tuple

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ansible_collections.kdump.fleet.plugins.module_utils.bootloader import shell_settings
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.base import BootLoaderError
from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory import crashkernel
from ansible_collections.kdump.fleet.plugins.module_utils.host import kernel_arguments
from ansible_collections.kdump.fleet.plugins.module_utils.host.errors import KdumpError
from tests.unit.plugins.module_utils.bootloader.machine import fixture

LINUX = "GRUB_CMDLINE_LINUX"
DEFAULT = "GRUB_CMDLINE_LINUX_DEFAULT"
NAME = "/etc/default/grub"
DEBIAN = fixture(os.path.join("debian13-cloud", "etc", "default", "grub"))
VALUES = ["256M", "1G-4G:192M,4G-:256M", "512M,high 128M,low"]


def edit(text: str, wanted: object) -> str:
    assert wanted is None or isinstance(wanted, str)
    return shell_settings.edit(text, wanted, LINUX, (DEFAULT,), NAME)


def sourced(text: str) -> Tuple[str, str]:
    """What a real shell makes of I(text): GRUB_CMDLINE_LINUX and GRUB_CMDLINE_LINUX_DEFAULT."""
    with tempfile.NamedTemporaryFile(suffix=".sh") as stream:
        stream.write(text.encode("utf-8", "surrogateescape"))
        stream.flush()
        script = '. "$1"; printf "%s\\0%s" "${GRUB_CMDLINE_LINUX-}" "${GRUB_CMDLINE_LINUX_DEFAULT-}"'
        said = subprocess.check_output(["sh", "-e", "-c", script, "sh", stream.name])
    linux, default = said.decode("utf-8", "surrogateescape").split("\0")
    return linux, default


@pytest.mark.parametrize(
    "before, wanted, after",
    [
        ('{L}="quiet"\n', "256M", '{L}="quiet crashkernel=256M"\n'),
        ('{L}=""\n', "512M,high 128M,low", '{L}="crashkernel=512M,high crashkernel=128M,low"\n'),
        ("{L}='a \"b c\"'  # why\n", "1G", "{L}='a \"b c\" crashkernel=1G'  # why\n"),
        ("{L}=\n", "1G", "{L}=crashkernel=1G\n"),
        ("{L}=ro; A=1\n", "512M,high 128M,low", "{L}=ro\\ crashkernel=512M,high\\ crashkernel=128M,low; A=1\n"),
        ("export {L}=$A\n", "1G", "export {L}=$A\\ crashkernel=1G\n"),
        ('{L}="crashkernel=auto rhgb"\n', "256M", '{L}="crashkernel=256M rhgb"\n'),
        ('{L}="crashkernel=auto rhgb"\n', None, '{L}="rhgb"\n'),
        (
            '{L}="crashkernel=auto $([ -x /p ] && "/p" || :) rhgb"\n',
            "256M",
            '{L}="crashkernel=256M $([ -x /p ] && "/p" || :) rhgb"\n',
        ),
        ('{L}="a `b "c"` d"\n', "1G", '{L}="a `b "c"` d crashkernel=1G"\n'),
        ('{L}="dyndbg=\\"file a +p\\" \\$x \\\\"\n', "1G", '{L}="dyndbg=\\"file a +p\\" \\$x \\\\ crashkernel=1G"\n'),
        ('{L}="a \\\n  b"', "1G", '{L}="a \\\n  b crashkernel=1G"'),
        ('{L}="a\\ crashkernel=1G"\n', None, '{L}="a\\\\"\n'),
        ('{L}="a\\ crashkernel=1G"b\n', "bad", None),
        ('{L}="a\\ crashkernel=1G"b\n', None, None),
        ('{L}="a"b\n', None, '{L}="a"b\n'),
        ('{L}="a"b\n{L}="c"\n', "1G", '{L}="a"b\n{L}="c crashkernel=1G"\n'),
        ('{L}="never closed\n', "1G", None),
        ("{L}=$(cat /args)\n", "1G", None),
        ('#{L}="no"\n  {L}="yes"\n', "1G", '#{L}="no"\n  {L}="yes crashkernel=1G"\n'),
        (
            '{L}="a crashkernel=1M"\n{D}="crashkernel=2M b"\n{L}="${L} c"\n',
            "3M",
            '{L}="a"\n{D}="b"\n{L}="${L} c crashkernel=3M"\n',
        ),
        ('{L}+=" b"\n', "3M", '{L}+=" b crashkernel=3M"\n'),
        ('{D}="crashkernel=2M b"\n', "3M", '# Added by kdump.fleet\n{L}="crashkernel=3M"\n{D}="b"\n'),
        ('# Added by kdump.fleet\n{L}="crashkernel=3M"\n{D}="b"\n', None, '{D}="b"\n'),
        ('# Added by kdump.fleet\n{L}="crashkernel=3M x"\n', None, '# Added by kdump.fleet\n{L}="x"\n'),
        ('A="\n{L}=x"\n', None, 'A="\n{L}=x"\n'),
        ("", "1G", '# Added by kdump.fleet\n{L}="crashkernel=1G"\n'),
        ("x\0y\n", "1G", None),
    ],
)
def test_edit(before: str, wanted: object, after: object) -> None:
    before = before.replace("{L}", LINUX).replace("{D}", DEFAULT)
    if after is None:
        with pytest.raises(BootLoaderError, match=NAME):
            edit(before, wanted)
        return
    assert isinstance(after, str)
    assert edit(before, wanted) == after.replace("{L}", LINUX).replace("{D}", DEFAULT)


def test_a_line_that_cannot_be_edited_is_shown() -> None:
    with pytest.raises(BootLoaderError) as caught:
        edit("\n" + LINUX + '="a"b\n', "1G")
    assert 'Line 2 of /etc/default/grub sets GRUB_CMDLINE_LINUX in a way that cannot be edited: "a"b.' in str(
        caught.value
    )


PARTS = ["quiet", "ro", "a=1", "crash=1", 'x=\\"a b\\"', "\\$y", "\\\\", "$A", "${A}", "`echo z`", "$(echo 'q r')"]
GLUED = st.lists(st.sampled_from(PARTS + [" ", "  ", "\t", "crashkernel=1M", "crashkernel=2M,high"])).map("".join)
SPACED = st.lists(st.sampled_from(PARTS + ["crashkernel=1M", "-- init", " "])).map(" ".join)
SINGLE = st.lists(st.sampled_from(["quiet", " ", '"a b"', "crashkernel=1M", "$x", "\\"])).map("".join)
BARE = st.lists(st.sampled_from(["quiet", "\\ ", "a=1", "$A", "crashkernel=1M"])).map("".join)
WORDS = st.one_of(st.one_of(GLUED, SPACED).map('"{0}"'.format), SINGLE.map("'{0}'".format), BARE)
NAMES = st.sampled_from([LINUX, LINUX, DEFAULT])
BEFORE = st.sampled_from(["", "  ", "export "])
BEHIND = st.sampled_from(["", "  ", " # why"])
OTHER_LINES = st.sampled_from(["# crashkernel=no\n", "\n", 'A="b \'c"\n', DEBIAN])
LINES = st.builds("{0}{1}={2}{3}\n".format, BEFORE, NAMES, WORDS, BEHIND)
FILES = st.lists(st.one_of(LINES, OTHER_LINES)).map("".join)
# A word that a variable or a command begins is seen by the check of the entries alone.
CLEAR_LINES = st.builds('{0}{1}="{2}"{3}\n'.format, BEFORE, NAMES, SPACED, BEHIND)
CLEAR_FILES = st.lists(st.one_of(CLEAR_LINES, OTHER_LINES)).map("".join)


@settings(max_examples=50)  # each runs a shell
@given(CLEAR_FILES, st.sampled_from(VALUES))
def test_the_shell_sees_exactly_the_wanted_values(text: str, wanted: str) -> None:
    linux, default = sourced(edit(text, wanted))
    assert crashkernel.values(linux) == wanted.split(" ")
    assert crashkernel.values(default) == []
    before = sourced(edit(text, None))
    assert not crashkernel.values(before[0]) and not crashkernel.values(before[1])
    assert kernel_arguments.split_values(crashkernel.replace(linux, None)) == kernel_arguments.split_values(before[0])


@given(FILES, st.sampled_from(VALUES))
def test_set_then_remove_gives_back_the_bytes(text: str, wanted: str) -> None:
    clean = edit(text, None)
    assume("kdump.fleet" not in clean)
    assert edit(clean, None) == clean
    there = edit(clean, wanted)
    assert edit(there, wanted) == there
    assert edit(there, None) == clean


ODD = st.one_of(
    st.text(),
    st.lists(
        st.sampled_from(
            [
                LINUX + "=",
                DEFAULT + "=",
                '"',
                "'",
                "\\",
                "$(",
                ")",
                "`",
                " ",
                "\n",
                "crashkernel=1M",
                "\0",
                "\udcff",
                ";",
            ]
        )
    ).map("".join),
)


@given(ODD, st.sampled_from(VALUES + [None]))
def test_any_file_is_edited_or_refused(text: str, wanted: object) -> None:
    variables: Dict[str, str] = {}
    shell_settings.evaluate(text, variables)
    shell_settings.sets_crashkernel(text)
    with suppress(KdumpError):
        there = edit(text, wanted)
        assert edit(there, wanted) == there


@pytest.mark.parametrize(
    "text, expected",
    [
        ('A=b\nA="$A ${A}c"\n', "b bc"),
        ("A='$B'\n", "$B"),
        ("A=x\\ y\n", "x y"),
        ('A="\\"q\\" \\$x \\\\ \\\nz"\n', '"q" $x \\ z'),
        ('A=a\nA+="b"\n', "ab"),
        ("A=$(cat x) y\n", "$(cat x) y"),
        ('A="$(cat x)"\n', "$(cat x)"),
        ("A=$NOBODY", ""),
    ],
)
def test_evaluate(text: str, expected: str) -> None:
    variables: Dict[str, str] = {}
    shell_settings.evaluate(text, variables)
    assert variables == {"A": expected}


@settings(max_examples=50)  # each runs a shell
@given(FILES)
def test_evaluate_agrees_with_the_shell(text: str) -> None:
    assume("echo" not in text)
    variables: Dict[str, str] = {}
    shell_settings.evaluate(text, variables)
    assert (variables.get(LINUX, ""), variables.get(DEFAULT, "")) == sourced(text)


@pytest.mark.parametrize(
    "text, expected",
    [("A=1 crashkernel=1M\n", True), ("# crashkernel=1M\n", False), ("a # crashkernel=\n", False), ("x\n", False)],
)
def test_sets_crashkernel(text: str, expected: bool) -> None:
    assert shell_settings.sets_crashkernel(text) is expected
