# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bootable images: built from a recipe, kept in the cache, keyed by everything that they are made from."""

from __future__ import annotations

import json
import os
import uuid
from pathlib import Path
from typing import NamedTuple

from tests.lab import accelerator, cache, sources, ssh
from tests.lab.packages import qemu_version
from tests.lab.process import run, say
from tests.lab.qemu import Hardware, boot_kernel
from tests.lab.recipes import Recipe
from tests.lab.settings import ROOT, cache_directory

ASSEMBLE = ROOT / "images" / "assemble.sh"
ROOT_LABEL = "lab-root"
BUILD_HARDWARE = (1024, 2)  # MiB, processors: of the boot that makes the image bootable


class Image(NamedTuple):
    """A built image in the cache."""

    recipe: Recipe
    directory: Path
    release: str  # of its kernel
    version: str  # of its kernel's package
    identity: str  # of this very build

    @property
    def disk(self) -> Path:
        return self.directory / "disk.qcow2"

    @property
    def kernel(self) -> Path:
        return self.directory / "vmlinuz"

    @property
    def key(self) -> Path:
        """Opens a fresh machine, whose first start replaces it by the key of its run."""
        return self.directory / "id_ed25519"


def planned(recipe: Recipe) -> Path:
    """Where the image of this recipe, with the files, mirrors and builder of today, is or will be."""
    ingredients = cache.files_digest([*recipe.directories, ASSEMBLE, Path(__file__)])
    mirror = sources.mirrors().lines(recipe.suite)
    name = cache.key(recipe, ingredients, mirror, sources.carried_options())
    return cache_directory() / "images" / recipe.name / name


def load(recipe: Recipe, directory: Path) -> Image:
    """An image that has been built."""
    facts = json.loads((directory / "image.json").read_text(encoding="utf-8"))
    return Image(recipe, directory, facts["release"], facts["version"], facts["identity"])


def ensure(recipe: Recipe, *, rebuild: bool = False) -> Image:
    """The image of a recipe, built if it is missing."""
    directory = planned(recipe)
    if directory.is_dir() and not rebuild:
        return load(recipe, directory)
    with cache.image_lock(recipe.name):
        if rebuild:
            cache.remove(directory)
        cache.artifact(directory, lambda workplace: build(recipe, workplace))
        cache.remove_others(directory)
    return load(recipe, directory)


def build(recipe: Recipe, workplace: Path) -> None:
    """Build an image in an empty directory."""
    qemu_version()  # an old one is told before the long work begins
    log = workplace / "build.log"
    archive = workplace / "tree.tar"
    public = ssh.make_key(workplace / "id_ed25519")
    say(f"building image {recipe.name}: installing Debian {recipe.suite}")
    bootstrap(recipe, archive, public.read_text(encoding="utf-8").strip(), log)
    say(f"building image {recipe.name}: making the disk")
    as_root = [] if os.geteuid() == 0 else ["fakeroot"]
    layout = recipe.layout
    run(
        [
            *(*as_root, str(ASSEMBLE), str(archive), str(workplace)),
            *(str(recipe.disk), str(layout.root), *layout.file_system),
        ],
        log=log,
        text="\n".join(layout.table) + "\n",
    )
    archive.unlink()
    raw, disk = workplace / "disk.raw", workplace / "disk.qcow2"
    run(["qemu-img", "convert", "-O", "qcow2", str(raw), str(disk)], log=log)
    raw.unlink()
    kernel, initrd = workplace / "vmlinuz", workplace / "initrd.img"
    chosen = accelerator.choose(kernel)
    say(f"building image {recipe.name}: making it bootable ({chosen.name}: {chosen.reason})")
    words = [f"root=LABEL={ROOT_LABEL}", "ro", "console=ttyS0", "init=/lab-setup"]
    boot_kernel(workplace, disk, Hardware(chosen.name, *BUILD_HARDWARE), kernel, initrd, words, "lab-setup: done")
    release, version = (workplace / "kernel").read_text(encoding="utf-8").split()
    facts = {"release": release, "version": version, "identity": uuid.uuid4().hex, "suite": recipe.suite}
    (workplace / "image.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def hooks(directory: Path) -> list[str]:
    """What is done with the files of one directory, as commands on the tree $1."""
    known = {
        "files": f'cp -RL --no-preserve=ownership "{directory}/files/." "$1/"',
        "customize.sh": f'"{directory}/customize.sh" "$1"',
        "setup.sh": f'install -m 0755 "{directory}/setup.sh" "$1/lab-setup"',
        "bootable.sh": f'install -m 0755 "{directory}/bootable.sh" "$1/lab-bootable"',
    }
    return [command for name, command in known.items() if (directory / name).exists()]


def bootstrap(recipe: Recipe, archive: Path, public: str, log: Path) -> None:
    """Install the image's packages into an archive of its tree."""
    options = sources.carried_options()
    untouched = ("/usr/share/man/*", "/usr/share/locale/*", "/usr/share/doc/*", "/usr/share/info/*")
    command = [
        *("mmdebstrap", "--variant=minbase", "--format=tar", "--skip=cleanup/apt"),
        *(f"--aptopt={option}" for option in ['Acquire::Languages "none";', 'Acquire::Retries "3";', *options]),
        *(f"--dpkgopt=path-exclude={pattern}" for pattern in untouched),
        "--include=" + ",".join(recipe.packages),
        *(f"--customize-hook={hook}" for directory in recipe.directories for hook in hooks(directory)),
        *(recipe.suite, str(archive), *sources.mirrors().lines(recipe.suite)),
    ]
    extra = {"KDUMP_LAB_PUBKEY": public, "KDUMP_LAB_APT": "\n".join(options)}
    if os.geteuid() == 0:
        extra["TMPDIR"] = str(log.parent)  # /tmp may be memory
    run(command, log=log, extra=extra)
