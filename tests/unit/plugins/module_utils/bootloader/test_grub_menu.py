# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading GRUB's menu: real files, odd spellings, files that are incomplete, and what boots next."""

import os
from contextlib import suppress
from typing import Dict, List, Optional, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.base import BootLoaderError
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.grub_menu import (
    Menu,
    next_item,
    read_environment,
    read_menu,
    unquote,
)
from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory import crashkernel
from tests.unit.plugins.module_utils.bootloader.machine import fixture, menu_text

CLOUD = os.path.join("debian13-cloud", "boot", "grub", "grub.cfg")
BEFORE = os.path.join("many", "before.cfg")
NESTED = """
menuentry 'First' --id a { linux /one }
submenu 'More >> less' --id b {
    menuentry 'Inner' --id c { linux /two }
    submenu 'Deep' { menuentry 'Deepest' { linux /three } }
}
menuentry 'Last' { linux /four }
"""


def read(text: str) -> Menu:
    return read_menu(text, "/boot/grub/grub.cfg")


def kernels(text: str) -> List[Tuple[str, str]]:
    return [kernel for item in read(text).items for kernel in item.kernels]


def test_the_menu_of_a_debian_machine() -> None:
    menu = read(fixture(CLOUD))
    assert [(item.path, item.is_submenu, item.title) for item in menu.items] == [
        ("0", False, "Debian GNU/Linux"),
        ("1", True, "Advanced options for Debian GNU/Linux"),
        ("1>0", False, "Debian GNU/Linux, with Linux 6.12.117+deb13-cloud-amd64"),
        ("1>1", False, "Debian GNU/Linux, with Linux 6.12.117+deb13-cloud-amd64 (recovery mode)"),
        ("2", False, "UEFI Firmware Settings"),
    ]
    assert menu.items[0].name == "gnulinux-simple-95d3fad2-a044-4d2e-bc8b-51b953bea44f"
    assert menu.items[0].script == "/etc/grub.d/10_linux"
    assert menu.items[0].kernels == [
        (
            "/boot/vmlinuz-6.12.117+deb13-cloud-amd64",
            "root=UUID=95d3fad2-a044-4d2e-bc8b-51b953bea44f ro console=ttyS0",
        )
    ]
    assert menu.items[4].kernels == []
    assert menu.defaults == ["${next_entry}", "0"]


def test_a_menu_with_other_systems_and_entries_by_hand() -> None:
    menu = read(fixture(BEFORE))
    assert menu.items[0].title == "Bob's & Co GNU/Linux"
    assert [item.script for item in menu.items if item.name == "rescue"] == ["/etc/grub.d/40_custom"]
    assert [item.kernels for item in menu.items if item.name == "rescue"] == [
        [("/boot/rescue.bin", 'toram "quiet mode"')]
    ]
    ours = [item for item in menu.items if item.script == "/etc/grub.d/10_linux" and not item.is_submenu]
    assert [crashkernel.values(item.kernels[0][1]) for item in ours] == [
        ["512M-:192M"],
        ["512M-:192M"],
        [],
        ["512M-:192M"],
        [],
    ]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("menuentry x {\n linux /k a=1  b=2 \n}", [("/k", "a=1  b=2")]),
        ("menuentry x {\n\tlinux16\t/k\tro\n}", [("/k", "ro")]),
        ("menuentry x { linuxefi /k ro; initrdefi /i }", [("/k", "ro")]),
        ("menuentry x { linux /k }", [("/k", "")]),
        ("menuentry x { linux }", [("", "")]),
        ("menuentry x {\nlinux /k $kernelopts ${extra} quiet\n}", [("/k", "$kernelopts ${extra} quiet")]),
        ("menuentry x {\nlinux /k a=\"b; c } #d\" e='f {' g\\;h\n}", [("/k", "a=\"b; c } #d\" e='f {' g\\;h")]),
        ("menuentry x {\nlinux /k a \\\n b # not this\n}", [("/k", "a \\\n b")]),
        ("menuentry x {\nif true; then linux /k a; else linux /k b; fi\n}", [("/k", "a"), ("/k", "b")]),
        ("linux /k outside\nfunction f { linux /k inside }\nsubmenu s { linux /k odd }", []),
        ("# menuentry x { linux /k }\n", []),
        ("menuentry x {\n\tlinux\t'/vm linuz' ro\n}", [("/vm linuz", "ro")]),
    ],
)
def test_linux_lines(text: str, expected: List[Tuple[str, str]]) -> None:
    assert kernels(text) == expected


@pytest.mark.parametrize(
    "words, title, name",
    [
        ("'Debian' --class debian $menuentry_id_option 'x'", "Debian", "x"),
        ('--class debian --users \'\' "A \\"B\\"" ${menuentry_id_option} y --unrestricted', 'A "B"', "y"),
        ("--id=z Title more", "Title", "z"),
        ("'It'\\''s' --id", "It's", ""),
        ("", "", ""),
    ],
)
def test_title_and_name(words: str, title: str, name: str) -> None:
    (item,) = read("menuentry " + words + " {\n}").items
    assert (item.title, item.name) == (title, name)


def test_an_odd_spelling_of_the_default() -> None:
    assert read("default=3\nset default='4'\nset other=5\nset\n").defaults == ["3", "4"]
    assert read("set other default=3\nset default=4").defaults == ["4"]
    assert read("function f { set fallback=1 }").defaults == []


@pytest.mark.parametrize("name", [CLOUD, BEFORE])
def test_a_menu_that_is_cut_short_is_refused(name: str) -> None:
    lines = fixture(name).split("\n")
    start = lines.index("### BEGIN /etc/grub.d/10_linux ###")
    end = lines.index("### END /etc/grub.d/10_linux ###")
    for length in range(start + 1, end + 1):
        with pytest.raises(BootLoaderError, match=r"^/boot/grub/grub\.cfg is not a complete GRUB configuration"):
            read("\n".join(lines[:length]))


@pytest.mark.parametrize(
    "text, words",
    [
        ("\nmenuentry 'x {", "the quote in line 2 is never closed"),
        ("menuentry 'x' {\nlinux /k", "it ends in the middle of the entry 'x'"),
        ("function f {\n", "it ends in the middle of a function"),
        ("### BEGIN /etc/grub.d/10_linux ###\n", "it ends in the middle of what /etc/grub.d/10_linux wrote"),
        ("\n\n}\n", "line 3 has a '}' that closes nothing"),
    ],
)
def test_what_is_wrong_with_a_menu_is_said(text: str, words: str) -> None:
    with pytest.raises(BootLoaderError) as caught:
        read(text)
    assert words in str(caught.value)
    assert "update-grub" in str(caught.value)


@pytest.mark.parametrize(
    "word, expected", [("a", "a"), ("'a'\"b\"\\c", "abc"), ('"\\$x\\y"', "$x\\y"), ("${v}", "${v}")]
)
def test_unquote(word: str, expected: str) -> None:
    assert unquote(word) == expected


ONCE = 'set default="${next_entry}"\n'
SAVED = ONCE + 'set default="${saved_entry}"\n'


@pytest.mark.parametrize(
    "defaults, environment, expected",
    [
        ("", {}, "First"),
        ("set default=3", {}, None),
        ("set default=2", {}, "Last"),
        ("set default=1", {}, None),
        ('set default="1>0"', {}, "Inner"),
        ('set default="b>c"', {}, "Inner"),
        ('set default="More >>>> less>Inner"', {}, "Inner"),
        ('set default="1>1>0"', {}, "Deepest"),
        ('set default="1>9"', {}, None),
        ('set default="c"', {}, None),
        ('set default="$unknown"', {}, None),
        ('set default="\u00b2"', {}, None),
        ("set default=Last", {"next_entry": "a"}, "Last"),
        (SAVED, {}, "First"),
        (SAVED, {"saved_entry": "Last"}, "Last"),
        (SAVED, {"saved_entry": "Last", "next_entry": "a"}, "First"),
        (SAVED, {"saved_entry": "Last", "next_entry": ""}, "Last"),
    ],
)
def test_what_boots_next(defaults: str, environment: Dict[str, str], expected: Optional[str]) -> None:
    item = next_item(read(defaults + NESTED), environment)
    assert (item.title if item else None) == expected


def test_the_environment_block() -> None:
    real = fixture(os.path.join("debian13-cloud", "boot", "grub", "grubenv"))
    assert read_environment(real) == {}
    block = "# GRUB Environment Block\nsaved_entry=1>2\nnext_entry=\n" + "#" * 900
    assert read_environment(block) == {"saved_entry": "1>2", "next_entry": ""}


PIECES = ["menuentry", "submenu", " ", "\n", ";", "{", "}", "'", '"', "\\", "$", "${", "x", "linux /k a", "--id", "#"]
PIECES += ["### BEGIN /a ###", "### END /a ###", "set default=", "0", ">", "if", "\0", "\u00e9", "\udcff", "\r"]


@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join)), st.text(), st.text())
def test_any_text_is_read_or_refused(text: str, saved: str, once: str) -> None:
    try:
        menu = read(text)
    except BootLoaderError:
        return
    next_item(menu, {"saved_entry": saved, "next_entry": once})


@given(st.integers(min_value=0), st.text(max_size=3), st.sampled_from([CLOUD, BEFORE]))
def test_a_damaged_menu_is_read_or_refused(position: int, inserted: str, name: str) -> None:
    text = fixture(name)
    position %= len(text)
    with suppress(BootLoaderError):
        read(text[:position] + inserted + text[position:])


@given(st.lists(st.from_regex(r"[a-z=.]+( \"[a-z ]*\")?", fullmatch=True)).map(" ".join))
def test_arguments_come_back_as_written(arguments: str) -> None:
    first = read(menu_text(arguments, "quiet")).items[0]
    assert first.kernels == [("/boot/vmlinuz-6.12.107", "root=UUID=95d3fad2 ro {0} quiet".format(arguments))]
