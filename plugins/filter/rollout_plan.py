# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter rollout_plan: who is visited in which wave, who is crashed, and who is left out and why."""

from __future__ import annotations

from typing import Any, NamedTuple

from ansible.errors import AnsibleFilterError

from ansible_collections.kdump.fleet.plugins.module_utils.host.printable import printable
from ansible_collections.kdump.fleet.plugins.plugin_utils.waves import listed
from ansible_collections.kdump.fleet.plugins.plugin_utils.waves import waves as waves_of

DOCUMENTATION = r"""
name: rollout_plan
short_description: The waves of a rollout, made once and before any host is changed
version_added: 0.1.0
author: The kdump.fleet authors (@kdump-fleet)
description:
  - Internal to playbook C(kdump.fleet.rollout), which shows the plan before the first wave.
  - Hosts with findings that the rollout fixes enter the waves, in the order of their names (by code point, so capital
    letters come first). The canaries come first.
  - Hosts with an error that only an administrator can fix are left out, and so are hosts with C(kdump_state=absent)
    that have kdump.
  - With O(prove=canary), one host is crashed, or one of each kind that O(canaries) names. A kind is kernel release,
    tool and target. A kind of which a host holds a valid proof, and needs no change that would void it, needs no other
    canary.
  - With O(prove=all), every host without a valid proof is crashed, and every host that enters a wave.
positional: _input
options:
  _input:
    description:
      - For each host a list of four. Its inventory name, the answer of M(kdump.fleet.kdump_info), C(kdump_state) and
        C(kdump_reboot_ok).
    type: list
    elements: list
    required: true
  waves:
    description:
      - The sizes of the waves, as numbers of hosts or as percentages of all hosts that enter a wave. The last size
        repeats. A list, one size, or text with commas.
    type: raw
    default: [1, 10%]
  prove:
    description: Which hosts are proven by a crash.
    type: str
    choices: [none, canary, all]
    default: none
  canaries:
    description: Inventory names, a list or text with commas. Empty is one host, the first that can be proven now.
    type: raw
    default: []
  at_once:
    description: How many hosts may crash together.
    type: int
    default: 1
  confirm:
    description: The same number again, where it is more than a tenth of the hosts.
    type: int
    default: 1
"""

EXAMPLES = r"""
- name: Plan the waves
  ansible.builtin.debug:
    msg: "{{ [['web1', web1_audit, 'present', true]] | kdump.fleet.rollout_plan(prove='canary') }}"
"""

RETURN = r"""
_value:
  description:
    - C(order), the hosts of all waves; C(waves), the hosts of each wave; C(wave_of), the number of a host's wave;
      C(prove), by host, its turn to crash within its wave; C(canaries); C(unproven), by host, why it is not crashed
      although that was asked for; C(left_out), by host, why it enters no wave; C(lines), the same to read.
  type: dict
  sample:
    hosts: [web1]
    order: [web1]
    waves: [[web1]]
    wave_of: {web1: 1}
    prove: {web1: 1}
    canaries: [web1]
    unproven: {}
    left_out: {}
    lines: ["1 of 1 hosts in 1 wave", "wave 1: web1", "canary: web1"]
"""

PROVE = ("none", "canary", "all")
WAVES = [1, "10%"]
WITHOUT_CONFIRMATION = 10  # one in so many hosts may crash together
TRUE = ("true", "yes", "on", "1", "y", "t")  # as Ansible's filter bool has it
SHOWN = 20  # names in a line
ODD = "its answer is not that of kdump_info: look at the host, somebody may have changed what it runs"
# What the rollout fixes by changing the arguments of the next boot: the proof then needs a reboot first.
NEEDS_BOOT = {"memory-not-reserved", "crashkernel-not-staged", "crashkernel-differs", "reboot-required"}


class _Host(NamedTuple):
    name: str
    answer: dict[str, Any]
    state: str
    reboot_ok: bool

    @property
    def is_understood(self) -> bool:
        """Whether all that is asked for is there. A host may answer anything, and its neighbours must not suffer."""
        try:
            self.why_left_out()
            return bool((self.needy, self.proven, self.provable, self.kind))
        except (AttributeError, KeyError, TypeError):
            return False

    @property
    def codes(self) -> set[str]:
        return {str(finding["code"]) for finding in self.answer.get("findings", [])}

    @property
    def needy(self) -> bool:
        return bool(self.answer["needs_rollout"])

    @property
    def proven(self) -> bool:
        return bool((self.answer.get("proof") or {}).get("valid")) and not self.needy

    @property
    def provable(self) -> bool:
        """Whether it can be crashed in this run: it needs no reboot, or may have one."""
        return self.reboot_ok or not (self.codes & NEEDS_BOOT or self.answer.get("reboot_required"))

    @property
    def kind(self) -> tuple[str, str, str, str]:
        """Hosts of one kind capture a crash in the same way; the host's own directory on a server does not count."""
        target = self.answer.get("target") or {}
        wanted = target.get("wanted") or target
        location = str(wanted.get("location") or "").removesuffix("/" + self.name)
        return (
            str((self.answer.get("crash_memory") or {}).get("kernel")),
            str((self.answer.get("setup") or {}).get("tool")),
            str(wanted.get("kind")),
            location,
        )

    def why_left_out(self) -> str:
        """Why no wave can help it; empty where one can, or none has to."""
        if self.state == "absent":
            there = (self.answer.get("setup") or {}).get("installed")
            reserved = (self.answer.get("crash_memory") or {}).get("reserved_bytes")
            if not there and not reserved:
                return ""
            found = "kdump is installed" if there else "memory is reserved"
            return (
                f"kdump_state is absent, and {found}: a rollout does not remove it. Run kdump.fleet.remove for this "
                "host, or change kdump_state."
            )
        obstacles = [
            f"[{finding['code']}] {finding['message']} {finding['remedy']}"
            for finding in self.answer.get("findings", [])
            if finding["severity"] == "error" and finding["mended_by"] == "administrator"
        ]
        return " ".join(obstacles)


def _names(value: Any) -> list[str]:
    names = listed(value)
    if names is None or not all(isinstance(name, str) for name in names):
        raise AnsibleFilterError(f"kdump_canaries is {value!r}: give inventory names, a list or separated by commas.")
    return list(dict.fromkeys(names))


def _sizes(value: Any) -> list[int | str]:
    sizes = waves_of(value)
    if sizes is None:
        raise AnsibleFilterError(
            f"kdump_waves is {value!r}: use numbers from 1 on and percentages from 1% to 100%, for instance [1, '10%']."
        )
    return sizes


def _positive(value: Any, variable: str) -> int:
    text = str(value).strip()
    if isinstance(value, bool) or not text.isdecimal() or int(text) < 1:
        raise AnsibleFilterError(f"{variable} is {value!r}: give a number of hosts, 1 or more.")
    return int(text)


def _waves(order: list[str], sizes: list[int | str], canaries: int) -> list[list[str]]:
    waves: list[list[str]] = []
    rest = list(order)
    while rest:
        size = sizes[min(len(waves), len(sizes) - 1)]
        count = size if isinstance(size, int) else max(1, len(order) * int(size.rstrip("%")) // 100)
        if not waves:
            count = max(count, canaries)  # they are proven before any other host is touched
        waves.append(rest[:count])
        rest = rest[count:]
    return waves


def _canaries(hosts: list[_Host], named: list[str]) -> tuple[list[str], dict[str, str]]:
    """Who is crashed with prove=canary, and who is not and why."""
    proven = {host.kind: host.name for host in hosts if host.proven}
    by_name = {host.name: host for host in hosts}
    unproven: dict[str, str] = {}
    if named:
        chosen: list[str] = []
        for name in named:
            host = by_name.get(name)
            if host is None:
                unproven[name] = "it enters no wave (see there)"
            elif host.proven or host.kind in proven:
                continue
            elif not host.provable:
                unproven[name] = "it needs a reboot first, and kdump_reboot_ok is false"
            else:
                proven[host.kind] = name
                chosen.append(name)
        return chosen, unproven
    needy = [host for host in hosts if host.needy]
    candidates = [host for host in needy or hosts if host.kind not in proven and not host.proven]
    can = [host for host in candidates if host.provable]
    if can:
        return [can[0].name], {}
    if candidates:
        return [], {candidates[0].name: "every host without a proof needs a reboot first, and kdump_reboot_ok is false"}
    return [], {}


def _several(names: list[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def _crashes(hosts: list[_Host], prove: str, named: list[str]) -> tuple[list[str], list[str], dict[str, str]]:
    """The canaries, all who are crashed, and who is not and why."""
    if prove == "canary":
        canaries, unproven = _canaries(hosts, named)
        return canaries, canaries, unproven
    if prove == "all":
        wanting = [host for host in hosts if not host.proven]
        unproven = {
            host.name: "it needs a reboot first, and kdump_reboot_ok is false" for host in wanting if not host.provable
        }
        crashed = [host.name for host in wanting if host.provable]
        return [name for name in named if name in crashed], crashed, unproven
    return [], [], {}


def _plan_lines(plan: dict[str, Any], total: int) -> list[str]:
    waves = plan["waves"]
    lines = [f"{len(plan['order'])} of {total} hosts in {len(waves)} wave{'' if len(waves) == 1 else 's'}"]
    lines += [f"wave {number}: {_several(names)}" for number, names in enumerate(waves, 1)]
    if plan["prove"]:
        what = "canary" if plan["canaries"] == list(plan["prove"]) else "crashed to prove it"
        lines.append(f"{what}: {_several(list(plan['prove']))}")
    lines += [f"not proven: {name}: {reason}" for name, reason in plan["unproven"].items()]
    lines += [f"left out: {name}: {reason}" for name, reason in plan["left_out"].items()]
    return lines


def rollout_plan(
    given: list[tuple[str, dict[str, Any], Any, Any]],
    waves: Any = None,
    prove: str = "none",
    canaries: Any = None,
    at_once: Any = 1,
    confirm: Any = 1,
) -> dict[str, Any]:
    """The plan of a rollout over these hosts."""
    if prove not in PROVE:
        raise AnsibleFilterError(f"kdump_prove is '{prove}': use {', '.join(PROVE[:-1])} or {PROVE[-1]}.")
    sizes = _sizes(WAVES if waves is None else waves)
    together = _positive(at_once, "kdump_prove_at_once")
    named = _names(canaries or [])
    most = max(1, len(given) // WITHOUT_CONFIRMATION)
    if prove == "all" and together > most and _positive(confirm, "kdump_prove_confirm") != together:
        raise AnsibleFilterError(
            f"kdump_prove_at_once is {together}: {together} of {len(given)} hosts could crash together, more than one "
            f"in {WITHOUT_CONFIRMATION}. To allow that, give the same number again: -e kdump_prove_confirm={together}."
        )
    known = [
        _Host(name, answer, str(state), str(reboot_ok).lower() in TRUE)
        for name, answer, state, reboot_ok in sorted(given, key=lambda host: host[0])
        if answer and "ready" in answer
    ]
    left_out = {host.name: ODD for host in known if not host.is_understood}
    left_out.update({host.name: why for host in known if host.name not in left_out and (why := host.why_left_out())})
    hosts = [host for host in known if host.name not in left_out and host.state != "absent"]
    first, crashed, unproven = _crashes(hosts, prove, named)
    visited = {host.name for host in hosts if host.needy} | set(crashed)
    front = first or [name for name in named if name in visited]
    order = front + sorted(visited - set(front))
    in_waves = _waves(order, sizes, len(first))
    turns = {
        name: turn // together + 1
        for names in in_waves
        for turn, name in enumerate([name for name in names if name in crashed])
    }
    plan: dict[str, Any] = {
        "hosts": [host[0] for host in given],
        "order": order,
        "waves": in_waves,
        "wave_of": {name: number for number, names in enumerate(in_waves, 1) for name in names},
        "prove": turns,
        "canaries": first,
        "unproven": unproven,
        "left_out": left_out,
    }
    # Each host has its own reason why it is left out.
    return dict(printable({**plan, "lines": _plan_lines(plan, len(given))}))


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Any]:
        """The filters by name."""
        return {"rollout_plan": rollout_plan}
