# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the sections of EFI programs."""

import pathlib
from typing import Dict, Optional

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.bootloader import uki
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.base import BootLoaderError
from tests.unit.plugins.module_utils.bootloader.systemd_machine import image_text, program


def read(directory: pathlib.Path, text: str) -> uki.Image:
    path = directory / "x.efi"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    return uki.read(str(path), "/efi/x.efi")


@pytest.mark.parametrize(("stub", "expected"), [(254, 254), (None, None)])
def test_an_image(tmp_path: pathlib.Path, stub: Optional[int], expected: Optional[int]) -> None:
    assert read(tmp_path, image_text("ro quiet", stub)) == uki.Image(
        "ro quiet", "Debian GNU/Linux 13", expected, "6.12.107"
    )


def test_a_header_that_does_not_follow_at_once(tmp_path: pathlib.Path) -> None:
    """Linkers put a program for DOS in front of it."""
    text = program({".cmdline": b"ro"}, dos=b"This program cannot be run in DOS mode.")
    assert read(tmp_path, text).arguments == "ro"


def test_of_two_sections_with_one_name_the_first_counts(tmp_path: pathlib.Path) -> None:
    # A name has eight bytes: both are called .cmdline.
    assert read(tmp_path, program({".cmdline": b"first", ".cmdline2": b"second"})).arguments == "first"


def test_a_section_without_a_size_in_memory(tmp_path: pathlib.Path) -> None:
    """Some tools leave it at zero; the size in the file counts then."""
    text = program({".cmdline": b"ro"})
    assert text[208:212] == "\2\0\0\0"
    assert read(tmp_path, text[:208] + "\0\0\0\0" + text[212:]).arguments == "ro"


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ({".cmdline": b"a" * (1 << 20)}, None),
        ({".cmdline": b"a" * ((1 << 20) + 512)}, "its section .cmdline has 1049088 bytes"),
        ({"s{0}".format(number): b"" for number in range(96)}, None),
        ({"s{0}".format(number): b"" for number in range(97)}, "it has 97 sections"),
    ],
)
def test_how_much_is_read(tmp_path: pathlib.Path, sections: Dict[str, bytes], words: Optional[str]) -> None:
    if words is None:
        assert read(tmp_path, program(sections)).arguments == sections.get(".cmdline", b"").decode()
        return
    with pytest.raises(BootLoaderError) as caught:
        read(tmp_path, program(sections))
    assert "/efi/x.efi is not a complete EFI program ({0}).".format(words) in str(caught.value)
