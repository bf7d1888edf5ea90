# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How role kdump has an export mounted with the policy's options: when, in which order, and what is loaded after it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.kdump.fleet.plugins.module_utils.readiness.report import report
from ansible_collections.kdump.fleet.plugins.module_utils.target import nfs_options
from ansible_collections.kdump.fleet.plugins.module_utils.tools.policy import Policy
from tests.checkout import ROOT
from tests.unit.plugins.module_utils.host_tree import ready_host
from tests.unit.plugins.module_utils.rpm_tree import RpmTree, ready_rpm_host
from tests.unit.plugins.module_utils.target.test_nfs_options import BLOCK, LINE, POLICY
from tests.unit.test_kdump_verify import evaluated, task

LOCAL = {**POLICY, "target": {"type": "local"}}


@pytest.fixture
def tree(tmp_path: Path) -> RpmTree:
    return ready_rpm_host(tmp_path)


def variable(name: str, answer: dict[str, Any], **known: Any) -> Any:
    """A variable of the role's own, as it is on a host with this answer."""
    text = yaml.safe_load((ROOT / "roles/kdump/vars/main.yml").read_text())[name]
    return evaluated(text.strip("{} \n"), answer, **known)


def differs(answer: dict[str, Any]) -> bool:
    return bool(variable("__kdump_export_differs", answer))


def test_the_line_is_written_once_and_taken_away_once(tree: RpmTree) -> None:
    answer = report(tree.host(), Policy.of(POLICY))
    assert differs(answer)
    assert evaluated(task("export.yml", "Make the directory")["when"], answer)
    line = task("export.yml", "Have the export")["vars"]["__kdump_line"]
    assert evaluated(line.strip("{} "), answer) == LINE
    assert not differs(report(tree.host(), Policy.of(LOCAL)))
    tree.write("/etc/fstab", BLOCK.format(LINE))
    assert not differs(report(tree.host(), Policy.of(POLICY)))
    answer = report(tree.host(), Policy.of(LOCAL))
    assert differs(answer)
    assert not evaluated(task("export.yml", "Make the directory")["when"], answer)


def test_kdump_tools_gets_none(tmp_path: Path) -> None:
    assert not differs(report(ready_host(tmp_path).host(), Policy.of(POLICY)))


def test_a_new_line_is_loaded_and_put_back_with_the_rest(tree: RpmTree) -> None:
    answer = report(tree.host(), Policy.of(POLICY))
    fstab = {"changed": True, "backup_file": "/etc/fstab.1"}
    written = task("configure.yml", "Load the capture kernel")["vars"]["__kdump_written"]
    # "combine" is Ansible's own filter: what it makes of this is given.
    tables = [{**fstab, "item": {"path": "/etc/fstab"}}]
    known = {"__kdump_tables": tables, "__kdump_blocks": {"results": []}, "__kdump_wholes": {"results": []}}
    assert list(evaluated(written.strip("{} "), answer, **known)) == tables
    tree.write("/etc/fstab", BLOCK.format(LINE))
    answer = report(tree.host(), Policy.of(POLICY))
    # A table that was changed for something else, by mount.yml, is none of these.
    assert variable("__kdump_tables", answer, __kdump_fstab=fstab, __kdump_export_differs=False) == []


def test_it_is_written_after_the_server_was_asked_and_before_the_file_that_names_it(tree: RpmTree) -> None:
    names = [one["name"] for one in yaml.safe_load((ROOT / "roles/kdump/tasks/configure.yml").read_text())]
    steps = ["Require that a dump would get", "Have a capture mount", "Write the file of", "Load the capture kernel"]
    order = [next(number for number, name in enumerate(names) if name.startswith(step)) for step in steps]
    assert order == sorted(order)


def test_nothing_that_the_role_deletes_holds_an_export(tree: RpmTree) -> None:
    """kdumpctl may leave it mounted: what is below is the server's."""
    proof = report(tree.host(), Policy())["proof_file"]
    assert not nfs_options.DIRECTORY.startswith(proof.rpartition("/")[0] + "/")
