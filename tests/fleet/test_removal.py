# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbook remove over several hosts: whom it may touch, hosts that never had kdump, waves, and the closing list."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fleet.fleets import Fleet, Run

KEYS = [{"match": "remove-key", "stdout": "removed /root/.ssh/kdump_id_rsa"}]
NO_KEYS = [{"match": "remove-key"}]
CONFIG = "/etc/default/kdump-tools"
BLOCK = "# BEGIN kdump.fleet\nx\n# END kdump.fleet\n"
LEFT = {
    "/root/.ssh/known_hosts": "mine ssh-ed25519 A\n" + BLOCK,
    "/root/.ssh/config": BLOCK,
    "/usr/local/lib/kdump-fleet-save": "x",
    "/usr/local/lib/kdump-fleet-measure-capture": "x",
    "/etc/systemd/system/kdump-fleet-measure.service": "x",
    "/var/lib/kdump-fleet/panic/6.1/kdump_fleet_panic.ko": "x",
}


def remove(fleet: Fleet, *arguments: str, **extra: Any) -> Run:
    """A removal that may reboot."""
    return fleet.playbook("remove", *arguments, **{"kdump_reboot_ok": True, **extra})


def test_every_host_is_named(fleet: Fleet) -> None:
    """Nobody is connected to otherwise, and 'all' is not a name."""
    fleet.hosts("web1", "web2", state="armed", commands=KEYS)
    for extra, said in (
        ({}, "2 of 2 hosts are not named in kdump_remove_confirm (web1, web2), and no host was touched."),
        (
            {"kdump_hosts": "all", "kdump_remove_confirm": "web1"},
            "1 of 2 hosts are not named in kdump_remove_confirm (web2)",
        ),
        ({"kdump_remove_confirm": "all"}, "'all' is not a host of the inventory."),
        ({"kdump_remove_confirm": "web*"}, "'web*' is not a host of the inventory."),
    ):
        run = remove(fleet, **extra)
        assert (run.status, run.events) == (2, []), run.output
        assert said in run.text
    run = remove(fleet, kdump_remove_confirm="web1")
    assert (run.status, run.touched) == (0, ["web1"]), run.output
    assert fleet.stub("web2").running() is not None


def test_nothing_of_the_collection_is_left(fleet: Fleet) -> None:
    """But dumps, and what is the administrator's own."""
    fleet.hosts("web1", "web2", state="proven", commands=KEYS)
    stub = fleet.stub("web1")
    fleet.make()
    for name, text in LEFT.items():
        stub.tree.write(name, text)
    run = remove(fleet, kdump_remove_confirm=["web1", "web2"])
    assert (run.status, run.who("reboot")) == (0, ["web1", "web2"]), run.output
    assert {name: stub.read(name) for name in LEFT} == {
        **dict.fromkeys(LEFT, ""),
        "/root/.ssh/known_hosts": "mine ssh-ed25519 A",
    }
    assert not stub.tree.path("/var/lib/kdump-fleet").exists()
    assert (stub.running(), stub.staged(), stub.read("/sys/kernel/kexec_crash_size")) == (None, None, "0")
    assert "Removal: removed from 2 of 2 hosts, 0 failed, 0 unreachable, 0 not touched" in run.output
    assert "removed: web1, web2" in run.output
    assert run.stats["kdump_removal"]["removed"] == ["web1", "web2"]
    fleet.hosts("web1", "web2", commands=NO_KEYS)
    again = remove(fleet, kdump_remove_confirm=["web1", "web2"])
    assert (again.status, again.who("reboot")) == (0, [])
    assert {counts["changed"] for counts in again.recap.values()} == {0}


@pytest.mark.parametrize("check", [["--check"], []])
def test_a_host_that_never_had_kdump_has_nothing_to_remove(fleet: Fleet, check: list[str]) -> None:
    fleet.host("web1", state="bare", commands=NO_KEYS)
    fleet.make()
    fleet.stub("web1").tree.path("/var/lib/kdump-fleet").rmdir()
    assert not fleet.stub("web1").tree.path(CONFIG).exists()
    run = remove(fleet, *check, kdump_remove_confirm="web1")
    assert (run.status, run.recap["web1"]["changed"]) == (0, 0), run.output
    assert not fleet.stub("web1").tree.path(CONFIG).exists()


def test_check_mode_changes_nothing(fleet: Fleet) -> None:
    fleet.host("web1", state="proven", commands=KEYS)
    run = remove(fleet, "--check", kdump_remove_confirm="web1")
    assert run.status == 0, run.output
    assert "Removal: would be removed from 1 of 1 hosts" in run.output
    changing = [
        event for event in run.events if not event["check"] and event["module"] not in ("kdump_info", "command")
    ]
    assert changing == []
    assert fleet.playbook("audit").stats["kdump_audit"]["web1"]["proof"]["valid"] is True


def test_without_a_reboot_every_host_gets_to_its_end(fleet: Fleet) -> None:
    """The list says who holds its memory until a reboot, which a later run makes."""
    names = ["web1", "web2", "web3"]
    fleet.hosts(*names, state="armed", commands=NO_KEYS)
    run = remove(fleet, kdump_remove_confirm=names, kdump_reboot_ok=False)
    assert (run.status, run.who("apt"), run.who("reboot")) == (0, names, []), run.output
    assert "stays reserved until a reboot (kdump_reboot_ok): web1, web2, web3" in run.output
    assert run.stats["kdump_removal"]["waiting"] == names
    again = remove(fleet, kdump_remove_confirm=names)
    assert (again.status, again.who("reboot")) == (0, names)


@pytest.mark.parametrize(
    ("fault", "status", "word"),
    [({"failed": "dpkg is locked"}, 2, "FAILED"), ({"unreachable": "no route"}, 4, "UNREACHABLE")],
)
def test_a_lost_host_stops_the_waves_after_its_own(fleet: Fleet, fault: dict[str, str], status: int, word: str) -> None:
    names = [f"web{number}" for number in range(1, 7)]
    fleet.hosts(*names, state="armed", commands=NO_KEYS)
    fleet.host("web2", faults=[{"module": "apt", **fault}])
    run = remove(fleet, kdump_remove_confirm=",".join(names), kdump_waves="1,2")
    assert (run.status, sorted(run.who("reboot"))) == (status, ["web1", "web3"]), run.output
    assert set(run.touched) == {"web1", "web2", "web3"}
    report = run.stats["kdump_removal"]
    assert (report["removed"], sorted(report["not_touched"])) == (["web1", "web3"], ["web4", "web5", "web6"])
    assert f"{word}: web2 in wave 2" in run.text
    assert "not touched: web4, web5, web6" in run.text
    assert "To continue, with the same -e options: ansible-playbook kdump.fleet.remove -i" in run.text


def test_the_removal_outweighs_the_inventory(fleet: Fleet) -> None:
    """Where kdump_state is set to present there."""
    fleet.host("web1", state="armed", commands=NO_KEYS, vars={"kdump_state": "present"})
    run = remove(fleet, kdump_remove_confirm="web1")
    assert (run.status, run.who("apt"), run.who("reboot")) == (0, ["web1"], ["web1"]), run.output


def test_a_host_whose_arguments_come_from_elsewhere_is_rebooted_once(fleet: Fleet) -> None:
    """However often the removal is run."""
    fleet.host("vm1", state="armed", reboot_ignores_menu=True, commands=NO_KEYS)
    assert remove(fleet, kdump_remove_confirm="vm1").who("reboot") == ["vm1"]
    for _again in range(2):
        run = remove(fleet, kdump_remove_confirm="vm1")
        assert (run.status, run.who("reboot")) == (2, [])


@pytest.mark.parametrize(("option", "tag"), [("--tags", "kdump_reboot"), ("--skip-tags", "kdump_remove")])
def test_tags_that_leave_the_removal_out_are_refused(fleet: Fleet, option: str, tag: str) -> None:
    """The list would say that kdump was removed."""
    fleet.hosts("web1", state="armed")
    run = fleet.playbook("remove", option, tag, kdump_remove_confirm="web1")
    assert (run.status, run.events) == (2, []), run.output
    assert f"{option} {tag}" in run.text
