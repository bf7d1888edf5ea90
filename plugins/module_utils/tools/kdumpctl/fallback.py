# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of a dump that does not reach its target on hosts with kdumpctl: C(failure_action dump_to_rootfs).

Source: kdump.sh, which saves dumps inside the capture kernel (kdump-utils 1.0.42 to 1.0.61; kexec-tools of EL 8 and 9).
"""

import posixpath
import re
from typing import Dict, List, Optional

from ...host import mounts
from ...host.machine import Host
from ..records import Fallback
from .target import PATH, STREAMS, named

ACTION = "dump_to_rootfs"
SCRIPTS = "/usr/lib/dracut/modules.d/*kdumpbase/kdump.sh"
# makedumpfile with -F for a stream alone: collect-dump.sh of role kdump.
COLLECTOR = "/usr/local/sbin/kdump-fleet-collector"
_FLATTENED = re.compile(r"^[^#\n]*-F\b", re.MULTILINE)


def wanted(settings: Dict[str, str]) -> bool:
    """Whether these directives have a dump saved on the root file system when it does not reach its target."""
    return ACTION in (settings.get("failure_action"), settings.get("default"))


def broken_script(host: Host) -> Optional[str]:
    """The script of the host whose fallback from a stream makedumpfile refuses; None where there is none.

    From 1.0.60 on, kdump.sh adds -F for a stream when it reads kdump.conf, and no longer takes it off for a file.
    """
    return next((name for name in host.glob(SCRIPTS) if _keeps_flattening(host.read(name) or "")), None)


def _keeps_flattening(script: str) -> bool:
    before, _name, after = script.partition("get_kdump_confs()")
    adding, _end, behind = after.partition("\n}\n")
    return bool(_FLATTENED.search(adding)) and not _FLATTENED.search(before + behind)


def wrapped(collector: str) -> str:
    """A core collector that runs makedumpfile, with which a fallback is saved whatever kdump.sh does about -F."""
    return " ".join([COLLECTOR] + [word for word in collector.split()[1:] if word != "-F"])


def plain(collector: str, stream: bool) -> str:
    """The same without the wrapper, for a target that receives a stream or for one with files."""
    words = collector.split()
    return " ".join(["makedumpfile"] + ["-F"] * stream + words[1:]) if words[:1] == [COLLECTOR] else collector


def without_wrapper(settings: Dict[str, str]) -> Dict[str, str]:
    """The directives as makedumpfile has to accept them."""
    stream = named(settings)[0] in STREAMS
    return {name: plain(value, stream) if name == "core_collector" else value for name, value in settings.items()}


def files(settings: Dict[str, str]) -> List[str]:
    """The wrapper, where these directives name it."""
    return [COLLECTOR] if settings.get("core_collector", "").split()[:1] == [COLLECTOR] else []


def of(host: Host, settings: Dict[str, str]) -> Optional[Fallback]:
    """What these directives have done with a dump that does not reach its target."""
    if not wanted(settings):
        return None
    directory = posixpath.normpath("/" + (settings.get("path") or PATH).lstrip("/"))
    over = mounts.lowest(directory, mounts.mounted(host))
    return Fallback(
        directory,
        "/",
        hidden="{0.source} is mounted at {0.directory}".format(over) if over and over.directory != "/" else None,
        broken=broken_script(host) if _runs_makedumpfile(settings) and named(settings)[0] in STREAMS else None,
    )


def _runs_makedumpfile(settings: Dict[str, str]) -> bool:
    return "makedumpfile" in settings.get("core_collector", "makedumpfile")
