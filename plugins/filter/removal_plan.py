# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter removal_plan: which host loses kdump in which wave."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.kdump.fleet.plugins.filter.rollout_plan import rollout_plan

DOCUMENTATION = r"""
name: removal_plan
short_description: The waves of a removal, made once and before any host is changed
version_added: 0.1.0
author: The kdump.fleet authors (@kdump-fleet)
description:
  - Internal to playbook C(kdump.fleet.remove), which shows the plan before the first wave.
  - All hosts enter the waves, in the order of their names.
positional: _input
options:
  _input:
    description: Inventory names of the hosts.
    type: list
    elements: str
    required: true
  waves:
    description: The sizes of the waves, as filter C(rollout_plan) takes them.
    type: raw
    default: [1, 10%]
"""

EXAMPLES = r"""
- name: Plan the waves
  ansible.builtin.debug:
    msg: "{{ ['web1', 'web2'] | kdump.fleet.removal_plan }}"
"""

RETURN = r"""
_value:
  description: The plan, as filter C(rollout_plan) makes it. Nobody is crashed or left out.
  type: dict
  sample:
    hosts: [web1]
    order: [web1]
    waves: [[web1]]
    wave_of: {web1: 1}
    prove: {}
    canaries: []
    unproven: {}
    left_out: {}
    lines: ["1 of 1 hosts in 1 wave", "wave 1: web1"]
"""


def removal_plan(hosts: Iterable[str], waves: Any = None) -> dict[str, Any]:
    """The plan of a removal on these hosts."""
    everybody = [(name, {"ready": False, "needs_rollout": True}, "present", True) for name in hosts]
    return rollout_plan(everybody, waves=waves)


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """The filters by name."""
        return {"removal_plan": removal_plan}
