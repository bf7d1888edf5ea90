# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One boot: a kernel and the RAM disk in a machine of its own, and what that printed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory import crashkernel
from tests.boot_matrix.cases import Case
from tests.lab.errors import LabError
from tests.lab.packages import QEMU
from tests.lab.process import run, say, tail
from tests.lab.qemu import ACCELERATORS

BEGIN, END, FILE = "matrix: begin", "matrix: end", "matrix: file "
LIMIT = 240.0  # seconds that one boot may take

Files = dict[str, str]  # path on the booted machine: text


class Kernel(NamedTuple):
    """What is booted, and how."""

    path: Path
    initrd: Path
    accelerator: str


def cmdline(case: Case) -> str:
    """The whole command line, written as the collection writes it. A kernel that panics ends the machine."""
    return crashkernel.replace("console=ttyS0 quiet panic=-1 " + case.extra, case.value).strip()


def command(case: Case, kernel: Kernel) -> list[str]:
    """QEMU for one boot."""
    return [
        QEMU,
        *("-machine", case.machine, *ACCELERATORS[kernel.accelerator], "-m", str(case.memory), "-smp", "1"),
        *("-nodefaults", "-display", "none", "-serial", "file:serial.log", "-no-reboot"),
        *("-kernel", str(kernel.path), "-initrd", str(kernel.initrd), "-append", cmdline(case)),
    ]


def boot(case: Case, kernel: Kernel) -> Files:
    """What the machine showed. Emulated machines on a busy computer sometimes do not come up: it gets a second try."""
    try:
        return once(case, kernel)
    except LabError as error:
        say(f"again, because: {error}")
        return once(case, kernel)


def once(case: Case, kernel: Kernel) -> Files:
    """One try; an error when the machine does not come up."""
    with tempfile.TemporaryDirectory(prefix="kdump-boot-") as name:
        serial = Path(name, "serial.log")
        run(command(case, kernel), log=Path(name, "qemu.log"), directory=Path(name), limit=LIMIT)
        shown = parse(serial.read_text(encoding="utf-8", errors="replace").split("\n")) if serial.exists() else {}
        if not shown:
            said = tail(serial) or "(nothing)"
            raise LabError(
                f"{case.memory} MiB with '{cmdline(case)}' did not come up. Its serial log ends with:\n{said}"
            )
    return shown


def parse(lines: Iterable[str]) -> Files:
    """The files that the program of the RAM disk showed; none when it did not get to its end."""
    found: dict[str, list[str]] = {}
    current: list[str] | None = None
    begun = False
    for line in lines:
        line = line.rstrip("\r")
        if line == BEGIN:
            begun = True
        elif begun and line == END:
            return {name: "".join(text + "\n" for text in shown) for name, shown in found.items()}
        elif begun and line.startswith(FILE):
            current = found[line[len(FILE) :]] = []
        elif current is not None:
            current.append(line)
    return {}
