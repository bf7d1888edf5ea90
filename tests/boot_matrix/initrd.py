# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A RAM disk of two programs: busybox of the lab's Debian release, and the program that it runs."""

from __future__ import annotations

import gzip
import shutil
import stat
from pathlib import Path

from tests.lab import apt, cache, sources
from tests.lab.errors import LabError
from tests.lab.process import run, say
from tests.lab.recipes import DEBIAN
from tests.lab.settings import cache_directory

INIT = Path(__file__).resolve().parent / "init"
PACKAGE = "busybox-static"
MEMBERS = ("usr/bin/busybox", "bin/busybox")  # of the package, today and in older releases
CONSOLE = (5, 1)  # the device number of /dev/console
END = "TRAILER!!!"


def busybox() -> Path:
    """A busybox that needs no library, downloaded once."""
    directory = cache_directory() / "busybox" / DEBIAN.suite
    if not directory.is_dir():
        with cache.lock(cache_directory() / "locks" / "busybox", "busybox"):
            cache.artifact(directory, download)
    return directory / "busybox"


def download(workplace: Path) -> None:
    """Take busybox out of its package."""
    say(f"downloading {PACKAGE} of Debian {DEBIAN.suite}")
    with apt.separate(sources.mirrors().lines(DEBIAN.suite), own_status=True) as options:
        run(["apt-get", *options, "-qq", "download", PACKAGE], directory=workplace)
    archives = list(workplace.glob("*.deb"))
    if len(archives) != 1:
        raise LabError(f"apt-get download left {len(archives)} packages of {PACKAGE}, not one.")
    tree = workplace / "tree"
    run(["dpkg-deb", "--extract", str(archives[0]), str(tree)])
    found = [tree / member for member in MEMBERS if (tree / member).is_file()]
    if not found:
        raise LabError(f"{archives[0].name} holds none of {', '.join(MEMBERS)}.")
    found[0].replace(workplace / "busybox")
    shutil.rmtree(tree)
    archives[0].unlink()


def entry(name: str, mode: int, data: bytes = b"", device: tuple[int, int] = (0, 0)) -> bytes:
    """One file of a cpio archive in the format that the kernel reads (newc): names and data padded to four bytes."""
    text = name.encode() + b"\0"
    fields = (1, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(text), 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + text
    return _padded(head) + _padded(data)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def archive(program: bytes, init: bytes) -> bytes:
    """The RAM disk. The same two programs give the same bytes."""
    directory, executable = stat.S_IFDIR | 0o755, stat.S_IFREG | 0o755
    parts = [entry(name, directory) for name in ("bin", "dev", "proc", "sys")]
    parts.append(entry("dev/console", stat.S_IFCHR | 0o600, device=CONSOLE))
    parts.append(entry("bin/busybox", executable, program))
    parts.append(entry("bin/sh", stat.S_IFLNK | 0o777, b"busybox"))
    parts.append(entry("init", executable, init))
    parts.append(entry(END, 0))
    return gzip.compress(b"".join(parts), mtime=0)


def write(path: Path) -> None:
    """Write the RAM disk."""
    path.write_bytes(archive(busybox().read_bytes(), INIT.read_bytes()))
