# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory of a run, as Ansible reads it."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tests.lab import ssh
from tests.lab.recipes import recipe

if TYPE_CHECKING:
    from tests.lab.machine import Machine

NAME = "inventory.yml"


def text(run: Path, machines: Sequence[Machine]) -> str:
    """The group C(lab) with every machine, and a group for each family among them."""
    variables: dict[str, str | bool] = {
        "ansible_host": ssh.ADDRESS,
        "ansible_user": "root",
        "ansible_ssh_private_key_file": str(run / "id_ed25519"),
        "ansible_ssh_common_args": ssh.COMMON,
        "ansible_pipelining": True,  # an emulated machine pays a second for every file that need not be sent first
    }
    lines = ["---", "lab:", "  vars:"]
    # What is JSON is YAML too, whatever is in it.
    lines += [f"    {name}: {json.dumps(value)}" for name, value in variables.items()]
    lines += ["  hosts:" if machines else "  hosts: {}"]
    for machine in machines:
        lines += [
            f"    {machine.name}:",
            f"      ansible_port: {machine.port}",
            f"      ansible_python_interpreter: {json.dumps(recipe(machine.image).python)}",
        ]
        if machine.address is not None:
            lines += [f"      lab_address: {machine.address}"]
    families = sorted({recipe(machine.image).family for machine in machines})
    for family in families:
        lines += [f"{family}:", "  hosts:"]
        lines += [f"    {machine.name}:" for machine in machines if recipe(machine.image).family == family]
    return "\n".join(lines) + "\n"


def write(run: Path, machines: Sequence[Machine]) -> Path:
    """Write the inventory in one step: somebody may be reading it."""
    path = run / NAME
    temporary = run / f".{NAME}.{os.getpid()}"
    temporary.write_text(text(run, machines), encoding="utf-8")
    temporary.replace(path)
    return path
