# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each change in a child process that loads the changed source and runs the tests of the changed line."""

from __future__ import annotations

import ast
import contextlib
import importlib
import importlib.machinery
import itertools
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

import pytest

from tests.mutants.changes import Change
from tests.mutants.covering import Tests

MEMORY = 2 << 30
OTHERS = 100  # tests of other modules at most: one of a module's own must notice what it does
SECONDS = 120.0  # for all tests of a change, of which some may wait forever
WARM_UP = "tests/unit/gate/test_mutants.py"  # imports nothing of the collection
COMMON = ("ansible.errors", "ansible.module_utils.basic", "hypothesis.strategies", "yaml")
OPTIONS = ("-x", "-q", "-p", "no:cacheprovider", "-p", "no:cov", "-p", "no:xdist")


@dataclass
class Task:
    """A change of the module at this path to try with its tests, or none, for tests that must pass."""

    path: Path
    tree: ast.Module
    change: Change | None
    tests: Tests

    def nodes(self) -> set[str]:
        """The tests that can notice the change: all that run a line of the module where its own runs on import only.

        That is so at module level, and for the fields of classes and the defaults of their methods' arguments.
        """
        if self.change is None or not self.change.function:
            return self.tests.all
        return self.tests.of(self.change.lines) or self.tests.all


class Selected:
    """A plugin of pytest that runs the given tests, the quickest first, and ends each that needs too much time."""

    def __init__(self, nodes: set[str], durations: dict[str, float]) -> None:
        self.nodes = nodes
        self.durations = durations

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave the others out."""
        items[:] = sorted(
            (item for item in items if item.nodeid in self.nodes), key=lambda item: self.durations[item.nodeid]
        )

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Processor time, because the machine may be busy; the signal ends the process."""
        signal.setitimer(signal.ITIMER_PROF, max(3.0, 10 * self.durations[item.nodeid]))
        try:
            return (yield)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)


def warm_up() -> None:
    """Import what every child needs, and nothing of the collection."""
    with _silent():
        status = pytest.main(["--collect-only", "-q", "-p", "no:cacheprovider", "-p", "no:cov", WARM_UP])
        for name in COMMON:
            importlib.import_module(name)
    loaded = [name for name in sys.modules if name.startswith("ansible_collections.kdump.fleet.")]
    if status or loaded:
        sys.exit(f"{WARM_UP} cannot be collected (pytest: {status}), or it imports the collection: {loaded}")


def survivors(tasks: Iterable[Task], jobs: int) -> Iterator[tuple[Task, bool]]:
    """Try the tasks, some at a time; each with whether all tests passed."""
    waiting = iter(tasks)
    running: dict[int, tuple[Task, float, str]] = {}
    try:
        while True:
            while len(running) < jobs and (task := next(waiting, None)) is not None:
                directory = tempfile.mkdtemp(prefix="mutants-")
                running[_start(task, directory)] = (task, time.monotonic() + SECONDS, directory)
            if not running:
                return
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid in running:
                task, _deadline, directory = running.pop(pid)
                _end(pid, directory)
                yield task, status == 0
                continue
            time.sleep(0.01)
            for late in [pid for pid, (_task, deadline, _directory) in running.items() if time.monotonic() > deadline]:
                os.kill(late, signal.SIGKILL)
    finally:
        for pid, (_task, _deadline, directory) in running.items():
            _end(pid, directory)


def _start(task: Task, directory: str) -> int:
    """A child in a process group of its own."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        with _silent():
            status = _child(task, directory)
    except BaseException:  # whatever a change does, the child must end here
        status = 1
    finally:
        os._exit(status)


def _end(pid: int, directory: str) -> None:
    """End what a child may have left behind."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    shutil.rmtree(directory, ignore_errors=True)


def _child(task: Task, directory: str) -> int:
    """Run the module's own tests, or those that use it most, then some of the others; 0 when all passed."""
    if task.change is not None:
        task.change.apply()
        _load_changed(str(task.path), compile(ast.fix_missing_locations(task.tree), str(task.path), "exec"))
    files: dict[str, list[str]] = {}
    for node in sorted(task.nodes(), key=task.tests.durations.__getitem__):
        files.setdefault(node.partition("::")[0], []).append(node)
    own = f"/test_{task.path.stem}."
    first, *others = sorted(files, key=lambda file: (own not in file, -len(files[file]), file)) or [""]
    for nodes in (set(files.get(first, ())), _some([files[file] for file in others])):
        if nodes:
            arguments = [*OPTIONS, f"--basetemp={directory}/t", *sorted({node.partition("::")[0] for node in nodes})]
            status = pytest.main(arguments, plugins=[Selected(nodes, task.tests.durations)])
            if status not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
                return 1
    return 0


def _some(files: list[list[str]]) -> set[str]:
    """The quickest tests of each file in turn, as many as there may be."""
    every = (node for row in itertools.zip_longest(*files) for node in row if node is not None)
    return set(itertools.islice(every, OTHERS))


def _load_changed(path: str, code: CodeType) -> None:
    """Have imports take this code for that file."""
    usual = importlib.machinery.SourceFileLoader.get_code

    def get_code(self: importlib.machinery.SourceFileLoader, fullname: str) -> CodeType | None:
        return code if os.path.realpath(self.path) == path else usual(self, fullname)

    importlib.machinery.SourceFileLoader.get_code = get_code  # type: ignore[method-assign, assignment]  # in this child


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """What pytest prints is of no interest."""
    kept = [os.dup(number) for number in (1, 2)]
    with open(os.devnull, "wb") as nothing:
        for number in (1, 2):
            os.dup2(nothing.fileno(), number)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for number, copy in zip((1, 2), kept, strict=True):
            os.dup2(copy, number)
            os.close(copy)
