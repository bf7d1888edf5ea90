# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel says about a numeric address: whether it answers, and whether it is this host's own."""

import contextlib
import os
import socket


def connect(address: str, port: int, limit: float) -> None:
    """Open a connection to a numeric address, and close it."""
    socket.create_connection((address, port), limit).close()


def is_this_host(address: str) -> bool:
    """Whether a numeric address is one of this host's: then packets to it have it as their source."""
    try:
        family, kind, protocol, _name, place = socket.getaddrinfo(
            address, 9, 0, socket.SOCK_DGRAM, 0, socket.AI_NUMERICHOST
        )[0]
        with contextlib.closing(socket.socket(family, kind, protocol)) as source:
            source.connect(place)  # of a datagram: nothing is sent
            return bool(source.getsockname()[0] == place[0])
    except OSError:  # there is no route to it
        return False


def words_of(error: OSError) -> str:
    """The system's words; a time-out that Python makes itself has no number."""
    return os.strerror(error.errno) if error.errno else str(error) or "timed out"
