# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The proof record: which kernel, capture kernel, capture initrd and configuration a crash has proven.

The role crash_test writes the record; a change of anything it was made for makes it expire.
"""

import hashlib
import json
import os
from typing import Any, Dict, List, Optional

from ansible_collections.kdump.fleet.plugins.module_utils.host import Host
from ansible_collections.kdump.fleet.plugins.module_utils.setup import Setup

DIRECTORY = "/var/lib/kdump-fleet"
RECORD = DIRECTORY + "/proof.json"
MEASURED = DIRECTORY + "/capture-memory"
CHUNK = 1 << 20
FILES = ("capture_kernel", "capture_initrd", "configuration")


def read(host: Host) -> Optional[Dict[str, Any]]:
    """The record of the last proof, or None when there is none or it cannot be read as JSON."""
    try:
        record = json.loads(host.read(RECORD) or "null")
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


def measured(host: Host) -> Optional[Dict[str, int]]:
    """The memory of the last measured capture in bytes: C(total_bytes) and C(least_available_bytes), or None.

    The file holds the lines that the measuring unit writes inside the capture kernel, in kB as /proc/meminfo has them.
    """
    values = {}
    for line in (host.read(MEASURED) or "").split("\n"):
        name, _blank, number = line.partition(" ")
        if number.strip().isdigit():
            values[name] = int(number) * 1024
    if not {"total", "least_available"} <= set(values):
        return None
    return {"total_bytes": values["total"], "least_available_bytes": values["least_available"]}


def _checksum(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        for chunk in iter(lambda: stream.read(CHUNK), b""):
            digest.update(chunk)
    return digest.hexdigest()


def _identity(host: Host, name: Optional[str], known: Dict[str, Any]) -> Optional[Dict[str, Any]]:
    """A file's checksum; it is taken from the record while path, size and time are as recorded."""
    if name is None:
        return None
    try:
        status = os.stat(host.path(name))
    except OSError:
        return None
    identity: Dict[str, Any] = {"path": name, "size": status.st_size, "mtime_ns": status.st_mtime_ns}
    if isinstance(known, dict) and all(known.get(key) == value for key, value in identity.items()):
        return dict(identity, sha256=known.get("sha256"))
    return dict(identity, sha256=_checksum(host.path(name)))


def fingerprint(host: Host, setup: Setup, kernel: str, record: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
    """What a proof made now would be valid for."""
    known = (record or {}).get("fingerprint") or {}
    names = {
        "capture_kernel": setup.capture_kernel,
        "capture_initrd": setup.capture_initrd,
        "configuration": setup.configuration,
    }
    result: Dict[str, Any] = {"kernel": kernel}
    for name in FILES:
        result[name] = _identity(host, names[name], known.get(name) or {})
    return result


def changed(record: Dict[str, Any], current: Dict[str, Any]) -> List[str]:
    """What is no longer as it was when the proof was made, in words for a message; empty while it holds."""
    proven = record.get("fingerprint") or {}
    differences = []
    if proven.get("kernel") != current["kernel"]:
        differences.append("kernel {0} (proven: {1})".format(current["kernel"], proven.get("kernel")))
    for name in FILES:
        before, now = proven.get(name) or {}, current[name] or {}
        if before.get("sha256") != now.get("sha256"):
            differences.append("{0} {1}".format(name.replace("_", " "), now.get("path") or "is gone"))
    return differences
