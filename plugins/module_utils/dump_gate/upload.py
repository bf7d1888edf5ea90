# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes from a host into a new file, within the limits."""

import contextlib
import os
from typing import Callable, Iterator, Optional

from .grammar import Parts, is_incomplete, name
from .landing import Landing
from .refusal import RefusedError

CHUNK = 1024 * 1024
# Bytes after which what came is put on the disk, so that a server that dies has it, and the limits are read again:
# others write to the same file system.
RECOUNT = 16 * CHUNK

Read = Callable[[int], bytes]
Log = Callable[[str], None]


class Upload:
    """One file that is being received. It bears an incomplete name until the host has sent all of it."""

    def __init__(self, landing: Landing, parts: Parts, log: Log) -> None:
        self.landing = landing
        self.log = log
        self.parts = parts
        self.incomplete = parts
        if parts and not is_incomplete(parts[-1]):
            self.incomplete = parts[:-1] + (name(parts[-1] + "-incomplete", landing.path(parts)),)
            landing.must_be_free(parts)  # only spares the transfer: finish() asks again, and nothing comes in between
        self.received = 0
        self._left = 0
        self._before_recount = 0
        self._over = False
        self.path = landing.path(self.incomplete)
        self.fd = landing.create(self.incomplete)

    def write(self, data: bytes) -> None:
        """Keep some more bytes, or refuse them when a limit is reached."""
        if len(data) > self._before_recount or len(data) > self._left:
            self._recount(len(data))
        self._left -= len(data)
        self._before_recount -= len(data)
        view = memoryview(data)
        while view:
            with self.landing.explained(self.incomplete, "written"):
                written = os.write(self.fd, view)
            self.received += written
            view = view[written:]

    def _recount(self, wanted: int) -> None:
        with self.landing.explained(self.incomplete, "written"):
            os.fdatasync(self.fd)
        room = self.landing.room()
        self._left, self._before_recount = room.size, RECOUNT
        if wanted > room.size:
            raise RefusedError("{0} cannot be received: {1}".format(self.path, room.limit))

    def end(self) -> None:
        """All bytes are on the disk; a file that was sent under its final name gets it now."""
        with self.landing.explained(self.incomplete, "written"):
            os.fsync(self.fd)
        self.close()
        self.log("received {0} bytes into {1}".format(self.received, "/".join(self.incomplete)))
        if self.incomplete != self.parts:
            self.landing.finish(self.incomplete, self.parts)
            self.log("finished {0}".format("/".join(self.parts)))

    def abandon(self) -> None:
        """What came stays, under its incomplete name."""
        self.log("INCOMPLETE {0}: {1} bytes received".format("/".join(self.incomplete), self.received))
        self.close()

    def close(self) -> None:
        """Give the file back, once."""
        if not self._over:
            self._over = True
            os.close(self.fd)


@contextlib.contextmanager
def upload(landing: Landing, parts: Parts, log: Log) -> Iterator[Upload]:
    """A file that is received inside the block, and ended by it."""
    file = Upload(landing, parts, log)
    try:
        yield file
        file.end()
    except BaseException:
        file.abandon()
        raise


def receive(read: Read, file: Upload, size: Optional[int] = None) -> None:
    """Copy to the end of the stream, or exactly I(size) bytes."""
    while size is None or file.received < size:
        data = read(CHUNK if size is None else min(CHUNK, size - file.received))
        if not data:
            if size is not None:
                raise RefusedError(
                    "{0}: the connection ended after {1} of {2} bytes".format(file.path, file.received, size)
                )
            break
        file.write(data)
