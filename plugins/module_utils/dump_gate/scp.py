# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The receiving side of scp's own protocol, as OpenSSH before 9.0 speaks it: files, no directories."""

import re
from typing import Callable, NamedTuple

from .grammar import Parts, name, quoted
from .landing import Landing
from .refusal import RefusedError
from .upload import Log, Read, receive, upload

_LONGEST_LINE = 512
_FILE = re.compile(r"C[0-7]{4} ([0-9]{1,19}) (.+)")
_TIMES = re.compile(r"T[0-9]{1,20} [0-9]{1,10} [0-9]{1,20} [0-9]{1,10}")


class Streams(NamedTuple):
    """The two ends of the connection."""

    read: Read
    write: Callable[[bytes], None]


def serve(streams: Streams, landing: Landing, target: Parts, log: Log) -> None:
    """Receive files into the directory I(target), or one as the file I(target)."""
    streams.write(b"\0")
    while True:
        try:
            line = _line(streams.read, landing.path(target))
            if not line:
                return
            if not _TIMES.fullmatch(line):
                _file(streams, landing, target, line, log)
        except RefusedError as refused:
            streams.write("\2kdump-gate: {0}\n".format(refused).encode("ascii", "backslashreplace"))
            raise
        streams.write(b"\0")


def _file(streams: Streams, landing: Landing, target: Parts, line: str, log: Log) -> None:
    match = _FILE.fullmatch(line)
    if not match:
        raise RefusedError("{0}: scp sent {1}, and may send files only".format(landing.path(target), quoted(line)))
    parts = target + (name(match.group(2), landing.path(target)),) if landing.is_folder(target) else target
    with upload(landing, parts, log) as file:
        streams.write(b"\0")
        receive(streams.read, file, int(match.group(1)))
        if streams.read(1) != b"\0":
            raise RefusedError("{0}: scp could not read all of the file on the host".format(landing.path(parts)))


def _line(read: Read, place: str) -> str:
    line = b""
    while len(line) < _LONGEST_LINE:
        byte = read(1)
        if byte == b"\n" or not byte:
            return line.decode("ascii", "backslashreplace")
        line += byte
    raise RefusedError("{0}: scp sent a line longer than {1} bytes".format(place, _LONGEST_LINE))
