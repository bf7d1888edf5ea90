# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The proof record: which kernel, capture kernel, capture initrd and configuration a crash has proven.

The role crash_test writes the record; a change of anything it was made for makes it expire.
"""

import hashlib
import json
import os
import stat
from typing import Any, Dict, List, Optional

from ansible_collections.kdump.fleet.plugins.module_utils import meminfo
from ansible_collections.kdump.fleet.plugins.module_utils.errors import KdumpError
from ansible_collections.kdump.fleet.plugins.module_utils.host import Host
from ansible_collections.kdump.fleet.plugins.module_utils.setup import Setup

DIRECTORY = "/var/lib/kdump-fleet"
RECORD = DIRECTORY + "/proof.json"
MEASURED = DIRECTORY + "/capture-memory"
CHUNK = 1 << 20
FILES = ("capture_kernel", "capture_initrd", "configuration")
FORMAT = 1  # of the record; the filter proof_record writes it

# What a record has to hold, as far as anybody relies on it. In a tuple: or null.
_FILE = ({"path": str, "size": int, "mtime_ns": int, "sha256": str},)
_SHAPE = {
    "format": int,
    "host": str,
    "time": str,
    "trigger": str,
    "seconds": int,
    "dump": {"path": str, "size_bytes": int, "panic": (str,)},
    "capture": ({"total_bytes": int, "least_available_bytes": int, "reserved_bytes": int},),
    "fingerprint": dict(dict.fromkeys(FILES, _FILE), kernel=str),
}


class ProofError(KdumpError):
    """A proof record that is there and cannot be used."""


def read(host: Host) -> Optional[Dict[str, Any]]:
    """The record of the last proof, or None when there is none; ProofError when it cannot be used."""
    try:
        text = _read(host, RECORD)
        record = json.loads(text or "null")
    except OSError as error:
        raise _unusable(os.strerror(error.errno or 0)) from error
    except (ValueError, RecursionError):
        raise _unusable("it is not JSON") from None
    if text is None:
        return None
    wrong = _misfit(record, _SHAPE, "record")
    if wrong:
        raise _unusable(wrong + " is missing or of the wrong type")
    if record["format"] != FORMAT:
        raise _unusable("its format is {0}, and this version reads format {1}".format(record["format"], FORMAT))
    return {str(name): value for name, value in record.items()}


def _read(host: Host, name: str) -> Optional[str]:
    try:
        return host.read(name)
    except PermissionError:  # kept to root, like the dumps
        return None


def _unusable(why: str) -> ProofError:
    return ProofError(
        "{0} is no proof record: {1}. Run the crash test again, which writes it anew.".format(RECORD, why)
    )


def _misfit(value: Any, shape: Any, where: str) -> Optional[str]:
    """The first place in I(value) that does not have its I(shape), or None."""
    if isinstance(shape, tuple):
        return None if value is None else _misfit(value, shape[0], where)
    if not isinstance(shape, dict):
        return None if isinstance(value, shape) else where
    if not isinstance(value, dict):
        return where
    misfits = (_misfit(value.get(key), part, "{0}.{1}".format(where, key)) for key, part in shape.items())
    return next((misfit for misfit in misfits if misfit), None)


def measured(host: Host) -> Optional[Dict[str, int]]:
    """The memory of the last measured capture in bytes: C(total_bytes) and C(least_available_bytes), or None.

    The file holds the lines that the measuring unit writes inside the capture kernel, in kB as /proc/meminfo has them.
    """
    values = meminfo.parse(_read(host, MEASURED) or "")
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
    if not stat.S_ISREG(status.st_mode):
        return None
    identity: Dict[str, Any] = {"path": name, "size": status.st_size, "mtime_ns": status.st_mtime_ns}
    if known.get("sha256") and all(known.get(key) == value for key, value in identity.items()):
        return dict(identity, sha256=known["sha256"])
    return dict(identity, sha256=_checksum(host.path(name)))


def fingerprint(host: Host, setup: Setup, kernel: str, record: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
    """What a proof made now would be valid for."""
    known = _part(record or {}, "fingerprint")
    names = {
        "capture_kernel": setup.capture_kernel,
        "capture_initrd": setup.capture_initrd,
        "configuration": setup.configuration,
    }
    result: Dict[str, Any] = {"kernel": kernel}
    for name in FILES:
        result[name] = _identity(host, names[name], _part(known, name))
    return result


def _part(whole: Dict[str, Any], name: str) -> Dict[str, Any]:
    """A dictionary inside a dictionary; an empty one in the place of anything else."""
    part = whole.get(name)
    return part if isinstance(part, dict) else {}


def changed(record: Dict[str, Any], current: Dict[str, Any]) -> List[str]:
    """What is no longer as it was when the proof was made, in words for a message; empty while it holds."""
    proven = _part(record, "fingerprint")
    differences = []
    if proven.get("kernel") != current["kernel"]:
        differences.append("kernel {0} (proven: {1})".format(current["kernel"], proven.get("kernel")))
    for name in FILES:
        before, now = _part(proven, name), _part(current, name)
        if before.get("sha256") != now.get("sha256"):
            differences.append("{0} {1}".format(name.replace("_", " "), now.get("path") or "is gone"))
    return differences
