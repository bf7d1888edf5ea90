# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running commands, waiting for conditions, and reporting what goes on."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.lab.errors import LabError
from tests.lab.settings import BUILD_LIMIT, POLL

TAIL = 40  # lines of a log that an error shows
# What boot loaders and kernels send to a terminal beside text.
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f]")
SBIN = ("/usr/local/sbin", "/usr/sbin", "/sbin")


def say(text: str) -> None:
    """Tell a person what goes on. Standard output is for what a verb returns."""
    print(f"lab: {text}", file=sys.stderr, flush=True)


def tail(path: Path | None, lines: int = TAIL) -> str:
    """The last lines of a log, or nothing if there is none."""
    if path is None:
        return ""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    text = CONTROL.sub("", text)
    return "\n".join(text.rstrip("\n").split("\n")[-lines:])


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of commands: messages in English, and what only root has in its path found by all."""
    path = os.environ.get("PATH", os.defpath).split(os.pathsep)
    path.extend(directory for directory in SBIN if directory not in path)
    return {**os.environ, "LC_ALL": "C.UTF-8", "PATH": os.pathsep.join(path), **(extra or {})}


def run(
    command: Sequence[str],
    *,
    log: Path | None = None,
    extra: Mapping[str, str] | None = None,
    directory: Path | None = None,
    text: str = "",
    limit: float = BUILD_LIMIT,
) -> str:
    """Run a command to its end and return what it printed; with I(log), both outputs go there instead."""
    shown = shlex.join(command)
    with contextlib.ExitStack() as stack:
        stream = None
        if log is not None:
            stream = stack.enter_context(log.open("a", encoding="utf-8"))
            stream.write(f"+ {shown}\n")
            stream.flush()
        try:
            process = stack.enter_context(
                subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=stream or subprocess.PIPE,
                    stderr=subprocess.STDOUT if stream else subprocess.PIPE,
                    text=True,
                    errors="replace",
                    env=environment(extra),
                    cwd=directory,
                )
            )
        except FileNotFoundError as error:
            raise LabError(f"{command[0]} is not installed; run 'python -m tests.lab setup'.") from error
        try:
            output, complaint = process.communicate(text, timeout=limit)
        except subprocess.TimeoutExpired as error:
            raise LabError(f"'{shown}' did not end within {limit:.0f} s.\n{tail(log)}".strip()) from error
        finally:
            end(process)
    if process.returncode:
        said = tail(log) or (complaint or "").strip() or (output or "").strip()
        raise LabError(f"'{shown}' failed with status {process.returncode}:\n{said}")
    return output or ""


def end(process: subprocess.Popen[str]) -> None:
    """End a command that still runs, first kindly: it may have things of its own to clean up."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_until(condition: Callable[[], bool], limit: float, poll: float = POLL) -> bool:
    """Look at a condition until it holds; whether it did within the limit."""
    deadline = time.monotonic() + limit
    while True:
        if condition():
            return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(poll)
