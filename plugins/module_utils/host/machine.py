# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One host's files and commands: the only way in which the collection's logic touches a machine.

Tests give a directory as the root and a function as the runner, and need no machine.
"""

import errno
import glob
import os
import signal
import subprocess
import time
from contextlib import suppress
from typing import Any, Callable, List, NamedTuple, Optional, Sequence

from .errors import KdumpError

SBIN = ("/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/bin", "/bin")
BUSY_TRIES = 50
BUSY_PAUSE = 0.1  # seconds
STOP_PAUSE = 5.0  # seconds


class CommandError(KdumpError):
    """A command that could not be run, ran out of time, or ended with an unexpected exit status."""


class CommandResult(NamedTuple):
    """What a command did: its argv, exit status and decoded output."""

    argv: List[str]
    rc: int
    stdout: str
    stderr: str


Runner = Callable[[List[str], float], CommandResult]


def run_command(argv: List[str], timeout: float) -> CommandResult:
    """Run I(argv) with the C locale and no standard input, for at most I(timeout) seconds."""
    environment = dict(os.environ, LC_ALL="C", LANGUAGE="C")
    environment["PATH"] = os.pathsep.join(
        list(SBIN) + [part for part in environment.get("PATH", "").split(os.pathsep) if part and part not in SBIN]
    )
    try:
        # AnsibleModule.run_command knows no time limit, and leaves behind what a command has started.
        process = subprocess.Popen(  # pylint: disable=ansible-bad-function
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        raise CommandError(
            "Cannot run '{0}': {1}. Install the package that brings {2}.".format(
                " ".join(argv), os.strerror(error.errno or 0), argv[0]
            )
        ) from error
    try:
        stdout, stderr = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        _stop(process)
        raise CommandError(
            "'{0}' had not ended after {1:.0f} seconds and was stopped. "
            "Run it by hand to see what it waits for.".format(" ".join(argv), timeout)
        ) from None
    return CommandResult(
        list(argv), process.returncode, stdout.decode("utf-8", "replace"), stderr.decode("utf-8", "replace")
    )


def _stop(process: Any) -> None:
    """Kill a command and what it started, which would otherwise keep its output open and us waiting."""
    with suppress(OSError):  # it may just have ended
        os.killpg(process.pid, signal.SIGKILL)
    try:
        process.communicate(timeout=STOP_PAUSE)
    except subprocess.TimeoutExpired:  # a daemon in a session of its own: it is left alone
        process.poll()
        process.stdout.close()
        process.stderr.close()


class Host(object):
    """The machine that the code runs on, or a directory that stands for it in tests.

    Paths are absolute paths of the host ("/etc/kdump.conf"); I(root) is put in front of them.
    """

    def __init__(self, root: str = "/", runner: Runner = run_command) -> None:
        self.root = root
        self._runner = runner

    def path(self, name: str) -> str:
        """The path on the file system below which the host is seen."""
        return name if self.root == "/" else os.path.join(self.root, name.lstrip("/"))

    def exists(self, name: str) -> bool:
        """Whether I(name) exists (symbolic links are followed); a name with a NUL byte is nobody's."""
        return "\0" not in name and os.path.exists(self.path(name))

    def glob(self, pattern: str) -> List[str]:
        """The host's paths that match I(pattern), sorted."""
        skip = 0 if self.root == "/" else len(self.root.rstrip("/"))
        return sorted(found[skip:] for found in glob.glob(self.path(pattern)))

    def read(self, name: str) -> Optional[str]:
        """The text of a file, or None when there is no such file.

        Bytes that are not UTF-8 come back as surrogates, so that writing them gives the same file.
        EBUSY, which /sys/kernel/kexec_crash_size returns while kexec holds its lock, is retried.
        Other errors (EACCES, EIO) are raised as OSError.
        """
        for attempt in range(BUSY_TRIES):
            try:
                with open(self.path(name), "rb") as stream:
                    return stream.read().decode("utf-8", "surrogateescape")
            except OSError as error:
                if error.errno in (errno.ENOENT, errno.ENOTDIR):
                    return None
                if error.errno != errno.EBUSY or attempt == BUSY_TRIES - 1:
                    raise
                time.sleep(BUSY_PAUSE)
        return None  # pragma: no cover  (the loop returns or raises)

    def read_if_allowed(self, name: str) -> Optional[str]:
        """The same; None as well where the file is kept to others."""
        try:
            return self.read(name)
        except PermissionError:
            return None

    def which(self, command: str) -> Optional[str]:
        """The host's path of an executable in the standard directories, or None."""
        for directory in SBIN:
            name = os.path.join(directory, command)
            if os.path.isfile(self.path(name)) and os.access(self.path(name), os.X_OK):
                return name
        return None

    def run(self, argv: Sequence[str], timeout: float = 60.0, accept: Sequence[int] = (0,)) -> CommandResult:
        """Run a command; a status that is not in I(accept) is an error with the text that it printed."""
        result = self._runner(list(argv), timeout)
        if result.rc not in accept:
            said = _without_trace(result.stderr.strip() or result.stdout.strip() or "no output")[-2000:]
            raise CommandError("'{0}' failed with exit status {1}: {2}".format(" ".join(argv), result.rc, said))
        return result


def _without_trace(said: str) -> str:
    """What a program in Python says when it breaks off, without the places in its code (they are indented)."""
    _before, found, trace = said.rpartition("Traceback (most recent call last):\n")
    kept = [line for line in trace.split("\n") if not line.startswith(" ")]
    return "\n".join(kept).strip() if found and "".join(kept).strip() else said
