# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role's verification is satisfied with: the conditions of its tasks, on answers of kdump_info."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2 import Environment
from jinja2.nativetypes import NativeEnvironment

from ansible_collections.kdump.fleet.plugins.module_utils.readiness.report import report
from ansible_collections.kdump.fleet.plugins.module_utils.tools.policy import Policy
from tests.checkout import ROOT
from tests.unit.plugins.module_utils.host_tree import MENU, HostTree, ready_host
from tests.unit.plugins.module_utils.readiness.test_rules import absent, stays_reserved, unreserved, used

Change = Callable[[HostTree], Any]
TASKS = ROOT / "roles/kdump/tasks"


def evaluated(expression: str, answer: dict[str, Any], **variables: Any) -> Any:
    """A condition of a task, where Ansible would ask for it."""
    environment = NativeEnvironment(autoescape=False)
    environment.filters["bool"] = lambda value: str(value).lower() in ("true", "yes", "1")
    codes = [finding["code"] for finding in answer["findings"]]
    known = dict(variables, __kdump_audit=answer, __kdump_codes=codes)
    return environment.from_string("{{ " + expression + " }}").render(known)


def task(name: str, start: str) -> dict[str, Any]:
    """The task of a step whose name begins so."""
    found = [one for one in yaml.safe_load((TASKS / name).read_text()) if one["name"].startswith(start)]
    assert len(found) == 1
    return dict(found[0])


def absent_and_broken(tree: HostTree) -> None:
    absent(tree)
    tree.remove(MENU)


def satisfied(answer: dict[str, Any], memory_policy: str = "warn", reboot_required: bool = False) -> bool:
    condition = task("verify.yml", "Require that a crash")["ansible.builtin.assert"]["that"]
    return bool(evaluated(condition, answer, kdump_memory_policy=memory_policy, kdump_reboot_required=reboot_required))


@pytest.mark.parametrize(
    ("change", "policy", "memory_policy", "reboot_required", "good"),
    [
        (lambda tree: None, "default", "fail", False, True),
        (unreserved, "default", "warn", False, False),
        (unreserved, "default", "warn", True, True),
        (lambda tree: tree.remove(MENU), "default", "warn", False, False),
        (used(176), "default", "warn", False, True),
        (used(176), "default", "fail", False, False),
        (absent, "absent", "warn", False, True),
        (absent, "absent", "fail", False, True),
        (stays_reserved, "absent", "warn", True, True),
        (absent_and_broken, "absent", "warn", False, False),
    ],
)
def test_verification(
    tmp_path: Path, change: Change, policy: str, memory_policy: str, reboot_required: bool, good: bool
) -> None:
    tree = ready_host(tmp_path)
    change(tree)
    assert satisfied(report(tree.host(), Policy.of({"crashkernel": policy})), memory_policy, reboot_required) == good


@pytest.mark.parametrize(
    ("code", "pins", "told"),
    [
        ("target-host-key-unknown", [], True),
        ("target-host-key-unknown", ["ssh-rsa AAAA"], False),
        ("target-key-refused", [], False),
    ],
)
def test_a_server_whose_host_keys_nobody_gave_is_told(code: str, pins: list[str], told: bool) -> None:
    """Its finding says that the rollout pins them: this is the rollout."""
    asked = task("ask_server.yml", "Require that it was granted")
    known: dict[str, Any] = {
        "inventory_hostname": "web1",
        "__kdump_server": "vault",
        "__kdump_refused": [{"code": code, "message": "ssh does not trust it.", "remedy": "Do."}],
        "__kdump_pins": pins,
    }
    text = Environment(autoescape=False).from_string
    known["__kdump_audit"] = {"target": {"wanted": {"location": "kdump@vault"}}}
    known["__kdump_unpinned"] = text(asked["vars"]["__kdump_unpinned"]).render(known)
    said = text(asked["ansible.builtin.assert"]["fail_msg"]).render(known)
    assert said.startswith("The configuration of web1 was not changed, because a dump to kdump@vault")
    assert (" set kdump_dump_server_host_keys['vault'], or kdump_ssh_server to" in said) == told


@pytest.mark.parametrize("kind", ["nfs", "ssh", "local"])
def test_the_directory_of_an_export_is_left_to_its_server(kind: str) -> None:
    """all_squash refuses owner and mode to root; the directory on it is made by nfs.yml."""
    audit = {"target": {"directory_wanted": "/mnt/dumps", "wanted": {"kind": kind}}, "findings": []}
    conditions = task("configure.yml", "Make the directory for dumps, which")["when"]
    assert all(evaluated(one, audit, kdump_create_path=True) for one in conditions) == (kind != "nfs")


@pytest.mark.parametrize(
    ("crashkernel", "visited", "state"),
    [("absent", True, "absent"), ("256M", True, "present"), ("default", True, "present"), ("", False, "absent")],
)
def test_the_boot_loader_step_does_what_the_policy_wants(
    tmp_path: Path, crashkernel: str, visited: bool, state: str
) -> None:
    step = task("bootloader.yml", "Set crashkernel=")
    answer = report(ready_host(tmp_path).host(), Policy.of({"crashkernel": crashkernel}))
    assert evaluated(step["when"], answer) == visited
    wanted = step["kdump.fleet.crashkernel"]["state"].strip("{} ")
    assert evaluated(wanted, answer) == state


def test_what_is_needed_is_what_is_raised_to(tmp_path: Path) -> None:
    tree = ready_host(tmp_path)
    used(176)(tree)
    value = task("raise.yml", "Set crashkernel=")["kdump.fleet.crashkernel"]["value"]
    expression, _braces, unit = value.strip('"{ ').partition(" }}")
    assert (evaluated(expression, report(tree.host(), Policy())), unit) == (224, "M")
