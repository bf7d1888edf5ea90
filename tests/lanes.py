# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands side by side, whose outputs do not mix: each is shown when its command has ended."""

import contextlib
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from types import MappingProxyType
from typing import IO, NamedTuple

END_LIMIT = 60.0  # seconds that a command gets to end by itself
KILL_LIMIT = 15.0  # seconds that it gets when it is told to


class Job(NamedTuple):
    """One command, and the directory where it leaves its JUnit reports; None where it is one check.

    It is run in a directory, with variables beside those of all.
    """

    part: str
    command: tuple[str, ...]
    reports: Path | None = None
    directory: Path | None = None
    variables: Mapping[str, str] = MappingProxyType({})


class Done(NamedTuple):
    """A command that has ended: whether with status 0, after how long, and what it printed."""

    job: Job
    ok: bool
    seconds: float
    output: str


class Lanes:
    """Runs commands, some at a time, in the order in which they are given."""

    def __init__(self, width: int, variables: Mapping[str, str]) -> None:
        self.width = width
        self.variables = dict(variables)
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def run(self, jobs: Sequence[Job]) -> Generator[Done, None, None]:
        """Every job as it ends. When the caller is interrupted, what still runs is ended before this returns."""
        pool = ThreadPoolExecutor(self.width)
        try:
            for future in as_completed([pool.submit(self._job, job) for job in jobs]):
                yield future.result()
        finally:
            self._stop()
            pool.shutdown(wait=True, cancel_futures=True)

    def _job(self, job: Job) -> Done:
        begin = time.monotonic()
        with tempfile.TemporaryFile() as stream:
            status = self._command(job, stream)
            stream.seek(0)
            output = stream.read().decode(errors="replace")
        return Done(job, status == 0, time.monotonic() - begin, output)

    def _command(self, job: Job, stream: IO[bytes]) -> int:
        with self._lock:
            if self._stopped:
                return 1
            process = subprocess.Popen(
                job.command,
                cwd=job.directory,
                env={**self.variables, **job.variables},
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
            )
            self._running.add(process)
        try:
            return process.wait()
        finally:
            with self._lock:
                self._running.discard(process)

    def _stop(self) -> None:
        with self._lock:
            self._stopped = True
            left = list(self._running)
        # An interruption from the keyboard reaches all of them: they are stopping their machines already.
        for number, limit in ((0, END_LIMIT), (signal.SIGTERM, KILL_LIMIT), (signal.SIGKILL, KILL_LIMIT)):
            for process in left:
                if number:
                    process.send_signal(number)  # does nothing to one that has ended
            deadline = time.monotonic() + limit
            for process in left:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(max(0.0, deadline - time.monotonic()))
