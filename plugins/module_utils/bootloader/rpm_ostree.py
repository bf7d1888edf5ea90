# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deployments of rpm-ostree: the tool is asked for the arguments, and changes them in one transaction.

It is the one backend that runs a command to read: what is staged for the next boot stands in no file of text. The
deployments that are kept for a rollback stay as they are; later ones take the arguments along (rpm-ostree(1)).
"""

from typing import List, Optional

from ..crash_memory import crashkernel
from ..host.kernel_arguments import SPACES, words
from .base import (
    BootEntry,
    BootLoader,
    Plan,
    predict,
    wanted_values,
)

READ = ["rpm-ostree", "kargs"]
HEADER = "The kernel arguments are:"  # of older releases


class RpmOstree(BootLoader):
    """The deployment that boots next."""

    name = "rpm_ostree"

    def entries(self) -> List[BootEntry]:
        lines = self.host.run(READ).stdout.strip(SPACES).split("\n")
        arguments = " ".join(line.strip(SPACES) for line in lines if line.strip(SPACES) != HEADER)
        return [BootEntry("next", "the deployment that boots next", "", arguments)]

    def next_entries(self, entries: List[BootEntry]) -> List[BootEntry]:
        return list(entries)

    def future_arguments(self) -> str:
        return self.entries()[0].arguments

    def plan(self, wanted: Optional[str]) -> Plan:
        values = wanted_values(wanted)
        entries = self.entries()
        changes = change(entries[0].arguments, values)
        return Plan(values, [], [READ + changes] if changes else [], predict(entries, wanted), keeps_others=True)

    def written_by_commands(self) -> List[str]:
        """None that would have to be put back: a transaction that fails leaves nothing behind."""
        return []

    def sources(self) -> List[str]:
        return []


def change(arguments: str, values: List[str]) -> List[str]:
    """The options that bring C(arguments) to these values: what is there goes first, in the same transaction."""
    if crashkernel.values(arguments) == values:
        return []
    old = [word.text for word in words(arguments) if crashkernel.values(word.text)]
    return ["--delete=" + text for text in old] + ["--append=crashkernel=" + value for value in values]
