# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter rollout_report: what became of each host of a rollout, and how to go on."""

from __future__ import annotations

from typing import Any

from ansible_collections.kdump.fleet.plugins.module_utils.host.printable import printable

DOCUMENTATION = r"""
name: rollout_report
short_description: The closing list of a rollout
version_added: 0.1.0
author: The kdump.fleet authors (@kdump-fleet)
description:
  - Internal to playbook C(kdump.fleet.rollout). Which hosts are done, failed, unreachable, not touched and left out.
positional: _input
options:
  _input:
    description:
      - For each host a list of six. Its inventory name, its last answer of M(kdump.fleet.kdump_info), whether it came
        to the end of its wave, its failure with C(task) and C(msg), why it was not crashed, and whether it is no longer
        in the run.
    type: list
    elements: list
    required: true
  plan:
    description: The plan, as filter C(rollout_plan) makes it.
    type: dict
    required: true
  max_fail:
    description: How many hosts may be lost before the waves stop.
    type: int
    default: 0
  again:
    description: The command that continues.
    type: str
    default: ansible-playbook kdump.fleet.rollout
  pattern:
    description: The hosts of the run, as in C(kdump_hosts).
    type: raw
    default: all
"""

EXAMPLES = r"""
- name: Say what became of the hosts
  ansible.builtin.debug:
    msg: "{{ [['web1', web1_audit, true, {}, '', false]] | kdump.fleet.rollout_report(plan=plan) }}"
"""

RETURN = r"""
_value:
  description:
    - C(done), the hosts whose wave has reached its end; C(failed), C(unreachable), C(not_touched) and C(left_out), by
      host, the reason; C(attention), the names of all hosts that need somebody; C(lines), the same to read.
  type: dict
  sample:
    done: [web1]
    failed: {}
    unreachable: {}
    not_touched: {}
    left_out: {}
    attention: []
    lines: ["Rollout: 1 done, 0 failed, 0 unreachable, 0 not touched, 0 left out, 0 had nothing to do", "done: web1"]
"""


def _one_line(text: Any) -> str:
    return " ".join(str(text).split())


def _now(host: dict[str, Any]) -> str:
    answer = host.get("audit") or {}
    return str(answer.get("summary") or "unknown")


def rollout_report(
    given: list[tuple[str, dict[str, Any], bool, dict[str, str], str, bool]],
    plan: dict[str, Any],
    max_fail: int | str = 0,
    again: str = "ansible-playbook kdump.fleet.rollout",
    pattern: Any = "all",
) -> dict[str, Any]:
    """Sort the hosts, and write the list."""
    keys = ("audit", "done", "failure", "unproven", "lost")
    hosts: dict[str, dict[str, Any]] = {host[0]: dict(zip(keys, host[1:], strict=True)) for host in given}
    wave_of = plan.get("wave_of", {})
    unreachable: dict[str, str] = {}
    failed: dict[str, str] = {}
    not_touched: dict[str, str] = {}
    done: list[str] = []
    for name in sorted(hosts):
        host = hosts[name]
        answer = host.get("audit") or {}
        where = f"in wave {wave_of[name]}" if name in wave_of else "in the audit"
        failure = host.get("failure")
        if failure:
            reason = _one_line(failure.get("msg")).rstrip(".")
            failed[name] = f"{where}: {_one_line(failure.get('task'))}: {reason}. Now: {_now(host)}."
        elif host.get("lost") or answer.get("unreachable"):
            told = _one_line(answer.get("msg") or "")
            if answer.get("failed") and not answer.get("unreachable"):
                failed[name] = f"in the audit: {told}"
            elif answer.get("unreachable"):
                unreachable[name] = f"{where}: {told}"
            else:
                unreachable[name] = f"{where}. Before that: {_now(host)}."
        elif name in wave_of and host.get("done"):
            done.append(name)
        elif name in wave_of:
            not_touched[name] = f"wave {wave_of[name]} did not begin"
    left_out = {name: reason for name, reason in plan.get("left_out", {}).items() if name in hosts}
    unproven = dict(plan.get("unproven", {}))
    unproven.update({name: host["unproven"] for name, host in sorted(hosts.items()) if host.get("unproven")})
    sorted_out = {"done": done, "failed": failed, "unreachable": unreachable}
    sorted_out.update({"not_touched": not_touched, "left_out": left_out, "unproven": unproven})
    attention = sorted({*failed, *unreachable, *left_out})
    in_waves = sum(1 for name in (*failed, *unreachable) if name in wave_of)
    canaries = [name for name in plan.get("canaries", []) if name in failed or name in unreachable]
    why = f"more hosts were lost than kdump_wave_max_fail allows ({in_waves} lost, {max_fail} allowed)"
    if canaries and in_waves <= int(max_fail):
        why = f"the canary {canaries[0]} did not get to its proof, whatever kdump_wave_max_fail allows"
    lines = _lines(sorted_out, len(hosts), why, " ".join(again.split()), _without(pattern, attention))
    # What failed is reported in a host's own words.
    return dict(printable({**sorted_out, "attention": attention, "lines": lines}))


def _without(pattern: Any, attention: list[str]) -> str:
    """The pattern of the run without these hosts; empty where there are none."""
    if not attention:
        return ""
    given = [pattern] if isinstance(pattern, str) else list(pattern)
    # Ansible splits a pattern at colons only where it holds no comma.
    separator = ":" if len(given) == 1 and "," not in given[0] else ","
    return separator.join([*given, *(f"!{name}" for name in attention)])


def _lines(found: dict[str, Any], total: int, why: str, again: str, without: str) -> list[str]:
    groups = ("done", "failed", "unreachable", "not_touched", "left_out")
    rest = total - len({name for group in groups for name in found[group]})
    counts = ", ".join(f"{len(found[group])} {group.replace('_', ' ')}" for group in groups)
    lines = [f"Rollout: {counts}, {rest} had nothing to do"]
    if found["done"]:
        lines.append(f"done: {', '.join(found['done'])}")
    lines += [f"FAILED: {name} {reason}" for name, reason in found["failed"].items()]
    lines += [f"UNREACHABLE: {name} {reason}" for name, reason in found["unreachable"].items()]
    lines += [f"left out, needs a person: {name}: {reason}" for name, reason in found["left_out"].items()]
    lines += [f"not proven: {name}: {reason}" for name, reason in found["unproven"].items()]
    if found["not_touched"]:
        lines.append(f"not touched: {', '.join(found['not_touched'])}")
        lines.append(f"The waves stopped because {why}.")
    if without or found["not_touched"]:
        lines.append(f"To continue, with the same -e options: {again}")
    if without:
        lines.append(f"To continue without the hosts that need a person: add -e 'kdump_hosts={without}'")
    return lines


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """The filters by name."""
        return {"rollout_report": rollout_report}
