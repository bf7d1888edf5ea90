# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's own directory on the dump server, and what can be done in it.

Every step goes from an open directory to the next name, and no link is followed: nothing is looked at first and used
later, so swapping a directory for a link in between gains nothing. A refusal names the path on the server.
"""

import contextlib
import fcntl
import os
import random
import stat
from typing import Iterator, NamedTuple, Optional, Tuple

from .grammar import Parts, is_incomplete, is_temporary
from .received import mark
from .refusal import RefusedError

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
OLD = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_DEEPEST = 16  # of what is counted: more than the gate makes, less than exhausts open files
_INODES = 1000  # that stay free on the file system, for what else is on it
_FLOOR = (
    "the free space that the server keeps is reached: {0} bytes are free on the file system of {2}, and {1} must stay "
    "free. Remove dumps, or lower dump_server_floor_bytes"
)
_QUOTA = (
    "the host's quota is reached: {0} bytes are in {2}, of {1} at most. Remove dumps, or raise dump_server_quota_bytes"
)
_SHARE = (
    "the host's quota is reached: {0} bytes are in {2}, of {1} at most ({3} % of the file system). Remove dumps, or "
    "raise dump_server_quota_percent"
)
_TAKEN = "{0} exists already, and nothing is overwritten"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


class Limits(NamedTuple):
    """What a host may take of the dump server. Of the two quotas both hold, and 0 stands for none."""

    quota: int  # bytes in the host's directory
    quota_percent: int  # of the file system's size, the same as a share
    floor: int  # bytes that stay free on the file system
    entries: int  # files and directories in the host's directory


class Usage(NamedTuple):
    """What a directory holds."""

    size: int
    entries: int


class Room(NamedTuple):
    """What a host may still send."""

    size: int
    limit: str  # what the refusal says when it is used up


class Landing:
    """The directory of one host."""

    def __init__(self, area: str, host: str, limits: Limits) -> None:
        self.limits = limits
        self._home = "{0}/{1}".format(area.rstrip("/"), host)
        try:
            outer = os.open(area, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise RefusedError("the landing area {0} cannot be opened: {1}".format(area, error.strerror)) from error
        try:
            self.fd = os.open(host, FOLDER, dir_fd=outer)
        except OSError as error:
            raise RefusedError(
                "this host has no directory on the server: {0} cannot be opened ({1})".format(
                    self.path(()), error.strerror
                )
            ) from error
        finally:
            os.close(outer)

    def close(self) -> None:
        """Give the directory back."""
        os.close(self.fd)

    def path(self, parts: Parts) -> str:
        """The path on the server, for people."""
        return "/".join((self._home, *parts))

    @contextlib.contextmanager
    def explained(self, parts: Parts, attempt: str) -> Iterator[None]:
        """An error of the system inside the block is a refusal that names the path and what was tried."""
        try:
            yield
        except FileExistsError:
            raise
        except OSError as error:
            raise RefusedError(
                "{0} cannot be {1}: {2}".format(self.path(parts), attempt, error.strerror or "input/output error")
            ) from error

    @contextlib.contextmanager
    def folder(self, parts: Parts, make: bool = False) -> Iterator[int]:
        """The open directory at I(parts); with I(make), the ones on the way are made."""
        with contextlib.ExitStack() as opened:
            fd = self.fd
            for depth, part in enumerate(parts, 1):
                if make:
                    self._make(parts[:depth], fd)
                try:
                    fd = os.open(part, FOLDER, dir_fd=fd)
                except OSError as error:
                    raise RefusedError(
                        "{0} is not a directory that can be used: {1}".format(self.path(parts[:depth]), error.strerror)
                    ) from error
                opened.callback(os.close, fd)
            yield fd

    def mkdir(self, parts: Parts) -> None:
        """As mkdir -p does."""
        for depth, part in enumerate(parts, 1):
            if is_temporary(part):
                raise RefusedError(
                    "mkdir: {0} has a name that only mktemp gives to directories".format(self.path(parts[:depth]))
                )
        with self.folder(parts, make=True):
            pass

    def mktemp(self, parts: Parts) -> str:
        """The name of a new directory: proof that the host can write here."""
        temporary = "tmp." + "".join(random.SystemRandom().choice(_LETTERS) for number in range(10))
        with self.folder(parts) as fd:
            self._make((*parts, temporary), fd)
        return temporary

    def rmdir(self, parts: Parts) -> None:
        """Remove what mktemp made, and nothing else."""
        if not parts or not is_temporary(parts[-1]):
            raise RefusedError(
                "rmdir: {0} was not made by mktemp, and only such directories can be removed".format(self.path(parts))
            )
        with self.folder(parts[:-1]) as fd, self.explained(parts, "removed"):
            os.rmdir(parts[-1], dir_fd=fd)

    def create(self, parts: Parts) -> int:
        """A new file, open for writing and locked for as long as it is."""
        if not parts:
            raise RefusedError("{0} is a directory, and a file was sent".format(self.path(parts)))
        with self.folder(parts[:-1]) as fd:
            self._room_for_an_entry(parts)
            try:
                with self.explained(parts, "made"):
                    new = os.open(parts[-1], _NEW, 0o600, dir_fd=fd)
            except FileExistsError as error:
                raise RefusedError(_TAKEN.format(self.path(parts))) from error
            try:
                self._lock(new, parts, fd)
                mark(new, fd)
                os.fsync(fd)
            except BaseException:
                os.close(new)
                raise
        return new

    def _lock(self, new: int, parts: Parts, fd: int) -> None:
        """Lock a new file. Under the lock it gets no other name; another session may have given it one before."""
        fcntl.flock(new, fcntl.LOCK_EX)
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(new), os.stat(parts[-1], dir_fd=fd, follow_symlinks=False)):
                return
        raise RefusedError(
            "{0} was renamed by another session before anything was received into it".format(self.path(parts))
        )

    def must_be_free(self, parts: Parts) -> None:
        """Refuse a name that is taken."""
        with self.folder(parts[:-1]) as fd:
            if _kind(parts[-1], fd) is not None:
                raise RefusedError(_TAKEN.format(self.path(parts)))

    def finish(self, source: Parts, target: Parts) -> int:
        """Give a received file its final name, which must be free; its size."""
        names = "{0} -> {1}".format(self.path(source), self.path(target))
        if not source or not target or source[:-1] != target[:-1]:
            raise RefusedError("mv: source and destination must be files in the same directory: " + names)
        if not is_incomplete(source[-1]) or is_incomplete(target[-1]):
            raise RefusedError("mv: the source must have 'incomplete' in its name, and the destination not: " + names)
        if is_temporary(target[-1]):
            raise RefusedError("mv: the destination has a name that only mktemp gives to directories: " + names)
        with self.folder(source[:-1]) as folder:
            with self.explained(source, "opened"):
                file = os.open(source[-1], OLD, dir_fd=folder)
            try:
                return self._rename(file, source, target, folder)
            finally:
                os.close(file)

    def _rename(self, file: int, source: Parts, target: Parts, folder: int) -> int:
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode):
            raise RefusedError("mv: {0} is not a regular file".format(self.path(source)))
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise RefusedError("mv: {0} is still being received".format(self.path(source))) from error
        try:
            # A second name for the very file that is open. Unlike a rename it never replaces another one.
            with self.explained(target, "made"):
                os.link("/proc/self/fd/{0}".format(file), target[-1], dst_dir_fd=folder, follow_symlinks=True)
        except FileExistsError as error:
            raise RefusedError("mv: " + _TAKEN.format(self.path(target))) from error
        with self.explained(source, "renamed"):
            os.unlink(source[-1], dir_fd=folder)
            os.fsync(folder)
        return found.st_size

    def is_folder(self, parts: Parts) -> bool:
        """Whether there is a directory at I(parts)."""
        try:
            with self.folder(parts):
                return True
        except RefusedError:
            return False

    def usage(self) -> Usage:
        """What the host's directory holds by now."""
        size, entries = count(self.fd)
        return Usage(size, entries)

    def room(self) -> Room:
        """The bytes that are left down to the limit that comes first."""
        system, used, home = os.fstatvfs(self.fd), self.usage().size, self.path(())
        free, quota = system.f_bavail * system.f_frsize, self.limits.quota
        share = system.f_blocks * system.f_frsize * self.limits.quota_percent // 100
        rooms = [Room(free - self.limits.floor, _FLOOR.format(free, self.limits.floor, home))]
        if quota:
            rooms.append(Room(quota - used, _QUOTA.format(used, quota, home)))
        if share:
            rooms.append(Room(share - used, _SHARE.format(used, share, home, self.limits.quota_percent)))
        first = min(rooms)
        return first._replace(size=max(0, first.size))

    def _make(self, parts: Parts, fd: int) -> None:
        """A directory, if there is nothing of this name yet."""
        if _kind(parts[-1], fd) is not None:
            return
        self._room_for_an_entry(parts)
        with contextlib.suppress(FileExistsError), self.explained(parts, "made"):
            os.mkdir(parts[-1], 0o700, dir_fd=fd)
            made = os.open(parts[-1], FOLDER, dir_fd=fd)
            mark(made, fd)
            os.close(made)

    def _room_for_an_entry(self, parts: Parts) -> None:
        if self.usage().entries >= self.limits.entries:
            raise RefusedError(
                "{0} cannot be made: the host has {1} files and directories in {2}, which is all it may have. "
                "Remove some, or raise dump_server_entries".format(self.path(parts), self.limits.entries, self.path(()))
            )
        system = os.fstatvfs(self.fd)
        if system.f_files and system.f_favail <= _INODES:  # some file systems do not count them
            raise RefusedError(
                "{0} cannot be made: the file system has {1} free inodes, and {2} must stay free. Remove files "
                "there".format(self.path(parts), system.f_favail, _INODES)
            )


def _kind(name: str, fd: int) -> Optional[int]:
    try:
        return os.stat(name, dir_fd=fd, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return None


def count(fd: int, deepest: int = _DEEPEST) -> Tuple[int, int]:
    """The bytes in files, and the files and directories, below an open directory."""
    size = entries = 0
    for name in os.listdir(fd):
        entries += 1
        try:
            found = os.stat(name, dir_fd=fd, follow_symlinks=False)
            if stat.S_ISDIR(found.st_mode) and deepest:
                inner = os.open(name, FOLDER, dir_fd=fd)
                try:
                    more = count(inner, deepest - 1)
                finally:
                    os.close(inner)
                size, entries = size + more[0], entries + more[1]
            elif stat.S_ISREG(found.st_mode):
                size += found.st_size
        except OSError:
            continue  # taken away while it was counted, by retention or a collector
    return size, entries
