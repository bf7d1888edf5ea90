# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections in which nothing was asked for (ssh -N): no request reaches the gate, so nothing counts them.

An sshd that knows UnusedConnectionTimeout (OpenSSH 9.2) ends them itself. For older ones a service of the dump user
does: each connection has a process of sshd that runs as this user, and a session is a child of it.
"""

import contextlib
import os
import re
from typing import Dict, Iterator, List, NamedTuple

AGE = 60  # seconds that a connection may be without a session
EVERY = 30  # seconds
_TITLE = "sshd(?:-session)?: {0}(?:@[A-Za-z0-9/,]*)?"  # not of the listener, nor of the part that is root's


class Process(NamedTuple):
    """What /proc says of one."""

    pid: int
    parent: int
    user: int
    age: float
    title: str


def unused(found: List[Process], user: int, name: str) -> List[int]:
    """The processes of sshd whose connections have no session."""
    parents = {process.parent for process in found}
    title = re.compile(_TITLE.format(re.escape(name)))
    return [
        process.pid
        for process in found
        if process.user == user and process.age > AGE and process.pid not in parents and title.fullmatch(process.title)
    ]


def processes(proc: str = "/proc") -> Iterator[Process]:
    """All that can be seen. The owner of the directory is no help: that of a process which changed its user is root."""
    uptime = float(_read(proc, "uptime").split()[0])
    for pid in os.listdir(proc):
        with contextlib.suppress(OSError, KeyError, IndexError):  # it has ended
            if pid.isdigit():
                fields: Dict[str, str] = dict(
                    line.partition(":")[::2] for line in _read(proc, pid, "status").splitlines()
                )
                start = int(_read(proc, pid, "stat").rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
                title = _read(proc, pid, "cmdline").replace("\0", " ").strip()
                yield Process(int(pid), int(fields["PPid"]), int(fields["Uid"].split()[0]), uptime - start, title)


def _read(*path: str) -> str:
    with open(os.path.join(*path), encoding="utf-8", errors="replace") as file:
        return file.read()
