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
    EVERYWHERE,
    UNRESOLVED,
    faults,
    in_inventory_alone,
    is_ours,
)

# Until 2.18 Ansible shows the message of a failed task as JSON, on one line.
SHOWS_ONE_LINE = tuple(int(number) for number in __version__.split(".")[:2]) < (2, 19)

try:
    from ansible.parsing.vault import EncryptedString as Vaulted
except ImportError:  # ansible-core before 2.19
    from ansible.parsing.yaml.objects import AnsibleVaultEncryptedUnicode as Vaulted

TEMPLATE = re.compile(r"\{\{|\{%")
LOOKUP = re.compile(r"\{.*\b(?:lookup|query|q)\(", re.DOTALL)  # may ask a server, once for each host
WORD = re.compile(r"[A-Za-z_]\w*")
SHARED = {"groups", "hostvars"}  # the same for every host
BEYOND = {"vars", "varnames", "random", "now"}  # reach what a template does not name

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
        _spec, options = self.validate_argument_spec(
            {"playbook": {"type": "str"}, "only": {"type": "list", "elements": "str"}}
        )
        extra = load_extra_vars(self._loader)
        # What the play itself sets (vars of import_playbook), which the variables of a host do not show.
        play = self._task.get_play().get_vars()
        of_play = {name: value for name, value in play.items() if is_ours(name) and name not in extra}
        groups = {name: list(hosts) for name, hosts in variables["groups"].items()}
        inventory = Inventory(frozenset(groups["all"]), groups)
        fleet = {}
        templar = self._templar.copy_with_new_env(available_variables={})
        resolved: dict[Any, Any] = {}
        for host in variables["ansible_play_hosts_all"][: 1 if options["only"] else None]:
            raw = variables["hostvars"].raw_get(host)
            templar.available_variables = {**raw, "hostvars": variables["hostvars"], "groups": variables["groups"]}
            given = {**_ours(raw), **of_play}
            if options["only"]:
                given = {name: given[name] for name in options["only"] if name in {*extra, *of_play}}
                host = EVERYWHERE
            fleet[host] = _plain(given, templar, raw, resolved)
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


def _plain(ours: Mapping[str, Any], templar: Any, raw: Mapping[str, Any], resolved: dict[Any, Any]) -> dict[str, Any]:
    """The values without templates; UNRESOLVED for those that need what is not known yet, or are vaulted."""
    found: dict[str, Any] = {}
    for name, value in ours.items():
        text = _untagged(value)
        if _holds_secret(text) or any(
            _holds_secret(_untagged(raw.get(word))) for word in set(WORD.findall(repr(text))) - SHARED
        ):
            found[name] = UNRESOLVED
        elif not _has(text, TEMPLATE):
            found[name] = text
        elif _has(text, LOOKUP):
            found[name] = UNRESOLVED
        else:
            key = _inputs(text, raw)
            if key is None:
                found[name] = _resolve(value, templar)
            else:
                if key not in resolved:
                    resolved[key] = _resolve(value, templar)
                found[name] = resolved[key]
    return found


def _resolve(value: Any, templar: Any) -> Any:
    try:
        result = _untagged(templar.template(value))
    except Exception:  # whatever a template may raise: the task that uses the variable reports it
        return UNRESOLVED
    return UNRESOLVED if _has(result, TEMPLATE) else result


def _inputs(text: Any, raw: Mapping[str, Any]) -> tuple[str, ...] | None:
    """What the result of a template depends on, so that hosts with the same share it; None: more than its words say.

    A template takes about two milliseconds, and most of them stand in the variables of a group.
    """
    source = repr(text)
    words = set(WORD.findall(source))
    used = {word: _untagged(raw[word]) for word in words - SHARED if word in raw}
    if words & BEYOND or any(_has(value, TEMPLATE) for value in used.values()):
        return None
    return (source, *(f"{word}={used[word]!r}" for word in sorted(used)))


def _ours(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in raw.items() if is_ours(name) or name == "ansible_user"}


def _holds_secret(value: Any) -> bool:
    """Whether a value, or a part of it, is vaulted: it is not decrypted here, and no message shows it."""
    if isinstance(value, dict):
        return any(_holds_secret(item) for item in value.values())
    if isinstance(value, list):
        return any(_holds_secret(item) for item in value)
    return isinstance(value, Vaulted)


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
    if isinstance(value, (list, tuple)) and not isinstance(value, Vaulted):
        return [_untagged(item) for item in value]
    return value
