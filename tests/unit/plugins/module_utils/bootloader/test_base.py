# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan means where it does not say: it is carried out on a boot loader that is a stand-in."""

import os
import pathlib
from typing import List, Optional

from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.apply import apply
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.base import BootEntry, BootLoader, FileChange, Plan
from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import Host

ENTRY = BootEntry("a", "A", "/vmlinuz", "crashkernel=1M quiet")


class StandIn(BootLoader):
    """A boot loader with one entry."""

    def entries(self) -> List[BootEntry]:
        return [ENTRY]

    def next_entries(self, entries: List[BootEntry]) -> List[BootEntry]:
        return entries

    def future_arguments(self) -> str:
        return ENTRY.arguments

    def plan(self, wanted: Optional[str]) -> Plan:
        raise AssertionError("the tests have plans of their own")

    def written_by_commands(self) -> List[str]:
        return []

    def sources(self) -> List[str]:
        return []


def test_a_new_file_can_be_read_by_everybody_and_written_by_root(tmp_path: pathlib.Path) -> None:
    host = Host(str(tmp_path))
    apply(host, StandIn(host, "evidence"), Plan(["1M"], [FileChange("/new", None, "x")], [], [ENTRY]))
    assert os.stat(str(tmp_path / "new")).st_mode & 0o7777 == 0o644


def test_a_generator_may_come_to_other_arguments_beside_crashkernel(tmp_path: pathlib.Path) -> None:
    host = Host(str(tmp_path))
    foreseen = ENTRY._replace(arguments="crashkernel=1M splash")
    plan = Plan(["1M"], [FileChange("/new", None, "x")], [], [foreseen])
    assert apply(host, StandIn(host, "evidence"), plan) == [ENTRY]
