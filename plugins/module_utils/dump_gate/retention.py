# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is removed from a host's directory, by rules that do not depend on each other.

Dumps beyond the retention policy: older than the minimum age and than the newest complete ones. Stale incomplete and
empty files after some days, and the log beside them when there is nothing else. Empty directories after a day. What is
no dump, when there is so much of it that the host could soon send nothing. Only what the gate has received is removed,
by ages that do not count a jump of the clock. What is being received is locked by its session and stays.
"""

import contextlib
import errno
import fcntl
import os
import stat
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from .clock import SOON, Clock, look
from .grammar import Parts, is_incomplete, is_temporary
from .landing import FOLDER, OLD, count
from .received import has_a_tools_name, is_marked, is_of_a_dump

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
_MOST_FILES = 32  # of a dump, its logs and its parts; a directory with more is none
_NOT_OURS = (errno.ELOOP, errno.ENXIO, errno.EACCES)  # a link, a socket, a mode: over NFS a host can make them


class Policy(NamedTuple):
    """What the administrator wants. With 0 complete dumps to keep all dumps stay, with 0 days all incomplete files."""

    keep: int  # complete dumps of each host
    keep_days: int  # before which no dump goes
    incomplete_days: int


class Folder(NamedTuple):
    """A directory, as it was when it was looked at; or one file of the host's own directory, where no tool puts any."""

    time: float  # when something was last written in it
    path: Parts
    files: Dict[str, float]  # the received ones, and when each was last written to
    complete: bool  # it holds a dump that has arrived
    finished: bool  # it holds something that has arrived and is more than a log
    empty: Sequence[str]  # files without a byte
    received: bool  # the directory itself


def surplus(folders: List[Folder], policy: Policy, now: float) -> List[Folder]:
    """The dumps beyond the retention policy, oldest first."""
    dumps = sorted((folder for folder in folders if folder.files), key=_age)
    kept = [folder for folder in dumps if folder.complete and folder.time <= now + SOON][-max(policy.keep, 1) :]
    if policy.keep <= 0 or len(kept) < policy.keep:
        return []
    return [folder for folder in dumps[: dumps.index(kept[0])] if folder.time < now - policy.keep_days * DAY]


def expired(folder: Folder, policy: Policy, now: float) -> List[str]:
    """The stale incomplete and empty files."""
    before = now - policy.incomplete_days * DAY
    unfinished = [name for name in folder.files if is_incomplete(name) or name in folder.empty]
    old = [name for name in unfinished if folder.files[name] < before]
    if not old or policy.incomplete_days <= 0:
        return []
    return old if folder.finished or not folder.path or folder.time >= before else list(folder.files)


def crowd(folders: List[Folder], policy: Policy, now: float, excess: int) -> List[Folder]:
    """What is not a dump and older than incomplete files may be, oldest first, until I(excess) entries are gone."""
    before = now - policy.incomplete_days * DAY
    found: List[Folder] = []
    for folder in sorted(folders, key=_age):
        if excess > 0 and policy.incomplete_days > 0 and folder.files and not folder.complete and folder.time < before:
            excess -= len(folder.files)
            found.append(folder)
    return found


def retain(area: str, policy: Policy, now: float, clock: Optional[Clock] = None, entries: int = 0) -> Iterator[str]:
    """Remove what can go below the landing area, and say what was removed. A host may have so many I(entries)."""
    clock = clock or look("", area, now)
    with _opened((area,)) as outer:
        for host in sorted(os.listdir(outer)):
            with contextlib.suppress(OSError), _opened((host,), outer) as fd:
                folders = sorted(_folders(fd, (), clock, True), key=_age)
                whole = surplus(folders, policy, now)
                gone: List[Parts] = []
                for folder in whole + [folder for folder in folders if folder not in whole]:
                    names = list(folder.files) if folder in whole else expired(folder, policy, now)
                    left_over = folder.received and not folder.files  # it goes, unless something else is in it
                    if names or (left_over and folder.time < now - DAY):
                        gone += _remove(fd, folder, names)
                for folder in crowd(_rest(folders, gone), policy, now, count(fd)[1] - entries // 2 if entries else 0):
                    gone += _remove(fd, folder, list(folder.files))
                yield from ("/".join((host,) + path) for path in gone)


def _rest(folders: List[Folder], gone: List[Parts]) -> List[Folder]:
    """The directories with what is left in them."""
    return [
        folder._replace(files={name: folder.files[name] for name in folder.files if folder.path + (name,) not in gone})
        for folder in folders
        if folder.path not in gone
    ]


def _age(folder: Folder) -> Tuple[float, Parts]:
    return folder.time, folder.path


@contextlib.contextmanager
def _opened(path: Parts, fd: Any = None) -> Iterator[int]:
    with contextlib.ExitStack() as opened:
        for part in path:
            fd = os.open(part, FOLDER, dir_fd=fd)
            opened.callback(os.close, fd)
        yield fd


def _folders(fd: int, path: Parts, clock: Clock, received: bool) -> Iterator[Folder]:
    """An open directory of a host, after all that are in it; of the host's own one, each file."""
    names, times = os.listdir(fd), []
    files: Dict[str, float] = {}
    dumps, finished, empty = [], [], []
    for name in names:
        with contextlib.suppress(OSError):  # a file has its final name by now, or a probe is over
            found = os.stat(name, dir_fd=fd, follow_symlinks=False)
            if stat.S_ISDIR(found.st_mode):
                if len(path) < _DEEPEST:
                    with _opened((name,), fd) as inner:
                        yield from _folders(inner, path + (name,), clock, _is_received(name, inner, fd))
                continue
            times.append(clock.seen(found.st_mtime))
            file = _look_at(name, fd, path, found)
            if file.received:
                files[name] = times[-1]
                dumps += [name] if file.dump else []
                finished += [name] if file.finished else []
                empty += [] if found.st_size else [name]
    if not path:
        for name, time in files.items():
            yield Folder(time, path, {name: time}, name in dumps, name in finished, empty, received)
        return
    time = max(times) if times else clock.seen(os.fstat(fd).st_mtime)
    few = len(names) <= _MOST_FILES
    yield Folder(time, path, files, few and bool(dumps), few and bool(finished), empty, received)


class _File(NamedTuple):
    """What a file is."""

    received: bool
    dump: bool  # one that has arrived
    finished: bool  # it has arrived and is more than a log


def _look_at(name: str, fd: int, path: Parts, found: os.stat_result) -> _File:
    received, begins = has_a_tools_name(name, path[-1] if path else "", found), b""
    if not stat.S_ISREG(found.st_mode):
        return _File(received, False, False)
    with contextlib.suppress(OSError):  # over NFS a host sets the mode
        file = os.open(name, OLD, dir_fd=fd)
        try:
            received = received or is_marked(file, fd)
            begins = os.read(file, max(map(len, MAGICS)))
        finally:
            os.close(file)
    finished = found.st_size > 0 and not is_incomplete(name) and "dmesg" not in name
    return _File(received, finished and name.startswith(_CORES) and begins.startswith(MAGICS), finished)


def _is_received(name: str, inner: int, fd: int) -> bool:
    """Whether an open directory is one that the gate has made."""
    if is_marked(inner, fd):
        return True
    return (is_temporary(name) or is_of_a_dump(name)) and os.fstat(inner).st_uid == os.geteuid()


def _remove(fd: int, folder: Folder, names: List[str]) -> List[Parts]:
    """Remove files of a directory, and the directory when that was all; the paths of what is gone."""
    gone = []
    with contextlib.suppress(OSError), _opened(folder.path, fd) as inner:
        for name in sorted(names, key=is_incomplete, reverse=True):
            if not _unlink(name, inner):
                break  # this dump is being received
            gone.append(folder.path + (name,))
    if folder.path and folder.received and len(gone) == len(folder.files):
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
