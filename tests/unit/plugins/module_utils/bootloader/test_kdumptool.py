# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SUSE's kdumptool is kept from undoing what was set."""

from typing import List, Optional

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.bootloader import kdumptool
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.staging import ensure
from tests.unit.plugins.module_utils.bootloader.machine import SETTINGS, Machine

BOTH = 'KDUMP_CRASHKERNEL="auto"\n# why\nKDUMP_UPDATE_BOOTLOADER="true"\n'


@pytest.mark.parametrize(
    "text, script, values, after",
    [
        (BOTH, "", ["1M"], BOTH.replace("true", "false")),
        (BOTH, "", [], BOTH.replace("true", "false")),
        ("KDUMP_UPDATE_BOOTLOADER=false\n", "", ["1M"], None),
        ("X=1", "$KDUMP_UPDATE_BOOTLOADER", ["1M"], 'X=1\nKDUMP_UPDATE_BOOTLOADER="false"\n'),
        ("", "$KDUMP_UPDATE_BOOTLOADER", [], 'KDUMP_UPDATE_BOOTLOADER="false"\n'),
        (
            "KDUMP_CRASHKERNEL=auto\n",
            "",
            ["1M,high", "2M,low"],
            'KDUMP_CRASHKERNEL="crashkernel=1M,high crashkernel=2M,low"\n',
        ),
        ("KDUMP_CRASHKERNEL=auto\n", "", [], None),
        ("KDUMP_SAVEDIR=/x\n", "", ["1M"], None),
    ],
)
def test_settings(old_machine: Machine, text: str, script: str, values: List[str], after: Optional[str]) -> None:
    old_machine.write(kdumptool.SETTINGS, text)
    assert kdumptool.changes(old_machine.host, values) == []  # without the tool nobody reads them
    old_machine.program("kdumptool", script)
    found = kdumptool.changes(old_machine.host, values)
    assert [change.after for change in found] == ([] if after is None else [after])
    if after is not None:
        old_machine.write(kdumptool.SETTINGS, after)
        assert kdumptool.changes(old_machine.host, values) == []


def test_a_host_of_suse(old_machine: Machine) -> None:
    old_machine.write(kdumptool.SETTINGS, BOTH)
    old_machine.program("kdumptool")
    result = ensure(old_machine.host, "256M")
    assert result["changed"]
    assert [one["after_header"] for one in result["diff"]] == [SETTINGS, kdumptool.SETTINGS, "boot entries"]
    assert 'KDUMP_UPDATE_BOOTLOADER="false"' in old_machine.read(kdumptool.SETTINGS)
    assert not ensure(old_machine.host, "256M")["changed"]
    old_machine.write(kdumptool.SETTINGS, BOTH)
    assert [one["after_header"] for one in ensure(old_machine.host, "256M")["diff"]] == [kdumptool.SETTINGS]
