# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The proof record: a crash that was captured, and what it was captured with (fingerprint.py).

The role crash_test writes the record; a change of anything that it was made for makes it expire.
"""

import json
from typing import Any, Dict, Optional

from ..host.errors import KdumpError
from ..host.machine import Host

RECORD = "/var/lib/kdump-fleet/proof.json"
FORMAT = 2  # of the record; the filter proof_record writes it

# The parts of the fingerprint that are dictionaries of their own.
REGIONS = ("main_bytes", "low_bytes", "cma_bytes", "fadump_bytes")
WHERE = ("kind", "location", "path", "sshkey")

# What a record has to hold, as far as anybody relies on it. In a tuple: or null.
_FILE = ({"size": int, "mtime_ns": int, "sha256": str},)
_SHAPE = {
    "format": int,
    "host": str,
    "time": str,
    "trigger": str,
    "seconds": int,
    "dump": {"path": str, "size_bytes": int, "panic": (str,)},
    "capture": ({"total_bytes": int, "least_available_bytes": int, "reserved_bytes": int},),
    "rebuilt_at_boot": (bool,),
}
_FINGERPRINT = {
    "kernel": str,
    "ram_bytes": int,
    "reservation": dict.fromkeys(REGIONS, (int,)),
    "capture_kernel": (str,),
    "capture_initrd": (str,),
    "capture_arguments": str,
    "target": dict.fromkeys(WHERE, str),
    "mount_lines": (str,),
    "host_keys": (str,),
    "files": dict,
}


class ProofError(KdumpError):
    """A proof record that is there and cannot be used."""


def read(host: Host) -> Optional[Dict[str, Any]]:
    """The record of the last proof, or None when there is none; ProofError when it cannot be used.

    The record of an older version is one as well: fingerprint.py says why it is worth nothing any more.
    """
    try:
        text = host.read_if_allowed(RECORD)  # kept to root, like the dumps
        record = json.loads(text or "null")
    except OSError as error:
        raise _unusable(error.strerror or str(error)) from error
    except (ValueError, RecursionError):
        raise _unusable("it is not JSON") from None
    if text is None:
        return None
    wrong = _misfit(record, _SHAPE, "record")
    if not wrong and record["format"] == FORMAT:
        wrong = _misfit(record.get("fingerprint"), _FINGERPRINT, "record.fingerprint") or _misfit_of_files(record)
    if wrong:
        raise _unusable(wrong + " is missing or of the wrong type")
    if record["format"] > FORMAT:
        raise _unusable("its format is {0}, and this version reads up to {1}".format(record["format"], FORMAT))
    return {str(name): value for name, value in record.items()}


def _unusable(why: str) -> ProofError:
    return ProofError(
        "{0} is not a proof record: {1}. Run the crash test again, which writes a new one.".format(RECORD, why)
    )


def _misfit(value: Any, shape: Any, where: str) -> Optional[str]:
    """The first place in I(value) that does not have its I(shape), or None."""
    if isinstance(shape, tuple):
        return None if value is None else _misfit(value, shape[0], where)
    if not isinstance(shape, dict):
        return None if isinstance(value, shape) and not (shape is int and isinstance(value, bool)) else where
    if not isinstance(value, dict):
        return where
    misfits = (_misfit(value.get(key), part, "{0}.{1}".format(where, key)) for key, part in shape.items())
    return next((misfit for misfit in misfits if misfit), None)


def _misfit_of_files(record: Dict[str, Any]) -> Optional[str]:
    files = record["fingerprint"]["files"]
    shape = dict.fromkeys(files, _FILE)
    return _misfit(files, shape, "record.fingerprint.files")
