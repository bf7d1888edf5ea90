# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes files completely or not at all, and keeps what was there so that it can be put back without any room."""

import os
import shutil
import tempfile
from contextlib import suppress
from typing import Iterable, List, Optional, Tuple

SUFFIX = ".kdump-fleet-before"


def write(path: str, content: bytes, mode: int = 0o600, like: Optional[str] = None) -> None:
    """Put I(content) in the place of I(path), which keeps its mode, owner and labels; a new file gets I(mode).

    With I(like) the mode, owner, labels and time are those of that file.
    """
    try:
        _replace(os.path.realpath(path), content, mode, like)
    except OSError as error:
        error.filename = like or path  # the temporary file's name means nothing to anybody
        raise


def _replace(path: str, content: bytes, mode: int, like: Optional[str]) -> None:
    handle, temporary = tempfile.mkstemp(prefix=".kdump-fleet-", dir=os.path.dirname(path))
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        if like is not None:
            _same_attributes(like, temporary)
        elif os.path.exists(path):
            _same_attributes(path, temporary)
            os.utime(temporary, None)
        else:
            os.chmod(temporary, mode)
        os.rename(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    _sync_directory(path)


def _same_attributes(path: str, other: str) -> None:
    status = os.stat(path)
    os.chown(other, status.st_uid, status.st_gid)
    shutil.copystat(path, other)  # after chown, which may take mode bits away


def _sync_directory(path: str) -> None:
    handle = os.open(os.path.dirname(path), os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Kept(object):
    """Copies of files beside them, made before anything is changed.

    Putting one back is a rename, which works on a full disk as well. They outlive a run that is killed.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._pairs: List[Tuple[str, Optional[str]]] = []
        try:
            for path in paths:
                self._pairs.append(self._keep(os.path.realpath(path)))
        except BaseException:
            self.discard()
            raise

    @staticmethod
    def _keep(path: str) -> Tuple[str, Optional[str]]:
        if not os.path.exists(path):
            return path, None
        directory, name = os.path.split(path)
        copy = os.path.join(directory, "." + name + SUFFIX)
        with open(path, "rb") as stream:
            content = stream.read()
        write(copy, content, like=path)
        return path, copy

    def discard(self) -> None:
        """Remove the copies."""
        for _path, copy in self._pairs:
            if copy is not None:
                with suppress(OSError):  # a copy that stays does no harm
                    os.unlink(copy)

    def put_back(self) -> List[str]:
        """Make every file what it was; what could not be put back is answered in words, with where its copy is."""
        problems = []
        for path, copy in reversed(self._pairs):
            try:
                if copy is not None:
                    os.rename(copy, path)
                elif os.path.exists(path):
                    os.unlink(path)
            except OSError as error:
                problems.append(
                    "{0} could not be put back ({1}): {2}".format(
                        path, error.strerror, "its previous content is in " + copy if copy else "remove it by hand"
                    )
                )
        return problems
