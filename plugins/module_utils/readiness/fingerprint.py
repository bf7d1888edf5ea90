# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a proof is valid for: everything on the host that a capture depends on.

Files that are read anyway, or asked for size and time alone: a converged host costs no command. Nothing here depends on
the policy, so that an audit compares the same things as the crash test recorded.
"""

import hashlib
import hmac
import os
import stat
from base64 import b64decode
from typing import Any, Dict, List, Optional

from ..crash_memory.reserved import CrashMemory
from ..crash_memory.sizes import mebibytes
from ..host import mounts
from ..host.machine import Host
from ..host.printable import printable
from ..tools.records import Setup, Target
from .proof import FORMAT, REGIONS, WHERE

CHUNK = 1 << 20
KNOWN_HOSTS = "/root/.ssh/known_hosts"
# A kernel rounds RAM up to so much before it looks for the range of crashkernel=, and firmware takes some KiB more or
# less at each boot.
RAM_STEP = 128 << 20


def take(host: Host, setup: Setup, memory: CrashMemory, record: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
    """What a proof made now would be valid for.

    The checksum of a file is taken from I(record) while its path, size and time are as recorded.
    """
    known = part(part(record or {}, "fingerprint"), "files")
    names = [setup.capture_kernel, setup.capture_initrd] + [file.path for file in setup.files]
    names += setup.capture_files + [setup.target.sshkey]
    found = {
        "kernel": memory.kernel,
        "ram_bytes": memory.physical_ram_bytes,
        "reservation": {name: getattr(memory, name) for name in REGIONS},
        "capture_kernel": setup.capture_kernel,
        "capture_initrd": setup.capture_initrd,
        "capture_arguments": setup.capture_arguments,
        "configuration": [file.path for file in setup.files],
        "target": {name: getattr(setup.target, name) for name in WHERE},
        "mount_lines": _summary(_mount_lines(host, setup.target)),
        "host_keys": _summary(_host_keys(host, setup.target)),
        "files": {name: _identity(host, name, part(known, name)) for name in names if name},
    }
    return dict(printable(found))  # as the record has it


def changed(record: Dict[str, Any], current: Dict[str, Any]) -> List[str]:
    """What is no longer as it was when the proof was made, in words for a message; empty while it holds."""
    if record["format"] < FORMAT:
        message = (
            "its record has format {0}, which does not name everything that a capture depends on (format {1} does)"
        )
        return [message.format(record["format"], FORMAT)]
    proven = part(record, "fingerprint")
    found = []
    if proven.get("kernel") != current["kernel"]:
        found.append("kernel {0} (proven: {1})".format(current["kernel"], proven.get("kernel")))
    kernel, initrd = current["capture_kernel"], current["capture_initrd"]
    found += _changed_file("capture kernel", kernel, proven.get("capture_kernel"), proven, current)
    # One that the host builds at each boot differs after each, and a proof that ends there would never hold.
    if not (record.get("rebuilt_at_boot") and part(current["files"], initrd or "")):
        found += _changed_file("capture initrd", initrd, proven.get("capture_initrd"), proven, current)
    loaded = (kernel, initrd, proven.get("capture_kernel"), proven.get("capture_initrd"))
    named = set(part(proven, "files")) | set(current["files"])
    for path in sorted(named.difference(loaded)):
        found += _changed_file(_kind(path, current), path, path, proven, current)
    before, now = part(proven, "reservation"), current["reservation"]
    if before != now:
        found.append("reserved memory {0} (proven: {1})".format(_regions(now), _regions(before)))
    if abs(_bytes(proven.get("ram_bytes")) - current["ram_bytes"]) >= RAM_STEP:
        found.append(
            "memory of the host {0} (proven: {1})".format(
                mebibytes(current["ram_bytes"]), mebibytes(_bytes(proven.get("ram_bytes")))
            )
        )
    if proven.get("capture_arguments") != current["capture_arguments"]:
        found.append(
            "capture arguments '{0}' (proven: '{1}')".format(
                current["capture_arguments"], proven.get("capture_arguments")
            )
        )
    if proven.get("target") != current["target"]:
        found.append("target {0} (proven: {1})".format(_place(current["target"]), _place(part(proven, "target"))))
    if proven.get("mount_lines") != current["mount_lines"]:
        found.append("lines of {0} for the target".format(mounts.TABLE))
    if proven.get("host_keys") != current["host_keys"]:
        found.append("host keys of the target in {0}".format(KNOWN_HOSTS))
    return found


def measures(record: Dict[str, Any], current: Dict[str, Any]) -> bool:
    """Whether what a capture used then is what one would use now: how much is reserved does not matter for that."""
    return not changed(record, dict(current, reservation=part(part(record, "fingerprint"), "reservation")))


def part(whole: Dict[str, Any], name: str) -> Dict[str, Any]:
    """A dictionary inside a dictionary; an empty one in the place of anything else."""
    found = whole.get(name)
    return found if isinstance(found, dict) else {}


def _changed_file(
    what: str, now: Optional[str], then: Optional[str], proven: Dict[str, Any], current: Dict[str, Any]
) -> List[str]:
    """The file I(now) in place of the file I(then): the same content under another name is not a change."""
    before = part(part(proven, "files"), then or "").get("sha256")
    after = part(current["files"], now or "").get("sha256")
    return [] if before == after else ["{0} {1}".format(what, now if after else "{0} is gone".format(then))]


def _kind(path: str, current: Dict[str, Any]) -> str:
    if path in current["configuration"]:
        return "configuration"
    return "ssh key" if path == current["target"]["sshkey"] else "file"


def _regions(regions: Dict[str, Any]) -> str:
    named = [(name.partition("_")[0], _bytes(regions.get(name))) for name in REGIONS]
    return ", ".join("{0} {1}".format(name, mebibytes(size)) for name, size in named if size) or "none"


def _bytes(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _place(target: Dict[str, Any]) -> str:
    return " ".join(str(target[name]) for name in ("kind", "location", "path") if target.get(name)) or "none"


# ---- files


def _checksum(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        for chunk in iter(lambda: stream.read(CHUNK), b""):
            digest.update(chunk)
    return digest.hexdigest()


def _identity(host: Host, name: str, known: Dict[str, Any]) -> Optional[Dict[str, Any]]:
    """A file's size, time and checksum; None where there is no such file."""
    try:
        status = os.stat(host.path(name))
        if not stat.S_ISREG(status.st_mode):
            return None
        identity: Dict[str, Any] = {"size": status.st_size, "mtime_ns": status.st_mtime_ns}
        if known.get("sha256") and all(known.get(key) == value for key, value in identity.items()):
            return dict(identity, sha256=known["sha256"])
        return dict(identity, sha256=_checksum(host.path(name)))
    except (OSError, ValueError):  # gone meanwhile, or a name that no file can have
        return None


# ---- what other files say of the target


def _summary(lines: List[str]) -> Optional[str]:
    """A checksum: lines of the table of mounts may hold passwords. None where there are no lines."""
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest() if lines else None


def _mount_lines(host: Host, target: Target) -> List[str]:
    """What /etc/fstab says of the file system or export that receives dumps."""
    table = mounts.configured(host)
    if target.location:
        found = mounts.mounts_of(host, target.location, table)
    else:
        lowest = mounts.lowest(target.path, table)
        found = [lowest] if lowest else []
    return [" ".join([one.source, one.directory, one.fstype, ",".join(one.options)]) for one in found]


def _host_keys(host: Host, target: Target) -> List[str]:
    """The keys by which the target's ssh server is known, in no order."""
    if target.kind != "ssh":
        return []
    server = target.location.rpartition("@")[2].lower()
    try:
        lines = [line.split() for line in (host.read(KNOWN_HOSTS) or "").split("\n")]
    except OSError:
        return []
    # In front of the names there may be a marker, as @cert-authority.
    marked = [(words[0] if words[0].startswith("@") else "", words) for words in lines if words]
    parts = [(marker, words[1:] if marker else words) for marker, words in marked]
    return sorted({" ".join([marker] + words[1:3]) for marker, words in parts if words and _names(words[0], server)})


def _names(names: str, server: str) -> bool:
    """Whether the first field of a line of known_hosts(5), in words or hashed, names I(server)."""
    if not names.startswith("|"):
        return server in names.lower().split(",")
    parts = names.split("|")
    if len(parts) != 4 or parts[1] != "1":
        return False
    try:
        digest = hmac.new(b64decode(parts[2]), server.encode("utf-8", "surrogateescape"), "sha1").digest()
        return digest == b64decode(parts[3])
    except ValueError:  # no base64
        return False
