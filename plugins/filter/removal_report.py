# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter removal_report: what became of each host of a removal, and how to go on."""

from __future__ import annotations

from typing import Any

from ansible_collections.kdump.fleet.plugins.filter.rollout_report import rollout_report

DOCUMENTATION = r"""
name: removal_report
short_description: The closing list of a removal
version_added: 0.1.0
author: The kdump.fleet authors (@kdump-fleet)
description:
  - Internal to playbook C(kdump.fleet.remove). From which hosts kdump was removed, which of them wait for a reboot, and
    which failed, were unreachable and were not touched.
positional: _input
options:
  _input:
    description:
      - For each host a list of six. Its inventory name, its last answer of M(kdump.fleet.kdump_info), whether it came
        to the end of its wave, its failure with C(task) and C(msg), whether it waits for a reboot, and whether it is no
        longer in the run.
    type: list
    elements: list
    required: true
  plan:
    description: The plan, as filter C(removal_plan) makes it.
    type: dict
    required: true
  max_fail:
    description: How many hosts may be lost before the waves stop.
    type: int
    default: 0
  again:
    description: The command that continues.
    type: str
    default: ansible-playbook kdump.fleet.remove
  check:
    description: Whether nothing was changed, because the run was in check mode.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Show what became of the hosts
  ansible.builtin.debug:
    msg: "{{ [['web1', web1_audit, true, {}, false, false]] | kdump.fleet.removal_report(plan=plan) }}"
"""

RETURN = r"""
_value:
  description:
    - C(removed), the hosts without kdump; C(waiting), those of them whose crash memory a reboot has yet to release;
      C(failed), C(unreachable) and C(not_touched), by host, the reason; C(lines), the same to read.
  type: dict
  sample:
    removed: [web1]
    waiting: []
    failed: {}
    unreachable: {}
    not_touched: {}
    lines: ["Removal: removed from 1 of 1 hosts, 0 failed, 0 unreachable, 0 not touched", "removed: web1"]
"""

TRUE = ("true", "yes", "on", "1", "y", "t")  # as Ansible's filter bool has it


def removal_report(
    given: list[tuple[str, dict[str, Any], bool, dict[str, str], Any, bool]],
    plan: dict[str, Any],
    max_fail: int | str = 0,
    again: str = "ansible-playbook kdump.fleet.remove",
    check: bool = False,
) -> dict[str, Any]:
    """Sort the hosts, and write the list."""
    found = rollout_report([(*host[:4], "", host[5]) for host in given], plan, max_fail)
    waits = {host[0] for host in given if str(host[4]).lower() in TRUE}
    report = {
        "removed": found["done"],
        "waiting": [name for name in found["done"] if name in waits],
        **{key: found[key] for key in ("failed", "unreachable", "not_touched")},
    }
    return {**report, "lines": _lines(report, len(given), str(max_fail), " ".join(again.split()), check)}


def _lines(report: dict[str, Any], total: int, max_fail: str, again: str, check: bool) -> list[str]:
    removed = "would be removed" if check else "removed"
    counts = [f"{len(report[key])} {key.replace('_', ' ')}" for key in ("failed", "unreachable", "not_touched")]
    lines = [f"Removal: {removed} from {len(report['removed'])} of {total} hosts, {', '.join(counts)}"]
    done = [name for name in report["removed"] if name not in report["waiting"]]
    if done:
        lines.append(f"{removed}: {', '.join(done)}")
    if report["waiting"]:
        waiting = ", ".join(report["waiting"])
        lines.append(f"{removed}, and crash memory stays reserved until a reboot (kdump_reboot_ok): {waiting}")
    lines += [f"FAILED: {name} {reason}" for name, reason in report["failed"].items()]
    lines += [f"UNREACHABLE: {name} {reason}" for name, reason in report["unreachable"].items()]
    if report["not_touched"]:
        lines.append(f"not touched: {', '.join(report['not_touched'])}")
        lines.append(f"The waves stopped because more hosts were lost than kdump_wave_max_fail allows ({max_fail}).")
    if report["failed"] or report["unreachable"] or report["not_touched"]:
        lines.append(f"To continue, with the same -e options: {again}")
    return lines


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """The filters by name."""
        return {"removal_report": removal_report}
