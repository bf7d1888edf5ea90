# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the minutes of the molecule scenarios go, from the logs of their last runs: python -m tests.minutes [NAME ...]

The logs are artifacts/molecule/NAME/molecule.log, whose lines begin with the seconds since the start of the run.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.checkout import ROOT

LOGS = ROOT / "artifacts" / "molecule"
LINE = re.compile(r"^ *(?P<seconds>\d+\.\d) (?P<text>.*)$")
BEGIN = re.compile(r"^(?:\w+ +\[(?P<scenario>\S+) > (?P<step>\w+)\] Executing|TASK \[(?P<task>[^\]]*)\] \*+)$")
SLOWEST = 12


class Part(NamedTuple):
    """One task of one step, or what a step does before its first task and after its last."""

    step: str
    task: str
    seconds: float


def parts(lines: Iterable[str]) -> list[Part]:
    """What the scenario did, in its order, and how long each took."""
    found = []
    begun, step, number, task = 0.0, "", 0, ""
    seconds = 0.0
    for line in lines:
        match = LINE.match(line)
        if match is None:
            continue
        seconds = float(match["seconds"])
        begin = BEGIN.match(match["text"])
        if begin is None:
            continue
        found.append(Part(step, task, seconds - begun))
        begun, task = seconds, begin["task"] or ""
        if begin["step"]:
            number += 1
            step = f"{number} {begin['step']}"
    return [*found, Part(step, task, seconds - begun)]


def table(name: str, found: Sequence[Part]) -> list[str]:
    """The steps of a scenario, and the tasks that took longest, all runs of a task together."""
    steps: defaultdict[str, float] = defaultdict(float)
    tasks: defaultdict[str, list[float]] = defaultdict(list)
    for part in found:
        steps[part.step] += part.seconds
        tasks[part.task].append(part.seconds)
    slowest = sorted(tasks.items(), key=lambda item: sum(item[1]), reverse=True)[:SLOWEST]
    return [
        f"{name}: {sum(steps.values()):.0f} s",
        *(f"  {step or 'start':32} {seconds:7.0f} s" for step, seconds in steps.items() if seconds >= 1),
        *(f"    {sum(times):7.0f} s {len(times):4} x {task or '(no task)'}" for task, times in slowest),
    ]


def main(names: Sequence[str]) -> None:
    """Print the tables."""
    logs = [LOGS / name / "molecule.log" for name in names] or sorted(LOGS.glob("*/molecule.log"))
    if not logs:
        sys.exit(f"{LOGS} has no log of a scenario: run make test first.")
    for log in logs:
        print("\n".join(table(Path(log).parent.name, parts(log.read_text(errors="replace").splitlines()))))


if __name__ == "__main__":
    main(sys.argv[1:])
