# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which time counts in the age of a file."""

import os
import pathlib
from typing import List, Tuple

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.dump_gate import clock
from ansible_collections.kdump.fleet.plugins.module_utils.dump_gate.clock import Clock, Gap

DAY = 86400
HOUR = 3600
NOW = 1000 * DAY


@pytest.mark.parametrize(
    ("since", "jumped"),
    [(0, False), (DAY, False), (2 * DAY, False), (2 * DAY + 1, True), (400 * DAY, True), (-DAY, False)],
)
def test_more_than_two_days_without_a_run_do_not_count(since: int, jumped: bool) -> None:
    expected = [Gap(NOW - since, NOW)] if jumped else []
    assert clock.passed(NOW - since, [], NOW) == Clock(NOW, expected, jumped)


def test_a_clock_that_nobody_has_looked_at_did_not_jump() -> None:
    assert Clock(NOW, []).jumped is False


@pytest.mark.parametrize(
    ("gaps", "kept"),
    [
        ([(NOW - 9, NOW - 5)], [(NOW - 9, NOW - 5)]),
        ([(NOW - 9, NOW + 5)], [(NOW - 9, NOW)]),
        ([(NOW, NOW + 5)], []),
        ([(NOW - 1, NOW + 5)], [(NOW - 1, NOW)]),
        ([(NOW + 1, NOW + 5)], []),
    ],
)
def test_a_clock_that_was_put_right(gaps: List[Tuple[int, int]], kept: List[Tuple[int, int]]) -> None:
    assert clock.passed(NOW, [Gap(*gap) for gap in gaps], NOW).gaps == [Gap(*gap) for gap in kept]


@pytest.mark.parametrize(
    ("time", "seen"),
    [
        (100, 100 + 50 + 10),
        (200, 200 + 50 + 10),
        (220, 220 + 30 + 10),
        (249, 249 + 1 + 10),
        (250, 250 + 10),
        (251, 251 + 10),
        (300, 300 + 10),
        (310, 310),
        (400, 400),
        (401, 401),
    ],
)
def test_the_time_of_a_file(time: int, seen: int) -> None:
    assert Clock(400, [Gap(200, 250), Gap(300, 310)]).seen(time) == seen


def test_a_file_of_the_future_stays_as_it_is() -> None:
    assert Clock(400, [Gap(200, 500)]).seen(401) == 401
    assert Clock(400, [Gap(200, 500)]).seen(400) == 500


@pytest.mark.parametrize(("number", "left"), [(99, 99), (100, 100), (101, 100)])
def test_the_oldest_gaps_become_one(number: int, left: int) -> None:
    gaps = [Gap(10 * index, 10 * index + 5) for index in range(number)]
    found = clock.passed(NOW, list(gaps), NOW).gaps
    assert len(found) == left
    assert found[0] == (gaps[0] if left == number else Gap(0, 15))
    assert found[-1] == gaps[-1]


@pytest.mark.parametrize(
    ("times", "last"),
    [
        ([], NOW),
        ([-5 * DAY, -9 * DAY], NOW - 5 * DAY),
        ([-5 * DAY, HOUR], NOW),
        ([-5 * DAY, HOUR + 1], NOW - 5 * DAY),
        ([HOUR + 1], NOW),
    ],
)
def test_without_a_record_the_newest_file_is_the_last_run(tmp_path: pathlib.Path, times: List[int], last: int) -> None:
    """One that is more than an hour ahead of this clock does not tell."""
    for number, time in enumerate(times):
        path = tmp_path / str(number)
        path.write_text("x")
        os.utime(path, (NOW + time, NOW + time))
    found = clock.look(str(tmp_path / "record"), str(tmp_path), NOW)
    assert found == clock.passed(last, [], NOW)


def test_a_link_has_a_time_of_its_own(tmp_path: pathlib.Path) -> None:
    """What it leads to may be anywhere."""
    (tmp_path / "area").mkdir()
    (tmp_path / "area/link").symlink_to(tmp_path / "new")
    (tmp_path / "new").write_text("x")
    os.utime(str(tmp_path / "new"), (NOW, NOW))
    os.utime(str(tmp_path / "area/link"), (NOW - 9 * DAY,) * 2, follow_symlinks=False)
    assert clock.look("", str(tmp_path / "area"), NOW) == clock.passed(NOW - 9 * DAY, [], NOW)


def test_a_record_is_read_again(tmp_path: pathlib.Path) -> None:
    record = str(tmp_path / "record")
    clock.note(record, Clock(NOW - DAY, [Gap(1, 2)]))
    assert clock.look(record, str(tmp_path), NOW) == Clock(NOW, [Gap(1, 2)], False)
    assert os.listdir(str(tmp_path)) == ["record"]


def test_without_a_path_nothing_is_noted(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    clock.note("", Clock(NOW, []))
    assert os.listdir(str(tmp_path)) == []


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"last": NaN, "gaps": []}', '{"last": 1, "gaps": [[1]]}', '{"last": 1, "gaps": [[1, Infinity]]}'],
)
def test_a_record_that_is_none(tmp_path: pathlib.Path, text: str) -> None:
    (tmp_path / "record").write_text(text)
    os.utime(str(tmp_path / "record"), (NOW - 9 * DAY, NOW - 9 * DAY))
    assert clock.look(str(tmp_path / "record"), str(tmp_path), NOW) == clock.passed(NOW - 9 * DAY, [], NOW)
