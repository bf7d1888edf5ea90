# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One change of the boot loader's files at a time: two would share their copies of what was there before."""

import fcntl
import os
import time
from contextlib import contextmanager
from typing import Iterator

from ..host.machine import Host
from .base import BootLoaderError

DIRECTORIES = ("/run", "/var/run")  # EL 6 has the second one alone
NAME = "kdump-fleet-crashkernel.lock"
LIMIT = 300.0  # seconds
PAUSE = 0.2  # seconds


@contextmanager
def held(host: Host, limit: float = LIMIT) -> Iterator[None]:
    """Wait until no other process changes the boot loader's files, for at most I(limit) seconds."""
    directory = next((host.path(name) for name in DIRECTORIES if os.path.isdir(host.path(name))), None)
    if directory is None:
        yield
        return
    path = os.path.join(directory, NAME)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        _lock(handle, path, limit)
        os.ftruncate(handle, 0)
        os.pwrite(handle, "{0}\n".format(os.getpid()).encode("ascii"), 0)
        yield
    finally:
        os.close(handle)  # which gives the lock back; the file stays, or two could hold two files of one name


def _lock(handle: int, path: str, limit: float) -> None:
    end = time.monotonic() + limit
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= end:
                raise BootLoaderError(
                    "crashkernel= was not changed: process {0} on this host is changing the boot loader's files "
                    "({1} is locked), and had not ended after {2:.0f} seconds. See what it waits for, and run "
                    "again.".format(os.pread(handle, 32, 0).decode("ascii", "replace").strip() or "?", path, limit)
                ) from None
            time.sleep(PAUSE)
