# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The vmlinux with debugging symbols of an image's kernel."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.lab import apt, cache, sources
from tests.lab.errors import LabError, UnavailableError
from tests.lab.image import Image
from tests.lab.process import run, say
from tests.lab.settings import cache_directory


def ensure(image: Image) -> Path:
    """The path of the vmlinux, downloaded if it is missing."""
    directory = cache_directory() / "symbols" / image.recipe.name / cache.key(image.release, image.version)
    if not directory.is_dir():
        with cache.lock(cache_directory() / "locks" / "symbols", "symbols"):
            cache.artifact(directory, lambda workplace: download(image, workplace))
            cache.remove_others(directory)
    return directory / f"vmlinux-{image.release}"


def download(image: Image, workplace: Path) -> None:
    """Fetch the package of the symbols, of exactly the kernel's version, and take the vmlinux out of it."""
    package = f"linux-image-{image.release}-dbg"
    with apt.separate(sources.mirrors().lines(image.recipe.suite), own_status=True) as options:
        offered = run(["apt-cache", *options, "madison", package])
        versions = [line.split("|")[1].strip() for line in offered.split("\n") if line.count("|") >= 2]
        if image.version not in versions:
            raise UnavailableError(
                f"The mirror has no {package} of version {image.version} (it has: {', '.join(versions) or 'none'}). "
                "'python -m tests.lab build --rebuild' makes an image with the mirror's kernel of today."
            )
        say(f"downloading {package} {image.version} (about 320 MB)")
        run(["apt-get", *options, "-qq", "download", f"{package}={image.version}"], directory=workplace)
    archives = list(workplace.glob("*.deb"))
    if len(archives) != 1:
        raise LabError(f"apt-get download left {len(archives)} packages of {package}, not one.")
    member = f"./usr/lib/debug/boot/vmlinux-{image.release}"
    tree = workplace / "tree"
    tree.mkdir()
    run(["sh", "-c", 'dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" "$3"', "sh", str(archives[0]), str(tree), member])
    archives[0].unlink()
    (tree / member).replace(workplace / f"vmlinux-{image.release}")
    shutil.rmtree(tree)
