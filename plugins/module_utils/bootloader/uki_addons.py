# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Add-ons of unified kernel images: which of them an image takes, and ours, which brings crashkernel= to all of them.

Sources: systemd-stub(7) and its code. Files whose name ends with .addon.efi are taken, first those for all images, then
those for one; one that is incomplete is left out with a message, and so is one that is for another kernel (.uname).
"""

from typing import Dict, List, NamedTuple, Optional

from ..host.machine import Host
from . import systemd_entries, uki
from .base import BootLoaderError, FileChange

DIRECTORY = "/loader/addons"
OURS = DIRECTORY + "/kdump-fleet.addon.efi"
UNFINISHED = DIRECTORY + "/.kdump-fleet-unfinished"  # no add-on by its name: a boot in between does not take it
SINCE = 254  # the release of systemd-stub that first read add-ons
STUBS = "/usr/lib/systemd/boot/efi/addon*.efi.stub"  # by ukify's own default
SECURE_BOOT = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
BUILD_AGAIN = (
    "Put crashkernel= into /etc/kernel/cmdline, let 'kernel-install add' build the image again (and sign it, where "
    "your firmware asks for that)"
)


class Changes(NamedTuple):
    """What happens to our add-on."""

    files: List[FileChange]
    commands: List[List[str]]
    directories: List[str]


def taken(host: Host, where: str, path: str, image: uki.Image, with_ours: bool) -> List[str]:
    """The arguments that add-ons bring to the image I(path) on the partition I(where), in their order."""
    if not _reads_addons(image):
        return []
    # Newer releases leave the counter of attempts to boot the image out of the directory's name.
    own = sorted({path + ".extra.d", systemd_entries.COUNTER.sub("", path) + ".extra.d"})
    texts = []
    for name in [name for directory in [where + DIRECTORY] + own for name in host.glob(directory + "/*.addon.efi")]:
        if name == where + OURS:
            texts.append((ours(host, where) or "") if with_ours else "")
        else:
            addon = uki.read(host.path(name), name, "Build it again, or remove it")
            if not image.release or addon.release in ("", image.release):
                texts.append(addon.arguments)
    return [text for text in texts if text]


def ours(host: Host, where: str) -> Optional[str]:
    """What our add-on brings, None when it is incomplete: systemd-stub ignores it then, and it is built again."""
    path = where + OURS
    try:
        return uki.read(host.path(path), path).arguments if host.exists(path) else ""
    except BootLoaderError:
        return None


def changes(host: Host, where: str, images: Dict[str, uki.Image], values: List[str]) -> Changes:
    """What makes our add-on bring the I(values) to the images of these paths; without values it is removed."""
    path = where + OURS
    wanted = " ".join("crashkernel=" + value for value in values)
    there = ours(host, where)
    directories = [where + DIRECTORY.rpartition("/")[0], where + DIRECTORY]
    if there == wanted:
        return Changes([], [], [])
    if not wanted:
        return Changes([FileChange(path, (there or "") + "\n", None)], [], directories)
    old = [name for name, image in images.items() if not _reads_addons(image)]
    if old:
        raise _cannot("{0} is started by a systemd-stub older than {1}".format(old[0], SINCE))
    if (host.read(SECURE_BOOT) or "")[4:] == "\1":  # behind the attributes
        raise _cannot("Secure Boot is on, and refuses an add-on that nobody has signed")
    if not host.which("ukify"):
        raise _cannot("ukify, which builds add-ons, is not installed", "Install it (the package systemd-ukify)")
    if not host.glob(STUBS):
        remedy = "Install it (the package systemd-boot-efi, or systemd-boot-unsigned)"
        raise _cannot("what ukify builds add-ons from is not installed, {0}".format(STUBS), remedy)
    unfinished = host.path(where + UNFINISHED)
    return Changes(
        [],
        [
            ["ukify", "build", "--cmdline=" + wanted, "--output=" + unfinished],
            ["mv", "-f", unfinished, host.path(path)],
            ["sync", "-f", host.path(path)],  # vfat has no journal
        ],
        directories,
    )


def _reads_addons(image: uki.Image) -> bool:
    return image.stub is not None and image.stub >= SINCE


def _cannot(why: str, remedy: str = BUILD_AGAIN) -> BootLoaderError:
    return BootLoaderError(
        "crashkernel= cannot be given to the unified kernel images by an add-on: {0}. {1}, and run again.".format(
            why, remedy
        )
    )
