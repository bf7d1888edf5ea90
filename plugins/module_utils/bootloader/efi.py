# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which file the firmware has booted. Source: UEFI specification 2.10, 3.1.3 (load options) and 10.3 (device paths)."""

import struct
from typing import Optional

from ..host.machine import Host

VARIABLES = "/sys/firmware/efi/efivars"
GLOBAL = "8be4df61-93ca-11d2-aa0d-00e098032b8c"  # the vendor of the firmware's own variables
ATTRIBUTES = 4  # bytes in front of a variable's value
MEDIA, FILE_PATH = 4, 4  # type and subtype of a node of a device path
END = 0x7F


def booted_directory(host: Host) -> Optional[str]:
    """The name of the directory below EFI whose boot loader was started, for instance almalinux; None where unknown."""
    current = _variable(host, "BootCurrent")
    if current is None or len(current) < 2:
        return None
    option = _variable(host, "Boot{0:04X}".format(struct.unpack_from("<H", current)[0]))
    names = [name for name in (_file(option) or "").replace("/", "\\").split("\\") if name] if option else []
    return names[1] if len(names) > 2 and names[0].lower() == "efi" else None


def _variable(host: Host, name: str) -> Optional[bytes]:
    try:
        text = host.read("{0}/{1}-{2}".format(VARIABLES, name, GLOBAL))
    except OSError:  # firmware refuses at times
        return None
    return None if text is None else text.encode("utf-8", "surrogateescape")[ATTRIBUTES:]


def _file(option: bytes) -> Optional[str]:
    """The file in a load option: attributes, length of the device path, description, device path."""
    position = 6
    while option[position : position + 2] not in (b"\0\0", b""):
        position += 2
    position += 2
    path = ""
    while position + 4 <= len(option):
        kind, subtype, length = struct.unpack_from("<BBH", option, position)
        if kind == END or length < 4:
            break
        if (kind, subtype) == (MEDIA, FILE_PATH):  # a path may be split over several
            path += "\\" + option[position + 4 : position + length].decode("utf-16-le", "replace").rstrip("\0")
        position += length
    return path or None
