# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was asked and what became of it, in a file of the server and in syslog."""

import contextlib
import fcntl
import os
import syslog
import time

LARGEST = 16 * 1024 * 1024  # bytes, before the file becomes the old one: a host that asks and asks fills no disk
_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC


class Journal:
    """The lines of one session. A journal that cannot be written stops no dump."""

    def __init__(self, path: str, host: str) -> None:
        self.path = path
        self.host = host

    def say(self, text: str) -> None:
        """One line."""
        line = "{0} {1}".format(self.host, text)
        with contextlib.suppress(OSError):
            syslog.openlog("kdump-gate", syslog.LOG_PID, syslog.LOG_DAEMON)
            syslog.syslog(syslog.LOG_NOTICE, line)
        if not self.path:
            return
        with contextlib.suppress(OSError):
            file = os.open(self.path, _APPEND, 0o600)
            try:
                stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
                os.write(file, "{0} {1}\n".format(stamp, line).encode("ascii", "backslashreplace"))
                if os.fstat(file).st_size > LARGEST:
                    self._rotate(file)
            finally:
                os.close(file)

    def _rotate(self, file: int) -> None:
        """Make the open file the old one, unless another session has done that since it was opened."""
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(file), os.stat(self.path, follow_symlinks=False)):
            os.replace(self.path, self.path + ".1")
