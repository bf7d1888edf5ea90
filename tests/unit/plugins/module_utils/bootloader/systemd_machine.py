# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory that stands for a host with systemd-boot, and a stand-in for ukify."""

import os
import struct
from typing import Dict, List, Optional

from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.apply import apply
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.base import BootEntry
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.systemd_boot import LOADER, VARIABLES, SystemdBoot
from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import CommandResult
from tests.unit.plugins.module_utils.bootloader.machine import Files

ENTRIES = "/efi/loader/entries/"
NEWEST = "6a9857a3-6.12.107.conf"
OLDER = "6a9857a3-6.12.43+2-1.conf"
IMAGE = "/efi/EFI/Linux/6a9857a3-6.12.107.efi"
ADDON = "/efi/loader/addons/kdump-fleet.addon.efi"
UNFINISHED = "/efi/loader/addons/.kdump-fleet-unfinished"
ADDON_STUB = "/usr/lib/systemd/boot/efi/addonx64.efi.stub"
COMMAND_LINE = "/etc/kernel/cmdline"
ARGUMENTS = "root=UUID=95d3fad2 ro console=ttyS0"
# Of the form that kernel-install of systemd 252 writes.
ENTRY = """\
title      Debian GNU/Linux 13 (trixie)
version    {version}
machine-id 6a9857a3
sort-key   debian
options    {options} systemd.machine_id=6a9857a3
linux      /6a9857a3/{version}/linux
initrd     /6a9857a3/{version}/initrd.img-{version}
"""


def program(sections: Dict[str, bytes], dos: bytes = b"") -> str:
    """The text (bytes as surrogates) of an EFI program with these sections, and one for DOS in front of its header."""
    optional = b"\0" * 112
    head = b"MZ" + b"\0" * 58 + struct.pack("<I", 64 + len(dos)) + dos
    head += b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, len(sections), 0, 0, 0, len(optional), 0x22E) + optional
    position = len(head) + 40 * len(sections)
    table = body = b""
    for name, content in sections.items():
        padded = content + b"\0" * (-len(content) % 512)
        table += struct.pack("<8s4I16x", name.encode(), len(content), 0x1000, len(padded), position + len(body))
        body += padded
    return (head + table + body).decode("utf-8", "surrogateescape")


def addon_text(arguments: str, release: str = "") -> str:
    """An add-on, for images of one kernel alone where I(release) is given."""
    sections = {".cmdline": arguments.encode()}
    if release:
        sections[".uname"] = release.encode()
    return program(sections)


def image_text(arguments: str, stub: Optional[int] = 257, title: str = "Debian GNU/Linux 13") -> str:
    """A unified kernel image, without a kernel in it."""
    sections = {".text": b"\xcc" * 99, ".osrel": 'NAME="x"\nPRETTY_NAME="{0}"\n'.format(title).encode()}
    sections[".cmdline"] = arguments.encode("utf-8", "surrogateescape") + b"\n"
    sections[".uname"] = b"6.12.107"
    if stub is not None:
        sections[".sdmagic"] = "#### LoaderInfo: systemd-stub {0}.5 ####\0".format(stub).encode()
    return program(sections)


class SystemdMachine(Files):
    """A host whose EFI system partition is /efi, with two entries."""

    def __init__(self, root: str, entries: bool = True) -> None:
        super().__init__(root)
        self.loader = SystemdBoot(self.host, "evidence")
        self.status = 0
        self.said = "no addonx64.efi.stub"
        os.makedirs(self.path("/etc"))
        self.write("/proc/cmdline", "initrd=\\initrd BOOT_IMAGE=x " + ARGUMENTS + "\n")
        for name in (NEWEST, OLDER) if entries else ():
            self.entry(name)

    def entry(self, name: str, options: str = ARGUMENTS) -> None:
        self.write(
            ENTRIES + name, ENTRY.format(version=name[9:].partition("+")[0].replace(".conf", ""), options=options)
        )

    def image(self, arguments: str = ARGUMENTS, path: str = IMAGE, stub: Optional[int] = 257) -> None:
        self.write(path, image_text(arguments, stub))

    def ukify(self) -> None:
        """Install the stand-in for ukify, and what it builds add-ons from."""
        self.program("ukify")
        self.write(ADDON_STUB, "MZ")

    def variable(self, name: str, value: str) -> None:
        data = b"\x07\0\0\0" + (value + "\0").encode("utf-16-le")
        self.write(VARIABLES + name + LOADER, data.decode("utf-8", "surrogateescape"))

    def apply(self, wanted: Optional[str]) -> List[BootEntry]:
        return apply(self.host, self.loader, self.loader.plan(wanted))

    def run(self, argv: List[str], timeout: float) -> CommandResult:
        self.calls.append((argv, timeout))
        if argv[0] == "mv":
            os.replace(argv[2], argv[3])
        elif argv[0] != "sync":
            self._build(argv)
        failed = self.status and argv[0] == "ukify"
        return CommandResult(argv, self.status if failed else 0, "", self.said if failed else "")

    def _build(self, argv: List[str]) -> None:
        assert argv[:2] == ["ukify", "build"]
        options = dict(word[2:].split("=", 1) for word in argv[2:])
        text = addon_text(options["cmdline"])
        with open(options["output"], "wb") as stream:
            stream.write(text.encode("utf-8", "surrogateescape") if not self.status else b"half")
