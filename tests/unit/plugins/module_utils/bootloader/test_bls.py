# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading and editing entries of the Boot Loader Specification, and GRUB's menu of them."""

from contextlib import suppress
from typing import Dict, List, Optional

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.kdump.fleet.plugins.module_utils.bootloader import bls, grub_menu
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.base import BootEntry, BootLoaderError
from ansible_collections.kdump.fleet.plugins.module_utils.host.errors import KdumpError
from tests.unit.plugins.module_utils.bootloader.bls_machine import MENU, MENU_TEXT, environment

PATH = "/boot/loader/entries/abc-6.12.0-1.el10.x86_64.conf"
NAME = "abc-6.12.0-1.el10.x86_64"
ENTRY = """\
# written by kernel-install
title      Fedora Linux 42
version    6.12.0-1.el10.x86_64
linux      /abc/6.12.0/linux
initrd     /abc/6.12.0/initrd
options    root=UUID=1 ro  quiet
"""


def entry(text: str, path: str = PATH) -> bls.Entry:
    found = bls.read_entry(text, path)
    assert found is not None
    return found


def test_an_entry() -> None:
    assert entry(ENTRY) == bls.Entry(NAME, "Fedora Linux 42", "/abc/6.12.0/linux", "root=UUID=1 ro  quiet")


@pytest.mark.parametrize(
    "text, expected",
    [
        ("linux /l\n", bls.Entry(NAME, NAME, "/l", None)),
        ("linux /l", bls.Entry(NAME, NAME, "/l", None)),
        ("version 6\nlinux /l\noptions a b \n", bls.Entry(NAME, "6", "/l", "a b ")),
        ("title T \r\nlinux /l\r\noptions a\r\n", bls.Entry(NAME, "T", "/l", "a\r")),
        (" \tlinux\t/l\n options\ta\n\n\n", bls.Entry(NAME, NAME, "/l", "a")),
        ("linux /l\noptions a\n\ngrub_class x\n", bls.Entry(NAME, NAME, "/l", "a")),
        ("linux /l\n#options b\noptions a #no comment\n", bls.Entry(NAME, NAME, "/l", "a #no comment")),
        ("linux /l\noptions \n", bls.Entry(NAME, NAME, "/l", None)),
        ("title caf\udce9\nlinux /l\n", bls.Entry(NAME, "caf\udce9", "/l", None)),
    ],
)
def test_forms_of_entries(text: str, expected: bls.Entry) -> None:
    assert entry(text) == expected


@pytest.mark.parametrize("line", ["efi /EFI/memtest.efi", "uki /EFI/Linux/x.efi", "uki-url http://a/b"])
def test_entries_that_do_not_start_linux(line: str) -> None:
    assert bls.read_entry("title T\n" + line + "\n", PATH) is None


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "it has no 'linux' line"),
        ("title T\noptions a\n", "it has no 'linux' line"),
        ("linux\n", "it has no 'linux' line"),
        ("linux /l\noptions a\noptions b\n", "it has 2 'options' lines"),
        ("linux /l\n\noptions a\n", "GRUB stops to read at line 2, which has no value, and misses 'options'"),
        ("title\nlinux /l\n", "GRUB stops to read at line 1, which has no value, and misses 'linux'"),
        ("linux /l\noptions a\0b\n", "NUL"),
    ],
)
def test_entries_that_cannot_be_worked_with(text: str, words: str) -> None:
    with pytest.raises(BootLoaderError) as caught:
        bls.read_entry(text, PATH)
    assert words in str(caught.value)
    assert str(caught.value).startswith(PATH + " is not a boot entry that can be worked with: ")
    assert "Repair the file, or remove it" in str(caught.value)


@given(st.binary(max_size=80))
def test_any_bytes_are_an_entry_or_a_clear_error(content: bytes) -> None:
    with suppress(KdumpError):
        bls.read_entry("linux /l\n" + content.decode("utf-8", "surrogateescape"), PATH)


@pytest.mark.parametrize(
    "text, options, expected",
    [
        ("linux /l\noptions a\ngrub_class x\n", "b c", "linux /l\noptions b c\ngrub_class x\n"),
        ("linux /l\n options\t a", "b", "linux /l\n options\t b"),
        ("linux /l\noptions a", "", "linux /l"),
        ("linux /l\noptions a\ngrub_class x\n", "", "linux /l\ngrub_class x\n"),
        ("linux /l\noptions\ngrub_class x\n", "a", "linux /l\noptions a\noptions\ngrub_class x\n"),
        ("linux /l\noptions \n", "a", "linux /l\noptions a\noptions \n"),
        ("linux /l\noptions \n", "", "linux /l\noptions \n"),
        ("title T\nlinux /l\n\ngrub_class x\n", "a", "title T\nlinux /l\noptions a\n\ngrub_class x\n"),
        ("linux /l", "a", "linux /l\noptions a"),
        ("linux /l\n", "", "linux /l\n"),
        ("optionsx y\nlinux /l\noptions a\n", "b", "optionsx y\nlinux /l\noptions b\n"),
    ],
)
def test_options_are_written(text: str, options: str, expected: str) -> None:
    assert bls.with_options(text, options) == expected


LINES = st.lists(
    st.sampled_from(
        ["title T", "linux /l", "initrd /i", "options a b", "options", "#x", "", "grub_class c", " options c"]
    ),
    max_size=6,
)


@settings(max_examples=200)
@given(LINES.map("\n".join), st.sampled_from(["a", "crashkernel=1M x  y", ""]))
def test_what_is_written_is_read_and_nothing_else_changes(text: str, options: str) -> None:
    try:
        before = bls.read_entry(text, PATH)
    except BootLoaderError:
        return
    if before is None:
        return
    new = bls.with_options(text, options)
    after = entry(new)
    assert after == before._replace(options=options or None)

    def others(lines: str) -> List[str]:
        return [line for line in lines.split("\n") if not line.strip().startswith("options") and line]

    assert others(new) == others(text)


@pytest.mark.parametrize(
    "options, expected",
    [
        ("$kernelopts", "root=/dev/sda1 ro"),
        ("$kernelopts $tuned_params", "root=/dev/sda1 ro $tuned_params"),
        ("$kernelopts quiet", "root=/dev/sda1 ro quiet"),
        ("quiet $kernelopts", "quiet root=/dev/sda1 ro"),
        ("a$empty b", "a b"),
        ("price=$ $5", "price=$ $5"),
        ("quiet", "quiet"),
    ],
)
def test_variables(options: str, expected: str) -> None:
    assert bls.expand(options, {"kernelopts": "root=/dev/sda1 ro", "empty": ""}) == expected


@pytest.mark.parametrize(
    "options, expected",
    [("$kernelopts", True), ("a $kernelopts b", True), ("$kernelopts2", False), ("kernelopts", False), ("", False)],
)
def test_uses(options: str, expected: bool) -> None:
    assert bls.uses(options, "kernelopts") is expected


@pytest.mark.parametrize(
    "menu, expected",
    [
        (MENU_TEXT, "root=UUID=24cc9b1c ro fallback=1 "),
        ("set kernelopts=a\n  set kernelopts='b c'\n", "b c"),
        ('set kernelopts="a \\"b\\" \\\\n"\n', 'a "b" \\\\n'),
        ("set kernelopts2=a\n", None),
        ('echo "set kernelopts=a"\n', None),
        ("", None),
    ],
)
def test_what_the_menu_gives_to_a_variable(menu: str, expected: Optional[str]) -> None:
    assert bls.fallback(menu, "kernelopts") == expected


@pytest.mark.parametrize(
    "newer, older",
    [
        ("abc-5.14.0-503.el9", "abc-5.14.0-70.el9"),
        ("abc-6.12.0-1.el10", "abc-5.14.0-503.el9"),
        ("abc-5.14.0-70.el9", "abc-0-rescue"),
        ("abc-6.12.10-1", "abc-6.12.9-1"),
        ("abc-6.12.0-1.fc41", "abc-6.12.0-0.rc7.fc41"),
        ("abc-6.12.0-1.fc41", "abc-6.12.0-1~debug.fc41"),
        ("abc-6.12.0-1", "abc-6.12.0-1~debug"),
        ("abc-6.12.0-1+debug", "abc-6.12.0-1"),
        ("abc-6.12.0-1a", "abc-6.12.0-1+debug"),
        ("abc-6.12.0-1a", "abc-6.12.0-1~a"),
        ("abc-6.12.0-1.5", "abc-6.12.0-1a"),
        ("abc-6.12.0-1.0", "abc-6.12.0-1+0"),
        ("abc-6.12.0-1.0", "abc-6.12.0-1~0"),
        ("abc-6.12.0-1b", "abc-6.12.0-1aa"),
        ("abc-6.12.0-1.10", "abc-6.12.0-1.009"),
        ("abc-10-1-1", "abc-9-2"),
        ("zz", "a-b"),
        ("a-1-1", "a-1"),
        ("a-2", "a-1-9"),
        ("abc-6.12.0-1.fc41+debug", "abc-6.12.0-1.fc41"),
        ("abc-6.12.0-1.fc41.x86_64", "abc-6.12.0-1.fc41+debug"),
        ("abd-1-1", "abc-6.12.0-1"),
        ("abc-1-001a", "abc-1-1"),
        ("abc-1-1.1", "abc-1-1.a"),
        ("b-1", "a-2"),
        ("abc-debug-1-1", "abc-9-9"),
        ("abc-1-1", "abc-1-~1"),
        ("b", "a-1"),
    ],
)
def test_the_order_of_the_menu(newer: str, older: str) -> None:
    assert sorted([older, newer], key=bls.newest_first, reverse=True) == [newer, older]
    assert sorted([newer, older], key=bls.newest_first, reverse=True) == [newer, older]


def test_leading_zeros_count_for_nothing() -> None:
    assert bls.newest_first("abc-1.00-010") == bls.newest_first("abc-1.0-10")


@given(st.lists(st.text(max_size=12), max_size=5))
def test_any_names_can_be_sorted(names: List[str]) -> None:
    sorted(names, key=bls.newest_first)


def boots(menu: str, **variables: str) -> Optional[grub_menu.MenuItem]:
    entries = [BootEntry("id-{0}".format(i), "Title {0}".format(i), "/k", "a={0}".format(i)) for i in range(3)]
    return bls.next_item(menu, MENU, entries, variables)


@pytest.mark.parametrize(
    "variables, expected",
    [
        ({}, "id-0"),
        ({"saved_entry": ""}, "id-0"),
        ({"saved_entry": "id-1"}, "id-1"),
        ({"saved_entry": "Title 2"}, "id-2"),
        ({"saved_entry": "1"}, "id-1"),
        ({"saved_entry": "3"}, "uefi-firmware"),
        ({"saved_entry": "id-1", "next_entry": "id-2"}, "id-2"),
        ({"saved_entry": "UEFI Firmware Settings"}, "uefi-firmware"),
        ({"saved_entry": "id-9"}, None),
        ({"saved_entry": "9"}, None),
        ({"saved_entry": "id-1", "boot_counter": "1"}, None),
    ],
)
def test_which_boots_next(variables: Dict[str, str], expected: Optional[str]) -> None:
    item = boots(MENU_TEXT, **variables)
    assert (item.name if item else None) == expected


OWN = "menuentry 'Own' --id own { linux /own b }\nsubmenu 'More' --id more { menuentry 'In' --id in { linux /in c } }\n"


@pytest.mark.parametrize(
    "menu, expected",
    [
        ("set default=0\nblscfg\n" + OWN, "id-0"),
        ("set default=1\nblscfg\n" + OWN, "id-1"),
        ("set default=3\nblscfg\n" + OWN, "own"),
        ("set default='4>0'\nblscfg\n" + OWN, "in"),
        ("set default='more>in'\nblscfg\n" + OWN, "in"),
        ("set default=0\n" + OWN + "blscfg\n", "own"),
        ("set default=2\n" + OWN + "  blscfg\n", "id-0"),
        ("set default=4\n" + OWN + "if true; then\nblscfg\nfi\n", "id-2"),
        ("submenu 'Bls' {\nblscfg\nmenuentry 'x' --id x { }\n}\nset default='0>1'\n", "id-1"),
        ("submenu 'Bls' {\nblscfg\nmenuentry 'x' --id x { }\n}\nset default='0>3'\n", "x"),
        ("submenu 'Bls' {\nblscfg\n}\nset default=0\n", None),
        ('if x; then\nblscfg -p /boot/loader/entries --entry "$saved_entry.conf"\nfi\nblscfg\nset default=0\n', "id-2"),
        ("blscfg -e ${saved_entry}.conf\nblscfg --path /loader/entries/\nset default=1\n", "id-0"),
        ("blscfg -e id-1.conf\nblscfg\n" + OWN + "set default=3\n", "own"),
        ("blscfg -e id-1.conf\n", None),
        ("blscfg -e id-1.conf\n" + OWN + "blscfg\n", None),
        ("blscfg --path /elsewhere\n", None),
        ("blscfg non-default\n", None),
        ("set default=0\necho 'a\nblscfg\n'\n", None),
        ("set default=0\nsource bls.cfg\n", None),
    ],
)
def test_menus_of_several_kinds(menu: str, expected: Optional[str]) -> None:
    item = boots(menu, saved_entry="id-2")
    assert (item.name if item else None) == expected


@pytest.mark.parametrize(
    "menu, paths",
    [
        ("blscfg\n" + OWN, ["0", "1", "2", "3", "4", "4>0"]),
        (OWN + "blscfg\n", ["0", "1", "1>0", "2", "3", "4"]),
        ("menuentry 'A' {}\nblscfg\nmenuentry 'B' {}\n", ["0", "1", "2", "3", "4"]),
        ("submenu 'S' {\nblscfg\nmenuentry 'x' {}\n}\nmenuentry 'B' {}\n", ["0", "0>0", "0>1", "0>2", "0>3", "1"]),
    ],
)
def test_each_item_has_its_place(menu: str, paths: List[str]) -> None:
    entries = [BootEntry("id-{0}".format(i), "Title {0}".format(i), "/k", "a") for i in range(3)]
    place = "menuentry '{0}' {{\n}}".format(bls.MARK)
    items = grub_menu.read_menu(menu.replace("blscfg", place), MENU).items
    assert [item.path for item in bls._put_in(items, entries)] == paths


def test_a_menu_that_is_cut_short() -> None:
    with pytest.raises(BootLoaderError, match="is not a complete GRUB configuration"):
        boots("blscfg\nmenuentry 'x' {")


@given(st.text(alphabet="blscfg \n{}'\"$menutry=0>1;#", max_size=40))
def test_any_menu_is_read_or_a_clear_error(text: str) -> None:
    for menu in ("blscfg\n" + text, text + "\nblscfg\n"):
        with suppress(KdumpError):
            boots(menu)


@pytest.mark.parametrize(
    "before, expected",
    [
        (environment(saved_entry="x"), environment(saved_entry="x", kernelopts="a b")),
        (environment(kernelopts="old", boot_success="1"), environment(kernelopts="a b", boot_success="1")),
        ("", environment(kernelopts="a b")),
        ("# GRUB Environment Block\nsaved_entry=x", environment(saved_entry="x", kernelopts="a b")),
    ],
)
def test_a_variable_is_written(before: str, expected: str) -> None:
    assert bls.with_variable(before, "kernelopts", "a b", "/grubenv") == expected


def test_a_bigger_environment_keeps_its_size() -> None:
    before = environment(kernelopts="x") + "#" * 1024
    after = bls.with_variable(before, "kernelopts", "caf\udce9 " * 250, "/grubenv")
    assert len(after.encode("utf-8", "surrogateescape")) == 2048
    assert grub_menu.read_environment(after)["kernelopts"] == "caf\udce9 " * 250


def test_an_environment_that_is_just_full() -> None:
    room = 1024 - len("# GRUB Environment Block\nkernelopts=\n")
    assert len(bls.with_variable("", "kernelopts", "a" * room, "/grubenv")) == 1024
    with pytest.raises(BootLoaderError, match="kernelopts would make it 1025"):
        bls.with_variable("", "kernelopts", "a" * (room + 1), "/grubenv")


def test_an_environment_without_room() -> None:
    with pytest.raises(BootLoaderError, match="/grubenv has room for 1024 bytes, and kernelopts would make it 1037"):
        bls.with_variable("", "kernelopts", "a" * 1000, "/grubenv")
