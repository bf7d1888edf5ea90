# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a variable's value may be, beyond its type: forms, names, and what goes together.

A rule answers with what is wrong and what is allowed, as the end of the sentence "<name> is <value>: ...", or None.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory import crashkernel
from ansible_collections.kdump.fleet.plugins.module_utils.host.errors import KdumpError
from ansible_collections.kdump.fleet.plugins.module_utils.tools import options, paths
from ansible_collections.kdump.fleet.plugins.plugin_utils.waves import listed, waves

_USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}\Z")
_STARTUPS = re.compile(r"([0-9]+)(?::([0-9]+):([0-9]+))?\Z")
_KEY = re.compile(r"(?:ssh-|ecdsa-|sk-)[a-z0-9@.-]+ +[A-Za-z0-9+/]+={0,3}(?: .*)?\Z")
_UNFIT = re.compile(r"[^\w/.+@:%,=~-]")
_TRANSIENT = ("/boot", "/dev", "/etc", "/proc", "/run", "/sys")
_LOCATIONS = {
    "ssh": (re.compile(r"[^@\s]+@[^@\s]+\Z"), "user@server"),
    "nfs": (re.compile(r"\S+:/.*\Z"), "server:/export"),
}
_TARGET_KEYS = ("type", "location")


class Inventory(NamedTuple):
    """What of the inventory the rules ask for."""

    hosts: Collection[str]
    groups: Mapping[str, Collection[str]]


def nearest(name: str, known: Collection[str]) -> str:
    """A question that names the known name that looks like I(name), or nothing."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.7)
    return f" Did you mean {found[0]}?" if found else ""


# ---- one variable


def _crashkernel(value: str, inventory: Inventory) -> str | None:
    if value in ("", "default", "absent"):
        return None
    try:
        crashkernel.check(value, auto_supported=True)
    except KdumpError as error:
        reason = str(error).partition("cannot be used: ")[2] or str(error)
        if value.isdigit() and 16 <= int(value) < crashkernel.SMALLEST:
            return f"it has no unit and would reserve {value} bytes. Did you mean {value.lstrip('0')}M?"
        return f"{reason} Or write 'default', 'absent' or an empty text"
    return None


def _path(value: str, inventory: Inventory) -> str | None:
    if not value.startswith("/"):
        return "it is not absolute: write a path from /"
    unfit = _UNFIT.search(value)
    if unfit:
        return f"it holds {unfit.group()!r}: use letters, digits and the characters / . _ + @ : % , = ~ -"
    return None


def _directory(value: str, inventory: Inventory) -> str | None:
    """A directory that gets an owner and a mode, so that it cannot be one of the system's."""
    wrong = _path(value, inventory)
    if wrong is None and paths.belongs_to_system(value):
        example = "/var/crash" if value.startswith("/var") else "/srv/kdump"
        return f"it is a directory of the system: choose one of its own, for instance {example}"
    return wrong


def _device(value: str, inventory: Inventory) -> str | None:
    """The name of one device, in any of its forms that begin at the root."""
    wrong = _path(value, inventory)
    if wrong is None and not paths.plain_path(value).startswith("/dev/"):
        return "it is not a device: write its name below /dev, for instance /dev/disk/by-id/virtio-dumps"
    return wrong


def _landing_area(value: str, inventory: Inventory) -> str | None:
    wrong = _directory(value, inventory)
    below = next((place for place in _TRANSIENT if paths.plain_path(value).startswith(place + "/")), None)
    if wrong is None and below:
        return f"it is below {below}, which is not a place for dumps: choose a directory such as /srv/kdump"
    return wrong


def _key_path(value: str, inventory: Inventory) -> str | None:
    return None if value == "" else _path(value, inventory)  # empty: null, as linux-system-roles/kdump has it


def _collector(value: str, inventory: Inventory) -> str | None:
    if "\n" in value:
        return "it holds a line break: write one line, for instance 'makedumpfile -c -d 31'"
    refusal = options.collector_refusal(value)
    return f"{refusal}. Write for example 'makedumpfile -c -d 31'" if refusal else None


def _target(value: dict[str, Any], inventory: Inventory) -> str | None:
    unknown = sorted(str(key) for key in set(value) - set(_TARGET_KEYS))
    if unknown:
        return f"it knows no key '{unknown[0]}', only type and location.{nearest(unknown[0], _TARGET_KEYS)}"
    kind, location = value.get("type"), value.get("location")
    kinds = ["local", *sorted(options.TARGETS)]
    if not kind:
        return f"it has no type: use one of {', '.join(kinds)}"
    if kind not in kinds:
        return f"there is no type '{kind}': use one of {', '.join(kinds)}.{nearest(str(kind), kinds)}"
    if location is not None and not isinstance(location, str):
        return "its location is not text"
    if kind == "local" and location:
        return "the type local takes no location"
    form, example = _LOCATIONS.get(kind, (None, ""))
    if location and form and not form.match(location):
        return f"the location of the type {kind} is written {example}"
    return None


def _options(value: dict[str, Any], inventory: Inventory) -> str | None:
    known = options.KDUMP_TOOLS | options.DIRECTIVES
    for name, setting in value.items():
        refusal = options.refusal(str(name), known)
        # A name that resembles none may be a setting of a later kdump-tools, which its host reports.
        if refusal and refusal != options.UNKNOWN:
            return f"'{name}' cannot be set here: {refusal}"
        if isinstance(setting, (dict, list)) or setting is None:
            return f"the value of '{name}' is {setting!r}: give one text or number"
    return None


def _environment(value: dict[str, Any], inventory: Inventory) -> str | None:
    for name, setting in value.items():
        if not options.NAME.match(str(name)):
            return f"'{name}' is not a name of a variable: use letters, digits and underscores"
        if isinstance(setting, (dict, list)) or setting is None:
            return f"the value of '{name}' is {setting!r}: give one text or number"
    return None


def _servers(value: list[Any], inventory: Inventory) -> str | None:
    missing = [str(server) for server in value if server not in inventory.hosts]
    if missing:
        return f"'{missing[0]}' is not a host of the inventory.{nearest(missing[0], inventory.hosts)}"
    return None


def _hosts(value: Any, inventory: Inventory) -> str | None:
    """Inventory names, a list or separated by commas."""
    names = listed(value)
    if names is None or not all(isinstance(name, str) for name in names):
        return "it is not a list of names: write [web1, web2], or web1,web2 on the command line"
    return _servers(names, inventory)


def _pattern(value: Any, inventory: Inventory) -> str | None:
    names = listed(value)
    if not names or not all(isinstance(name, str) for name in names):
        return "it is not a pattern of hosts: write for example all, web*, or 'rack1:!db1'"
    return None


def _waves(value: Any, inventory: Inventory) -> str | None:
    if waves(value) is None:
        return "use numbers from 1 on and percentages from 1% to 100%, for instance [1, '10%'] or 1,10%"
    return None


def _group(value: str, inventory: Inventory) -> str | None:
    if value not in inventory.groups:
        return f"the inventory has no such group.{nearest(value, list(inventory.groups))}"
    return None if inventory.groups[value] else "that group has no hosts"


def _user(value: str, inventory: Inventory) -> str | None:
    if value == "root":
        return (
            "root would be locked out of the server, because this user can do nothing but send dumps. "
            "Use an account of its own, for instance kdump"
        )
    if not _USER.match(value):
        return "it is not a name of a user: use small letters, digits, _ and -, for instance kdump"
    return None


def _startups(value: str, inventory: Inventory) -> str | None:
    found = _STARTUPS.match(value)
    start, rate, full = ((int(part) if part else None) for part in found.groups()) if found else (None, None, None)
    if value == "" or (start and (rate is None or (1 <= rate <= 100 and full is not None and full >= start))):
        return None
    return "use start:rate:full of sshd_config(5), with a rate of 1 to 100, for instance 200:30:400, or an empty text"


def _keys(value: list[Any], inventory: Inventory) -> str | None:
    wrong = next((key for key in value if not (isinstance(key, str) and _KEY.match(key))), None)
    return (
        f"{wrong!r} is not a public key: write lines such as 'ssh-ed25519 AAAA... name'" if wrong is not None else None
    )


def _one_word(value: str, inventory: Inventory) -> str | None:
    return "it holds blanks or line breaks" if re.search(r"\s", value) else None


def _one_line(value: str, inventory: Inventory) -> str | None:
    return "it holds a line break" if re.search(r"[\r\n]", value) else None


def _server(value: str, inventory: Inventory) -> str | None:
    if "@" in value:
        return "it names a user: write the server alone, and the user into kdump_ssh_user"
    return _one_word(value, inventory)


def _ssh_user(value: str, inventory: Inventory) -> str | None:
    return "it is not a name of a user" if re.search(r"[\s@:/]", value) else None


Rule = Callable[[Any, Inventory], "str | None"]
RULES: dict[str, Rule] = {
    "crash_test_confirm": _hosts,
    "crash_test_dump_path": _path,
    "dump_server_collector_keys": _keys,
    "dump_server_directory": _landing_area,
    "dump_server_group": _group,
    "dump_server_max_startups": _startups,
    "dump_server_penalty_exempt": _one_line,
    "dump_server_python": _path,
    "dump_server_user": _user,
    "kdump_canaries": _hosts,
    "kdump_core_collector": _collector,
    "kdump_crashkernel": _crashkernel,
    "kdump_dracut_args": _one_line,
    "kdump_dump_servers": _servers,
    "kdump_environment": _environment,
    "kdump_hosts": _pattern,
    "kdump_mount_point": _directory,
    "kdump_nfs_options": _one_word,
    "kdump_options": _options,
    "kdump_overwrite_device": _device,
    "kdump_path": _directory,
    "kdump_remove_confirm": _hosts,
    "kdump_ssh_server": _server,
    "kdump_ssh_user": _ssh_user,
    "kdump_sshkey": _key_path,
    "kdump_target": _target,
    "kdump_waves": _waves,
}


# ---- several variables


class Together(NamedTuple):
    """A contradiction: the variable that is named, what is wrong, and whose values were looked at."""

    name: str
    wrong: str


def _absent_and_raise(values: Mapping[str, Any]) -> Together | None:
    if values["kdump_crashkernel"] == "absent" and values["kdump_memory_policy"] == "raise":
        return Together("kdump_memory_policy", "it contradicts kdump_crashkernel: absent, which reserves nothing")
    return None


def _target_without_server(values: Mapping[str, Any]) -> Together | None:
    target = values["kdump_target"]
    if not isinstance(target, dict) or target.get("location"):
        return None
    kind = target.get("type")
    if kind == "ssh" and not values["kdump_dump_servers"] and not values["kdump_ssh_server"]:
        needs = "a location (user@server), kdump_dump_servers or kdump_ssh_server"
    elif kind == "nfs" and not values["kdump_dump_servers"]:
        needs = "a location (server:/export) or kdump_dump_servers"
    elif kind in options.TARGETS and kind not in ("ssh", "nfs"):
        needs = "a location, for instance {type: ext4, location: UUID=12e3e25f-534e-4007-a40c-e7e080a933ad}"
    else:
        return None
    return Together("kdump_target", f"the type {kind} needs {needs}")


def _mount_point_without_file_system(values: Mapping[str, Any]) -> Together | None:
    target = values["kdump_target"]
    if not values["kdump_mount_point"] or (isinstance(target, dict) and target.get("type") in options.FILE_SYSTEMS):
        return None
    needs = "it needs a kdump_target that is a file system, for instance {type: ext4, location: UUID=...}"
    return Together("kdump_mount_point", needs)


def _user_who_logs_in(values: Mapping[str, Any]) -> Together | None:
    user = values["dump_server_user"]
    if user and user == values["ansible_user"]:
        return Together(
            "dump_server_user",
            "Ansible logs in as this user (ansible_user) and would be locked out of the server, because this user can "
            "do nothing but send dumps. Use an account of its own, for instance kdump",
        )
    return None


# Each with the variables that it asks for: where one of them is not known yet it is not asked.
COMBINATIONS: tuple[tuple[tuple[str, ...], Callable[[Mapping[str, Any]], Together | None]], ...] = (
    (("kdump_crashkernel", "kdump_memory_policy"), _absent_and_raise),
    (("kdump_target", "kdump_dump_servers", "kdump_ssh_server"), _target_without_server),
    (("kdump_target", "kdump_mount_point"), _mount_point_without_file_system),
    (("dump_server_user", "ansible_user"), _user_who_logs_in),
)
