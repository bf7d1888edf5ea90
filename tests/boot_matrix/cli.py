# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: boots every case, prints a line for each, and says how many are equal."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path

from tests.boot_matrix import initrd, page
from tests.boot_matrix.boot import Kernel, boot
from tests.boot_matrix.cases import CASES, Case
from tests.boot_matrix.judge import Verdict, judge
from tests.lab import accelerator, image
from tests.lab.errors import LabError
from tests.lab.machine import PARALLEL
from tests.lab.packages import qemu_version
from tests.lab.process import say
from tests.lab.recipes import DEBIAN


def parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    one = argparse.ArgumentParser(
        prog="python -m tests.boot_matrix",
        description="Boots a kernel with many crashkernel= values, and compares what it reserves with the prediction.",
        epilog="Exit status: 0 all are equal, 1 one differs, 2 something is missing.",
    )
    one.add_argument("--kernel", type=Path, metavar="PATH", help="a vmlinuz; default: the kernel of the image debian")
    one.add_argument("--write", action="store_true", help="put the table into docs/boot-matrix.md")
    one.add_argument("--only", metavar="TEXT", default="", help="boots whose value or purpose holds TEXT alone")
    return one


def chosen(cases: Sequence[Case], text: str) -> list[Case]:
    """The cases that hold a text."""
    return [case for case in cases if text in case.value or text in case.shows]


def line(verdict: Verdict) -> str:
    """One boot for a terminal."""
    case = verdict.case
    words = " ".join([case.value, *case.extra.split()])
    told = f"{case.memory:6} MiB  {words:44} {verdict.predicted!s:24} {verdict.reserved!s:24}"
    return f"{told} {'differs: ' + '; '.join(verdict.differences) if verdict.differences else 'equal'}"


def run(options: argparse.Namespace) -> int:
    """Boot, judge and report; the exit status."""
    cases = chosen(CASES, options.only)
    if not cases:
        raise LabError(f"No boot's value or purpose holds '{options.only}'.")
    if options.kernel and not options.kernel.is_file():
        raise LabError(f"There is no kernel {options.kernel}. Give the path of a vmlinuz.")
    version = qemu_version()
    path = options.kernel.absolute() if options.kernel else image.ensure(DEBIAN).kernel
    choice = accelerator.choose(path)
    say(f"{len(cases)} boots of {path.name} ({choice.name}: {choice.reason})")
    verdicts: list[Verdict] = []
    with tempfile.TemporaryDirectory(prefix="kdump-boot-") as name:
        disk = Path(name, "initrd.gz")
        initrd.write(disk)
        kernel = Kernel(path, disk, choice.name)
        pool = ThreadPoolExecutor(PARALLEL)
        try:
            for case, shown in zip(cases, pool.map(lambda case: boot(case, kernel), cases), strict=True):
                verdicts.append(judge(case, shown))
                print(line(verdicts[-1]), flush=True)
        finally:
            pool.shutdown(cancel_futures=True)
    equal = sum(not verdict.differences for verdict in verdicts)
    print(f"{verdicts[0].release}: {equal} of {len(verdicts)} equal")
    if options.write:
        page.write(verdicts, origin(options, version, choice.name))
    return 0 if equal == len(verdicts) else 1


def origin(options: argparse.Namespace, version: str, name: str) -> page.Origin:
    """What the page says about this run; of the kernel's path the name alone."""
    words = (
        ["python -m tests.boot_matrix", f"--kernel {options.kernel.name}"] if options.kernel else ["make boot-matrix"]
    )
    today = datetime.now(timezone.utc).strftime("%Y-%m-%d")
    return page.Origin(
        today, version.split(" (")[0].replace("emulator version", "").replace("  ", " "), name, " ".join(words)
    )


def main(words: Sequence[str] | None = None) -> int:
    """Run it; the exit status."""
    options = parser().parse_args(words)
    if options.write and options.only:
        parser().error("--write takes all boots, not some (--only)")
    try:
        return run(options)
    except LabError as error:
        say(str(error))
        return error.status
