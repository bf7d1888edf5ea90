# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The images that the lab can build. A further image is a further recipe, with its directory below images/."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from tests.lab.errors import LabError
from tests.lab.settings import ROOT


class Recipe(NamedTuple):
    """What an image is made from, beside the files of its directory.

    The directory holds customize.sh (runs on the building machine, on the tree), setup.sh (the first program of
    the image's first boot, which makes it bootable) and files/, copied into the tree by customize.sh.
    """

    name: str
    family: str  # the inventory's group for machines of this image
    suite: str
    packages: tuple[str, ...]
    disk: int  # GiB that the disk seems to have
    memory: int  # MiB, unless something else is asked for
    cpus: int
    python: str

    @property
    def directory(self) -> Path:
        """The scripts and files of this image."""
        return ROOT / "images" / self.name


DEBIAN = Recipe(
    name="debian",
    family="debian",
    suite="trixie",
    packages=(
        # what boots
        *("linux-image-cloud-amd64", "initramfs-tools", "zstd", "lz4", "grub-pc", "systemd-sysv", "udev", "dbus"),
        # what every administrator finds on a Debian machine
        *("kmod", "procps", "iproute2", "e2fsprogs", "netbase", "less", "perl", "file", "bsdextrautils"),
        *("busybox-static", "ca-certificates", "sudo", "rsync"),
        # what Ansible needs
        *("openssh-server", "python3", "python3-apt"),
    ),
    disk=8,
    memory=1024,
    cpus=2,
    python="/usr/bin/python3",
)

# Debian's programs under Fedora's names: what is real in it, and what stands in, is told in its directory.
RPM = Recipe(
    name="rpm",
    family="redhat",
    suite="forky",
    packages=(
        # what boots, beside the kernel, which customize.sh chooses
        *("dracut", "lz4", "zstd", "cpio", "grub-pc", "systemd-sysv", "udev", "dbus"),
        # what every administrator finds on a Fedora machine
        *("dnf5", "rpm", "kmod", "procps", "iproute2", "e2fsprogs", "netbase", "less", "file", "gawk", "hostname"),
        *("bsdextrautils", "util-linux-extra", "keyutils", "ca-certificates", "sudo", "rsync", "openssh-client"),
        # what makes the repositories
        "createrepo-c",
        # what Ansible needs
        *("openssh-server", "python3", "python3-libdnf5"),
    ),
    disk=8,
    memory=2560,  # below 2 GiB the default crashkernel= reserves nothing
    cpus=2,
    python="/usr/bin/python3",
)

RECIPES = {recipe.name: recipe for recipe in (DEBIAN, RPM)}


def recipe(name: str) -> Recipe:
    """The recipe of an image."""
    try:
        return RECIPES[name]
    except KeyError:
        raise LabError(f"There is no image '{name}'; there is {', '.join(sorted(RECIPES))}.") from None
