# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module crashkernel: its options, what it returns, and that its documentation says so."""

from pathlib import Path
from typing import Any, Optional

import pytest
import yaml

from ansible_collections.kdump.fleet.plugins.modules import crashkernel
from tests.unit.plugins.module_utils.bootloader.machine import DROP_IN, Machine
from tests.unit.plugins.modules.fake_module import FakeModule

TYPES = {"bool": bool, "str": str, "list": list, "dict": dict}


@pytest.fixture(name="machine")
def machine_of_the_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine(str(tmp_path))
    monkeypatch.setattr(crashkernel, "AnsibleModule", FakeModule)
    monkeypatch.setattr(crashkernel, "Host", lambda: machine.host)
    monkeypatch.setattr(FakeModule, "check_mode", False)
    return machine


def ended(**given: Any) -> tuple[Optional[dict[str, Any]], Optional[str]]:
    """How the module ended: its result, or its message."""
    FakeModule.given, FakeModule.result, FakeModule.failure = given, None, None
    crashkernel.main()
    return FakeModule.result, FakeModule.failure


def run(**given: Any) -> dict[str, Any]:
    result, failure = ended(**given)
    assert failure is None
    assert result is not None
    return result


def test_present_then_absent(machine: Machine) -> None:
    before = machine.snapshot()
    result = run(value="256M")
    assert (result["changed"], result["value"], result["reboot_required"]) == (True, "256M", True)
    assert run(value="256M", state="present")["changed"] is False
    result = run(value="is not used", state="absent")
    assert (result["changed"], result["value"], result["reboot_required"]) == (True, None, False)
    assert set(machine.snapshot()) - set(before) == {machine.path("/etc/default/grub.d")}


def test_check_mode_writes_nothing(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeModule, "check_mode", True)
    before = machine.snapshot()
    result = run(value="256M")
    assert (machine.snapshot(), machine.calls) == (before, [])
    assert (result["changed"], result["reboot_required"]) == (True, True)
    assert [part["after_header"] for part in result["diff"]] == [DROP_IN, "boot entries"]


def test_files_are_shown_where_somebody_asks_for_them(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(value="256M")["diff"]
    monkeypatch.setattr(FakeModule, "_diff", False)
    assert "diff" not in run(value="512M")


@pytest.mark.parametrize("given", [{}, {"state": "present"}, {"state": "latest", "value": "1G"}])
def test_parameters_that_do_not_go_together(machine: Machine, given: dict[str, Any]) -> None:
    before = machine.snapshot()
    with pytest.raises(ValueError, match="state"):
        run(**given)
    assert machine.snapshot() == before


def test_a_wrong_value_is_a_clear_failure(machine: Machine) -> None:
    _result, failure = ended(value="lots")
    assert failure is not None
    assert failure.startswith("The crashkernel value 'lots' cannot be used")
    _result, failure = ended(value="512")
    assert failure is not None
    assert "'512' reserves 512 bytes, and 16 MiB is the least" in failure
    assert machine.calls == []


def documented(entries: dict[str, Any], value: dict[str, Any]) -> None:
    """Every key of I(value) is described with a type that it has, and the other way round."""
    assert set(value) == set(entries)
    for key, entry in entries.items():
        assert entry["description"]
        assert isinstance(value[key], TYPES[entry["type"]]), key
        if "contains" in entry:
            for item in value[key] if entry["type"] == "list" else [value[key]]:
                documented(entry["contains"], item)
        else:
            assert isinstance(entry["sample"], TYPES[entry["type"]]), key


def test_every_return_value_is_documented(machine: Machine) -> None:
    result = run(value="256M")
    del result["changed"], result["diff"]  # Ansible's own
    documented(yaml.safe_load(crashkernel.RETURN), result)


def test_every_option_is_documented() -> None:
    options = yaml.safe_load(crashkernel.DOCUMENTATION)["options"]
    assert set(options) == {"value", "state"}
    for task in yaml.safe_load(crashkernel.EXAMPLES):
        assert set(task.get("kdump.fleet.crashkernel", {})) <= set(options)
