# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The backend for rpm-ostree, on a stand-in that follows its manual."""

import pathlib
from typing import List, Optional

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.apply import apply
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.base import BootEntry, BootLoaderError
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.rpm_ostree import RpmOstree, change
from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import CommandResult
from tests.unit.plugins.module_utils.bootloader.machine import Files

ARGUMENTS = "root=UUID=95d3fad2 rw ostree=/ostree/boot.1/fedora/1/0 console=tty0"


class OstreeMachine(Files):
    """A host whose next deployment has these arguments."""

    def __init__(self, root: str, arguments: str = ARGUMENTS, header: str = "") -> None:
        super().__init__(root)
        self.arguments = arguments
        self.header = header
        self.status = 0
        self.loses = ""
        self.loader = RpmOstree(self.host, "evidence")

    def run(self, argv: List[str], timeout: float) -> CommandResult:
        assert argv[:2] == ["rpm-ostree", "kargs"]
        if not argv[2:]:
            return CommandResult(argv, 0, self.header + self.arguments + "\n", "")
        self.calls.append((argv, timeout))
        if self.status:
            return CommandResult(argv, 1, "", "error: Transaction in progress: upgrade")
        words = self.arguments.split(" ")
        for option, _equals, value in [word.partition("=") for word in argv[2:]]:
            if option == "--delete":
                words.remove(value)
            else:
                assert option == "--append"
                words.append(value)
        self.arguments = " ".join(word for word in words if word != self.loses)
        return CommandResult(argv, 0, "Staging deployment... done\n", "")

    def apply(self, wanted: Optional[str]) -> List[BootEntry]:
        return apply(self.host, self.loader, self.loader.plan(wanted))


@pytest.mark.parametrize("header", ["", "The kernel arguments are:\n"])
def test_set_and_removed_again(tmp_path: pathlib.Path, header: str) -> None:
    machine = OstreeMachine(str(tmp_path), header=header)
    (entry,) = machine.loader.entries()
    assert entry.arguments == ARGUMENTS == machine.loader.future_arguments()
    assert machine.loader.next_entries([entry]) == [entry]
    machine.apply("512M,high 128M,low")
    assert machine.calls[0][0][2:] == ["--append=crashkernel=512M,high", "--append=crashkernel=128M,low"]
    assert machine.loader.plan("512M,high 128M,low").is_empty
    machine.apply("256M")
    assert machine.arguments == ARGUMENTS + " crashkernel=256M"
    machine.apply(None)
    assert machine.arguments == ARGUMENTS
    assert len(machine.calls) == 3
    assert machine.loader.sources() == []


def test_a_transaction_that_is_refused(tmp_path: pathlib.Path) -> None:
    machine = OstreeMachine(str(tmp_path))
    machine.status = 1
    with pytest.raises(BootLoaderError, match="exit status 1: error: Transaction in progress: upgrade"):
        machine.apply("256M")


def test_a_transaction_that_loses_other_arguments(tmp_path: pathlib.Path) -> None:
    machine = OstreeMachine(str(tmp_path))
    machine.loses = "console=tty0"
    with pytest.raises(BootLoaderError, match="would have come out with other arguments"):
        machine.apply("256M")


@pytest.mark.parametrize(
    "arguments, values, options",
    [
        ("a", [], []),
        ("a crashkernel=1M", ["1M"], []),
        ("crashkernel=1M a crashkernel=1M", ["1M"], ["--delete=crashkernel=1M"] * 2 + ["--append=crashkernel=1M"]),
        ('x="crashkernel=1M" crashkernel=2M', [], ["--delete=crashkernel=2M"]),
    ],
)
def test_options(arguments: str, values: List[str], options: List[str]) -> None:
    assert change(arguments, values) == options
