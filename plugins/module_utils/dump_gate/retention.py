# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is removed from a host's folder, by three rules that do not depend on each other.

A dump, when it is older than the minimum age and than the newest complete ones. An incomplete file after some days, and
the log beside it when there is nothing else. An empty folder of a probe or of a dump that never came, after a day.
What is being received is locked by its session and stays.
"""

import contextlib
import errno
import fcntl
import os
import re
import stat
from typing import Dict, Iterator, List, NamedTuple

from .grammar import Parts, is_incomplete, is_temporary
from .landing import FOLDER, OLD

DAY = 24 * 60 * 60
MAGICS = (  # what a dump begins with; the last five are of the programs that kdump-tools packs it with
    b"KDUMP   ",
    b"makedumpfile\0\0\0\0",
    b"DISKDUMP",
    b"\x7fELF",
    b"\x1f\x8b\x08",
    b"BZh",
    b"\xfd7zXZ\0",
    b"\x04\x22\x4d\x18",
    b"\x28\xb5\x2f\xfd",
)
_DEEPEST = 4
_CORES = ("vmcore", "dump.")  # what kdump.sh and kdump-config call a dump
_OF_A_DUMP = re.compile(r"(?:\d{4}-\d\d-\d\d-\d\d[:.-]\d\d(?:[:.-]\d\d)?|\d{12}(?:\d\d)?)$")  # how they call its folder
_NOT_OURS = (errno.ELOOP, errno.ENXIO, errno.EACCES)  # a link, a socket, a mode: over NFS a host can make them


class Policy(NamedTuple):
    """What the administrator wants. With 0 complete dumps to keep all dumps stay, with 0 days all incomplete files."""

    keep: int  # complete dumps of each host
    keep_days: int  # before which no dump goes
    incomplete_days: int


class Folder(NamedTuple):
    """A folder, as it was when it was looked at."""

    time: float  # when something was last written in it
    path: Parts
    files: Dict[str, float]  # and when each was last written to
    complete: bool = False  # it holds a dump that has arrived
    finished: bool = False  # it holds something that has arrived and is more than a log
    left_over: bool = False


def surplus(folders: List[Folder], policy: Policy, now: float) -> List[Folder]:
    """The folders that newer complete dumps have made superfluous, oldest first."""
    dumps = sorted(folder for folder in folders if folder.path and folder.files)
    kept = [folder for folder in dumps if folder.complete][-max(policy.keep, 1) :]
    if policy.keep <= 0 or len(kept) < policy.keep:
        return []
    before = min(kept[0].time, now - policy.keep_days * DAY)
    return [folder for folder in dumps if folder.time < before]


def expired(folder: Folder, policy: Policy, now: float) -> List[str]:
    """The files that do not become a dump any more."""
    before = now - policy.incomplete_days * DAY
    old = [name for name, time in folder.files.items() if is_incomplete(name) and time < before]
    if not old or policy.incomplete_days <= 0:
        return []
    return old if folder.finished or not folder.path or folder.time >= before else list(folder.files)


def retain(area: str, policy: Policy, now: float) -> Iterator[str]:
    """Remove what can go below the landing area, and say what was removed."""
    with _opened((area,)) as outer:
        for host in sorted(os.listdir(outer)):
            with contextlib.suppress(OSError), _opened((host,), outer) as fd:
                folders = list(_folders(fd, ()))
                superfluous = surplus(folders, policy, now)
                for folder in superfluous + [folder for folder in sorted(folders) if folder not in superfluous]:
                    names = list(folder.files) if folder in superfluous else expired(folder, policy, now)
                    if names or (folder.left_over and folder.time < now - DAY):
                        yield from ("/".join((host,) + path) for path in _remove(fd, folder, names))


@contextlib.contextmanager
def _opened(path: Parts, fd: int = -1) -> Iterator[int]:
    with contextlib.ExitStack() as opened:
        for part in path:
            fd = os.open(part, FOLDER) if fd < 0 else os.open(part, FOLDER, dir_fd=fd)
            opened.callback(os.close, fd)
        yield fd


def _folders(fd: int, path: Parts) -> Iterator[Folder]:
    """An open folder of a host, after all that are in it."""
    names, files, complete, finished = os.listdir(fd), {}, False, False
    for name in names:
        with contextlib.suppress(OSError):  # a file has its final name by now, or a probe is over
            found = os.stat(name, dir_fd=fd, follow_symlinks=False)
            if not stat.S_ISDIR(found.st_mode):
                files[name] = found.st_mtime
                if stat.S_ISREG(found.st_mode) and found.st_size and not is_incomplete(name) and "dmesg" not in name:
                    finished = True
                    complete = complete or (name.startswith(_CORES) and _begins_as_a_dump(name, fd))
            elif len(path) < _DEEPEST:
                with _opened((name,), fd) as inner:
                    yield from _folders(inner, path + (name,))
    time = max(files.values()) if files else os.fstat(fd).st_mtime
    left_over = not names and bool(path) and (is_temporary(path[-1]) or bool(_OF_A_DUMP.search(path[-1])))
    yield Folder(time, path, files, complete, finished, left_over)


def _begins_as_a_dump(name: str, fd: int) -> bool:
    file = os.open(name, OLD, dir_fd=fd)
    try:
        return os.read(file, max(map(len, MAGICS))).startswith(MAGICS)
    finally:
        os.close(file)


def _remove(fd: int, folder: Folder, names: List[str]) -> List[Parts]:
    """Remove files of a folder, and the folder when that was all; the paths of what is gone."""
    gone = []
    with contextlib.suppress(OSError), _opened(folder.path, fd) as inner:
        for name in sorted(names, key=is_incomplete, reverse=True):
            if not _unlink(name, inner):
                break  # this dump is being received
            gone.append(folder.path + (name,))
    if folder.path and len(gone) == len(folder.files):
        with contextlib.suppress(OSError), _opened(folder.path[:-1], fd) as outer:
            os.rmdir(folder.path[-1], dir_fd=outer)
            return [folder.path]
    return gone


def _unlink(name: str, fd: int) -> bool:
    """Remove a file, unless a session receives it; whether it is gone."""
    try:
        file = os.open(name, OLD, dir_fd=fd)
    except OSError as error:
        if error.errno not in _NOT_OURS:
            raise
        os.unlink(name, dir_fd=fd)
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Under the lock it gets no other name. Before, it may have got one, and a new file its old one.
        same = os.path.samestat(os.fstat(file), os.stat(name, dir_fd=fd, follow_symlinks=False))
        if same:
            os.unlink(name, dir_fd=fd)
        return same
    except BlockingIOError:
        return False
    finally:
        os.close(file)
