# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""As much of the SFTP protocol (version 3) as scp needs since OpenSSH 9.0 to send one file after the other.

Whatever reads, lists, renames, removes or changes is refused, and the session goes on as the protocol wants it.
"""

import struct
from typing import Callable, Dict, Optional, Sequence, Tuple

from .grammar import parts, quoted
from .landing import Landing
from .refusal import RefusedError
from .scp import Streams
from .upload import Log, Upload

_LARGEST = 300 * 1024  # of a packet: what OpenSSH takes, and some
MOST_REFUSALS = 100  # scp gives up at the first; who goes on is no scp
_INIT, _VERSION, _OPEN, _CLOSE, _WRITE = 1, 2, 3, 4, 6
_LSTAT, _SETSTAT, _FSETSTAT, _REALPATH, _STAT = 7, 9, 10, 16, 17
_STATUS, _HANDLE, _NAME, _ATTRS = 101, 102, 104, 105
_OK, _NO_SUCH_FILE, _DENIED = 0, 2, 3
_WRITING, _CREATING, _ALLOWED = 0x02, 0x08, 0x02 | 0x08 | 0x10 | 0x20  # and truncating, exclusive: files are new anyway
_FOLDER = struct.pack(">II", 4, 0o040700)
_THE_HANDLE = b"0"


class Sftp:
    """One session."""

    def __init__(self, streams: Streams, landing: Landing, homes: Sequence[str], log: Log) -> None:
        self.streams = streams
        self.landing = landing
        self.homes = homes
        self.log = log
        self.file: Optional[Upload] = None
        self.refused = 0  # requests
        self.refusal = ""  # why the first one was

    def serve(self) -> None:
        """Answer until the host hangs up. A file that is open then stays incomplete."""
        try:
            while True:
                packet = self._packet()
                if packet is None:
                    break
                self._answer(packet)
            if self.file is not None:
                raise RefusedError("{0}: the connection ended before the file was closed".format(self.file.path))
        finally:
            if self.file is not None:
                self.file.abandon()
        if self.refused:
            raise RefusedError(self._refusals())

    def _refusals(self) -> str:
        return "{0} ({1} requests)".format(self.refusal, self.refused) if self.refused > 1 else self.refusal

    def _packet(self) -> Optional[bytes]:
        head = self._exactly(4)
        if head is None:
            return None
        (length,) = struct.unpack(">I", head)
        if not 5 <= length <= _LARGEST:
            raise RefusedError("sftp sent a packet of {0} bytes, of {1} at most".format(length, _LARGEST))
        return self._exactly(length)

    def _exactly(self, size: int) -> Optional[bytes]:
        data = b""
        while len(data) < size:
            more = self.streams.read(size - len(data))
            if not more:
                return None
            data += more
        return data

    def _answer(self, packet: bytes) -> None:
        kind, request, rest = packet[0], packet[1:5], packet[5:]
        if kind == _INIT:
            self._send(_VERSION, struct.pack(">I", 3))
            return
        try:
            if kind not in _ANSWERS:
                raise RefusedError(_not_answered(kind, rest))
            _ANSWERS[kind](self, request, rest)
        except (struct.error, UnicodeDecodeError) as error:
            raise RefusedError("sftp sent a malformed packet of type {0}".format(kind)) from error
        except RefusedError as refused:
            self._status(request, _DENIED, str(refused))
            self._refused(kind, refused)
            if kind == _WRITE:
                raise  # a limit: nothing that follows could be kept

    def _refused(self, kind: int, refused: RefusedError) -> None:
        """Note the first one. A line for each would push what the journal has of other hosts out of it."""
        if not self.refused:
            self.refusal = str(refused)
            self.log("REFUSED sftp request {0}: {1}".format(kind, refused))
        self.refused += 1
        if self.refused >= MOST_REFUSALS:
            raise RefusedError("{0}. The session ends here".format(self._refusals()))

    def _send(self, kind: int, payload: bytes) -> None:
        self.streams.write(struct.pack(">IB", len(payload) + 1, kind) + payload)

    def _status(self, request: bytes, code: int, message: str = "") -> None:
        payload = struct.pack(">I", code) + _string(message.encode("ascii", "backslashreplace")) + _string(b"")
        self._send(_STATUS, request + payload)

    def ignore(self, request: bytes, _rest: bytes) -> None:
        """Modes and times are the server's own."""
        self._status(request, _OK)

    def realpath(self, request: bytes, rest: bytes) -> None:
        """The path as it came: nothing is looked up."""
        path = _string(_take(rest)[0])
        self._send(_NAME, request + struct.pack(">I", 1) + path + path + struct.pack(">I", 0))

    def stat(self, request: bytes, rest: bytes) -> None:
        """Directories are shown, because scp asks whether its target is one. Files are not."""
        path = _take(rest)[0].decode("ascii")
        if self.landing.is_folder(parts(path, self.homes)):
            self._send(_ATTRS, request + _FOLDER)
        else:
            self._status(request, _NO_SUCH_FILE, "no such directory")

    def open(self, request: bytes, rest: bytes) -> None:
        """A new file, to be written from its beginning to its end."""
        name, rest = _take(rest)
        (flags,) = struct.unpack(">I", rest[:4])
        path = name.decode("ascii")
        if not flags & _WRITING or not flags & _CREATING or flags & ~_ALLOWED:
            raise RefusedError("{0}: files may be opened for writing a new file only".format(quoted(path)))
        if self.file is not None:
            raise RefusedError("{0}: {1} is open, and only one file may be".format(quoted(path), self.file.path))
        self.file = Upload(self.landing, parts(path, self.homes), self.log)
        self._send(_HANDLE, request + _string(_THE_HANDLE))

    def write(self, request: bytes, rest: bytes) -> None:
        """The next bytes of the open file."""
        file, rest = self._opened(rest)
        (offset,) = struct.unpack(">Q", rest[:8])
        if offset != file.received:
            raise RefusedError(
                "{0}: sftp writes at byte {1} instead of {2}, and a file must be written from its beginning to its "
                "end".format(file.path, offset, file.received)
            )
        file.write(_take(rest[8:])[0])
        self._status(request, _OK)

    def finish(self, request: bytes, rest: bytes) -> None:
        """The host says that the file is complete."""
        file = self._opened(rest)[0]
        file.end()
        self.file = None
        self._status(request, _OK)

    def _opened(self, rest: bytes) -> Tuple[Upload, bytes]:
        handle, rest = _take(rest)
        if self.file is None or handle != _THE_HANDLE:
            raise RefusedError(
                "sftp named the file handle {0}, and no file is open under it".format(quoted(repr(handle)))
            )
        return self.file, rest


_ANSWERS: Dict[int, Callable[[Sftp, bytes, bytes], None]] = {
    _OPEN: Sftp.open,
    _CLOSE: Sftp.finish,
    _WRITE: Sftp.write,
    _LSTAT: Sftp.stat,
    _STAT: Sftp.stat,
    _SETSTAT: Sftp.ignore,
    _FSETSTAT: Sftp.ignore,
    _REALPATH: Sftp.realpath,
}


def _not_answered(kind: int, rest: bytes) -> str:
    """Why a request is refused that does not send a file; most have a path or a handle first."""
    try:
        about = quoted(_take(rest)[0].decode("ascii", "backslashreplace"))
    except struct.error:
        about = "nothing"
    return "sftp request {0} about {1}: only sending new files is allowed".format(kind, about)


def _string(text: bytes) -> bytes:
    return struct.pack(">I", len(text)) + text


def _take(data: bytes) -> Tuple[bytes, bytes]:
    """The string at the beginning of I(data), and what follows it."""
    (length,) = struct.unpack(">I", data[:4])
    if len(data) < 4 + length:
        raise struct.error("shorter than it says")
    return data[4 : 4 + length], data[4 + length :]
