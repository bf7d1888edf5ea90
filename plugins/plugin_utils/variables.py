# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges the variables of a fleet: names, types, ranges, forms and combinations, each fault once for all its hosts."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterable, Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.kdump.fleet.plugins.module_utils.tools import options
from ansible_collections.kdump.fleet.plugins.plugin_utils.known_variables import (
    FACTS,
    OTHER_ROLE,
    PLAYBOOK_VARIABLES,
    PREFIXES,
    specifications,
)
from ansible_collections.kdump.fleet.plugins.plugin_utils.variable_rules import (
    COMBINATIONS,
    RULES,
    Inventory,
    Together,
    nearest,
)

SHOWN = 3  # hosts that a message names
LONGEST = 200  # characters of a value that a message shows
# Null keeps what the host has. It does so for these as well, although their defaults are others.
NULL_TOO = {"kdump_crashkernel", "kdump_path", "kdump_options", "kdump_environment", "kdump_fallback"}
# linux-system-roles/kdump takes an empty text for null.
EMPTY_IS_NULL = {"kdump_core_collector", "kdump_sshkey", "kdump_dracut_args", "kdump_ssh_user", "kdump_ssh_server"}
# A survey of AWX hands over an empty text for a question that was left open: the playbooks' defaults hold then. Not for
# kdump_hosts, whose default is all hosts.
EMPTY_IS_DEFAULT = {*PLAYBOOK_VARIABLES} - {"kdump_hosts", "kdump_allowed_variables"}
EXPECTED = {
    "bool": "use true or false",
    "dict": 'use a dictionary, for instance {name: value}; on the command line -e \'{"NAME": {"name": "value"}}\'',
    "int": "use a number",
    "list": 'use a list, for instance [a, b]; on the command line -e \'{"NAME": ["a", "b"]}\'',
    "path": "use one text",
    "raw": "use a list, or a text with commas",
    "str": "use one text",
}


class Unresolved:
    """Stands for a value whose template needs what is not known yet."""


UNRESOLVED = Unresolved()
EVERYWHERE = ""  # in the place of a host: the value is that of the play


def is_ours(name: str) -> bool:
    """Whether a variable must be known here."""
    return name.startswith(PREFIXES)


def faults(fleet: Mapping[str, Mapping[str, Any]], inventory: Inventory) -> list[str]:
    """One message for each fault of the variables of all hosts, which are plain values or UNRESOLVED."""
    alike: dict[str, list[str]] = {}
    for host, variables in fleet.items():
        alike.setdefault(repr(sorted(variables.items(), key=lambda item: item[0])), []).append(host)
    hosts_of: dict[tuple[str, str], list[str]] = {}
    for hosts in alike.values():
        for fault in _judge(fleet[hosts[0]], inventory):
            hosts_of.setdefault(fault, []).extend(hosts)
    return [f"{name}{_of(hosts, len(fleet))}{text}" for (name, text), hosts in sorted(hosts_of.items())]


def _of(hosts: list[str], total: int) -> str:
    if (len(hosts) == total and total > 1) or hosts == [EVERYWHERE]:
        return " "
    more = len(hosts) - SHOWN
    return f" ({', '.join(sorted(hosts)[:SHOWN])}{f' and {more} more hosts' if more > 0 else ''}) "


def _judge(variables: Mapping[str, Any], inventory: Inventory) -> list[tuple[str, str]]:
    """The faults of one host's variables: name, and the rest of the sentence."""
    known = specifications()
    allowed = variables.get("kdump_allowed_variables")
    found: list[tuple[str, str]] = []
    good: dict[str, Any] = {name: spec.get("default") for name, spec in known.items()}
    good["ansible_user"] = variables.get("ansible_user")
    for name, value in variables.items():
        if not is_ours(name):
            continue
        if name not in known:
            unknown = _unknown(name, value, known, allowed if isinstance(allowed, list) else [])
            found += [(name, unknown)] if unknown else []
            continue
        if value is UNRESOLVED:
            wrong = None
        else:
            wrong = _wrong(name, value, known[name], inventory)
        good[name] = UNRESOLVED if wrong else value
        if wrong:
            found.append((name, f"is {shown(value)}: {_ended(wrong)}"))
    return found + [(fault.name, f"is {shown(good[fault.name])}: {_ended(fault.wrong)}") for fault in _together(good)]


def _together(values: Mapping[str, Any]) -> Iterable[Together]:
    for names, rule in COMBINATIONS:
        fault = None if any(values[name] is UNRESOLVED for name in names) else rule(values)
        if fault:
            yield fault


def _unknown(name: str, value: Any, known: Iterable[str], allowed: Iterable[Any]) -> str | None:
    """Why a variable is not known, with the one that was probably meant."""
    if name in FACTS or any(fnmatch.fnmatchcase(name, str(pattern)) for pattern in allowed):
        return None
    if name in OTHER_ROLE:
        return f"is a variable of linux-system-roles/kdump for {OTHER_ROLE[name]}. {_moved(name, value)}"
    return (
        f"is not a variable of kdump.fleet.{nearest(name, list(known))} "
        "To use a variable of your own with such a name, list it in kdump_allowed_variables."
    )


def _moved(name: str, value: Any) -> str:
    """What to write in the place of a variable of linux-system-roles/kdump."""
    if name != "kdump_kdump_tools" or not isinstance(value, dict):
        return "Hosts with that file are not managed by kdump.fleet: take the variable out."
    wanted: dict[str, Any] = {}
    for setting, text in value.items():
        owner = options.OWNED.get(str(setting))
        if setting == "USE_KDUMP":
            continue  # kdump_state: present is the default
        if owner == "kdump_core_collector":
            text = f"makedumpfile {text}"
        elif owner == "kdump_system_action":
            text = str(text).split()[0] if str(text).split() else text
        elif owner == "kdump_target":
            text = {"type": str(setting).lower(), "location": text}
        if owner:
            wanted[owner] = text
        else:
            wanted.setdefault("kdump_options", {})[setting] = text
    lines = "; ".join(f"{other}: {shown(setting)}" for other, setting in wanted.items())
    return f"Write in its place: {lines or 'nothing'}."


def _wrong(name: str, value: Any, spec: Mapping[str, Any], inventory: Inventory) -> str | None:
    """What is wrong with a value, and what is allowed."""
    kind = spec["type"]
    if value in (None, "") and name in EMPTY_IS_DEFAULT:
        return None
    if value is None:
        if ("default" in spec and spec["default"] is None) or name in NULL_TOO:
            return None
        return f"null is no value for it: {_expected(name, spec)}, or leave the variable out"
    if value == "" and name in EMPTY_IS_NULL:
        return None
    if kind in ("str", "path") and not _is_text(value):
        return _expected(name, spec)
    if (kind == "list" and not isinstance(value, list)) or (kind == "dict" and not isinstance(value, dict)):
        return _expected(name, spec)
    if kind == "int" and isinstance(value, bool):
        return _expected(name, spec)
    text = str(value) if kind in ("str", "path") else value
    plain = {key: spec[key] for key in ("type", "choices") if key in spec}
    result = ArgumentSpecValidator({name: plain}).validate({name: text})
    if result.error_messages:
        return _expected(name, spec)
    converted = result.validated_parameters[name]
    if kind == "list" and spec.get("elements") == "str" and not all(isinstance(item, str) for item in value):
        return f"not every item is a text: {_expected(name, spec)}"
    least, most = spec.get("least"), spec.get("most")
    if (least is not None and converted < least) or (most is not None and converted > most):
        return _expected(name, spec)
    rule = RULES.get(name)
    return rule(converted if kind in ("str", "path") else value, inventory) if rule else None


def _is_text(value: Any) -> bool:
    return isinstance(value, (str, int, float)) and not isinstance(value, bool)


def _expected(name: str, spec: Mapping[str, Any]) -> str:
    """What a variable may be, in words."""
    if spec.get("choices"):
        return f"use {', '.join(spec['choices'][:-1])} or {spec['choices'][-1]}"
    least, most = spec.get("least"), spec.get("most")
    if spec["type"] == "int" and least is not None:
        return f"use a number from {least} to {most}" if most is not None else f"use a number of {least} or more"
    if name == "kdump_target":
        return "use a dictionary with type and location, for instance {type: ssh, location: user@server}"
    return EXPECTED.get(spec["type"], "see the documentation").replace("NAME", name)


def shown(value: Any) -> str:
    """A value as YAML has it, on one line."""
    text = json.dumps(value, default=str, ensure_ascii=False) if not isinstance(value, str) else repr(value)
    return text if len(text) <= LONGEST else text[:LONGEST] + "..."


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith(("?", ".")) else sentence + "."


def in_inventory_alone(fleet: Mapping[str, Mapping[str, Any]], seen: Iterable[str], playbook: str) -> list[str]:
    """Variables of the play that some host has from the inventory, where the play does not see them."""
    names = {name for name, spec in specifications().items() if playbook in spec.get("play", ())}
    hosts_of: dict[str, list[str]] = {}
    for host, variables in fleet.items():
        for name in names.intersection(variables).difference(seen):
            hosts_of.setdefault(name, []).append(host)
    return [
        f"{name}{_of(hosts, len(fleet))}is set in the inventory, where it has no effect: the play reads it before "
        f"there is a host. Give it as an extra variable (-e '{{\"{name}\": ...}}'), or as a variable of the playbook "
        f"that imports kdump.fleet.{playbook}."
        for name, hosts in sorted(hosts_of.items())
    ]
