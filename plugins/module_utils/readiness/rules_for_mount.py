# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules about mounting what dumps go to; rules.py puts them among the others."""

from typing import Iterator, Optional

from ..host.mounts import TABLE
from ..tools.records import Setup
from .codes import BOTH, NEXT_BOOT, Finding
from .look import Facts


def mount_rules(facts: Facts) -> Iterator[Finding]:
    """Is the file system of the dumps there, now and when a capture kernel boots, and does it let go of that?"""
    yield from _export_rules(facts.setup)
    finding = _asked_for(facts.setup)
    if finding:
        yield finding
    elif facts.setup.doubt_at_boot:
        yield Finding("target-not-mounted-at-boot", facts.setup.doubt_at_boot + ".")


def _asked_for(setup: Setup) -> Optional[Finding]:
    """What keeps the file system that the policy wants mounted from being there: one cause."""
    mount = setup.mount
    if mount is None:
        return None
    # While dumps go elsewhere, a mount that is missing keeps none from being saved.
    used = setup.target.directory is not None and mount.holds(setup.target.directory)
    if mount.refusal:
        return Finding(
            "target-mount-refused",
            "{0} cannot be mounted at {1} for dumps: {2.message}. {2.remedy}.".format(
                mount.device, mount.directory, mount.refusal
            ),
            BOTH if used else (),
        )
    if not mount.mounted:
        return Finding(
            "target-not-mounted",
            "{0} is not mounted at {1}{2}.".format(
                mount.device, mount.directory, "" if mount.configured else ", and {0} has no line for it".format(TABLE)
            ),
            BOTH if used else (),
        )
    if not mount.configured:
        # A capture kernel with a unit of its own boots the root file system, and mounts what is in the table.
        lost = BOTH if setup.capture_unit else (NEXT_BOOT,)
        return Finding(
            "target-not-mounted",
            "{0} is mounted at {1} now, but {2} has no line for it.".format(mount.device, mount.directory, TABLE),
            lost if used else (),
        )
    return None if mount.line == mount.written else _differs(mount.written, mount.line)


def _export_rules(setup: Setup) -> Iterator[Finding]:
    export = setup.export
    if export and export.line != export.written:
        yield _differs(export.written, export.line)
        if export.line:  # which has other options
            return
    if setup.hard_mount:
        yield Finding(
            "target-mount-hard",
            "The capture kernel mounts {0}: a server that dies during a dump holds it forever, and the host does not "
            "come back.".format(setup.hard_mount),
        )


def _differs(written: str, line: str) -> Finding:
    return Finding("configuration-differs", "{0} has '{1}', the rollout writes '{2}'.".format(TABLE, written, line))
