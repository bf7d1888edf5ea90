# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stops the lab's machines whose runs lie below given directories: python -m tests.leftovers DIRECTORY...

Other runs on this computer, of another checkout or another person, are left alone.
The exit status is 1 when there was something to stop: whoever started a machine should have stopped it.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from tests.lab import machine


def below(runs: Iterable[Path], places: Sequence[Path]) -> list[Path]:
    """The runs that lie in these places."""
    wanted = [place.resolve() for place in places]
    return [run for run in runs if any(run.resolve().is_relative_to(place) for place in wanted)]


def main(
    arguments: Sequence[str],
    runs: Callable[[], Iterable[Path]] = machine.runs,
    stop: Callable[[Path], object] = lambda run: machine.down(run=run),
) -> int:
    """Stop what is left, and say so."""
    found = below(runs(), [Path(argument) for argument in arguments])
    for run in found:
        stop(run)
        print(f"stopped the machines that were left running in {run}")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
