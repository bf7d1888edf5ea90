# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The closing line counts what was really run."""

import sys
from pathlib import Path

import pytest

from tests import summary
from tests.summary import Result

REPORT = """<?xml version="1.0"?>
<testsuites><testsuite>
<testcase name="good"/>
<testcase name="also good"/>
<testcase name="absent"><skipped message="no such tool"/></testcase>
<testcase name="bare"><skipped/></testcase>
{more}
</testsuite></testsuites>
"""
ABSENT = [("absent", "no such tool"), ("bare", "no reason given")]


def report(directory: Path, more: str = "") -> Path:
    """A JUnit report with two passed tests and two that did not run."""
    path = directory / "report.xml"
    path.write_text(REPORT.format(more=more))
    return path


@pytest.mark.parametrize(
    ("more", "ok", "passed", "failed"),
    [
        ("", True, 2, 0),
        ('<testcase name="bad"><failure message="no"/></testcase>', False, 2, 1),
        ('<testcase name="bad"><error>no</error></testcase>', False, 2, 1),
        ("", False, 2, 1),  # every test passed, and the command failed all the same
    ],
)
def test_reports_are_counted(tmp_path: Path, more: str, ok: bool, passed: int, failed: int) -> None:
    """Tests pass, fail, end in an error, or do not run."""
    result = summary.judge_tests("part", ok, [report(tmp_path, more)])
    assert result == Result("part", passed, failed, ABSENT)


def test_reasons_of_ansible_test_are_put_together(tmp_path: Path) -> None:
    """The same reason for several tests is said once."""
    said = "Skipping sanity test &quot;import&quot; on Python 3.14 because it could not be found."
    path = report(tmp_path, f'<testcase name="import-3.14"><skipped message="{said}"/></testcase>')
    assert summary.judge_tests("part", True, [path]).not_run == [*ABSENT, ("import-3.14", "could not be found.")]


def test_nothing_tested_is_a_failure() -> None:
    """A command that says "all well" without a report tested nothing."""
    assert summary.judge_tests("part", True, []) == Result("part", 0, 1)


@pytest.mark.parametrize("ok", [True, False])
def test_a_command_is_one_check(ok: bool) -> None:
    """It passes or it fails."""
    assert summary.judge_command("part", ok, 1.5) == Result("part", int(ok), int(not ok), [], 1.5)


def test_results_are_kept_in_order(tmp_path: Path) -> None:
    """A part that runs again replaces its own result."""
    wanted = [Result("b/part", 1, 0, [("x", "y")]), Result("a part", 2, 0, [], 0.5)]
    for result in [Result("b/part", 9, 9), *wanted]:
        summary.save(result, tmp_path)
    assert summary.load(tmp_path) == wanted


@pytest.mark.parametrize(
    ("results", "status", "last"),
    [
        ([], 0, Result("nothing was run", 0, 1)),
        ([], 2, Result("the run failed with exit status 2", 0, 1)),
        ([Result("part", 3, 0)], 2, Result("the run failed with exit status 2", 0, 1)),
        ([Result("part", 3, 0)], 0, Result("part", 3, 0)),
        ([Result("part", 3, 1)], 1, Result("part", 3, 1)),
    ],
)
def test_a_run_that_went_wrong_is_counted(results: list[Result], status: int, last: Result) -> None:
    """Also when no part noticed."""
    assert summary.complete(results, status)[-1] == last


def test_the_closing_line_sums_up() -> None:
    """One line for each part, then what did not run by its reason, then the counts."""
    text = summary.render(
        [Result("one", 2, 0, [("a", "gone"), ("b", "gone"), ("c", "broken")], 1.0), Result("two", 40, 1)]
    )
    assert text.splitlines()[1:] == [
        "part  passed  failed  not run  seconds",
        "one        2       0        3      1.0",
        "two       40       1        0      0.0",
        "not run: one: a, b: gone",
        "not run: one: c: broken",
        "",
        "42 passed, 1 failed",
    ]


@pytest.mark.parametrize(
    ("code", "status", "closing"), [("", 1, "0 passed, 1 failed"), ("raise SystemExit(3)", 3, "0 passed, 1 failed")]
)
def test_a_run_without_results_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], code: str, status: int, closing: str
) -> None:
    """Old results are forgotten before the run, and "show" says the same as the run did."""
    summary.save(Result("from yesterday", 5, 0), tmp_path)
    assert summary.main(["run", sys.executable, "-c", code], tmp_path) == status
    assert summary.main(["show"], tmp_path) == 1
    assert [line for line in capsys.readouterr().out.splitlines() if " passed, " in line] == [closing, closing]


def test_a_good_run_succeeds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The parts leave their results while the command runs."""
    code = f"from pathlib import Path; from tests.summary import *; save(Result('p', 7, 0), Path({str(tmp_path)!r}))"
    assert summary.main(["run", sys.executable, "-c", code], tmp_path) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "7 passed, 0 failed"


def test_a_run_that_was_cut_short_has_not_passed(tmp_path: Path) -> None:
    """While the command runs, the results say so; when nothing comes after it, that remains."""
    code = f"import shutil; shutil.copytree({str(tmp_path / 'now')!r}, {str(tmp_path / 'then')!r})"
    summary.main(["run", sys.executable, "-c", code], tmp_path / "now")
    assert summary.load(tmp_path / "then") == [summary.CUT_SHORT]
    assert summary.CUT_SHORT not in summary.load(tmp_path / "now")
