# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of minutes: which step and which task took how long."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import minutes
from tests.minutes import Part

LOG = """\
    0.2 WARNING  molecule starts
    1.0 INFO     [some > create] Executing
    1.5 TASK [Start the machines] ****
   41.5 INFO     [some > create] Executed: Successful
   42.0 INFO     [some > verify] Executing
   50.0 INFO     [some > converge] Executing
   52.0 TASK [kdump.fleet.kdump : Install] ****
   60.0 TASK [kdump.fleet.kdump : Reboot] ****
   90.0 TASK [kdump.fleet.kdump : Install] ****
a line of another program
   91.0 the end
"""
PARTS = [
    Part("", "", 1.0),
    Part("1 create", "", 0.5),
    Part("1 create", "Start the machines", 40.5),
    Part("2 verify", "", 8.0),
    Part("3 converge", "", 2.0),
    Part("3 converge", "kdump.fleet.kdump : Install", 8.0),
    Part("3 converge", "kdump.fleet.kdump : Reboot", 30.0),
    Part("3 converge", "kdump.fleet.kdump : Install", 1.0),
]


def test_parts_of_a_log() -> None:
    assert minutes.parts(LOG.splitlines()) == PARTS


def test_the_table_adds_up_the_runs_of_a_task() -> None:
    text = "\n".join(minutes.table("some", PARTS))
    assert text.startswith("some: 91 s\n")
    assert "  1 create                              41 s" in text
    assert "9 s    2 x kdump.fleet.kdump : Install" in text


def test_without_a_log_it_says_where_it_looked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(minutes, "LOGS", tmp_path)
    with pytest.raises(SystemExit, match=f"{tmp_path} has no log"):
        minutes.main([])


def test_a_named_scenario_is_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(minutes, "LOGS", tmp_path)
    (tmp_path / "some").mkdir()
    (tmp_path / "some" / "molecule.log").write_text(LOG)
    minutes.main(["some"])
    assert capsys.readouterr().out.startswith("some: 91 s\n")
