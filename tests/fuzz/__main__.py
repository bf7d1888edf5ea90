# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the properties for a time or a number of cases: "make fuzz", or "make fuzz FUZZ_SECONDS=3000 CASES=100000"."""

from __future__ import annotations

import argparse
import random
import sys
import time
from dataclasses import dataclass

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.fuzz import properties, readers
from tests.fuzz.properties import Case

CASES: dict[str, Case] = {**properties.CASES, **readers.CASES}
CHUNK = 50  # examples before the next backend has its turn
SLOW = {"grub_drop_in_file": 25}  # it starts a shell each time


@dataclass
class Count:
    """How often one backend was tried, how often it refused the input with a clear error, and how long that took."""

    tried: int = 0
    refused: int = 0
    seconds: float = 0.0


def run(case: Case, count: Count, number: int, examples: int) -> None:
    """Try a backend with so many examples, which the seed decides."""

    def one(data: st.DataObject) -> None:
        accepted = case(data)
        count.tried += 1
        count.refused += not accepted

    checks = settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    start = time.monotonic()
    try:
        seed(number)(checks(given(data=st.data())(one)))()
    finally:
        count.seconds += time.monotonic() - start


def fuzz(seconds: float, cases: int, number: int, names: list[str]) -> dict[str, Count]:
    """The backends with these names, for the same time each, until it is over or so many cases were tried."""
    counts = {name: Count() for name in names}
    source = random.Random(number)
    end = time.monotonic() + seconds
    while True:
        name = min(counts, key=lambda one: counts[one].seconds)
        run(CASES[name], counts[name], source.getrandbits(32), SLOW.get(name, CHUNK))
        if time.monotonic() >= end or (cases and sum(count.tried for count in counts.values()) >= cases):
            return counts


def table(counts: dict[str, Count]) -> str:
    """What was tried, for people."""
    total = Count(
        sum(count.tried for count in counts.values()),
        sum(count.refused for count in counts.values()),
        sum(count.seconds for count in counts.values()),
    )
    lines = [f"{'BACKEND':20} {'CASES':>8} {'REFUSED':>8} {'SECONDS':>8}"]
    for name, count in [*counts.items(), ("all", total)]:
        lines.append(f"{name:20} {count.tried:8} {count.refused:8} {count.seconds:8.0f}")
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """A failure is printed by hypothesis, with the smallest example that it found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--cases", type=int, default=0, help="stop after so many (0: when the time is over)")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    parser.add_argument("--target", action="append", choices=list(CASES), help="only this one; may be repeated")
    chosen = parser.parse_args(arguments)
    print(f"seed {chosen.seed}", flush=True)
    print(table(fuzz(chosen.seconds, chosen.cases, chosen.seed, chosen.target or list(CASES))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
