# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which unit tests run which line, and how long each takes: measured once, and again when a file has changed.

Also a plugin of pytest that writes down how long the tests took, and has each of them fill the caches of functions.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import coverage
import pytest

from tests.checkout import ROOT, variables
from tests.mutants.modules import DIRECTORIES

TESTS = tuple(f"tests/unit/plugins/{name}" for name in (*DIRECTORIES, "modules"))
DIRECTORY = ROOT / ".cache" / "mutants"
LINES = DIRECTORY / "coverage"
DURATIONS = DIRECTORY / "durations.json"
UNCHANGED = DIRECTORY / "unchanged.json"  # files of tests that pass as they are run for changes
SLOW = 10.0  # seconds, under coverage and on a busy machine; tests that take longer do not run for each change

COLLECTION = "ansible_collections.kdump.fleet."

_durations: dict[str, float] = defaultdict(float)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Empty the caches, for otherwise only the first test that needs a function would be known to run its lines."""
    for function in _cached():
        function.cache_clear()


def _cached() -> Iterator[functools._lru_cache_wrapper[object]]:
    """The functions and methods of the collection, as far as it is loaded, whose results are kept."""
    for module in [loaded for name, loaded in sys.modules.items() if name.startswith(COLLECTION)]:
        classes = [value for value in vars(module).values() if isinstance(value, type)]
        for namespace in (module, *classes):
            for value in vars(namespace).values():
                if isinstance(value, functools._lru_cache_wrapper):
                    yield value


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add up what setting up, running and ending a test took."""
    _durations[report.nodeid] += report.duration


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write it down, in the process that has all reports."""
    if not hasattr(session.config, "workerinput"):
        known = json.loads(DURATIONS.read_text(encoding="utf-8")) if DURATIONS.exists() else {}
        DURATIONS.write_text(json.dumps({**known, **_durations}), encoding="utf-8")


@dataclass
class Tests:
    """The tests of one module."""

    by_line: dict[int, set[str]]
    durations: dict[str, float]
    all: set[str] = field(init=False)

    def __post_init__(self) -> None:
        self.all = set().union(*self.by_line.values())

    def of(self, lines: range) -> set[str]:
        """The tests that run one of these lines."""
        return set().union(*(self.by_line.get(line, set()) for line in lines))


def measure(jobs: int) -> None:
    """Run the unit tests under coverage: all of them, or those that were written since nothing else was."""
    last = DURATIONS.stat().st_mtime if DURATIONS.exists() else 0.0
    changed = [path for path in _files() if path.stat().st_mtime > last]
    if not changed:
        return
    some = last > 0 and all(path.name.startswith("test_") and path.is_relative_to(ROOT / "tests") for path in changed)
    which = [str(path.relative_to(ROOT)) for path in changed] if some else list(TESTS)
    print(f"Measuring which lines these tests run: {' '.join(which)}", flush=True)
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    UNCHANGED.unlink(missing_ok=True)
    if not some:
        DURATIONS.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "-n", str(jobs), "-p", "no:cacheprovider", "-p", __name__]
    done = subprocess.run(
        [*command, "--cov", "--cov-context=test", "--cov-report=", *(["--cov-append"] if some else []), *which],
        cwd=ROOT,
        env={**os.environ, **variables(), "COVERAGE_FILE": str(LINES)},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        DURATIONS.unlink(missing_ok=True)
        sys.exit(f"{done.stdout}\nThe unit tests have to pass before a change can show anything.")


def tests_of(modules: list[Path]) -> dict[Path, Tests]:
    """The tests of each module, by line; what runs on import only belongs to no test."""
    durations: dict[str, float] = json.loads(DURATIONS.read_text(encoding="utf-8"))
    data = coverage.CoverageData(str(LINES))
    data.read()
    found = {}
    for path in modules:
        by_line = {}
        for line, contexts in data.contexts_by_lineno(str(path)).items():
            names = {context.rpartition("|")[0] for context in contexts if context}
            by_line[line] = {name for name in names if durations.get(name, 0.0) < SLOW}
        if not by_line:
            print(f"No unit test runs a line of {path}: no change of it is noticed.", flush=True)
        found[path] = Tests(by_line, durations)
    if not any(tests.all for tests in found.values()):
        sys.exit(f"{LINES} has no test of these modules: remove it, and it is measured again.")
    return found


def _files() -> list[Path]:
    """The sources, and everything that the tests are made of."""
    return [path for name in ("plugins", *TESTS) for path in sorted((ROOT / name).rglob("*.py"))]
