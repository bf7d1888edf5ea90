# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How old a file is by a clock that may have jumped.

Retention runs daily and notes when. Time that passed without a run, because the clock was set ahead or because the
server was off, does not count in any age: a file that was there before keeps the age that it had. So a wrong clock
makes files stay longer, and never has one removed.
"""

import contextlib
import json
import math
import os
from typing import Any, Iterator, List, NamedTuple

STEP = 2 * 24 * 60 * 60  # seconds between two runs that count as time that has passed
SOON = 60 * 60  # seconds: what is written while retention runs is not of the future
MOST_GAPS = 100


class Gap(NamedTuple):
    """Time that does not count."""

    begin: float
    end: float


class Clock(NamedTuple):
    """The time of this run, and what is known of the time before it."""

    now: float
    gaps: List[Gap]
    jumped: bool = False  # the last gap ends with this run

    def seen(self, time: float) -> float:
        """A file's time, moved towards now by what does not count. One of the future stays as it is."""
        return time + sum(gap.end - max(gap.begin, time) for gap in self.gaps if time < gap.end and time <= self.now)


def look(path: str, area: str, now: float) -> Clock:
    """The clock by the record in the file I(path); without one the newest file of the landing area is the last run."""
    last, gaps = _read(path)
    if last is None:
        last = max((min(time, now) for time in _times(area) if time <= now + SOON), default=now)
    return passed(last, gaps, now)


def passed(last: float, gaps: List[Gap], now: float) -> Clock:
    """The clock at I(now), when the last run was at I(last)."""
    gaps = [Gap(gap.begin, min(gap.end, now)) for gap in gaps if gap.begin < now]  # it may have been put right
    jumped = now - last > STEP
    gaps += [Gap(last, now)] if jumped else []
    if len(gaps) > MOST_GAPS:  # what lay between the oldest two does not count either
        gaps[:2] = [Gap(gaps[0].begin, gaps[1].end)]
    return Clock(now, gaps, jumped)


def note(path: str, clock: Clock) -> None:
    """Write the record. Without it, or with an older one, the next run counts less time."""
    if not path:
        return
    with contextlib.suppress(OSError):
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump({"last": clock.now, "gaps": clock.gaps}, file)
        os.replace(path + ".new", path)


def _read(path: str) -> Any:
    try:
        with open(path, encoding="utf-8") as file:
            record = json.load(file)
        last, gaps = _finite(record["last"]), [Gap(_finite(begin), _finite(end)) for begin, end in record["gaps"]]
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None, []
    return last, gaps


def _finite(value: Any) -> float:
    """A time. JSON as Python reads it has NaN and Infinity, too, with which every comparison would mislead."""
    if not math.isfinite(float(value)):
        raise ValueError(value)
    return float(value)


def _times(area: str) -> Iterator[float]:
    for _folder, _folders, files, fd in os.fwalk(area):
        for name in files:
            with contextlib.suppress(OSError):
                yield os.stat(name, dir_fd=fd, follow_symlinks=False).st_mtime
