# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a capture initrd holds what its target needs. kdumpctl reports success without them, and no dump arrives.

Source: lsinitrd(1) and the squash modules of dracut 049 to 111 for the listing; the dracut module and mkdumprd of
kdump-utils 1.0.61 for what belongs in.
"""

import os
import posixpath
import re
from typing import Iterator, List, Optional, Sequence, Set

from ..host.machine import CommandError, Host
from .records import Target

LIST_LIMIT = 300.0  # seconds: an emulated machine unpacks slowly
# A line of lsinitrd: as 'ls -l' (cpio), with inode and blocks in front ('find -ls', for erofs), or as 'unsquashfs -ll'.
_LINE = re.compile(
    r"(?:\d+\s+\d+\s+)?[-dlcbps][-rwxsStT]{9}\+?\s+"
    r"(?:\d+\s+\S+\s+\S+\s+(?:\d+,\s*)?\d+\s+\w{3}\s+\d+|[^\s/]+/\S+\s+(?:\d+,\s*)?\d+\s+\d+-\d+-\d+)"
    r"\s+[\d:]+\s+(.+)\Z"
)
# mkdumprd has nearly everything packed into one of these, and dracut then takes it out of the initrd itself.
IMAGES = {"squash/root.img", "squash-root.img", "squashfs-root.img", "erofs-root.img"}
_INSIDE = re.compile(r"(?:squashfs|erofs)-root/(.+)\Z")
INIT = "init"  # what the kernel starts: no listing of an initrd is without it
KNOWN_HOSTS = ("root/.ssh/known_hosts", "etc/ssh/ssh_known_hosts")
NETWORK = ("NetworkManager", "nm-initrd-generator", "systemd-networkd", "wicked", "dhclient")


def names(listing: str) -> Set[str]:
    """The paths in the output of lsinitrd, without the slash in front; links without what they point to.

    What is in a packed image has the prefix that lsinitrd gives it.
    """
    matches = (_LINE.match(line.strip()) for line in listing.split("\n"))
    return {posixpath.normpath(match.group(1).partition(" -> ")[0]).lstrip("/") for match in matches if match}


def contents(listed_names: Set[str]) -> Optional[Set[str]]:
    """What the capture kernel finds; None where an image is not listed, for lack of the program that unpacks it."""
    inside = {match.group(1) for match in map(_INSIDE.match, listed_names) if match}
    if listed_names & IMAGES and not inside:
        return None
    return listed_names | inside


def listed(host: Host, initrd: str) -> Optional[Set[str]]:
    """The paths in an initrd of the host; None where only a program that it lacks could list them."""
    # The status counts everything that was not found on the way, unsquashfs among it.
    answer = host.run(["lsinitrd", initrd], timeout=LIST_LIMIT, accept=range(256))
    found = names(answer.stdout)
    if INIT not in found:
        raise CommandError(
            "'{0}' does not list /init, which every initrd has (exit status {1}): {2}. "
            "Run it by hand, and build the capture initrd again where it is broken: kdumpctl rebuild.".format(
                " ".join(answer.argv), answer.rc, answer.stderr.strip()[-2000:].rstrip(".") or "no output"
            )
        )
    return contents(found)


def lacking(host: Host, held: Set[str], target: Target, collector: str, sshkey: str) -> List[str]:
    """What I(target) and the core collector need and the initrd does not hold, in words for a message.

    mkdumprd puts files in by the place that their links lead to (C(readlink -m)): with ostree /root is /var/roothome.
    """
    program = collector.split()[:1]
    files = program + [sshkey] + list(KNOWN_HOSTS)
    there = {name.lstrip("/") for name in files if _real(host, name) in held}
    return list(_lacking(held | there, target, program, sshkey))


def _real(host: Host, name: str) -> str:
    return os.path.relpath(os.path.realpath(host.path("/" + name.lstrip("/"))), os.path.realpath(host.path("/")))


def _lacking(held: Set[str], target: Target, collector: Sequence[str], sshkey: str) -> Iterator[str]:
    programs = {posixpath.basename(name) for name in held if "/bin/" in "/" + name or "sbin/" in name}
    everything = {posixpath.basename(name) for name in held}
    for program in collector:
        if program.lstrip("/") not in held and posixpath.basename(program) not in programs:
            yield "the core collector {0}".format(program)
    if target.kind in ("ssh", "nfs") and not any(name in everything for name in NETWORK):
        yield "a program that brings the network up"
    if target.kind == "ssh":
        if "ssh" not in programs:
            yield "the program ssh"
        if sshkey.lstrip("/") not in held:
            yield "the key {0}".format(sshkey)
        if not any(name in held for name in KNOWN_HOSTS):
            yield "the server's host key, {0}".format(KNOWN_HOSTS[0])
    if target.kind == "nfs" and not any(name.startswith("mount.nfs") for name in programs):
        yield "the program mount.nfs"
    if target.kind in ("local", "filesystem") and "mount" not in programs:
        yield "the program mount"
