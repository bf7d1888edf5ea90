# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables in docs/boot-matrix.md: a section for each kernel, replaced when that kernel is booted again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.boot_matrix.judge import Verdict
from tests.checkout import ROOT

PAGE = ROOT / "docs" / "boot-matrix.md"
HEAD = """\
# Boot matrix: what `crashkernel=` reserves, predicted and booted

Every line is one boot of a real kernel in a virtual machine. *Predicted* is what `crash_memory_info` says of such a
host ([the language](crash-memory.md)); *reserved* is what the booted kernel's `/proc/iomem` shows: the main region, the
region below 4 GiB that it may bring along (low), and what is lent to user space until the crash (CMA). `0` is nothing.
A line is equal when all three sizes are, when `kexec_crash_size` agrees (before Linux 6.5 it leaves the low region
out), when the size of the memory alone, without the memory map, predicts the same main region (from Linux 6.0 on,
which rounds the RAM up), and when the reason that the module gives begins with the words that the kernel logged,
where it logged any (the last column; "-" where it says nothing). `make boot-matrix` boots all of it; `--kernel PATH`
takes another kernel and `--write` renews its table.
"""
COLUMNS = ("memory", "`crashkernel=`", "shows", "RAM counted", "predicted", "reserved", "equal", "the kernel says")


class Origin(NamedTuple):
    """Where a table comes from."""

    date: str
    qemu: str
    accelerator: str
    command: str


def counted(ram: int) -> str:
    """The RAM that a kernel counts, in MiB with the part that is missing to a whole one."""
    return f"{ram / (1 << 20):.2f}".rstrip("0").rstrip(".") + " MiB"


def cell(text: str) -> str:
    """Text as it stands in a table."""
    return text.replace("|", "\\|")


def row(verdict: Verdict) -> list[str]:
    """One boot."""
    case = verdict.case
    return [
        f"{case.memory} MiB" + (f", {case.machine}" if case.machine != "q35" else ""),
        " ".join(f"`{word}`" for word in [*case.value.split(), *case.extra.split()]),
        case.shows,
        counted(verdict.ram),
        str(verdict.predicted),
        str(verdict.reserved),
        "**no**" if verdict.differences else "yes",
        f"`{verdict.complaint}`" if verdict.complaint else "-",
    ]


def section(release: str, verdicts: Sequence[Verdict], origin: Origin) -> str:
    """The table of one kernel."""
    equal = sum(not verdict.differences for verdict in verdicts)
    lines = [
        f"## {release}",
        "",
        f"{equal} of {len(verdicts)} equal. {origin.date}, {origin.qemu}, {origin.accelerator}, machine q35 "
        f"unless a row says otherwise, one processor: `{origin.command}`",
        "",
        "| " + " | ".join(COLUMNS) + " |",
        "|" + "---|" * len(COLUMNS),
    ]
    lines += ["| " + " | ".join(cell(text) for text in row(verdict)) + " |" for verdict in verdicts]
    return "\n".join(lines) + "\n"


def replaced(page: str, release: str, new: str) -> str:
    """The page with this kernel's section; the kernels in order of their releases."""
    sections = {part.split("\n", 1)[0]: "## " + part.rstrip("\n") + "\n" for part in page.split("\n## ")[1:]}
    sections[release] = new

    def order(name: str) -> list[int]:
        return [int(number) for number in re.findall("[0-9]+", name)]

    return "\n".join([HEAD, *(sections[name] for name in sorted(sections, key=order))])


def write(verdicts: Sequence[Verdict], origin: Origin, path: Path | None = None) -> None:
    """Put the table into the page."""
    path = path or PAGE
    release = verdicts[0].release
    page = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(replaced(page, release, section(release, verdicts, origin)), encoding="utf-8")
