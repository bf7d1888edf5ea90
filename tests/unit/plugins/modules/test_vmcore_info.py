# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module vmcore_info: what it returns, and that its documentation says so."""

from pathlib import Path
from typing import Any, Optional

import pytest
import yaml

from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import Host
from ansible_collections.kdump.fleet.plugins.modules import vmcore_info
from tests.unit.plugins.module_utils.vmcore.dumps import fixture

TYPES = {"bool": bool, "int": int, "str": str, "list": list, "dict": dict}


class FakeModule:
    """Stands for AnsibleModule and remembers how the module ended."""

    parameters: dict[str, Any] = {}
    specification: dict[str, Any] = {}
    result: dict[str, Any] = {}
    failure: Optional[str] = None

    def __init__(self, argument_spec: dict[str, Any], supports_check_mode: bool) -> None:
        assert supports_check_mode
        FakeModule.specification = argument_spec
        FakeModule.result, FakeModule.failure = {}, None
        self.params = {name: option.get("default") for name, option in argument_spec.items()}
        self.params.update(FakeModule.parameters)

    def exit_json(self, **result: Any) -> None:
        FakeModule.result = result

    def fail_json(self, msg: str) -> None:
        FakeModule.failure = msg


@pytest.fixture(autouse=True)
def _fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(FakeModule, "parameters", {})
    monkeypatch.setattr(vmcore_info, "AnsibleModule", FakeModule)
    monkeypatch.setattr(vmcore_info, "Host", lambda: Host(root=str(tmp_path)))
    folder = tmp_path / "var" / "crash" / "202611221828"
    folder.mkdir(parents=True)
    (folder / "dump.202611221828").write_bytes(fixture("tiny-flattened"))
    (folder / "dmesg.202611221828").write_bytes(fixture("kdump-tools-local.dmesg"))


def test_it_answers_and_changes_nothing() -> None:
    vmcore_info.main()
    assert FakeModule.failure is None
    assert (FakeModule.result["changed"], FakeModule.result["count"]) == (False, 1)
    assert FakeModule.result["newest"]["signature"] == "237bf7d6164ee02b"


def test_it_hands_its_options_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeModule, "parameters", {"newer_than": "1s"})
    vmcore_info.main()
    assert FakeModule.result["count"] == 0
    monkeypatch.setattr(FakeModule, "parameters", {"paths": ["/var/crash/202611221828/dump.202611221828", "/gone"]})
    vmcore_info.main()
    assert FakeModule.result["count"] == 1
    assert [one["path"] for one in FakeModule.result["unreadable"]] == ["/gone"]


@pytest.mark.parametrize(("mark", "marked"), [(None, None), ("sysrq triggered crash", True), ("mine", False)])
def test_it_looks_for_a_mark(monkeypatch: pytest.MonkeyPatch, mark: Optional[str], marked: Optional[bool]) -> None:
    monkeypatch.setattr(FakeModule, "parameters", {"mark": mark})
    vmcore_info.main()
    assert FakeModule.result["newest"]["marked"] is marked


def test_a_wrong_age_is_a_clear_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeModule, "parameters", {"newer_than": "yesterday"})
    vmcore_info.main()
    assert FakeModule.failure == (
        "newer_than is 'yesterday', which is not an age. Give seconds, or a number with s, m, h, d or w, as 1d."
    )


def test_the_options_are_those_of_the_documentation() -> None:
    vmcore_info.main()
    options = yaml.safe_load(vmcore_info.DOCUMENTATION)["options"]
    assert set(options) == set(FakeModule.specification)
    for name, option in FakeModule.specification.items():
        assert {key: options[name].get(key) for key in ("type", "elements", "default")} == {
            key: option.get(key) for key in ("type", "elements", "default")
        }


def _check(documented: dict[str, Any], values: dict[str, Any]) -> None:
    """Every value has a documented name and type, and nothing else is documented."""
    assert set(documented) == set(values)
    for name, value in values.items():
        returned = documented[name]
        assert "sample" in returned, name
        assert value is None or isinstance(value, TYPES[returned["type"]]), name
        if "contains" in returned:
            for element in values[name]:
                _check(returned["contains"], element)


def test_the_documentation_describes_what_is_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeModule, "parameters", {"paths": ["/var/crash", "/gone"]})
    vmcore_info.main()
    result = dict(FakeModule.result)
    assert result.pop("changed") is False
    documented = yaml.safe_load(vmcore_info.RETURN)
    _check(documented, result)
    assert set(documented["vmcores"]["sample"][0]) == set(result["vmcores"][0])
    assert set(documented["newest"]["sample"]) <= set(result["newest"])
