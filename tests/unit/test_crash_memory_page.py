# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of docs/crash-memory.md are what the code says."""

from __future__ import annotations

import re

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory import crashkernel
from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory.sizes import memparse
from tests.boot_matrix.judge import Amounts
from tests.checkout import ROOT

PAGE = (ROOT / "docs" / "crash-memory.md").read_text(encoding="utf-8")
HEAD = re.compile(r"\| command line(?: \((?P<arch>\w+)\))? \| RAM \| reserved \| why \|")


def examples() -> list[tuple[str, str, str, str, str]]:
    """Architecture, command line, RAM, what is reserved, and why, of every example."""
    found = []
    arch = None
    for line in PAGE.split("\n"):
        head = HEAD.fullmatch(line)
        if head:
            arch = head["arch"] or "x86_64"
        elif not line.startswith("|"):
            arch = None
        elif arch and not line.startswith("|---"):
            cmdline, ram, reserved, why = (cell.strip() for cell in line.strip("|").split("|"))
            found.append((arch, cmdline.strip("`"), ram, reserved, why))
    return found


def test_there_are_examples() -> None:
    assert len(examples()) > 25


@pytest.mark.parametrize(("arch", "cmdline", "ram", "reserved", "why"), examples())
def test_an_example_holds(arch: str, cmdline: str, ram: str, reserved: str, why: str) -> None:
    found = crashkernel.resolve(cmdline, memparse(ram)[0], arch=arch)
    if reserved == "nothing":
        assert found.size == 0
        assert (found.reason or "") == re.sub(r"\\(.)", r"\1", re.sub("`([^`]*)`.*", r"\1", why))
    else:
        assert str(Amounts(found.size, found.low, found.cma)) == reserved
