# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cache: artifacts keyed by everything they are made from, built by one builder at a time, and whole or absent."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tests.lab.process import say
from tests.lab.settings import cache_directory


def key(*parts: object) -> str:
    """A short name for everything that an artifact is made from."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def files_digest(paths: Iterable[Path]) -> str:
    """One digest over names, modes and contents of files, and of all files below directories."""
    digest = hashlib.sha256()
    for path in paths:
        found = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
        for file in found:
            executable = bool(file.stat().st_mode & 0o100)
            digest.update(f"{file.relative_to(path.parent)} {executable} {file.stat().st_size}\n".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()


@contextlib.contextmanager
def lock(path: Path, what: str, *, shared: bool = False) -> Iterator[None]:
    """Hold a lock file, and say so when somebody else has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    wanted = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    with path.open("a") as stream:
        try:
            fcntl.flock(stream, wanted | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another process of the lab: {what}")
            fcntl.flock(stream, wanted)
        yield  # closing the file gives the lock back, however this process ends


def image_lock(image: str, *, shared: bool = False) -> contextlib.AbstractContextManager[None]:
    """The lock on one image and its snapshots: builders hold it alone, starting machines share it."""
    return lock(cache_directory() / "locks" / image, f"image {image}", shared=shared)


def artifact(directory: Path, build: Callable[[Path], None]) -> Path:
    """A directory of the cache, built in a temporary one beside it when it is missing."""
    if directory.is_dir():
        return directory
    directory.parent.mkdir(parents=True, exist_ok=True)
    for left in directory.parent.glob(".building-*"):  # the caller holds the lock: nobody works there
        shutil.rmtree(left)
    workplace = Path(tempfile.mkdtemp(prefix=".building-", dir=directory.parent))
    try:
        workplace.chmod(0o755)
        build(workplace)
        os.replace(workplace, directory)
    except BaseException:
        shutil.rmtree(workplace, ignore_errors=True)
        raise
    return directory


def remove(directory: Path) -> None:
    """Remove an artifact, in one step for those who look for it."""
    if directory.is_dir():
        old = Path(tempfile.mkdtemp(prefix=".building-", dir=directory.parent))
        os.replace(directory, old / directory.name)
        shutil.rmtree(old)


def remove_others(keep: Path) -> None:
    """Remove what was built from older ingredients."""
    for other in keep.parent.iterdir():
        if other != keep:
            shutil.rmtree(other)
