# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every boot loader backend offers: its entries, what later kernels get, and a plan to change crashkernel=.

A backend reads files; the commands of its plan are run by apply.py. Only that of rpm-ostree has to ask its tool.
"""

from abc import ABC, abstractmethod
from typing import Iterable, List, NamedTuple, Optional, Sequence

from ..crash_memory import crashkernel
from ..host.errors import KdumpError
from ..host.kernel_arguments import split_values
from ..host.machine import Host

BLS_ENTRIES = "/boot/loader/entries"  # of the Boot Loader Specification


class BootLoaderError(KdumpError):
    """A boot loader that is missing, not understood, or could not be changed."""


class BootEntry(NamedTuple):
    """One way to boot a kernel: I(arguments) is the text behind I(kernel), as the boot loader's file has it."""

    id: str
    title: str
    kernel: str
    arguments: str


class FileChange(NamedTuple):
    """One file before and after. None stands for no file; I(mode) is for a file that is new."""

    path: str
    before: Optional[str]
    after: Optional[str]
    mode: int = 0o644


class Plan(NamedTuple):
    """What must be written and run so that I(entries_after), as far as they can be foreseen, are what boots.

    Their crashkernel values are exact; where in the line a generator will put them is not known beforehand.
    I(finish) are commands for when the entries were found to be right: those that hand them over to the firmware.
    With I(keeps_others) all other arguments must be the same afterwards. Those of I(directories) that are not there
    are made first, and those that are empty in the end are removed.
    """

    wanted: List[str]
    files: List[FileChange]
    commands: List[List[str]]
    entries_after: List[BootEntry]
    finish: Sequence[List[str]] = ()
    keeps_others: bool = False
    directories: Sequence[str] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the host already is as wanted."""
        return not self.files and not self.commands


class BootLoader(ABC):
    """One boot loader on one host."""

    name = ""

    def __init__(self, host: Host, evidence: str) -> None:
        self.host = host
        self.evidence = evidence  # what was found that speaks for this boot loader

    @abstractmethod
    def entries(self) -> List[BootEntry]:
        """Every entry that this boot loader's settings reach, read again from the host."""

    @abstractmethod
    def next_entries(self, entries: List[BootEntry]) -> List[BootEntry]:
        """Those of I(entries) that may boot next: one where that can be determined, otherwise all.

        An entry that the settings do not reach is answered too when it is the one that boots next.
        """

    @abstractmethod
    def future_arguments(self) -> str:
        """The kernel arguments that kernels installed later will get, as far as the settings decide them."""

    @abstractmethod
    def plan(self, wanted: Optional[str]) -> Plan:
        """What to do so that every entry has exactly the I(wanted) values (blank-separated; None: none)."""

    @abstractmethod
    def written_by_commands(self) -> List[str]:
        """The files that the commands of a plan may write, beside those that the plan names."""

    @abstractmethod
    def sources(self) -> List[str]:
        """The settings files in which C(crashkernel=) stands, without those that are the collection's alone."""


def predict(entries: Iterable[BootEntry], wanted: Optional[str]) -> List[BootEntry]:
    """I(entries) with exactly the I(wanted) crashkernel values."""
    return [entry._replace(arguments=crashkernel.replace(entry.arguments, wanted)) for entry in entries]


def differing(entries: Iterable[BootEntry], wanted: List[str]) -> List[BootEntry]:
    """Those of I(entries) whose crashkernel values are not exactly the I(wanted) ones."""
    return [entry for entry in entries if crashkernel.values(entry.arguments) != wanted]


def wanted_values(wanted: Optional[str]) -> List[str]:
    """The single values of a blank-separated text."""
    return split_values(wanted or "")
