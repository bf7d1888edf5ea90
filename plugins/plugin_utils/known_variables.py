# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every variable that kdump.fleet knows: those of its roles, of its playbooks, and those that its runs set."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

PREFIXES = ("kdump_", "crash_test_", "dump_server_")
ROLES = ("kdump", "crash_test", "dump_server")
PLAYBOOKS = ("audit", "crash_test", "dump_server", "remove", "rollout")

# Variables of the playbooks, in the words of an argument specification. I(least) and I(most) are the range of a number.
# I(play): the playbooks whose play itself reads it (hosts, serial), and sees extra variables and variables of the play
# there, and nothing of the inventory.
PLAYBOOK_VARIABLES: dict[str, dict[str, Any]] = {
    "kdump_hosts": {
        "type": "raw",
        "play": PLAYBOOKS,
        "description": "The hosts, a pattern of Ansible. The default is all.",
    },
    "kdump_waves": {
        "type": "raw",
        "play": ("rollout", "remove"),
        "description": "How many hosts each wave has: numbers and percentages, a list or separated by commas.",
    },
    "kdump_wave_max_fail": {
        "type": "int",
        "least": 0,
        "description": "How many hosts may fail or become unreachable before no further wave starts.",
    },
    "kdump_remove_confirm": {
        "type": "raw",
        "play": ("remove",),
        "description": "Inventory names of the hosts from which kdump may be removed, a list or separated by commas.",
    },
    "kdump_prove": {
        "type": "str",
        "choices": ["none", "canary", "all"],
        "description": "Which hosts of a rollout prove by a crash that they capture it.",
    },
    "kdump_canaries": {
        "type": "raw",
        "description": "Inventory names of the hosts that kdump_prove=canary crashes, a list or separated by commas.",
    },
    "kdump_prove_at_once": {
        "type": "int",
        "least": 1,
        "description": "How many hosts of a wave may crash at the same time.",
    },
    "kdump_prove_confirm": {
        "type": "int",
        "least": 1,
        "description": "The number of kdump_prove_at_once again, where that is more than a tenth of the hosts.",
    },
    "kdump_audit_strict": {
        "type": "bool",
        "description": "Whether the audit fails when a host is not ready.",
    },
    "kdump_allowed_variables": {
        "type": "list",
        "elements": "str",
        "description": "Names of a site's own variables that begin as those of kdump.fleet do; * stands for any text.",
    },
    "dump_server_group": {
        "type": "str",
        "play": ("dump_server",),
        "description": "The inventory group of the dump servers. The default is dump_servers.",
    },
}

# Variables of a dump server in the inventory, which the hosts read.
INVENTORY_VARIABLES: dict[str, dict[str, Any]] = {
    "dump_server_address": {"type": "str", "description": "The name or address by which hosts reach the dump server."},
    "dump_server_addresses": {
        "type": "list",
        "elements": "str",
        "description": "Further names and addresses of the dump server, for which its host keys are pinned.",
    },
}

# What a run sets itself: facts, registered results, and the artifact of an audit, which a later job of a workflow gets.
FACTS = frozenset(
    {
        "dump_server_host_keys",
        "dump_server_refused_hosts",
        "kdump_audit",
        "kdump_rollout",
        "kdump_pinned_host_keys",
        "kdump_reboot_required",
        "kdump_removal",
        "kdump_ssh_public_key",
        "kdump_ssh_public_keys",
    }
)

# Variables of linux-system-roles/kdump that are not variables of this collection.
OTHER_ROLE = {
    "kdump_kdump_tools": "/etc/default/kdump-tools",
    "kdump_sysconfig": "/etc/sysconfig/kdump",
}

# Ranges of the roles' numbers. Where nothing stands here any number will do.
RANGES: dict[str, tuple[int, int | None]] = {
    "crash_test_arm_timeout": (1, None),
    "crash_test_at_once": (1, None),
    "crash_test_timeout": (1, None),
    "dump_server_entries": (1, None),
    "dump_server_floor_bytes": (0, None),
    "dump_server_incomplete_days": (0, None),
    "dump_server_keep": (0, None),
    "dump_server_keep_days": (0, None),
    "dump_server_quota_bytes": (0, None),
    "dump_server_quota_percent": (0, 100),
    "kdump_arm_timeout": (1, None),
    "kdump_keep_dumps": (0, 999999999),
    "kdump_package_cache_valid_time": (0, None),
    "kdump_reboot_timeout": (1, None),
}
CHOICES = {
    "kdump_compression": ["none", "bzip2", "gzip", "lz4", "xz"],
    "kdump_system_action": ["reboot", "halt", "poweroff", "shell", "dump_to_rootfs"],
}


def role_specifications(role: str) -> dict[str, dict[str, Any]]:
    """The variables of a role, from its argument specification: those of all its entry points."""
    path = Path(__file__).resolve().parents[2] / "roles" / role / "meta" / "argument_specs.yml"
    points = yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"].values()
    return {name: option for point in points for name, option in (point.get("options") or {}).items()}


@cache
def specifications() -> dict[str, dict[str, Any]]:
    """Every variable that an administrator may set, with what it may be."""
    # Other roles read some of role kdump's variables: what they may be stands there.
    found = {name: dict(option) for role in reversed(ROLES) for name, option in role_specifications(role).items()}
    for name, (least, most) in RANGES.items():
        found[name].update(least=least, most=most)
    for name, choices in CHOICES.items():
        found[name].update(choices=choices)
    found["crash_test_at_once"].update(play=("crash_test",))
    return {**found, **INVENTORY_VARIABLES, **PLAYBOOK_VARIABLES}
