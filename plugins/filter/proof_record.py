# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter proof_record: the record that crash_test writes on a host after a proven crash."""

from __future__ import annotations

from typing import Any

DOCUMENTATION = r"""
name: proof_record
short_description: The record of a proven crash
version_added: 0.1.0
author: The kdump.fleet authors (@kdump-fleet)
description:
  - Puts together what a crash test found out, in the form that M(kdump.fleet.kdump_info) reads.
positional: _input
options:
  _input:
    description: The dump, as one element of C(vmcores) of M(kdump.fleet.vmcore_info).
    type: dict
    required: true
  before:
    description: The answer of M(kdump.fleet.kdump_info) from before the crash.
    type: dict
    required: true
  measured:
    description: C(capture_measured) of M(kdump.fleet.kdump_info) from after the crash, or nothing.
    type: dict
  host:
    description: The host's inventory name.
    type: str
    required: true
  trigger:
    description: What crashed the kernel.
    type: str
    required: true
  evidence:
    description: C(evidence) of P(kdump.fleet.crash_dump#filter), what says that the dump is of this crash.
    type: str
    default: mark
  after:
    description:
      - The answer of M(kdump.fleet.kdump_info) once the host is armed again after the crash. When its capture initrd is
        another one, the host builds it at each boot, and the record says so in C(rebuilt_at_boot).
    type: dict
  seconds:
    description: Seconds from the crash to the first answer of the new boot.
    type: int
    required: true
"""

EXAMPLES = r"""
- name: Put the record together
  ansible.builtin.set_fact:
    record: >-
      {{ dump | kdump.fleet.proof_record(before=before, measured=after.capture_measured,
         host=inventory_hostname, trigger='sysrq', seconds=148) }}
"""

RETURN = r"""
_value:
  description: The record, ready for C(to_nice_json).
  type: dict
  sample: {format: 2, host: web1, seconds: 148, trigger: sysrq}
"""

FORMAT = 2
DUMP_KEYS = ("path", "size_bytes", "disk_bytes", "format", "kernel", "panic", "signature")


def proof_record(
    dump: dict[str, Any],
    before: dict[str, Any],
    host: str,
    trigger: str,
    seconds: int | str,
    measured: dict[str, int] | None = None,
    evidence: str = "mark",
    after: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The proof record of one crash; what it was proven for is what stood before it."""
    capture = None
    if measured:
        # All that the capture kernel had: the regions below and above 4 GiB, and what it borrowed (CMA).
        reserved = int(before["crash_memory"]["reserved_bytes"]) + int(before["crash_memory"]["cma_bytes"])
        capture = {
            **measured,
            "reserved_bytes": reserved,
            "used_bytes": reserved - int(measured["least_available_bytes"]),
        }
    return {
        "format": FORMAT,
        "host": host,
        "time": dump["time"],
        "trigger": trigger,
        "seconds": int(seconds),
        "evidence": evidence,
        "dump": {key: dump[key] for key in DUMP_KEYS},
        "capture": capture,
        "rebuilt_at_boot": _is_rebuilt(before["fingerprint"], (after or {}).get("fingerprint")),
        "fingerprint": before["fingerprint"],
    }


def _is_rebuilt(before: dict[str, Any], after: dict[str, Any] | None) -> bool:
    """Whether the boot after the crash has made the capture initrd again: force_rebuild of kdump.conf, for one."""
    initrd = before["capture_initrd"]
    if not after or not initrd or after["capture_initrd"] != initrd:
        return False
    then, now = before["files"].get(initrd), after["files"].get(initrd)
    return bool(then and now and then["sha256"] != now["sha256"])


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """The filters by name."""
        return {"proof_record": proof_record}
