# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries as systemd-boot reads them, edited to the byte."""

from typing import List, Optional

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.bootloader import systemd_entries
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.base import BootLoaderError

PATH = "/efi/loader/entries/a+3-1.conf"


@pytest.mark.parametrize(
    "text, title, arguments",
    [
        ("title A \noptions x y \nlinux /l\n", "A", "x y"),
        ("\ttitle\tA\r\n  options\t x  y\t\r\nlinux /l\r\n", "A", "x  y"),
        ("linux /l\noptions a\n#options b\noptions c\noptions\n", "a.conf", "a c"),
        ("version 6.1\nlinux /l\noptions 'a \"b'\n", "6.1", 'a "b'),
        ('title "A"\nlinux /l\noptions "\n', "A", '"'),
        ("linux /l", "a.conf", ""),
        ('linux /l\noptions ""\n', "a.conf", ""),
    ],
)
def test_reading(text: str, title: str, arguments: str) -> None:
    assert systemd_entries.read_entry(text, PATH) == systemd_entries.Entry(title, "/l", arguments)


@pytest.mark.parametrize("text", ["", "title A\nefi /shell.efi\n", "linux\n", "#linux /l\n"])
def test_what_does_not_start_linux(text: str) -> None:
    assert systemd_entries.read_entry(text, PATH) is None


@pytest.mark.parametrize(
    "text, wanted, after",
    [
        ("linux /l\noptions a \n", "1M", "linux /l\noptions a crashkernel=1M \n"),
        ("options\ta  b\r\nlinux /l\r\n", "1M", "options\ta  b crashkernel=1M\r\nlinux /l\r\n"),
        ("linux /l\ninitrd /i", "1M", "linux /l\noptions crashkernel=1M\ninitrd /i"),
        ("linux /l", "1M", "linux /l\noptions crashkernel=1M"),
        ("linux /l\r\noptions\r\n", "1M", "linux /l\noptions crashkernel=1M\r\noptions\r\n"),
        ('linux /l\noptions "a b"\n', "1M", 'linux /l\noptions "a b crashkernel=1M"\n'),
        ('linux /l\noptions a="b c"\n', "1M", 'linux /l\noptions a="b c" crashkernel=1M\n'),
        ('linux /l\noptions a="b c"\noptions d\n', "1M", 'linux /l\noptions a="b c"\noptions d crashkernel=1M\n'),
        ('linux /l\noptions a="b\n', "1M", 'linux /l\noptions crashkernel=1M a="b\n'),
        ("linux /l\noptions a -- b\n", "1M", "linux /l\noptions a crashkernel=1M -- b\n"),
        (
            "linux /l\noptions a\noptions b\n",
            "1M,high 2M,low",
            "linux /l\noptions a\noptions b crashkernel=1M,high crashkernel=2M,low\n",
        ),
        (
            "options crashkernel=7M a\noptions crashkernel=8M b\nlinux /l\n",
            "1M",
            "options crashkernel=1M a\noptions b\nlinux /l\n",
        ),
        ("options crashkernel=7M\noptions b\nlinux /l\n", None, "options b\nlinux /l\n"),
        ("linux /l\noptions 'crashkernel=7M'\n", None, "linux /l\n"),
        ("linux /l\noptions a crashkernel=1M b\n", "1M", "linux /l\noptions a crashkernel=1M b\n"),
        ("linux /l\noptions ' '\n", "1M", "linux /l\noptions crashkernel=1M\noptions ' '\n"),
        ("linux /l\noptions \u00a0\n", "1M", "linux /l\noptions \u00a0 crashkernel=1M\n"),
        ('linux /l\noptions "a b" crashkernel=1M\n', None, 'linux /l\noptions ""a b""\n'),
        ("# crashkernel=1M\nlinux /l\n", None, "# crashkernel=1M\nlinux /l\n"),
    ],
)
def test_editing(text: str, wanted: Optional[str], after: str) -> None:
    edited = systemd_entries.edit(text, PATH, wanted)
    assert edited == after
    assert systemd_entries.edit(edited, PATH, wanted) == edited
    if "crashkernel=" not in text:
        assert systemd_entries.edit(edited, PATH, None) == text


def test_a_quote_over_two_lines() -> None:
    with pytest.raises(BootLoaderError, match="a quote that one of its 'options' lines opens"):
        systemd_entries.edit('linux /l\noptions a="b\noptions c"\n', PATH, "1M")


def test_a_damaged_entry() -> None:
    with pytest.raises(BootLoaderError, match="it holds NUL bytes"):
        systemd_entries.read_entry("linux /l\0\n", PATH)


@pytest.mark.parametrize(
    "path, name",
    [
        ("/efi/loader/entries/a.conf", "a.conf"),
        (PATH, "a.conf"),
        ("/efi/EFI/Linux/b+3.EFI", "b.EFI"),
        ("/x/c+x.conf", "c+x.conf"),
    ],
)
def test_names(path: str, name: str) -> None:
    assert systemd_entries.identity(path) == name


@pytest.mark.parametrize(
    "pattern, found",
    [
        ("A-1.conf", ["a-1.conf"]),
        ("a-1", ["a-1.conf"]),
        ("a-*", ["a-1.conf", "a-2.conf", "a-u.efi"]),
        ("a-[2-3].conf", ["a-2.conf"]),
        ("b?", []),
    ],
)
def test_the_default_is_a_pattern(pattern: str, found: List[str]) -> None:
    assert systemd_entries.chosen(pattern, ["a-1.conf", "a-2.conf", "a-u.efi"]) == found
