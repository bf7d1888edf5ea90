# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many sessions a host may have at once: each holds the lock of one of the host's slots for as long as it lives."""

import contextlib
import fcntl
import os
from typing import Callable, Iterator, Optional

from .refusal import RefusedError

MOST = 16  # a capture has one long session, and short ones one after the other
IDLE = 60 * 60  # seconds without a byte: makedumpfile can take minutes for pages that it leaves out
_SLOT = os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


@contextlib.contextmanager
def session(directory: str, host: str, log: Callable[[str], None]) -> Iterator[None]:
    """Be one of the host's sessions. Locks that cannot be had stop no dump."""
    file: Optional[int] = None
    try:
        file = _slot(directory, host)
    except OSError as error:
        text = "the host's sessions cannot be counted: {0} cannot be used ({1}). Make it a directory of the dump user's"
        log(text.format(directory, error.strerror))
    try:
        yield
    finally:
        if file is not None:
            os.close(file)


def _slot(directory: str, host: str) -> int:
    """The open file of a slot that was free."""
    os.makedirs(directory, 0o700, exist_ok=True)
    for number in range(MOST):
        # One digit, so that the longest name of a host leads to one that a file may have.
        file = os.open(os.path.join(directory, "{0}.{1:x}".format(host, number)), _SLOT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return file
        except BlockingIOError:
            os.close(file)
    raise RefusedError(
        "{0} sessions of {1} are open, which is all that a host may have at the same time. Wait until one ends; "
        "if the host is not capturing, find out who has its key".format(MOST, host)
    )
