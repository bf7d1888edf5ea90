# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The work of the module crashkernel: what it answers, in check mode as well."""

import json
from typing import Any, Dict, List, Optional

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.base import BootEntry, BootLoaderError
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.staging import ensure, staged
from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory.crashkernel import CrashkernelError
from tests.unit.plugins.module_utils.bootloader.machine import DROP_IN, MENU, SETTINGS, Machine, menu_text

VALUES = ["256M", "512M,high 128M,low", None]


def crashkernels(entries: List[Dict[str, Any]]) -> List[List[str]]:
    return [entry["crashkernel"] for entry in entries]


def without_places(result: Dict[str, Any]) -> Dict[str, Any]:
    """A result in which the arguments of entries are compared by what they are, not by where they stand."""
    for key in ("entries_before", "entries_after"):
        for entry in result[key]:
            entry["arguments"] = sorted(entry["arguments"].split())
    return result


def test_present(machine: Machine) -> None:
    result = ensure(machine.host, " 512M,high  128M,low")
    assert result["changed"] is True
    assert result["value"] == "512M,high 128M,low"
    assert result["bootloader"] == {"name": "grub2", "evidence": "/boot/grub/grub.cfg, written by update-grub"}
    assert result["reboot_required"] is True
    assert crashkernels(result["entries_before"]) == [[]] * 5
    assert crashkernels(result["entries_after"]) == [["512M,high", "128M,low"]] * 5
    assert result["entries_after"][0] == {
        "id": "simple",
        "title": "Debian GNU/Linux",
        "kernel": "/boot/vmlinuz-6.12.107",
        "arguments": "root=UUID=95d3fad2 ro crashkernel=512M,high crashkernel=128M,low console=ttyS0 quiet",
        "crashkernel": ["512M,high", "128M,low"],
    }


def test_the_diff_of_a_first_run(machine: Machine) -> None:
    drop_in, entries = ensure(machine.host, "256M")["diff"]
    assert drop_in == {
        "before_header": DROP_IN + " (absent)",
        "after_header": DROP_IN,
        "before": "",
        "after": machine.read(DROP_IN),
    }
    assert entries["before"].startswith("Debian GNU/Linux: no crashkernel=\n")
    assert entries["after"].startswith("Debian GNU/Linux: crashkernel=256M\n")


def test_the_diff_of_a_removal(machine: Machine) -> None:
    ensure(machine.host, "256M")
    before = machine.read(DROP_IN)
    drop_in, entries = ensure(machine.host, None)["diff"]
    assert drop_in == {
        "before_header": DROP_IN,
        "after_header": DROP_IN + " (absent)",
        "before": before,
        "after": "",
    }
    assert entries["after"].startswith("Debian GNU/Linux: no crashkernel=\n")


@pytest.mark.parametrize("first", VALUES)
@pytest.mark.parametrize("second", VALUES)
def test_check_mode_foresees_the_run(machine: Machine, first: Optional[str], second: Optional[str]) -> None:
    ensure(machine.host, first)
    before = machine.snapshot()
    machine.calls = []
    foreseen = ensure(machine.host, second, check_mode=True)
    assert (machine.snapshot(), machine.calls) == (before, [])
    assert without_places(foreseen) == without_places(ensure(machine.host, second))
    assert foreseen["changed"] is (first != second)
    again = ensure(machine.host, second)
    assert again["changed"] is False
    assert again["diff"] == []
    assert again["entries_before"] == again["entries_after"]


@pytest.mark.parametrize(
    "running, wanted, expected",
    [
        ("ro quiet", "256M", True),
        ("ro crashkernel=256M", "256M", False),
        ("ro crashkernel=128M", "256M", True),
        ("ro crashkernel=256M", None, True),
        ("ro quiet", None, False),
        ("crashkernel=512M,high crashkernel=128M,low", "512M,high 128M,low", False),
        ("crashkernel=128M,low crashkernel=512M,high", "512M,high 128M,low", True),
    ],
)
def test_reboot_required(machine: Machine, running: str, wanted: Optional[str], expected: bool) -> None:
    machine.write("/proc/cmdline", running + "\n")
    assert ensure(machine.host, wanted, check_mode=True)["reboot_required"] is expected
    assert ensure(machine.host, wanted)["reboot_required"] is expected


def test_staged_asks_every_entry_that_may_boot() -> None:
    entries = [BootEntry("a", "A", "/a", "crashkernel=1M"), BootEntry("b", "B", "/b", "quiet")]
    assert staged(entries[:1], ["1M"]) is False
    assert staged(entries, ["1M"]) is True


@pytest.mark.parametrize("value", ["", " ", "many", "256M 512M", "crashkernel=256M", "auto"])
def test_a_wrong_value_changes_nothing(machine: Machine, value: str) -> None:
    before = machine.snapshot()
    with pytest.raises(CrashkernelError):
        ensure(machine.host, value)
    assert machine.snapshot() == before


@pytest.mark.parametrize("release", ["3.10.0-1160.el7.x86_64\n", "4.18.0-553.el8_10.x86_64\n"])
def test_kernels_that_know_auto(machine: Machine, release: str) -> None:
    machine.write("/proc/sys/kernel/osrelease", release)
    assert crashkernels(ensure(machine.host, "auto")["entries_after"]) == [["auto"]] * 5


def test_a_default_entry_out_of_reach_is_an_error(machine: Machine) -> None:
    machine.custom = "menuentry 'Mine' --id mine { linux /vmlinuz root=/dev/vda1 crashkernel=64M }"
    machine.write(SETTINGS, "GRUB_DEFAULT=mine\n")
    machine.generate()
    before = machine.snapshot()
    with pytest.raises(BootLoaderError) as caught:
        ensure(machine.host, "256M")
    assert "'Mine', takes no arguments from the settings of grub2 and has crashkernel values '64M'" in str(caught.value)
    assert "Write 'crashkernel=256M' into it by hand" in str(caught.value)
    with pytest.raises(BootLoaderError, match="Write 'no crashkernel=' into it by hand"):
        ensure(machine.host, None)
    assert machine.snapshot() == before


def test_a_default_entry_out_of_reach_that_is_right_already(machine: Machine) -> None:
    machine.custom = "menuentry 'Mine' --id mine { linux /vmlinuz root=/dev/vda1 crashkernel=64M }"
    machine.write(SETTINGS, "GRUB_DEFAULT=mine\n")
    machine.generate()
    machine.write("/proc/cmdline", "crashkernel=64M\n")
    result = ensure(machine.host, "64M")
    assert (result["changed"], result["reboot_required"]) == (True, False)


def test_the_answer_can_be_printed_whatever_the_files_hold(machine: Machine) -> None:
    machine.write(SETTINGS, 'GRUB_CMDLINE_LINUX="caf\udce9"\n')
    machine.generate()
    result = ensure(machine.host, "256M")
    json.dumps(result, ensure_ascii=False).encode("utf-8")
    assert "caf\\xe9" in result["entries_after"][0]["arguments"]


SAFE = st.lists(st.sampled_from(["quiet", "a=1", '\\"b c\\"', "crashkernel=1M", "crashkernel=2M,high", "--", " "]))


@settings(max_examples=12)
@given(SAFE.map(" ".join), SAFE.map(" ".join), st.sampled_from(VALUES), st.sampled_from(["grub", "grub2"]))
def test_any_settings_come_to_the_wanted_values_and_back(
    tmp_path_factory: pytest.TempPathFactory, linux: str, default: str, wanted: Optional[str], family: str
) -> None:
    machine = Machine(str(tmp_path_factory.mktemp("machine")), family)
    machine.write(SETTINGS, 'GRUB_CMDLINE_LINUX="{0}"\nGRUB_CMDLINE_LINUX_DEFAULT="{1}"\n'.format(linux, default))
    machine.generate()
    ensure(machine.host, None)
    clean = machine.read(SETTINGS), machine.read(machine.menu)
    result = ensure(machine.host, wanted)
    assert crashkernels(result["entries_after"]) == [(wanted or "").split()] * 5
    assert ensure(machine.host, wanted)["changed"] is False
    ensure(machine.host, None)
    assert (machine.read(SETTINGS), machine.read(machine.menu)) == clean


def test_a_menu_that_is_cut_short_is_left_alone(machine: Machine) -> None:
    machine.write(MENU, menu_text("", "")[:-200])
    before = machine.snapshot()
    with pytest.raises(BootLoaderError, match="is not a complete GRUB configuration"):
        ensure(machine.host, "256M")
    assert machine.snapshot() == before
