# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unified kernel images and their add-ons: the kernel command line that such a PE file carries.

Sources: the PE format (sections), and systemd-stub(7).
"""

import re
import struct
from typing import Any, Dict, NamedTuple, Optional

from .base import BootLoaderError

HEADER_OFFSET = 0x3C
MOST_SECTIONS = 96  # by the format's own limit
LARGEST = 1 << 20  # of the sections that are read here
READ = (".cmdline", ".osrel", ".sdmagic", ".uname")
STUB = re.compile(r"systemd-stub ([0-9]+)")
NAME = re.compile(r"^PRETTY_NAME=[\"']?([^\"'\n]*)", re.MULTILINE)
REMEDY = "Build it again (kernel-install add), or remove it if its kernel is gone"


class Image(NamedTuple):
    """What a PE file says. I(stub) is the release of systemd-stub that starts it, None where it does not say.

    I(release) is that of the kernel: the one in an image, or the only one that an add-on is for.
    """

    arguments: str
    title: str
    stub: Optional[int]
    release: str


def read(path: str, name: str, remedy: str = REMEDY) -> Image:
    """Read the file at I(path); I(name) is what the host calls it, for errors. A kernel in it is not read."""
    with open(path, "rb") as stream:
        try:
            sections = _sections(stream)
        except (struct.error, ValueError) as error:
            raise BootLoaderError(
                "{0} is not a complete EFI program ({1}). {2}, and run again.".format(name, error, remedy)
            ) from error
    stub = STUB.search(sections.get(".sdmagic", ""))
    title = NAME.search(sections.get(".osrel", ""))
    return Image(
        arguments=sections.get(".cmdline", "").strip("\n"),
        title=title.group(1) if title else "",
        stub=int(stub.group(1)) if stub else None,
        release=sections.get(".uname", "").strip(),
    )


def _sections(stream: Any) -> Dict[str, str]:
    """The text of those sections that are of interest; of several with one name the first counts."""
    dos = stream.read(HEADER_OFFSET + 4)
    if dos[:2] != b"MZ":
        raise ValueError("it does not begin with MZ")
    (offset,) = struct.unpack_from("<I", dos, HEADER_OFFSET)
    stream.seek(offset)
    head = stream.read(24)
    if head[:4] != b"PE\0\0":
        raise ValueError("it has no PE header at {0}".format(offset))
    count, optional_size = struct.unpack("<H12xH", head[6:22])
    if count > MOST_SECTIONS:
        raise ValueError("it has {0} sections".format(count))
    stream.seek(offset + 24 + optional_size)
    table = stream.read(40 * count)
    end = stream.seek(0, 2)
    found: Dict[str, str] = {}
    for number in range(count):
        label, virtual, _address, size, position = struct.unpack_from("<8s4I", table, 40 * number)
        name = label.rstrip(b"\0").decode("ascii", "replace")
        length = min(virtual, size) or size
        wanted = name in READ and name not in found
        if wanted and length > LARGEST:
            raise ValueError("its section {0} has {1} bytes".format(name, length))
        if position + size > end:  # a kernel or an initrd that is incomplete does not boot either
            raise ValueError("it ends in the middle of the section {0}".format(name))
        if wanted:
            stream.seek(position)
            content = stream.read(length)
            found[name] = content.partition(b"\0")[0].decode("utf-8", "surrogateescape")
    return found
