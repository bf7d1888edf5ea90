# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's own folder on the dump server, and what can be done in it.

Every step goes from an open folder to the next name, and no link is followed: nothing is looked at first and used
later, so swapping a folder for a link in between gains nothing.
"""

import contextlib
import fcntl
import os
import random
import stat
from typing import Iterator, NamedTuple, Optional, Tuple

from .grammar import Parts, is_incomplete, is_temporary
from .refusal import RefusedError

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
OLD = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_DEEPEST = 16  # of what is counted: more than the gate makes, less than exhausts open files
_FLOOR = (
    "the free space that the server keeps is reached: {0} bytes are free, and {1} stay so. Remove dumps, "
    "or lower dump_server_floor_bytes"
)
_QUOTA = (
    "the host's quota is reached: {0} bytes are in its folder, of {1} at most. Remove dumps, "
    "or raise dump_server_quota_bytes"
)
_SHARE = (
    "the host's quota is reached: {0} bytes are in its folder, of {1} at most ({2} % of the file system). "
    "Remove dumps, or raise dump_server_quota_percent"
)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


class Limits(NamedTuple):
    """What a host may take of the dump server. Of the two quotas both hold, and 0 stands for none."""

    quota: int  # bytes in the host's folder
    quota_percent: int  # of the file system's size, the same as a share
    floor: int  # bytes that stay free on the file system
    entries: int  # files and folders in the host's folder


class Usage(NamedTuple):
    """What a folder holds."""

    size: int
    entries: int


class Room(NamedTuple):
    """What a host may still send."""

    size: int
    limit: str  # what is to be said when it is used up


class Landing:
    """The folder of one host."""

    def __init__(self, area: str, host: str, limits: Limits) -> None:
        self.limits = limits
        try:
            outer = os.open(area, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise RefusedError("the landing area cannot be opened: {0}".format(error.strerror)) from error
        try:
            self.fd = os.open(host, FOLDER, dir_fd=outer)
        except OSError as error:
            raise RefusedError("this host has no folder on the server ({0})".format(error.strerror)) from error
        finally:
            os.close(outer)

    def close(self) -> None:
        """Give the folder back."""
        os.close(self.fd)

    @contextlib.contextmanager
    def folder(self, parts: Parts, make: bool = False) -> Iterator[int]:
        """The open folder at I(parts); with I(make), the ones on the way are made."""
        with contextlib.ExitStack() as opened:
            fd = self.fd
            for part in parts:
                if make:
                    self._make(part, fd)
                try:
                    fd = os.open(part, FOLDER, dir_fd=fd)
                except OSError as error:
                    raise RefusedError("{0} is no folder: {1}".format(part, error.strerror)) from error
                opened.callback(os.close, fd)
            yield fd

    def mkdir(self, parts: Parts) -> None:
        """As mkdir -p does."""
        if any(is_temporary(part) for part in parts):
            raise RefusedError("only mktemp makes folders of this name")
        with self.folder(parts, make=True):
            pass

    def mktemp(self, parts: Parts) -> str:
        """The name of a new folder: proof that the host can write here."""
        temporary = "tmp." + "".join(random.SystemRandom().choice(_LETTERS) for number in range(10))
        with self.folder(parts) as fd:
            self._make(temporary, fd)
        return temporary

    def rmdir(self, parts: Parts) -> None:
        """Remove what mktemp made, and nothing else."""
        if not parts or not is_temporary(parts[-1]):
            raise RefusedError("only folders that mktemp made can be removed")
        with self.folder(parts[:-1]) as fd:
            os.rmdir(parts[-1], dir_fd=fd)

    def create(self, parts: Parts) -> int:
        """A new file, open for writing and locked for as long as it is."""
        if not parts:
            raise RefusedError("this is a folder")
        with self.folder(parts[:-1]) as fd:
            self._room_for_an_entry()
            try:
                new = os.open(parts[-1], _NEW, 0o600, dir_fd=fd)
            except FileExistsError as error:
                raise RefusedError("the file is there already, and nothing is overwritten") from error
            os.fsync(fd)
        fcntl.flock(new, fcntl.LOCK_EX)
        return new

    def must_be_free(self, parts: Parts) -> None:
        """Refuse a name that is taken."""
        with self.folder(parts[:-1]) as fd:
            if _kind(parts[-1], fd) is not None:
                raise RefusedError("the final name is taken, and nothing is overwritten")

    def finish(self, source: Parts, target: Parts) -> int:
        """Give a received file its final name, which must be free; its size."""
        if not source or not target or source[:-1] != target[:-1]:
            raise RefusedError("a file keeps its folder")
        if not is_incomplete(source[-1]) or is_incomplete(target[-1]):
            raise RefusedError("only an incomplete file gets a new name, and then its final one")
        if is_temporary(target[-1]):
            raise RefusedError("this is a name for folders")
        with self.folder(source[:-1]) as folder:
            try:
                file = os.open(source[-1], OLD, dir_fd=folder)
            except OSError as error:
                raise RefusedError("there is no such file ({0})".format(error.strerror)) from error
            try:
                return self._rename(file, source[-1], target[-1], folder)
            finally:
                os.close(file)

    @staticmethod
    def _rename(file: int, source: str, target: str, folder: int) -> int:
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode):
            raise RefusedError("this is no file")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise RefusedError("the file is still being received") from error
        try:
            # A second name for the very file that is open. Unlike a rename it never replaces another one.
            os.link("/proc/self/fd/{0}".format(file), target, dst_dir_fd=folder, follow_symlinks=True)
        except FileExistsError as error:
            raise RefusedError("the final name is taken, and nothing is overwritten") from error
        os.unlink(source, dir_fd=folder)
        os.fsync(folder)
        return found.st_size

    def is_folder(self, parts: Parts) -> bool:
        """Whether there is a folder at I(parts)."""
        try:
            with self.folder(parts):
                return True
        except RefusedError:
            return False

    def usage(self) -> Usage:
        """What the host's folder holds by now."""
        size, entries = _count(self.fd, _DEEPEST)
        return Usage(size, entries)

    def room(self) -> Room:
        """The bytes that are left down to the limit that comes first."""
        system, used = os.fstatvfs(self.fd), self.usage().size
        free, quota = system.f_bavail * system.f_frsize, self.limits.quota
        share = system.f_blocks * system.f_frsize * self.limits.quota_percent // 100
        rooms = [Room(free - self.limits.floor, _FLOOR.format(free, self.limits.floor))]
        if quota:
            rooms.append(Room(quota - used, _QUOTA.format(used, quota)))
        if share:
            rooms.append(Room(share - used, _SHARE.format(used, share, self.limits.quota_percent)))
        first = min(rooms)
        return first._replace(size=max(0, first.size))

    def _make(self, name: str, fd: int) -> None:
        """A folder, if there is nothing of this name yet."""
        if _kind(name, fd) is None:
            self._room_for_an_entry()
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, 0o700, dir_fd=fd)

    def _room_for_an_entry(self) -> None:
        if self.usage().entries >= self.limits.entries:
            raise RefusedError(
                "the host has {0} files and folders here, which is all it may".format(self.limits.entries)
            )


def _kind(name: str, fd: int) -> Optional[int]:
    try:
        return os.stat(name, dir_fd=fd, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return None


def _count(fd: int, deepest: int) -> Tuple[int, int]:
    """The bytes in files, and the files and folders, below an open folder."""
    size = entries = 0
    for name in os.listdir(fd):
        entries += 1
        try:
            found = os.stat(name, dir_fd=fd, follow_symlinks=False)
            if stat.S_ISDIR(found.st_mode) and deepest:
                inner = os.open(name, FOLDER, dir_fd=fd)
                try:
                    more = _count(inner, deepest - 1)
                finally:
                    os.close(inner)
                size, entries = size + more[0], entries + more[1]
            elif stat.S_ISREG(found.st_mode):
                size += found.st_size
        except OSError:
            continue  # taken away while it was counted, by retention or a collector
    return size, entries
