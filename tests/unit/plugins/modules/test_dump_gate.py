# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module dump_gate: its options, what it returns, and that its documentation says so."""

import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.kdump.fleet.plugins.module_utils.dump_gate import settings
from ansible_collections.kdump.fleet.plugins.module_utils.dump_gate_program import script
from ansible_collections.kdump.fleet.plugins.modules import dump_gate
from tests.unit.plugins.module_utils.test_dump_gate_program import FakeModule as FakeFiles
from tests.unit.plugins.modules.fake_module import FakeModule

TERMS = dict(
    area="/srv/kdump",
    quota=0,
    quota_percent=25,
    floor=1 << 30,
    entries=1000,
    journal="/var/log/kdump-gate/journal",
    sessions="/var/log/kdump-gate/sessions",
    keep=5,
    keep_days=30,
    incomplete_days=7,
)


class WritingModule(FakeModule, FakeFiles):
    """With what AnsibleModule does to files."""

    specification: dict[str, Any] = {}
    _diff = False

    def __init__(self, argument_spec: dict[str, Any], supports_check_mode: bool) -> None:
        FakeFiles.__init__(self)
        FakeModule.__init__(self, argument_spec, supports_check_mode)
        WritingModule.specification = argument_spec


@pytest.fixture(name="given")
def parameters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr(dump_gate, "AnsibleModule", WritingModule)
    monkeypatch.setattr(FakeModule, "failure", None)
    given = {"path": str(tmp_path / "gate"), "settings_path": str(tmp_path / "gate.json"), "settings": TERMS}
    monkeypatch.setattr(FakeModule, "given", given)
    return given


def test_what_it_installs_is_what_the_gate_reads(given: dict[str, Any]) -> None:
    """Run by the interpreter that is named."""
    given["python"] = sys.executable
    dump_gate.main()
    assert FakeModule.failure is None
    assert FakeModule.result is not None
    assert FakeModule.result["files"] == [given["settings_path"], given["path"]]
    assert Path(given["path"]).read_bytes() == script(sys.executable, given["settings_path"])
    found = settings.read(given["settings_path"])
    assert (found.area, found.limits.floor, found.policy.keep_days) == ("/srv/kdump", 1 << 30, 30)


def test_numbers_may_come_as_texts(given: dict[str, Any]) -> None:
    """C(-e) of the command line makes texts of them."""
    given["settings"] = {**TERMS, "quota": "5", "floor": "1073741824"}
    dump_gate.main()
    assert settings.read(given["settings_path"]).limits.quota == 5


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({**TERMS, "quota": "much"}, "quota"),
        ({key: value for key, value in TERMS.items() if key != "floor"}, "missing required arguments: floor"),
        ({**TERMS, "flor": 1}, "flor"),
    ],
)
def test_settings_that_are_none(given: dict[str, Any], terms: dict[str, Any], said: str) -> None:
    given["settings"] = terms
    with pytest.raises(ValueError, match=said):
        dump_gate.main()
    assert not Path(given["settings_path"]).exists()


def test_an_interpreter_that_is_none_is_a_clear_error(given: dict[str, Any]) -> None:
    given["python"] = "python3"
    dump_gate.main()
    assert FakeModule.failure is not None
    assert FakeModule.failure.startswith("'python3' cannot stand in the first line of a program.")
    assert not Path(given["path"]).exists()


def test_the_documentation_says_so(given: dict[str, Any]) -> None:
    dump_gate.main()
    assert FakeModule.result is not None
    options = yaml.safe_load(dump_gate.DOCUMENTATION)["options"]
    assert set(options) == set(WritingModule.specification)
    assert (
        set(options["settings"]["suboptions"]) == set(WritingModule.specification["settings"]["options"]) == set(TERMS)
    )
    assert set(yaml.safe_load(dump_gate.RETURN)) | {"changed", "diff"} == set(FakeModule.result)
    (task,) = yaml.safe_load(dump_gate.EXAMPLES)
    assert set(task["kdump.fleet.dump_gate"]["settings"]) == set(TERMS)
