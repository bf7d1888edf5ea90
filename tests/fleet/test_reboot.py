# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reboots that do not bring what was staged: once, with the reason, and never again for the same value."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.fleet.fleets import Fleet
from tests.unit.plugins.module_utils.host_tree import VALUE

NOTE = "/var/lib/kdump-fleet/reboot-without-effect.json"


def nightly(fleet: Fleet, **extra: Any) -> Any:
    return fleet.playbook("rollout", kdump_reboot_ok=True, **extra)


def codes(fleet: Fleet, **extra: Any) -> list[str]:
    """What an audit of the one host finds."""
    answers = fleet.playbook("audit", **extra).stats["kdump_audit"]
    return [finding["code"] for answer in answers.values() for finding in answer["findings"]]


@pytest.mark.parametrize("state", ["bare", "staged"])
def test_a_host_whose_arguments_come_from_elsewhere_is_rebooted_once(fleet: Fleet, state: str) -> None:
    """A hypervisor, a PXE server or kexec gives its kernel what they have."""
    fleet.host("vm1", state=state, reboot_ignores_menu=True)
    first = nightly(fleet)
    assert first.status == 2
    assert first.who("reboot") == ["vm1"]
    assert (
        f"vm1 was rebooted, and its kernel has no crashkernel in place of the staged {VALUE}: its arguments do not "
        in (first.text)
    )
    assert json.loads(fleet.stub("vm1").read(NOTE)) == {"staged": VALUE, "running": ""}
    for _night in range(2):
        again = nightly(fleet)
        assert again.who("reboot") == []
    assert "reboot-without-effect" in codes(fleet)
    found = fleet.playbook("audit").stats["kdump_audit"]["vm1"]
    assert found["reboot_required"] is False
    assert found["bootloader"]["reboot_without_effect"] is True


def test_a_host_that_is_ready_with_what_it_boots_is_rebooted_once_too(fleet: Fleet) -> None:
    """Its dumps are captured all the same, so a nightly job would never end with an error, and reboot it forever."""
    fleet.host("vm1", state="armed", reboot_ignores_menu=True)
    policy = {"kdump_crashkernel": "256M"}
    first = nightly(fleet, **policy)
    assert (first.status, first.who("reboot")) == (2, ["vm1"])
    again = nightly(fleet, **policy)
    assert again.who("reboot") == again.who("crashkernel") == []
    assert codes(fleet, **policy)[:1] == ["reboot-without-effect"]
    other = nightly(fleet, kdump_crashkernel="320M")  # another value is worth another reboot
    assert (other.status, other.who("reboot")) == (2, ["vm1"])
    assert json.loads(fleet.stub("vm1").read(NOTE)) == {"staged": "320M", "running": VALUE}
    fits = nightly(fleet, kdump_crashkernel=VALUE)  # what it boots with anyway
    assert (fits.status, fits.who("reboot")) == (0, [])
    assert codes(fleet, kdump_crashkernel=VALUE) == ["proof-missing"]


def test_a_reboot_that_did_what_it_was_for_leaves_no_note(fleet: Fleet) -> None:
    fleet.hosts("web1", "web2", state="bare")
    run = nightly(fleet)
    assert (run.status, run.who("reboot")) == (0, ["web1", "web2"])
    assert fleet.stub("web1").read(NOTE) == ""
    assert nightly(fleet).touched == []


def test_a_host_that_has_not_rebooted_at_all_is_no_reboot_without_effect(fleet: Fleet) -> None:
    """ansible.builtin.reboot may take the answer of a host that is going down for that of the new boot."""
    rebooted = {"changed": True, "rebooted": True, "elapsed": 1}
    fleet.host("web1", state="staged", faults=[{"module": "reboot", "answer": rebooted}])
    run = nightly(fleet)
    assert run.status == 2
    assert "web1 answers after its reboot with the boot id from before" in run.text
    assert fleet.stub("web1").read(NOTE) == ""


def test_a_removal_does_not_reboot_such_a_host_again(fleet: Fleet) -> None:
    fleet.host("vm1", state="armed", reboot_ignores_menu=True)
    play = [
        {
            "hosts": "all",
            "gather_facts": False,
            "roles": [{"role": "kdump.fleet.kdump", "kdump_state": "absent", "kdump_reboot_ok": True}],
        }
    ]
    book = fleet.directory / "remove.yml"
    book.write_text(json.dumps(play))
    first = fleet.playbook(str(book))
    assert (first.status, first.who("reboot")) == (2, ["vm1"])
    assert f"its kernel has {VALUE} in place of the staged no crashkernel" in first.text
    again = fleet.playbook(str(book))
    assert (again.status, again.who("reboot")) == (2, [])
