# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which dumps of a host stay on the server: the newest ones that are complete, and whatever is newer than those."""

import contextlib
import os
import stat
from typing import Iterator, List, NamedTuple, Tuple

from .grammar import is_incomplete
from .landing import FOLDER

_DEEPEST = 4
_CORES = ("vmcore", "dump.")  # what kdump.sh and kdump-config call a dump


class Dump(NamedTuple):
    """A folder that holds files."""

    time: float
    path: Tuple[str, ...]
    complete: bool


def surplus(dumps: List[Dump], keep: int) -> List[Dump]:
    """The dumps that can go, oldest first. With I(keep) 0 nothing goes, and the only complete one never does."""
    kept = sorted((dump for dump in dumps if dump.complete), reverse=True)[: max(keep, 0)]
    if keep <= 0 or len(kept) < keep:
        return []
    return sorted(dump for dump in dumps if dump.time < kept[-1].time)


def retain(area: str, keep: int) -> List[str]:
    """Remove what can go below the landing area; what was removed."""
    removed = []
    with _opened(area) as outer:
        for host in sorted(os.listdir(outer)):
            with contextlib.suppress(OSError), _opened(host, outer) as fd:
                for dump in surplus(list(_dumps(fd, ())), keep):
                    _remove(fd, dump.path)
                    removed.append("/".join((host,) + dump.path))
    return removed


@contextlib.contextmanager
def _opened(name: str, outer: int = -1) -> Iterator[int]:
    fd = os.open(name, FOLDER) if outer < 0 else os.open(name, FOLDER, dir_fd=outer)
    try:
        yield fd
    finally:
        os.close(fd)


def _dumps(fd: int, path: Tuple[str, ...]) -> Iterator[Dump]:
    times, complete = [], False
    for name in os.listdir(fd):
        found = os.stat(name, dir_fd=fd, follow_symlinks=False)
        if stat.S_ISREG(found.st_mode):
            times.append(found.st_mtime)
            core = name.startswith(_CORES) and not name.startswith("vmcore-dmesg")
            complete = complete or (core and not is_incomplete(name))
        elif stat.S_ISDIR(found.st_mode) and len(path) < _DEEPEST:
            with _opened(name, fd) as inner:
                yield from _dumps(inner, path + (name,))
    if times and path:
        yield Dump(max(times), path, complete)


def _remove(fd: int, path: Tuple[str, ...]) -> None:
    """Remove a folder's files, and the folder unless it has folders in it."""
    if len(path) > 1:
        with _opened(path[0], fd) as inner:
            _remove(inner, path[1:])
        return
    with _opened(path[0], fd) as inner:
        for name in os.listdir(inner):
            with contextlib.suppress(IsADirectoryError, PermissionError):
                os.unlink(name, dir_fd=inner)
    with contextlib.suppress(OSError):
        os.rmdir(path[0], dir_fd=fd)
