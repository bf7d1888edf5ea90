# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role's template of /etc/kdump.conf, rendered by Ansible: every directive reads back as it was meant."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.tools.kdumpctl import conf
from tests.checkout import ROOT

TEMPLATE = ROOT / "roles/kdump/templates/kdump.conf.j2"
VALUES = {"path": "/srv/50% full", "core_collector": "makedumpfile -F -l -d 31", "kdump_pre": "/usr/bin/a b"}


def rendered(lines: list[str], target: Path) -> str:
    """What Ansible writes for these lines."""
    item = json.dumps({"item": {"lines": lines}})
    words = ["-m", "ansible.builtin.template", "-a", f"src={TEMPLATE} dest={target}", "-e", item]
    command = [str(Path(sys.executable).with_name("ansible")), "localhost", "-c", "local", *words]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, done.stdout
    return target.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[tuple[str, str]], str]:
    """Every directive, one that is unknown, and the file with them."""
    settings = [(name, VALUES.get(name, "value")) for name in [*conf.DIRECTIVES, "path_of_tomorrow"]]
    lines = conf.render(settings).splitlines()
    return settings, rendered(lines, tmp_path_factory.mktemp("conf") / "kdump.conf")


def test_every_directive_is_written_once(everything: tuple[list[tuple[str, str]], str]) -> None:
    settings, text = everything
    found = [(one.name, one.value) for one in conf.parse(text)]
    assert sorted(found) == sorted(settings)


def test_only_what_is_unknown_stands_under_further_directives(everything: tuple[list[tuple[str, str]], str]) -> None:
    last = everything[1].split("# Further directives\n")[1]
    unknown = {"kdump_emergency", "path_of_tomorrow"}
    assert {one.name for one in conf.parse(last)} == unknown


def test_a_short_file_has_no_empty_groups(tmp_path: Path) -> None:
    text = rendered(["path /var/crash"], tmp_path / "kdump.conf")
    assert [line for line in text.split("\n") if line.startswith("# ")][2:] == ["# Where dumps go"]
    assert text.endswith("\npath /var/crash\n")
