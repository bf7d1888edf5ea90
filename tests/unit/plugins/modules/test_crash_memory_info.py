# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module crash_memory_info: what it returns, and that its documentation says so."""

import errno
from pathlib import Path
from typing import Any, Optional

import pytest
import yaml

from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory import reserved
from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory.recommendation import Estimate
from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import CommandResult, Host
from ansible_collections.kdump.fleet.plugins.modules import crash_memory_info
from tests.unit.plugins.module_utils.host_tree import HostTree

TYPES = {"bool": bool, "int": int, "str": str, "list": list, "dict": dict}


class FakeModule:
    """Stands for AnsibleModule and remembers how the module ended."""

    result: dict[str, Any] = {}
    failure: Optional[str] = None
    given: dict[str, Any] = {}
    checking = False

    def __init__(self, argument_spec: dict[str, Any], supports_check_mode: bool) -> None:
        assert argument_spec == {"estimate": {"type": "bool", "default": False}}
        assert supports_check_mode
        self.params, self.check_mode = dict(FakeModule.given), FakeModule.checking
        FakeModule.result, FakeModule.failure = {}, None

    def exit_json(self, **result: Any) -> None:
        FakeModule.result = result

    def fail_json(self, msg: str) -> None:
        FakeModule.failure = msg


@pytest.fixture(autouse=True)
def _fake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crash_memory_info, "AnsibleModule", FakeModule)
    monkeypatch.setattr(FakeModule, "given", {"estimate": False})


def test_it_answers_and_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crash_memory_info, "Host", lambda: Host(root=str(tmp_path)))
    crash_memory_info.main()
    assert FakeModule.failure is None
    assert FakeModule.result["changed"] is False
    assert FakeModule.result["summary"] == "nothing reserved: kernel  has no kexec"


@pytest.mark.parametrize(("check_mode", "asked"), [(False, ["kdumptool calibrate"]), (True, [])])
def test_the_host_is_asked_for_its_estimate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, check_mode: bool, asked: list[str]
) -> None:
    commands: list[str] = []

    def run(argv: list[str], timeout: float) -> CommandResult:
        commands.append(" ".join(argv))
        return CommandResult(argv, 0, "Low: 72\nHigh: 180\n", "")

    tree = HostTree(tmp_path)
    tree.program("/usr/sbin/kdumptool")
    monkeypatch.setattr(crash_memory_info, "Host", lambda: Host(str(tmp_path), run))
    monkeypatch.setattr(FakeModule, "given", {"estimate": True})
    monkeypatch.setattr(FakeModule, "checking", check_mode)
    crash_memory_info.main()
    assert commands == asked
    known = {"bytes": 252 << 20, "low_bytes": 72 << 20, "source": "kdumptool calibrate"}
    assert FakeModule.result["estimate"] == (known if asked else None)


def test_bytes_that_are_not_utf8_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc" / "cmdline").write_bytes(b"crashkernel=1\xff\n")
    monkeypatch.setattr(crash_memory_info, "Host", lambda: Host(root=str(tmp_path)))
    crash_memory_info.main()
    assert FakeModule.result["crashkernel"] == "1\\xff"


def test_a_file_that_cannot_be_read_is_a_clear_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(Host):
        def read(self, name: str) -> Optional[str]:
            raise OSError(errno.EIO, "Input/output error", name)

    monkeypatch.setattr(crash_memory_info, "Host", Broken)
    crash_memory_info.main()
    assert FakeModule.failure is not None
    assert FakeModule.failure.startswith("/proc/iomem: Input/output error.")


def agree(documented: dict[str, Any], value: dict[str, Any]) -> None:
    """Every key is documented, with a sample, and of the documented type where it is not null."""
    assert set(documented) == set(value)
    for name, leaf in documented.items():
        assert "sample" in leaf or "contains" in leaf, name
        assert leaf["description"], name
        if value[name] is not None:
            assert isinstance(value[name], TYPES[leaf["type"]]), name
        if "contains" in leaf:
            for one in value[name] if leaf["type"] == "list" else [value[name]]:
                agree(leaf["contains"], one)
        else:
            assert isinstance(leaf["sample"], TYPES[leaf["type"]]), name


def test_the_documentation_names_what_is_returned(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc" / "iomem").write_text("00001000-3fffffff : System RAM\n  10000000-1bffffff : Crash kernel\n")
    measured = {"total_bytes": 1 << 27, "least_available_bytes": 1 << 26}
    found = reserved.read(Host(root=str(tmp_path)), capture=measured)
    agree(yaml.safe_load(crash_memory_info.RETURN), dict(found, estimate=Estimate(2, 1, "")._asdict()))
