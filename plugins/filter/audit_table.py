# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter audit_table: the answers of many hosts as one readable table."""

from __future__ import annotations

from typing import Any

from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory.sizes import mebibytes
from ansible_collections.kdump.fleet.plugins.module_utils.host.printable import printable

DOCUMENTATION = r"""
name: audit_table
short_description: The readiness of a fleet as lines of text
version_added: 0.1.0
author: The kdump.fleet authors (@kdump-fleet)
description:
  - One line a host with its readiness, the memory that is reserved, that the last capture used and that is recommended,
    target, proof and findings; two lines of totals; one line for each proof with its dump and panic message, and one
    for each finding with its remedy.
  - The RAM that a fleet gives up is what is reserved now. What could be given back is known of hosts whose last proof
    holds and was measured.
positional: _input
options:
  _input:
    description: Answers of M(kdump.fleet.kdump_info) by inventory name; an empty answer stands for an unreachable host.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the fleet
  ansible.builtin.debug:
    msg: "{{ {'web1': web1_audit, 'web2': {}} | kdump.fleet.audit_table }}"
"""

RETURN = r"""
_value:
  description: The lines of the table, header first, then totals, proofs and findings.
  type: list
  elements: str
  sample:
    - "HOST  READY  RESERVED  USED     RECOMMENDED  TARGET      PROOF       FINDINGS"
    - "web1  yes    192 MiB   123 MiB  160 MiB      /var/crash  2026-11-22  -"
    - "1 of 1 hosts would capture a crash, 1 proven"
    - "192 MiB of 1024 MiB RAM (18.8 %) given up for it; 32 MiB could be given back (1 host measured)"
"""

HEADER = ("HOST", "READY", "RESERVED", "USED", "RECOMMENDED", "TARGET", "PROOF", "FINDINGS")
MANY = 10  # of a unit: from here on the next larger one is easier to read
MEASURED = "measured capture"
INFO = "info"


def _mebibytes(size: int | None) -> str:
    return mebibytes(size, up=True) if size else "-"


def _total(size: int) -> str:
    """A sum over a fleet, in the largest unit of which there are many."""
    for power, unit in ((4, "TiB"), (3, "GiB")):
        if size >= MANY * 1024**power:
            return f"{size / 1024**power:.1f} {unit}"
    return _mebibytes(size) if size else "0 MiB"


def _ready(answer: dict[str, Any]) -> str:
    if answer["ready"]:
        return "yes"
    return {(True, False): "now only", (False, True): "after reboot"}.get(
        (answer["ready_now"], answer["ready_next_boot"]), "NO"
    )


def _proof(answer: dict[str, Any]) -> str:
    record = answer.get("proof")
    if not record:
        return "-"
    return str(record.get("time", ""))[:10] if record.get("valid") else "expired"


def _target(answer: dict[str, Any]) -> str:
    target = answer["target"]
    return ":".join(part for part in (target["location"], target["path"]) if part)


def _findings(answer: dict[str, Any]) -> str:
    codes = [str(finding["code"]) for finding in answer["findings"] if finding["severity"] != INFO]
    return ", ".join(dict.fromkeys(codes)) or "-"


def _row(host: str, answer: dict[str, Any]) -> tuple[str, ...]:
    if not answer or "ready" not in answer:
        told = answer or {"unreachable": True}
        reason = " ".join(str(told.get("msg", "")).split())  # in one line, whatever ssh and others say
        return (host, "UNREACHABLE" if told.get("unreachable") else "FAILED", *("-" * 5), reason or "-")
    memory = answer["crash_memory"]
    used = (memory.get("capture") or {}).get("used_bytes")
    return (
        host,
        _ready(answer),
        _mebibytes(memory["reserved_bytes"]),
        _mebibytes(used),
        _mebibytes((answer.get("recommended") or {}).get("bytes")),
        _target(answer),
        _proof(answer),
        _findings(answer),
    )


def _is_proven(answer: dict[str, Any]) -> bool:
    return bool(((answer or {}).get("proof") or {}).get("valid"))


def _given_up(known: list[dict[str, Any]]) -> str:
    """What the fleet pays for its crash memory, and what it could have back."""
    reserved = [int(answer["crash_memory"]["reserved_bytes"] or 0) for answer in known]
    ram = sum(int(answer["crash_memory"]["physical_ram_bytes"] or 0) for answer in known)
    share = 100 * sum(reserved) / ram if ram else 0.0
    spare = [
        max(own - int(answer["recommended"]["bytes"]), 0)
        for own, answer in zip(reserved, known, strict=True)
        if (answer.get("recommended") or {}).get("source") == MEASURED
    ]
    measured = f"{_total(sum(spare))} could be given back ({len(spare)} host{'' if len(spare) == 1 else 's'} measured)"
    return (
        f"{_total(sum(reserved))} of {_total(ram)} RAM ({share:.1f} %) given up for it; "
        f"{measured if spare else 'no capture was measured'}"
    )


def _proof_line(host: str, record: dict[str, Any]) -> str:
    dump = record["dump"]
    return (
        f"{host} proven {record['time']}: {dump['path']} ({_mebibytes(dump['size_bytes'])}), "
        f"{dump['panic'] or 'no panic message'}, back after {record['seconds']} s"
    )


def _finding_lines(host: str, answer: dict[str, Any]) -> list[str]:
    return [
        f"{host} {finding['severity']} {finding['code']}: {finding['message']} {finding['remedy']}"
        for finding in (answer or {}).get("findings", [])
        if finding["severity"] != INFO
    ]


def _understood(host: str, answer: dict[str, Any]) -> dict[str, Any]:
    """An answer, or that it is none: a host may answer anything, and its neighbours must be shown all the same."""
    if not answer or "ready" not in answer:
        return answer
    try:
        _row(host, answer)
        _given_up([answer])
        _finding_lines(host, answer)
        if _is_proven(answer):
            _proof_line(host, answer["proof"])
    except (AttributeError, KeyError, TypeError, ValueError):
        return {"msg": "its answer is not that of kdump_info: look at the host"}
    return answer


def audit_table(answers: dict[str, dict[str, Any]]) -> list[str]:
    """The lines of the table, header first, then totals, proofs and findings."""
    answers = {host: _understood(host, answer) for host, answer in answers.items()}
    rows = [HEADER] + [_row(host, answers[host]) for host in sorted(answers)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    known = [answer for answer in answers.values() if answer and "ready" in answer]
    ready = sum(1 for answer in known if answer["ready"])
    proven = sum(1 for answer in known if _is_proven(answer))
    lines.append(f"{ready} of {len(answers)} hosts would capture a crash, {proven} proven")
    lines.append(_given_up(known))
    lines += [_proof_line(host, answers[host]["proof"]) for host in sorted(answers) if _is_proven(answers[host])]
    lines += [line for host in sorted(answers) for line in _finding_lines(host, answers[host])]
    # A host answers what it wants, and what ssh says may be its server's.
    return [str(printable(line)) for line in lines]


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """The filters by name."""
        return {"audit_table": audit_table}
