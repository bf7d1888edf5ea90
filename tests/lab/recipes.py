# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The images that the lab can build. A further image is a further recipe, with its directory below images/."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from tests.lab.errors import LabError
from tests.lab.settings import ROOT


class Layout(NamedTuple):
    """How a disk is divided, and the file system of its root partition."""

    table: tuple[str, ...]  # lines for sfdisk
    root: int  # first sector of the root partition
    file_system: tuple[str, ...]  # words for mke2fs


ROOT_TYPE = "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709"
BIOS_BOOT = Layout(
    ("label: gpt", "start=2048, size=2048, type=21686148-6449-6E6F-744E-656564454649", f"start=4096, type={ROOT_TYPE}"),
    4096,
    ("-t", "ext4"),
)
# GRUB Legacy knows neither GPT nor the features of ext4, and keeps its second stage in the gap before the partition.
OLD_BIOS = Layout(("label: dos", "start=2048, type=83, bootable"), 2048, ("-t", "ext3", "-I", "128"))
EFI_SYSTEM = Layout(
    (
        *("label: gpt", "start=2048, size=524288, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B"),
        f"start=526336, type={ROOT_TYPE}",
    ),
    526336,
    ("-t", "ext4"),
)


class Recipe(NamedTuple):
    """What an image is made from, beside the files of its directories.

    A directory can hold files/, copied into the tree; customize.sh, which then changes the tree on the building
    machine; setup.sh, the first program of the image's first boot; and bootable.sh, which setup.sh calls to make the
    disk bootable. The image's own directory comes first, then the shared ones in their order.
    """

    name: str
    family: str  # the inventory's group for machines of this image
    suite: str
    packages: tuple[str, ...]
    shared: tuple[str, ...]  # directories beside that of this image
    disk: int  # GiB that the disk seems to have
    layout: Layout
    firmware: str  # bios or efi
    memory: int  # MiB, unless something else is asked for
    cpus: int
    python: str

    @property
    def directory(self) -> Path:
        """The scripts and files of this image alone."""
        return ROOT / "images" / self.name

    @property
    def directories(self) -> list[Path]:
        """All the scripts and files of this image, in the order in which they are used."""
        return [self.directory, *(ROOT / "images" / name for name in self.shared)]


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
    shared=("debian-common", "common"),
    disk=8,
    layout=BIOS_BOOT,
    firmware="bios",
    memory=1024,
    # The kernels of emulated processors wait for each other by spinning. Where four machines share two real processors,
    # with one each they do the same in four fifths of the time. A crash of two is that of scenario default, and of rpm.
    cpus=1,
    python="/usr/bin/python3",
)


def debian_with(loader: tuple[str, ...]) -> tuple[str, ...]:
    """The packages of the image debian, with those of another boot loader."""
    return (*(package for package in DEBIAN.packages if package != "grub-pc"), *loader)


# The same machine, booted otherwise.
GRUB_LEGACY = DEBIAN._replace(name="grub-legacy", packages=debian_with(()), layout=OLD_BIOS)  # see its customize.sh
SYSTEMD_BOOT = DEBIAN._replace(
    name="systemd-boot",
    # The last two build unified kernel images; the image itself boots by an entry.
    packages=debian_with(("systemd-boot", "dosfstools", "systemd-ukify", "systemd-boot-efi")),
    layout=EFI_SYSTEM,
    firmware="efi",
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
        "nfs-common",
        # what makes the repositories
        "createrepo-c",
        # what Ansible needs
        *("openssh-server", "python3", "python3-libdnf5"),
    ),
    shared=("common",),
    disk=8,
    layout=BIOS_BOOT,
    firmware="bios",
    memory=2560,  # below 2 GiB the default crashkernel= reserves nothing
    cpus=2,
    python="/usr/bin/python3",
)

# As an administrator leaves a host who has installed kdump-tools by hand: armed, with the settings of the packages.
DEBIAN_KDUMP = DEBIAN._replace(
    name="debian-kdump",
    packages=(*DEBIAN.packages, "kdump-tools", "makedumpfile", "kexec-tools", "nfs-kernel-server", "nfs-common"),
    shared=("debian", *DEBIAN.shared),
)

RECIPES = {recipe.name: recipe for recipe in (DEBIAN, DEBIAN_KDUMP, RPM, GRUB_LEGACY, SYSTEMD_BOOT)}


def recipe(name: str) -> Recipe:
    """The recipe of an image."""
    try:
        return RECIPES[name]
    except KeyError:
        raise LabError(f"There is no image '{name}'; there is {', '.join(sorted(RECIPES))}.") from None
