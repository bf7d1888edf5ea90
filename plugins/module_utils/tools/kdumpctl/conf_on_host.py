# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a kdump.conf names must be there on the host, or kdumpctl unloads the capture kernel and then gives up.

conf.py judges the text alone. Source: the checks of kdumpctl and mkdumprd (kdump-utils 1.0.61).
"""

import os
import re
from typing import Iterator, List, Optional, Sequence

from ...host import mounts
from ...host.machine import CommandError, Host
from ..records import Refusal
from . import conf

CHECK_LIMIT = 30.0  # seconds
_FAILED = re.compile(" failed with exit status [0-9]+: ")  # as Host.run() says it, in front of the program's own text


def refusals(
    host: Host, directives: Sequence[conf.Directive], run_commands: bool, told: Sequence[str] = ()
) -> List[Refusal]:
    """Why this host would refuse the directives. With I(run_commands) makedumpfile is asked about its options.

    File systems that are named in I(told) are left out: somebody else judges them.
    """
    found: List[Refusal] = []
    for directive in directives:
        if directive.name in ("kdump_pre", "kdump_post", "kdump_emergency"):
            found += _script(host, directive)
        elif directive.name == "extra_bins":
            for program in directive.value.split():
                found += _script(host, directive._replace(value=program))
        elif directive.name == "core_collector":
            found += _collector(host, directive, run_commands)
        elif directive.name == "raw":
            if not host.exists(directive.value):
                found.append(_refusal(directive, "{0} does not exist".format(directive.value), "Name a device"))
        elif directive.name in conf.FILE_SYSTEMS and directive.value not in told:
            found += _file_system(host, directive)
    return found


def _refusal(directive: conf.Directive, message: str, remedy: str) -> Refusal:
    where = "line {0}: ".format(directive.line) if directive.line else ""
    return Refusal("{0}{1} {2}: {3}.".format(where, directive.name, directive.value, message), remedy + ".")


def _script(host: Host, directive: conf.Directive) -> Iterator[Refusal]:
    path = host.path(directive.value)
    if not os.path.exists(path):
        yield _refusal(directive, "{0} does not exist".format(directive.value), "Bring the file, or take the line out")
    elif not os.access(path, os.X_OK):
        yield _refusal(directive, "{0} is not executable".format(directive.value), "Run chmod +x on it")


def _collector(host: Host, directive: conf.Directive, run_commands: bool) -> Iterator[Refusal]:
    """kdumpctl loads a capture kernel without the collector and calls it a success: only a crash would show it."""
    words = directive.value.split()
    if not words:  # the look at the text reports it
        return
    program = words[0] if words[0].startswith("/") else host.which(words[0])
    if words[0] == "makedumpfile" and program is None:  # the rollout installs it, and looks again
        return
    if program is None or not host.exists(program):
        yield _refusal(
            directive,
            "{0} is not installed, and no dump would be written".format(words[0]),
            "Install it, or use makedumpfile",
        )
    elif os.path.basename(words[0]) == "makedumpfile" and run_commands:
        said = _refused_by_makedumpfile(host, [program] + words[1:])
        if said:
            yield _refusal(directive, "makedumpfile refuses it: {0}".format(said), "See makedumpfile(8)")


def _refused_by_makedumpfile(host: Host, words: List[str]) -> Optional[str]:
    """What makedumpfile says about its options; a stream (-F) has no output file."""
    files = ["vmcore"] if "-F" in words else ["vmcore", "dumpfile"]
    try:
        host.run(words[:1] + ["--check-params"] + words[1:] + files, timeout=CHECK_LIMIT)
    except CommandError as error:
        return " ".join(_FAILED.split(str(error), 1)[-1].split())
    return None


def _file_system(host: Host, directive: conf.Directive) -> Iterator[Refusal]:
    name = directive.value
    if not mounts.device(host, name):
        yield _refusal(directive, "there is no such device", "Name a device, UUID= or LABEL= that blkid shows")
        return
    mounted = mounts.mount_of(host, name, mounts.mounted(host))
    configured = mounts.mount_of(host, name, mounts.configured(host))
    if mounted and mounted.fstype != directive.name:
        yield _refusal(
            directive,
            "the file system on it is {0}".format(mounted.fstype),
            "Write {0} {1}".format(mounted.fstype, name),
        )
    elif not mounted and not (configured and "noauto" in configured.options):
        yield _refusal(
            directive,
            "it is neither mounted, nor noauto in {0}".format(mounts.TABLE),
            "Mount it through {0}, or set kdump_mount_point".format(mounts.TABLE),
        )
    elif mounted and not configured:
        yield _refusal(
            directive,
            "it is mounted now, but {0} does not mount it at the next boot".format(mounts.TABLE),
            "Add it to {0}, or set kdump_mount_point".format(mounts.TABLE),
        )
