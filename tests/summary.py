# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the parts of the quality gate found, summed up in one closing line: "N passed, N failed".

Every part of noxfile.py leaves one file in artifacts/results. A part that says "all well" without a
single test, or that ends badly without a failed test, counts as failed: a gate that ran nothing has not passed.

    python -m tests.summary run COMMAND...   forget the old results, run the command, show the new ones
    python -m tests.summary show             show the results of the last run
"""

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from tests.checkout import ROOT

# ansible-test repeats the name of a test in the reason, so that equal reasons would look different.
ABOUT_ITSELF = re.compile(r'^Skipping sanity test ".*?" on Python \S+ because it ')
RESULTS = ROOT / "artifacts" / "results"


class Result(NamedTuple):
    """One part: how many of its tests passed and failed, and what did not run: name and reason."""

    part: str
    passed: int
    failed: int
    not_run: list[tuple[str, str]] = []
    seconds: float = 0.0


CUT_SHORT = Result("the run was incomplete", 0, 1)


def judge_command(part: str, ok: bool, seconds: float = 0.0) -> Result:
    """A part that is one check: it passes or it fails."""
    return Result(part, int(ok), int(not ok), [], seconds)


def judge_tests(part: str, ok: bool, reports: Iterable[Path], seconds: float = 0.0) -> Result:
    """A part that wrote JUnit reports; ok is whether its command ended with exit status 0."""
    passed = failed = 0
    not_run = []
    for report in reports:
        for case in ElementTree.parse(report).iter("testcase"):
            skipped = case.find("skipped")
            if case.find("failure") is not None or case.find("error") is not None:
                failed += 1
            elif skipped is not None:
                reason = skipped.get("message") or skipped.text or "no reason given"
                not_run.append((case.get("name") or "?", ABOUT_ITSELF.sub("", reason.strip())))
            else:
                passed += 1
    if failed == 0 and (not ok or passed == 0):
        failed = 1
    return Result(part, passed, failed, not_run, seconds)


def path_of(result: Result, directory: Path) -> Path:
    """Where the result of a part is kept."""
    name = re.sub(r"[^A-Za-z0-9.]+", "-", result.part)
    return directory / f"{name}.json"


def save(result: Result, directory: Path = RESULTS) -> None:
    """Keep the result of a part; a part that runs again replaces its own."""
    directory.mkdir(parents=True, exist_ok=True)
    path_of(result, directory).write_text(json.dumps({"at": time.time(), **result._asdict()}))


def forget(result: Result, directory: Path) -> None:
    """Take a result back."""
    path_of(result, directory).unlink(missing_ok=True)


def load(directory: Path = RESULTS) -> list[Result]:
    """The results of the last run, in the order in which the parts ended."""
    found = [json.loads(path.read_text()) for path in directory.glob("*.json")]
    found.sort(key=lambda entry: float(entry.pop("at")))
    return [Result(**{**entry, "not_run": [tuple(pair) for pair in entry["not_run"]]}) for entry in found]


def complete(results: Sequence[Result], status: int) -> list[Result]:
    """The results, plus a failure when the run went wrong in a way that no part recorded."""
    if status and not any(result.failed for result in results):
        return [*results, Result(f"the run failed with exit status {status}", 0, 1)]
    if not results:
        return [Result("nothing was run", 0, 1)]
    return list(results)


def render(results: Sequence[Result]) -> str:
    """The table, what could not run, and the closing line."""
    width = max(len("part"), *(len(result.part) for result in results))
    lines = ["", f"{'part':<{width}}  passed  failed  not run  seconds"]
    lines += [
        f"{result.part:<{width}}  {result.passed:6}  {result.failed:6}  {len(result.not_run):7}  {result.seconds:7.1f}"
        for result in results
    ]
    for result in results:
        reasons: dict[str, list[str]] = {}
        for name, reason in result.not_run:
            reasons.setdefault(reason, []).append(name)
        lines += [f"not run: {result.part}: {', '.join(named)}: {reason}" for reason, named in reasons.items()]
    passed = sum(result.passed for result in results)
    failed = sum(result.failed for result in results)
    return "\n".join([*lines, "", f"{passed} passed, {failed} failed"])


def main(arguments: Sequence[str], directory: Path = RESULTS) -> int:
    """The command line described above."""
    status = 0
    if arguments[:1] == ["run"]:
        shutil.rmtree(directory, ignore_errors=True)
        save(CUT_SHORT, directory)
        status = subprocess.run(arguments[1:], stdin=subprocess.DEVNULL, check=False).returncode
        forget(CUT_SHORT, directory)
    recorded = load(directory)
    results = complete(recorded, status)
    for result in results[len(recorded) :]:  # so that "show" knows it too
        save(result, directory)
    print(render(results), flush=True)
    return status or int(any(result.failed for result in results))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
