# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin check_variables: judges the variables of every host of a play, on the controller alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.release import __version__
from ansible.utils.display import Display
from ansible.utils.vars import load_extra_vars

from ansible_collections.kdump.fleet.plugins.plugin_utils.variable_rules import Inventory
from ansible_collections.kdump.fleet.plugins.plugin_utils.variables import (
    UNRESOLVED,
    faults,
    in_inventory_alone,
    is_ours,
)

# Until 2.18 Ansible shows the message of a failed task as JSON, on one line.
SHOWS_ONE_LINE = tuple(int(number) for number in __version__.split(".")[:2]) < (2, 19)

TEMPLATE = re.compile(r"\{\{|\{%")
LOOKUP = re.compile(r"\{.*\b(?:lookup|query|q)\(", re.DOTALL)  # may ask a server, once for each host

display = Display()


class ActionModule(ActionBase):
    """Fail with all faults at once, or change nothing."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Judge the variables as each host sees them."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        _spec, options = self.validate_argument_spec({"playbook": {"type": "str"}})
        extra = load_extra_vars(self._loader)
        # What the play itself sets (vars of import_playbook), which the variables of a host do not show.
        play = self._task.get_play().get_vars()
        of_play = {name: value for name, value in play.items() if is_ours(name) and name not in extra}
        groups = {name: list(hosts) for name, hosts in variables["groups"].items()}
        inventory = Inventory(frozenset(groups["all"]), groups)
        fleet = {}
        templar = self._templar.copy_with_new_env(available_variables={})
        for host in variables["ansible_play_hosts_all"]:
            raw = variables["hostvars"].raw_get(host)
            templar.available_variables = {**raw, "hostvars": variables["hostvars"], "groups": variables["groups"]}
            fleet[host] = _plain({**_ours(raw), **of_play}, templar)
        found = faults(fleet, inventory)
        if options["playbook"]:
            found += in_inventory_alone(fleet, {*extra, *of_play}, options["playbook"])
        if found:
            word = "variable is" if len(found) == 1 else "variables are"
            message = "\n".join(
                [f"{len(found)} {word} wrong; no host was touched.", *(f"- {fault}" for fault in found)]
            )
            if SHOWS_ONE_LINE:
                display.error(message, wrap_text=False)
            return dict(result, failed=True, msg=message)
        return dict(result, changed=False)


def _plain(ours: Mapping[str, Any], templar: Any) -> dict[str, Any]:
    """The values without templates; UNRESOLVED in the place of those that need what is not known yet."""
    found: dict[str, Any] = {}
    for name, value in ours.items():
        try:
            text = _untagged(value)
            if _has(text, LOOKUP):
                found[name] = UNRESOLVED
            elif _has(text, TEMPLATE):
                resolved = _untagged(templar.template(value))
                found[name] = UNRESOLVED if _has(resolved, TEMPLATE) else resolved
            else:
                found[name] = text
        except Exception:  # whatever a template may raise: the task that uses the variable reports it
            found[name] = UNRESOLVED
    return found


def _ours(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in raw.items() if is_ours(name) or name == "ansible_user"}


def _has(value: Any, pattern: re.Pattern[str]) -> bool:
    """Whether a text within a value matches."""
    if isinstance(value, dict):
        return any(_has(item, pattern) for pair in value.items() for item in pair)
    if isinstance(value, list):
        return any(_has(item, pattern) for item in value)
    return isinstance(value, str) and pattern.search(value) is not None


def _untagged(value: Any) -> Any:
    """A value of Python's own types: Ansible's remember their origin, or template when they are looked at."""
    if isinstance(value, Mapping):
        return {_untagged(key): _untagged(item) for key, item in value.items()}
    if isinstance(value, str):
        return "".join(value)
    if isinstance(value, (list, tuple)):
        return [_untagged(item) for item in value]
    return value
