# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options with which kdumpctl's capture kernel mounts an export, and the line of /etc/fstab that gives it some.

kdump.conf(5) has no directive for them: mkdumprd (kdump-utils 1.0.61) takes those with which the export is mounted when
it builds the capture initrd, else those of its line in fstab(5), else none. Without soft, nfs(5) is hard.
"""

import re
from typing import Dict, List, Optional

from ..host import managed_block, mounts
from ..host.errors import KdumpError
from ..host.machine import Host
from ..host.mounts import Mount
from ..host.printable import is_printable
from ..tools.policy import Policy
from ..tools.records import ExportLine

DIRECTIVE = "nfs"
# mkdumprd mounts it here for a look and, where it does not like what it sees, leaves it mounted: nothing of this
# collection deletes anything below.
DIRECTORY = "/var/lib/kdump-fleet-export"


def wanted(host: Host, policy: Policy, settings: Dict[str, str]) -> Optional[ExportLine]:
    """The rollout's line for the export of these directives; None where it has no say in it."""
    text = host.read(mounts.TABLE) or ""
    block = managed_block.inside(text).strip("\n")
    export = settings.get(DIRECTIVE, "")
    written = block if any(mount.fstype == "nfs" for mount in mounts.parse(block)) else ""
    if policy.mount_point is not None:
        return None
    if not export:
        return ExportLine(DIRECTORY, "", written) if written and policy.target is not None else None
    if policy.nfs_options is None:
        return None
    theirs = mounts.parse(managed_block.outside(text)) + _mounted_by_others(host)
    if not policy.nfs_options or mounts.mounts_of(host, export, theirs):
        return ExportLine(DIRECTORY, "", written)
    return ExportLine(DIRECTORY, _line(export, policy.nfs_options), block)


def _mounted_by_others(host: Host) -> List[Mount]:
    return [mount for mount in mounts.mounted(host) if mount.directory != DIRECTORY]


def _line(export: str, options: str) -> str:
    """With noauto: mkdumprd refuses an export that is not mounted else.

    It looks for that word behind a comma, and takes it out together with the comma that follows.
    """
    if not is_printable(options) or re.search(r"\s", options):
        raise KdumpError(
            "{0} cannot be mounted with the options '{1}': write them as mount(8) takes them, with commas and without "
            "blanks, for instance soft,timeo=100.".format(export, options)
        )
    words = [word for word in options.split(",") if word not in ("", "rw", "noauto")]
    fields = [export, DIRECTORY, "nfs", ",".join(["rw", "noauto"] + (words or ["defaults"])), "0", "0"]
    return " ".join(mounts.field(field) for field in fields)


def hard(host: Host, settings: Dict[str, str]) -> Optional[str]:
    """How the capture kernel mounts the export of these directives, where it would wait for its server forever."""
    export = settings.get(DIRECTIVE)
    if not export:
        return None
    options, origin = ["defaults"], "it has no line in " + mounts.TABLE
    for table, what in ((mounts.configured(host), "its line in " + mounts.TABLE), (mounts.mounted(host), "its mount")):
        found = mounts.mounts_of(host, export, table)
        if found:  # mkdumprd asks for the first one alone
            options, origin = found[0].options or options, "by {0} at {1}".format(what, found[0].directory)
    kinds = [word for word in options if word in ("hard", "soft", "softerr")]
    if kinds and kinds[-1] != "hard":
        return None
    return "{0} with the options {1}, {2}".format(export, ",".join(options), origin)
