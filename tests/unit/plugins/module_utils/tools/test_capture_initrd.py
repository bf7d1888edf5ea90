# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of capture_initrd.py."""

from typing import List, Optional, Set

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import CommandError, CommandResult
from ansible_collections.kdump.fleet.plugins.module_utils.tools.capture_initrd import contents, lacking, listed, names
from ansible_collections.kdump.fleet.plugins.module_utils.tools.records import Target
from tests.unit.plugins.module_utils.host_tree import HostTree

LOCAL = Target("local", "", "/var/crash", "/var/crash")
SSH = Target("ssh", "kdump@server", "/var/crash")
NFS = Target("nfs", "server:/export", "/var/crash")
KEY = "/root/.ssh/kdump_id_rsa"
WHOLE = {"usr/bin/makedumpfile", "usr/bin/mount", "usr/bin/ssh", "root/.ssh/kdump_id_rsa", "usr/sbin/mount.nfs"}
WHOLE = WHOLE | {"usr/sbin/NetworkManager", "root/.ssh/known_hosts"}


def test_names_of_a_listing() -> None:
    text = (
        "Arguments: -f\ndracut modules:\nbase\n=====\n"
        "drwxr-xr-x  12 root     root            0 Nov 22 18:40 .\n"
        "crw-r--r--   1 root     root       5,   1 Nov 22 18:40 dev/console\n"
        "-rwxr-xr-x   1 root     root       444512 Nov 22  2026 usr/bin/a name\n"
        "lrwxrwxrwx   1 root     root            7 Nov 22 18:40 bin -> usr/bin\n"
    )
    assert names(text) == {".", "dev/console", "usr/bin/a name", "bin"}


# What lsinitrd of dracut 111 (059: the first image has the name squash-root.img) prints for initrds whose content was
# packed with mksquashfs 4.5.1 and mkfs.erofs 1.5.
OUTSIDE = """\
Image: /boot/initramfs-x.img: 25M
========================================================================
drwxr-xr-x   3 root     root            0 Nov 28 22:45 .
-rwxr-xr-x   1 root     root            3 Nov 28 22:45 init
-rw-r--r--   1 root     root       204800 Nov 28 22:45 {0}
drwxr-xr-x   2 root     root            0 Nov 28 22:45 usr/lib/dracut
========================================================================
"""
SQUASHFS = """\
Squashed content (squashfs-root.img):
========================================================================
crw-r--r-- root/root             1,  3 2026-11-28 22:41 squashfs-root/dev/null
lrwxrwxrwx root/root                12 2026-11-28 22:45 squashfs-root/root -> var/roothome
drwxrwxrwt root/root                 3 2026-11-28 22:41 squashfs-root/tmp
-rwsr-xr-x root/root            418200 2026-11-28 22:45 squashfs-root/usr/bin/makedumpfile
-rw------- root/root                 2 2026-11-28 22:41 squashfs-root/var/roothome/.ssh/kdump_id_rsa
-rw-r--r-- root/root                 2 2026-11-28 22:41 squashfs-root/var/roothome/.ssh/a key
========================================================================
"""
EROFS = """\
Squashed content (erofs-root.img):
========================================================================
  2467014      4 drwxr-xr-x   6 root     root         4096 Nov 28 22:45 erofs-root/
  2467020      0 lrwxrwxrwx   1 root     root           12 Nov 28 22:45 erofs-root/root -> var/roothome
  2467017      0 crw-r--r--   1 root     root       1,   3 Nov 28 22:41 erofs-root/dev/null
  2467024    412 -rwsr-xr-x   1 root     root       418200 Nov 28 22:45 erofs-root/usr/bin/makedumpfile
  2467021      4 drwxrwxrwt   2 root     root         4096 Nov 28 22:41 erofs-root/tmp
  2467032      4 -rw-------   1 root     root            2 Nov 28 22:41 erofs-root/var/roothome/.ssh/kdump_id_rsa
  2467033      4 -rw-r--r--   1 root     root            2 Nov 28 22:41 erofs-root/var/roothome/.ssh/a key
========================================================================
"""
INSIDE = {
    "dev/null",
    "root",
    "tmp",
    "usr/bin/makedumpfile",
    "var/roothome/.ssh/kdump_id_rsa",
    "var/roothome/.ssh/a key",
}


@pytest.mark.parametrize(
    ("image", "inside"),
    [("squash-root.img", SQUASHFS), ("squashfs-root.img", SQUASHFS), ("erofs-root.img", EROFS)],
)
def test_what_is_packed_into_an_image_is_in_the_initrd(image: str, inside: str) -> None:
    held = contents(names(OUTSIDE.format(image) + inside))
    assert held is not None
    assert held >= INSIDE | {"init", image}


@pytest.mark.parametrize("image", ["squash/root.img", "squash-root.img", "squashfs-root.img", "erofs-root.img"])
def test_an_image_that_cannot_be_unpacked_tells_nothing(image: str) -> None:
    """Without unsquashfs or fsck.erofs there is a heading and nothing below it; dracut 049 does not even try."""
    empty = "Squashed content ({0}):\n=====\n=====\n".format(image)
    assert contents(names(OUTSIDE.format(image) + empty)) is None


def asked(tree: HostTree, rc: int, stdout: str, stderr: str = "") -> Optional[Set[str]]:
    def run(argv: List[str], timeout: float) -> CommandResult:
        assert argv == ["lsinitrd", "/boot/initrd"]
        return CommandResult(argv, rc, stdout, stderr)

    tree.runner = run
    return listed(tree.host(), "/boot/initrd")


def test_the_status_of_lsinitrd_counts_what_is_no_error(tree: HostTree) -> None:
    """It is 127 without unsquashfs, and not 0 where an initrd has no arguments for the kernel."""
    assert asked(tree, 127, OUTSIDE.format("squashfs-root.img")) is None
    assert "usr/bin/makedumpfile" in (asked(tree, 1, OUTSIDE.format("squashfs-root.img") + SQUASHFS) or ())


@pytest.mark.parametrize(
    "listing",
    ["", "Early CPIO image\n-rw-r--r--   1 root  root  9 Nov 28 22:45 kernel/x86/microcode/GenuineIntel.bin\n"],
)
def test_a_listing_that_breaks_off_is_an_error(tree: HostTree, listing: str) -> None:
    with pytest.raises(CommandError) as caught:
        asked(tree, 1, listing, "Need 'zstd' to unpack the initramfs.\n")
    assert "'lsinitrd /boot/initrd' does not list /init" in str(caught.value)
    assert "(exit status 1): Need 'zstd' to unpack the initramfs. Run it by hand" in str(caught.value)


@pytest.mark.parametrize("target", [LOCAL, SSH, NFS])
def test_a_whole_initrd_lacks_nothing(tree: HostTree, target: Target) -> None:
    assert lacking(tree.host(), WHOLE, target, "makedumpfile -l -d 31", KEY) == []


def test_files_are_there_by_the_place_that_links_lead_to(tree: HostTree) -> None:
    """As on hosts with ostree, where /root and /usr/local are links."""
    tree.link("/root", "var/roothome")
    tree.link("/usr/local", "../var/usrlocal")
    tree.write("/var/usrlocal/libexec/collect", "")
    ssh = {"var/roothome/.ssh/kdump_id_rsa", "var/roothome/.ssh/known_hosts", "var/usrlocal/libexec/collect"}
    held = {name for name in WHOLE if not name.startswith("root/")} | ssh
    assert lacking(tree.host(), held, SSH, "/usr/local/libexec/collect -d 31", KEY) == []
    assert lacking(tree.host(), held - ssh, SSH, "/usr/local/libexec/collect -d 31", KEY) == [
        "the core collector /usr/local/libexec/collect",
        "the key " + KEY,
        "the server's host key, root/.ssh/known_hosts",
    ]


@pytest.mark.parametrize(
    ("target", "taken", "what"),
    [
        (LOCAL, {"usr/bin/makedumpfile"}, "the core collector makedumpfile"),
        (LOCAL, {"usr/bin/mount"}, "the program mount"),
        (SSH, {"usr/bin/ssh"}, "the program ssh"),
        (SSH, {"root/.ssh/kdump_id_rsa"}, "the key " + KEY),
        (SSH, {"root/.ssh/known_hosts"}, "the server's host key, root/.ssh/known_hosts"),
        (SSH, {"usr/sbin/NetworkManager"}, "a program that brings the network up"),
        (NFS, {"usr/sbin/mount.nfs"}, "the program mount.nfs"),
    ],
)
def test_each_thing_is_missed(tree: HostTree, target: Target, taken: Set[str], what: str) -> None:
    assert lacking(tree.host(), WHOLE - taken, target, "makedumpfile -l -d 31", KEY) == [what]
