# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The backend for zipl with sections of its own."""

import pathlib
from typing import List, Optional

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.bootloader import zipl
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.apply import apply
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.base import BootEntry, BootLoaderError
from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory import crashkernel
from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import CommandResult
from tests.unit.plugins.module_utils.bootloader.machine import Files

# Of the form that the installer of Debian writes on s390x.
DEBIAN = """\
[defaultboot]
defaultmenu = menu

:menu
target = /boot
1 = debian
2 = old
default = 1
prompt = 1
timeout = 3

[debian]
target = /boot
image = /boot/vmlinuz
ramdisk = /boot/initrd.img
parameters = "root=UUID=95d3fad2 console=ttyS0"

[old]
target = /boot
image = /boot/vmlinuz.old
ramdisk = /boot/initrd.img.old
parameters = 'root=UUID=95d3fad2 dyndbg="file a.c +p"'

[dump]
target = /boot
dumpto = /dev/dasdb1
"""


class ZiplMachine(Files):
    """A host with this zipl.conf; its zipl is a stand-in."""

    def __init__(self, root: str, text: str = DEBIAN) -> None:
        super().__init__(root)
        self.status = 0
        self.write(zipl.CONFIGURATION, text)
        self.program("zipl")
        self.loader = zipl.Zipl(self.host, "evidence")

    def run(self, argv: List[str], timeout: float) -> CommandResult:
        self.calls.append((argv, timeout))
        return CommandResult(argv, self.status, "", "Error: Could not add internal loader" if self.status else "")

    def apply(self, wanted: Optional[str]) -> List[BootEntry]:
        return apply(self.host, self.loader, self.loader.plan(wanted))


def test_entries(tmp_path: pathlib.Path) -> None:
    machine = ZiplMachine(str(tmp_path))
    first, second = machine.loader.entries()
    assert first == BootEntry("debian", "debian", "/boot/vmlinuz", "root=UUID=95d3fad2 console=ttyS0")
    assert second.arguments == 'root=UUID=95d3fad2 dyndbg="file a.c +p"'
    assert machine.loader.next_entries([first, second]) == [first]
    assert machine.loader.future_arguments() == first.arguments
    assert machine.loader.written_by_commands() == []


def test_set_and_removed_again(tmp_path: pathlib.Path) -> None:
    machine = ZiplMachine(str(tmp_path))
    entries = machine.apply("256M")
    assert [crashkernel.values(entry.arguments) for entry in entries] == [["256M"]] * 2
    assert [argv for argv, _timeout in machine.calls] == [["zipl"]]
    text = machine.read(zipl.CONFIGURATION)
    assert 'console=ttyS0 crashkernel=256M"\n' in text
    assert "+p\" crashkernel=256M'\n" in text
    assert machine.loader.plan("256M").is_empty
    assert machine.loader.sources() == [zipl.CONFIGURATION]
    machine.apply(None)
    assert machine.read(zipl.CONFIGURATION) == DEBIAN
    assert machine.loader.sources() == []


def test_a_zipl_that_fails(tmp_path: pathlib.Path) -> None:
    machine = ZiplMachine(str(tmp_path))
    machine.status = 1
    before = machine.snapshot()
    with pytest.raises(BootLoaderError, match="failed with exit status 1: Error: Could not add internal loader"):
        machine.apply("256M")
    assert machine.snapshot() == before


def test_other_arguments_are_the_same_afterwards(tmp_path: pathlib.Path) -> None:
    machine = ZiplMachine(str(tmp_path))
    plan = machine.loader.plan("1M")
    foreseen = [entry._replace(arguments=entry.arguments + " more") for entry in plan.entries_after]
    with pytest.raises(BootLoaderError, match="would have come out with other arguments"):
        apply(machine.host, machine.loader, plan._replace(entries_after=foreseen))
    assert machine.calls == []


def test_without_zipl(tmp_path: pathlib.Path) -> None:
    machine = ZiplMachine(str(tmp_path))
    machine.remove("/usr/sbin/zipl")
    assert machine.loader.plan(None).is_empty
    with pytest.raises(BootLoaderError, match=r"Install the package that brings it \(s390-tools\)"):
        machine.loader.plan("1M")


@pytest.mark.parametrize(
    "text, wanted, after",
    [
        ("[a]\nimage=/i\n", "1M", '[a]\nimage=/i\nparameters= "crashkernel=1M"\n'),
        ("[a]\nimage=/i", "1M", '[a]\nimage=/i\nparameters= "crashkernel=1M"'),
        ("[a]\nparameters=ro  x \nimage=/i\n", "1M", "[a]\nparameters=ro  x crashkernel=1M \nimage=/i\n"),
        ('[a]\n\tparameters = ""\n image=/i\n', "1M", '[a]\n\tparameters = "crashkernel=1M"\n image=/i\n'),
        ("[a]\nimage=/i\nparameters=crashkernel=2M\n", None, "[a]\nimage=/i\nparameters=\n"),
        ("[a]\nimage=/i\nparameters=", "1M", "[a]\nimage=/i\nparameters=crashkernel=1M"),
        (
            "#[b]\n[a]\n#parameters=x\nimage=/i\nparameters=y\n",
            None,
            "#[b]\n[a]\n#parameters=x\nimage=/i\nparameters=y\n",
        ),
        ("parameters=stray\n[a]\nimage=/i\nparameters=y\n", None, "parameters=stray\n[a]\nimage=/i\nparameters=y\n"),
        (
            "[a]\nimage=/i\nparameters=y\n[b]\nimage=/j\n",
            "1M",
            '[a]\nimage=/i\nparameters=y crashkernel=1M\n[b]\nimage=/j\nparameters= "crashkernel=1M"\n',
        ),
    ],
)
def test_editing(text: str, wanted: Optional[str], after: str) -> None:
    assert zipl.edit(text, wanted) == after
    assert zipl.edit(after, wanted) == after
    if "crashkernel=" not in text:
        assert zipl.edit(after, None) == text


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "it is empty"),
        ("[a]\nimage=/i\0\n", "NUL bytes"),
        ("[defaultboot]\ndefaultauto\ntarget=/boot\n", "install the package grubby"),
        ('\n[a]\nimage=/i\nparameters="x\n', "the quote in line 4 is never closed"),
        ("[a]\nimage=/i\nparmfile=/p\n", "the parmfile /p of .a. has a crashkernel= of its own"),
        ("[a]\nimage=/i\nparameters=crashkernel=1M 'x'\n", "would begin or end with a quote"),
        ('[a]\nimage=/i\nparameters= crashkernel=1M  "d e"\n', "would begin or end with a quote"),
    ],
)
def test_configurations_that_cannot_be_worked_with(tmp_path: pathlib.Path, text: str, words: str) -> None:
    machine = ZiplMachine(str(tmp_path), text)
    machine.write("/p", "ro crashkernel=1M\n")
    with pytest.raises(BootLoaderError, match=words):
        machine.apply(None)
    assert machine.read(zipl.CONFIGURATION) == text


def test_a_configuration_that_is_gone(tmp_path: pathlib.Path) -> None:
    machine = ZiplMachine(str(tmp_path))
    machine.remove(zipl.CONFIGURATION)
    with pytest.raises(BootLoaderError, match="it does not exist"):
        machine.loader.entries()


@pytest.mark.parametrize(
    "default, following",
    [
        ("[defaultboot]\ndefault=b\n", ["b"]),
        ("[defaultboot]\ndefault=gone\n", ["a", "b"]),
        ("[defaultboot]\ndefaultmenu=m\n:m\n2=a\n1=b\n", ["b"]),
        ("[defaultboot]\ndefaultmenu=m\n:m\n", ["a", "b"]),
        ("[defaultboot]\ndefaultmenu=gone\n", ["a", "b"]),
        ("[c]\nimage=/k\n[defaultboot]\ndefault=b\n", ["b"]),
        (":n\n1=a\n[defaultboot]\ndefaultmenu=m\n:m\n1=b\n", ["b"]),
        ("[defaultboot]\ndefaultmenu=m\n:m\n10=a\n9=b\n", ["b"]),
        ("", ["a", "b"]),
    ],
)
def test_the_entry_that_boots_next(tmp_path: pathlib.Path, default: str, following: List[str]) -> None:
    machine = ZiplMachine(str(tmp_path), default + "[a]\nimage=/i\nparmfile=/p\n[b]\nimage=/j\n")
    assert [entry.id for entry in machine.loader.next_entries(machine.loader.entries())] == following
