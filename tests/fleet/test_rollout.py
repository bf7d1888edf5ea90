# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbook rollout over several hosts: waves, canaries, hosts that are lost or need a person, and the closing list."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest
import yaml

from tests.checkout import ROOT
from tests.fleet.fleets import Fleet, Run

NEEDS_A_PERSON = {"kexec-unsupported": "The kernel has no kexec."}


def rollout(fleet: Fleet, *arguments: str, **extra: Any) -> Run:
    """A rollout that may reboot."""
    return fleet.playbook("rollout", *arguments, **{"kdump_reboot_ok": True, **extra})


def test_the_canary_alone_is_crashed(fleet: Fleet) -> None:
    """Names with capital letters: for some sorts app1 comes first, for others DB01. One order, and one crash."""
    fleet.hosts(
        *(f"DB{number:02d}" for number in range(1, 6)), *(f"app{number}" for number in range(1, 4)), state="staged"
    )
    run = rollout(fleet, kdump_prove="canary")
    assert run.status == 0, run.output
    assert run.crashed == ["DB01"]
    assert "canary: DB01" in run.output
    assert run.output.index("canary: DB01") < run.output.index("Reboot into the staged boot entry")
    assert len(run.who("reboot")) == 8
    assert run.order("reboot", "wait_for_boot")[:2] == [("DB01", "reboot"), ("DB01", "wait_for_boot")]


def test_canaries_are_chosen_by_name(fleet: Fleet) -> None:
    """The named one comes first; a name that is not a host of the run stops it before a host is connected to."""
    fleet.hosts("web1", "web2", "web3", state="staged")
    run = rollout(fleet, kdump_prove="canary", kdump_canaries="web3")
    assert (run.status, run.crashed) == (0, ["web3"])
    assert run.who("reboot") == ["web3", "web1", "web2"]
    run = rollout(fleet, "--limit", "web1,web2", kdump_prove="canary", kdump_canaries=["web3"])
    assert (run.status, run.events) == (2, [])
    assert "kdump_canaries names web3, and no host of this run has that name" in run.text


def test_a_kind_that_is_proven_needs_no_other_canary(fleet: Fleet) -> None:
    """A rollout that is resumed, or begun for the next rack, crashes nobody again."""
    fleet.hosts("web1", state="proven")
    fleet.hosts("web2", "web3", state="staged")
    run = rollout(fleet, kdump_prove="canary")
    assert (run.status, run.crashed) == (0, [])
    assert run.who("reboot") == ["web2", "web3"]


def test_a_proof_that_cannot_be_made_is_reported(fleet: Fleet) -> None:
    """Without a reboot there is nothing to crash."""
    fleet.hosts("web1", "web2", state="bare")
    run = rollout(fleet, kdump_prove="canary", kdump_reboot_ok=False)
    assert run.crashed == []
    assert (
        run.text.count("not proven: web1: every host without a proof needs a reboot first") == 2
    )  # plan, closing list


def test_all_are_proven_one_after_the_other(fleet: Fleet) -> None:
    """Whatever the waves are; more at once only as far as the administrator says."""
    fleet.hosts(*(f"web{number}" for number in range(1, 5)), state="armed")
    run = rollout(fleet, kdump_prove="all", kdump_waves=[4])
    assert run.status == 0, run.output
    assert run.crashed == ["web1", "web2", "web3", "web4"]
    assert run.most_down_at_once == 1


def test_more_crashes_at_once_are_confirmed(fleet: Fleet) -> None:
    """A number that is more than a tenth of the hosts is given twice."""
    fleet.hosts(*(f"web{number}" for number in range(1, 6)), state="armed")
    run = rollout(fleet, kdump_prove="all", kdump_waves="100%", kdump_prove_at_once=2)
    assert (run.status, run.crashed) == (2, [])
    assert "kdump_prove_at_once is 2: 2 of 5 hosts could crash together" in run.text
    run = rollout(fleet, kdump_prove="all", kdump_waves="100%", kdump_prove_at_once=2, kdump_prove_confirm=2)
    assert (run.status, run.most_down_at_once, len(run.crashed)) == (0, 2, 5)


def test_after_a_host_that_was_not_proven_nobody_else_is_crashed(fleet: Fleet) -> None:
    """Its neighbours in the wave are done but for the proof."""
    fleet.hosts("web1", "web2", "web3", state="armed")
    fleet.host("web1", dump=None)
    run = rollout(fleet, kdump_prove="all", kdump_waves=[3])
    assert (run.status, run.crashed) == (2, ["web1"])
    assert "FAILED: web1 in wave 1" in run.output
    assert "not proven: web2: web1, whose turn was before it, ended without a proof" in run.output


@pytest.mark.parametrize(
    ("fault", "status", "word"),
    [({"failed": "it does not come back"}, 2, "FAILED"), ({"unreachable": "no route"}, 4, "UNREACHABLE")],
)
def test_a_lost_host_stops_the_waves_after_its_own(fleet: Fleet, fault: dict[str, str], status: int, word: str) -> None:
    """Its neighbours get to the end of the wave, no host of a later one is touched, and all is said at the end."""
    fleet.hosts(*(f"web{number}" for number in range(1, 7)), state="staged")
    fleet.host("web3", faults=[{"module": "reboot", **fault}])
    run = rollout(fleet, kdump_waves="1,2")
    assert run.status == status
    assert sorted(run.who("reboot")) == ["web1", "web2"]
    assert set(run.touched) == {"web1", "web2", "web3"}
    answers = run.stats["kdump_audit"]
    assert [name for name in sorted(answers) if answers[name].get("ready")] == ["web1", "web2"]
    report = run.stats["kdump_rollout"]
    assert (report["done"], sorted(report["not_touched"])) == (["web1", "web2"], ["web4", "web5", "web6"])
    assert f"{word}: web3 in wave 2" in run.text
    assert "not touched: web4, web5, web6" in run.text
    assert "To continue, with the same -e options: ansible-playbook kdump.fleet.rollout -i" in run.text
    assert "kdump_hosts=all:!web3" in run.text
    assert "not ready before a reboot" in run.text  # its last known state


@pytest.mark.parametrize("fault", [{"failed": "it does not come back"}, {"unreachable": "no route"}])
def test_a_wave_of_one_host_that_is_lost(fleet: Fleet, fault: dict[str, str]) -> None:
    """The canary, and the only host of a run: the closing audit and the list come all the same."""
    fleet.hosts("web1", "web2", state="staged")
    fleet.host("web1", faults=[{"module": "reboot", **fault}])
    for arguments in ([], ["-e", "kdump_hosts=web1"]):
        run = rollout(fleet, *arguments)
        assert run.status == (4 if "unreachable" in fault else 2)
        assert run.who("reboot") == []
        assert "Rollout: 0 done, " in run.text
        assert "HOST READY" in run.text[run.text.index("PLAY [Audit again]") :]


def test_as_many_may_be_lost_as_the_administrator_says(fleet: Fleet) -> None:
    """kdump_wave_max_fail counts over all waves, failed and unreachable alike."""
    fleet.hosts(*(f"web{number}" for number in range(1, 5)), state="staged")
    fleet.host("web1", faults=[{"module": "reboot", "failed": "no"}])
    fleet.host("web2", faults=[{"module": "reboot", "unreachable": "no"}])
    run = rollout(fleet, kdump_waves=[1], kdump_wave_max_fail=1)
    assert (run.status, run.who("reboot")) == (4, [])
    assert sorted(run.stats["kdump_rollout"]["not_touched"]) == ["web3", "web4"]
    run = rollout(fleet, kdump_waves=[1], kdump_wave_max_fail=2)
    assert (run.status, run.who("reboot")) == (4, ["web3", "web4"])


def test_hosts_that_need_a_person_are_left_out(fleet: Fleet) -> None:
    """They stop nobody else; they are listed, and the exit status says so."""
    fleet.hosts("web1", "web2", "web3", state="staged")
    fleet.host("web1", findings=NEEDS_A_PERSON)
    run = rollout(fleet)
    assert (run.status, run.who("reboot")) == (2, ["web2", "web3"])
    assert "left out, needs a person: web1: [kexec-unsupported] The kernel has no kexec. Boot a kernel" in run.text
    assert {name for name, counts in run.recap.items() if counts["failures"]} == {"web1"}


def test_hosts_that_are_to_have_no_kdump_are_left_out(fleet: Fleet) -> None:
    """kdump_state=absent in the inventory is not ignored where there is kdump."""
    fleet.hosts("web1", "web2", state="armed", vars={"kdump_state": "absent"})
    fleet.hosts("web3", state="plain", vars={"kdump_state": "absent"})
    fleet.hosts("web4", state="staged")
    run = rollout(fleet, kdump_prove="all")
    assert (run.status, run.touched) == (2, ["web4"])
    assert sorted(run.stats["kdump_rollout"]["left_out"]) == ["web1", "web2"]
    assert "Run kdump.fleet.remove for this host" in run.text


def test_waves_by_default(fleet: Fleet) -> None:
    """One host, and then no more than a tenth of the hosts at once."""
    fleet.hosts(*(f"web{number:02d}" for number in range(1, 21)), state="staged")
    run = rollout(fleet, "--tags", "none_of_the_role")
    assert "20 of 20 hosts in 11 waves" in run.output
    assert "wave 1: web01" in run.output
    assert "wave 2: web02, web03" in run.output
    planned = run.output[run.output.index("TASK [Plan the waves]") : run.output.index("TASK [Show the plan]")]
    assert planned.count("ok: [") == 1  # made once, not once for each host
    assert run.output.count("tasks/wave.yml for ") == 11
    assert "tasks/wave.yml for web02, web03" in run.output


def test_no_host_is_an_error(fleet: Fleet) -> None:
    """A misspelt pattern, a limit beside it, an inventory without hosts."""
    run = rollout(fleet)
    assert run.status == 2
    assert "No host matches all: nothing was done." in run.text
    fleet.hosts("web1", "db1", state="proven")
    for arguments in (["-e", "kdump_hosts=wbe*"], ["-e", "kdump_hosts=web*", "--limit", "db1"]):
        run = rollout(fleet, *arguments)
        assert (run.status, run.events) == (2, [])
        assert "No host matches w" in run.text


def test_tags_select_steps_of_the_role(fleet: Fleet) -> None:
    """The audit, the plan and the list always come."""
    fleet.hosts("web1", "web2", state="bare")
    run = rollout(fleet, "--tags", "kdump_install")
    assert run.status == 0, run.output
    assert run.who("apt") == ["web1", "web2"]
    assert set(run.touched) == {"web1", "web2"}
    assert run.who("crashkernel") == run.who("reboot") == []
    assert "done: web1, web2" in run.output


def test_a_converged_fleet_costs_two_looks(fleet: Fleet) -> None:
    """And enters no wave."""
    fleet.hosts("web1", "web2", state="proven")
    run = rollout(fleet, kdump_prove="all")
    assert run.status == 0
    assert run.order("kdump_info") == [("web1", "kdump_info"), ("web2", "kdump_info")] * 2
    assert {event["module"] for event in run.events} == {"kdump_info"}
    assert "2 had nothing to do" in run.output


def test_the_waves_keep_their_order_with_worker_processes(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a controller, where results come in any order."""
    monkeypatch.setenv("KDUMP_FLEET_WORKERS", "1")
    fleet.hosts(*(f"web{number}" for number in range(1, 6)), state="staged")
    run = rollout(fleet, "--tags", "kdump_reboot", kdump_waves="1,2")
    rebooted = run.who("reboot")
    assert [set(rebooted[:1]), set(rebooted[1:3]), set(rebooted[3:])] == [{"web1"}, {"web2", "web3"}, {"web4", "web5"}]


@pytest.mark.parametrize("hosts", ["web1,web2", ["web1", "web2"], "~web[12]", "web*:!web3"])
def test_any_pattern_of_hosts_is_audited_again(fleet: Fleet, hosts: object) -> None:
    """The closing audit adds localhost to the pattern, and a pattern with a comma is not split at a colon."""
    fleet.hosts("web1", "web2", "web3", state="staged")
    run = rollout(fleet, kdump_hosts=hosts)
    assert (run.status, run.who("reboot")) == (0, ["web1", "web2"]), run.output
    assert run.stats["kdump_rollout"]["done"] == ["web1", "web2"]
    assert sorted(run.stats["kdump_audit"]) == ["web1", "web2"]


def test_a_second_rollout_of_one_run_has_a_plan_of_its_own(fleet: Fleet) -> None:
    """A playbook that imports rollout once for each rack took the first plan again, whose canary would crash again. Nor
    does a host that the first one has lost bring the old plan back."""
    fleet.hosts("web1", "web2", state="staged", group="rack1")
    fleet.hosts("db1", "db2", state="staged", group="rack2")
    fleet.host("web2", faults=[{"module": "reboot", "unreachable": "it is gone"}])
    book = fleet.directory / "site.yml"
    book.write_text(
        json.dumps(
            [
                {"import_playbook": "kdump.fleet.rollout", "vars": {"kdump_hosts": hosts}}
                for hosts in ("rack1", "rack2", "web2")
            ]
        )
    )
    run = fleet.playbook(str(book), kdump_reboot_ok=True, kdump_prove="canary")
    assert run.status == 4, run.output
    assert run.crashed == ["web1", "db1"]
    assert run.who("reboot") == ["web1", "db1", "db2"]
    assert "Rollout: 1 done, 0 failed, 1 unreachable" in run.output
    assert "done: db1, db2" in run.output


def test_a_canary_that_is_lost_stops_the_waves_whatever_else_may_be_lost(fleet: Fleet) -> None:
    """kdump_wave_max_fail is for the hosts after it."""
    fleet.hosts("web1", "web2", "web3", state="staged")
    fleet.host("web1", dump=None)
    run = rollout(fleet, kdump_prove="canary", kdump_wave_max_fail=2)
    assert (run.status, run.crashed, run.who("reboot")) == (2, ["web1"], ["web1"]), run.output
    assert "The waves stopped because the canary web1 did not get to its proof" in run.text


def test_the_command_that_continues_stays_with_the_hosts_of_the_run(fleet: Fleet) -> None:
    """With all:!web1 it would have gone over the whole inventory."""
    fleet.hosts("web1", "web2", "db1", state="staged")
    fleet.host("web1", faults=[{"module": "reboot", "failed": "no"}])
    for hosts, limit, without in (
        ("web*", "web*:!x y", "web*:!web1"),
        ("web1,web2", "web1", "web1,web2,!web1"),
        (["web1", "web2"], "all", "web1,web2,!web1"),
    ):
        text = rollout(fleet, "--limit", limit, kdump_hosts=hosts).text
        assert f"add -e 'kdump_hosts={without}'" in text
        assert f"--limit {shlex.quote(limit)}" in text


def test_a_strategy_of_the_site_changes_nothing(fleet: Fleet) -> None:
    """With the strategy free, each host would make a plan of its own before the others are looked at."""
    (fleet.directory / "ansible.cfg").write_text("[defaults]\nstrategy = free\n")
    fleet.hosts("web1", "web2", state="armed")
    run = rollout(fleet)
    assert run.output.count("Rollout: ") == 1, run.output


def test_every_play_of_the_collection_names_its_strategy() -> None:
    """A run_once is once for each host with another one."""
    for path in (ROOT / "playbooks").glob("*.yml"):
        for play in yaml.safe_load(path.read_text()):
            assert play.get("strategy") == "ansible.builtin.linear", (path, play["name"])
