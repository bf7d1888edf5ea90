# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading load options of UEFI."""

import struct
from typing import Optional

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.bootloader import efi

FILE = "\\EFI\\debian\\shimx64.efi".encode("utf-16-le") + b"\0\0"
HEAD = struct.pack("<IH", 1, 0) + "Debian".encode("utf-16-le") + b"\0\0"
END = b"\x7f\xff\x04\0"


def node(kind: int, subtype: int, content: bytes, length: Optional[int] = None) -> bytes:
    return struct.pack("<BBH", kind, subtype, len(content) + 4 if length is None else length) + content


@pytest.mark.parametrize(
    ("path", "file"),
    [
        (node(4, 4, FILE) + END, "\\\\EFI\\debian\\shimx64.efi"),
        (node(4, 4, FILE), "\\\\EFI\\debian\\shimx64.efi"),
        (node(4, 1, b"x" * 38) + node(4, 4, FILE) + END, "\\\\EFI\\debian\\shimx64.efi"),
        (node(4, 4, FILE) + END + node(4, 4, FILE), "\\\\EFI\\debian\\shimx64.efi"),
        (node(4, 4, b"") + node(4, 4, FILE), "\\\\\\EFI\\debian\\shimx64.efi"),
        (node(4, 4, b"", 4), "\\"),
        (node(4, 4, b"", 3) + node(4, 4, FILE), None),
        (node(0x7F, 1, b"", 4) + node(4, 4, FILE), None),
        (node(4, 3, FILE), None),
        (node(3, 4, FILE), None),
        (b"", None),
        (b"\4\4\4", None),
    ],
)
def test_the_file_of_a_load_option(path: bytes, file: Optional[str]) -> None:
    """Each node has its type, its subtype and its length, which counts these four bytes."""
    assert efi._file(HEAD + path) == file


def test_a_load_option_without_a_description() -> None:
    assert efi._file(struct.pack("<IH", 1, 0) + b"\0\0" + node(4, 4, FILE)) == "\\\\EFI\\debian\\shimx64.efi"


def test_a_load_option_whose_description_never_ends() -> None:
    assert efi._file(struct.pack("<IH", 1, 0) + b"A\0" * 4) is None
