# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter crash_dump: which dump is that of one host's crash, or why none is."""

from __future__ import annotations

import ipaddress
import re
from datetime import datetime
from typing import Any, NamedTuple

from ansible_collections.kdump.fleet.plugins.module_utils.host.printable import printable

DOCUMENTATION = r"""
name: crash_dump
short_description: Which dump is that of one host's crash, or why none is
version_added: 0.1.0
author: The kdump.fleet authors (@kdump-fleet)
description:
  - Hosts may share a directory for their dumps, and neighbours crash as well. A dump counts only when it is new, of
    this host and of this crash, complete, and says what was expected.
  - The line that the host wrote into its kernel log before its crash (O(mark)) settles whose dump it is, and of which
    crash. Without it, or without a log beside the dump, the host's name or address in the dump or its directory and the
    time of the crash decide; what these leave open is a reason against the dump.
positional: _input
options:
  _input:
    description: C(vmcores) of M(kdump.fleet.vmcore_info) from after the crash, asked for the mark.
    type: list
    elements: dict
    required: true
  before:
    description: The same from before the crash.
    type: list
    elements: dict
    required: true
  host:
    description: The host's inventory name.
    type: str
    required: true
  identity:
    description: C(identity) of M(kdump.fleet.kdump_info) from before the crash.
    type: dict
    required: true
  latest:
    description: The host's clock after the crash, in seconds since 1970.
    type: int
    required: true
  kernel:
    description: The release of the kernel that was crashed.
    type: str
    required: true
  panic:
    description: What the panic message has to contain.
    type: str
    required: true
  mark:
    description: Whether the host's line was seen in its kernel log before the crash.
    type: bool
    required: true
  place:
    description: Where the dumps are, a path with the server in front of it; empty for a directory on the host itself.
    type: str
    required: true
  top:
    description: The path that was searched.
    type: path
    required: true
  namesakes:
    description: Inventory names of other hosts with the same host name that may crash at the same time.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Judge the dump
  ansible.builtin.set_fact:
    judged: >-
      {{ after.vmcores | kdump.fleet.crash_dump(before=before.vmcores, host=inventory_hostname, identity=look.identity,
         latest=later.identity.time, kernel=look.crash_memory.kernel, panic='sysrq triggered crash', mark=true,
         place='', top='/var/crash') }}
"""

RETURN = r"""
_value:
  description:
    - C(dump), the dump, or null; C(evidence), what says that it is this one (V(mark), or V(identity) for name or
      address and time); C(reasons), one line for each new dump that it is not.
    - C(files), the files of that dump alone, and C(directory), the one that was made for it, or null.
  type: dict
  sample:
    dump: null
    evidence: null
    reasons: ["/srv/kdump/vmcore: it is of the host web2, and web1 calls itself web1"]
    files: []
    directory: null
"""

TOLERANCE = 300  # seconds by which a server's clock, or one that was set meanwhile, may differ
COMPANIONS = ("vmcore-dmesg.txt", "kexec-dmesg.log")  # what kdumpctl writes beside a dump
_STAMPED = re.compile(r"(?:(?P<host>.+)-)?(?:\d{4}-\d\d-\d\d-\d\d[:.-]\d\d(?:[:.-]\d\d)?|\d{12}(?:\d\d)?)$")


class Crash(NamedTuple):
    """What is known of the host and of its crash."""

    host: str
    identity: dict[str, Any]
    latest: int
    kernel: str
    panic: str
    mark: bool
    place: str
    namesakes: list[str]

    @property
    def names(self) -> set[str]:
        """What directories may call the host. Without its domain it could be another one."""
        return {self.host.lower(), str(self.identity["nodename"]).lower()}

    @property
    def has_own_place(self) -> bool:
        """Whether nobody else dumps there: on the host itself, or in a directory of its name on a server."""
        _server, _slash, path = self.place.partition("/")
        return not self.place or bool(self.names & set(re.split("[:/]+", path.lower())))


def crash_dump(
    after: list[dict[str, Any]],
    before: list[dict[str, Any]],
    host: str,
    identity: dict[str, Any],
    latest: int | str,
    kernel: str,
    panic: str,
    mark: bool,
    place: str,
    top: str,
    namesakes: list[str] | None = None,
) -> dict[str, Any]:
    """The dump of one crash, or the reasons why each new dump is not it."""
    crash = Crash(host, identity, int(latest), kernel, panic, bool(mark), place, list(namesakes or []))
    known = [_state(dump) for dump in before]
    judged = [(dump, _against(dump, crash)) for dump in after if _state(dump) not in known]
    fitting = [dump for dump, reason in judged if reason is None]
    marked = [dump for dump in fitting if _is_marked(dump, crash)]
    reasons = [f"{dump['path']}: {reason}" for dump, reason in judged if reason is not None]
    chosen = (marked or fitting)[-1:]
    if len(fitting) > 1 and not marked:
        reasons += [
            f"{dump['path']}: it fits as well as another one, and nothing distinguishes them" for dump in fitting
        ]
        chosen = []
    if not chosen:
        # Whoever has the dumps answers what he wants.
        return {"dump": None, "evidence": None, "reasons": printable(reasons), "files": [], "directory": None}
    dump = chosen[0]
    own = _own_directory(dump, after, top)
    return {
        "dump": dump,
        "evidence": "mark" if marked else "identity",
        "reasons": printable(reasons),
        "files": _files(dump, after, own),
        "directory": own,
    }


def _state(dump: dict[str, Any]) -> tuple[Any, ...]:
    """A file that was written over, or to its end, since the look before is another dump."""
    return dump["path"], dump["time"], dump["size_bytes"], dump["complete"]


def _is_marked(dump: dict[str, Any], crash: Crash) -> bool:
    return crash.mark and dump["marked"] is True


def _against(dump: dict[str, Any], crash: Crash) -> str | None:
    """Why a dump is not that of the crash, or proves nothing; None when nothing speaks against it."""
    if not _is_marked(dump, crash):
        reason = _of_another(dump, crash)
        if reason:
            return reason
    if not dump["complete"]:
        known = "it is not complete" if dump["complete"] is False else "whether it is complete cannot be determined"
        return f"{known}: {dump['incomplete_reason']}"
    if dump["kernel"] != crash.kernel:
        return f"its kernel is {dump['kernel']}, and {crash.kernel} was running"
    # Without a log to read (null) there is no message either; then the host and the time have been compared.
    if dump["marked"] is not None and crash.panic not in (dump["panic"] or ""):
        return f"its panic message is '{dump['panic'] or 'none'}', and '{crash.panic}' was expected"
    return None


def _of_another(dump: dict[str, Any], crash: Crash) -> str | None:
    """Why a dump without the mark is of another host or crash, or may be."""
    if crash.mark and dump["marked"] is False:
        return (
            f"its kernel log does not have the line that {crash.host} wrote into its own before the crash, so it is of "
            f"another crash{_told(dump)}"
        )
    return _of_another_host(dump, crash) or _of_another_time(dump, crash)


def _told(dump: dict[str, Any]) -> str:
    name = dump["nodename"] or dump["host"]
    return f" (host {name}, {dump['time']})" if name else f" ({dump['time']})"


def _of_another_host(dump: dict[str, Any], crash: Crash) -> str | None:
    nodename, named = dump["nodename"], dump["host"]
    address = _address(dump["directory"])
    own = crash.identity["addresses"]
    if address and address not in own:
        return f"its directory has the address {address}, and {crash.host} has {', '.join(own) or 'none'}"
    if nodename and nodename != crash.identity["nodename"]:
        return f"it is of the host {nodename}, and {crash.host} calls itself {crash.identity['nodename']}"
    if address or crash.has_own_place:
        return None
    if nodename:
        others = ", ".join(crash.namesakes)
        return f"it may be of {others} as well: that host has the same name {nodename}" if others else None
    if named and named.lower() not in crash.names:
        return f"it is of {named} by its name or directory, and the dump itself does not name its host"
    return None if named else f"nothing in it says whose it is, and {crash.place} is not for {crash.host} alone"


def _of_another_time(dump: dict[str, Any], crash: Crash) -> str | None:
    moment = datetime.fromisoformat(dump["time"].replace("Z", "+00:00")).timestamp()
    if crash.identity["time"] - TOLERANCE <= moment <= crash.latest + TOLERANCE:
        return None
    return f"its time is {dump['time']}, when {crash.host} was not crashing, and no line in a log says more"


def _address(directory: str) -> str | None:
    """The address in the name of a directory, as kdumpctl writes it, that of the loopback interface aside."""
    for part in directory.split("/"):
        matched = _STAMPED.match(part)
        try:
            found = ipaddress.ip_address((matched.group("host") or "").partition("%")[0]) if matched else None
        except ValueError:
            continue
        if found and not found.is_loopback:
            return str(found)
    return None


# ---- what may be deleted


def _own_directory(dump: dict[str, Any], all_dumps: list[dict[str, Any]], top: str) -> str | None:
    """The directory that was made for this dump alone, below the searched path; None for any other."""
    directory = dump["directory"].rstrip("/")
    shared = any(other["directory"].rstrip("/") == directory for other in all_dumps if other["path"] != dump["path"])
    below = directory.startswith(top.rstrip("/") + "/")
    return directory if below and not shared and _STAMPED.match(directory.rpartition("/")[2]) else None


def _files(dump: dict[str, Any], all_dumps: list[dict[str, Any]], own: str | None) -> list[str]:
    """The files of this dump and of no other."""
    others = {other["dmesg"] for other in all_dumps if other["path"] != dump["path"]}
    files = [dump["path"]] + [log for log in [dump["dmesg"]] if log and log not in others]
    return files + [path for path in (f"{own}/{name}" for name in COMPANIONS) if own and path not in files]


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """The filters by name."""
        return {"crash_dump": crash_dump}
