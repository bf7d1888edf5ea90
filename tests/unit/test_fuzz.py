# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The properties of "make fuzz", with few examples each, and the command that runs them with many."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.__main__ import CASES, main


@pytest.mark.parametrize("name", list(CASES))
def test_property(name: str) -> None:
    @settings(
        max_examples=5 if name == "grub_drop_in_file" else 40,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(data=st.data())
    def holds(data: st.DataObject) -> None:
        CASES[name](data)

    holds()


def test_the_command_counts_what_it_tried(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.__main__.CHUNK", 3)
    monkeypatch.setattr("tests.fuzz.__main__.SLOW", {"grub_drop_in_file": 1})
    assert main(["--cases", "20", "--seconds", "60", "--seed", "7"]) == 0
    first, header, *rows = capsys.readouterr().out.splitlines()
    assert first == "seed 7"
    assert header.split() == ["BACKEND", "CASES", "REFUSED", "SECONDS"]
    assert [row.split()[0] for row in rows] == [*CASES, "all"]
    assert int(rows[-1].split()[1]) >= 20


def test_a_backend_that_changes_other_arguments_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_data: st.DataObject) -> bool:
        raise AssertionError("other arguments changed")

    monkeypatch.setattr("tests.fuzz.__main__.CASES", {"broken": broken})
    with pytest.raises(AssertionError, match="other arguments changed"):
        main(["--cases", "1"])


def test_one_target_with_a_seed_is_tried_again_in_the_same_way(capsys: pytest.CaptureFixture[str]) -> None:
    said = []
    for _time in range(2):
        assert main(["--cases", "20", "--seed", "7", "--target", "gate_command"]) == 0
        said.append([line.split()[:3] for line in capsys.readouterr().out.splitlines()])
    assert said[0] == said[1]
    assert [row[0] for row in said[0]] == ["seed", "BACKEND", "gate_command", "all"]
