# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a capture initrd holds what its target needs. kdumpctl reports success without them, and no dump arrives.

Source: lsinitrd(1) of dracut for the listing; the dracut module of kdump-utils 1.0.61 for what belongs in.
"""

import posixpath
import re
from typing import Iterator, List, Sequence, Set

from ansible_collections.kdump.fleet.plugins.module_utils.host import Host
from ansible_collections.kdump.fleet.plugins.module_utils.setup import Target

LIST_LIMIT = 300.0  # seconds: an emulated machine unpacks slowly
# A line of 'ls -l' as cpio and lsinitrd print it: mode, links, owner, group, size, date, and the name.
_LINE = re.compile(r"[-dlcbps][-rwxsStT]{9}\+?\s+\d+\s+\S+\s+\S+\s+\S+(?:\s*\d+)?\s+\w{3}\s+\d+\s+[\d:]+\s+(.+)\Z")
KNOWN_HOSTS = ("root/.ssh/known_hosts", "etc/ssh/ssh_known_hosts")
NETWORK = ("NetworkManager", "nm-initrd-generator", "systemd-networkd", "wicked", "dhclient")


def names(listing: str) -> Set[str]:
    """The paths in the output of lsinitrd, without the slash in front; links without what they point to."""
    found = set()
    for line in listing.split("\n"):
        match = _LINE.match(line.strip())
        if match:
            found.add(match.group(1).partition(" -> ")[0].lstrip("/"))
    return found


def listed(host: Host, initrd: str) -> Set[str]:
    """The paths in an initrd of the host."""
    return names(host.run(["lsinitrd", initrd], timeout=LIST_LIMIT).stdout)


def lacking(held: Set[str], target: Target, collector: str, sshkey: str) -> List[str]:
    """What I(target) and the core collector need and the initrd does not hold, in words for a message."""
    return list(_lacking(held, target, collector.split()[:1], sshkey))


def _lacking(held: Set[str], target: Target, collector: Sequence[str], sshkey: str) -> Iterator[str]:
    programs = {posixpath.basename(name) for name in held if "/bin/" in "/" + name or "sbin/" in name}
    everything = {posixpath.basename(name) for name in held}
    for program in collector:
        if posixpath.basename(program) not in programs:
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
