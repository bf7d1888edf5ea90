# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter audit_select: the hosts that enter the waves of a roll-out."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleFilterError

DOCUMENTATION = r"""
name: audit_select
short_description: The hosts that a roll-out has to visit
version_added: 0.1.0
author: The kdump.fleet authors (@kdump-fleet)
description:
  - Hosts with findings that the roll-out mends, in the order of their names.
  - With O(prove=all), hosts without a valid proof as well. With O(prove=canary), one of them comes first when no host
    of the fleet has a valid proof, so that a roll-out that was interrupted before its proof makes up for it.
positional: _input
options:
  _input:
    description: Answers of M(kdump.fleet.kdump_info) by inventory name.
    type: dict
    required: true
  prove:
    description: Which hosts have to be proven by a crash.
    type: str
    choices: [none, canary, all]
    default: none
"""

EXAMPLES = r"""
- name: Show who would be visited
  ansible.builtin.debug:
    msg: "{{ {'web1': web1_audit} | kdump.fleet.audit_select(prove='canary') }}"
"""

RETURN = r"""
_value:
  description: Inventory names.
  type: list
  elements: str
  sample: [web1]
"""


PROVE = ("none", "canary", "all")


def audit_select(answers: dict[str, dict[str, Any]], prove: str = "none") -> list[str]:
    """The names of the hosts to visit, sorted."""
    if prove not in PROVE:
        raise AnsibleFilterError(f"kdump_prove is '{prove}': use {', '.join(PROVE[:-1])} or {PROVE[-1]}.")
    known = {host: answer for host, answer in answers.items() if answer and "ready" in answer}
    needy = {host for host, answer in known.items() if answer["needs_rollout"]}
    unproven = {host for host, answer in known.items() if not (answer.get("proof") or {}).get("valid")}
    if prove == "all":
        return sorted(needy | unproven)
    if prove == "canary" and not needy and unproven == set(known):
        return sorted(unproven)[:1]
    return sorted(needy)


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """The filters by name."""
        return {"audit_select": audit_select}
