# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the filter rollout_plan."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.kdump.fleet.plugins.filter import rollout_plan as module
from ansible_collections.kdump.fleet.plugins.filter.rollout_plan import FilterModule, rollout_plan

Row = tuple[str, dict[str, Any], Any, Any]


def finding(code: str, severity: str = "error", mended_by: str = "rollout") -> dict[str, str]:
    return {"code": code, "severity": severity, "mended_by": mended_by, "message": f"{code}!", "remedy": "Do it."}


def row(
    name: str,
    *codes: str,
    proven: bool | None = None,
    needy: bool | None = None,
    state: Any = "present",
    reboot_ok: Any = True,
    kernel: str = "6.12",
    tool: str = "kdump-tools",
    target: dict[str, Any] | None = None,
    findings: list[dict[str, str]] | None = None,
    installed: bool = True,
) -> Row:
    """A host; with findings that the rollout fixes it needs one."""
    found = [finding(code) for code in codes] + (findings or [])
    answer = {
        "ready": not found,
        "needs_rollout": bool(codes) if needy is None else needy,
        "reboot_required": False,
        "findings": found,
        "crash_memory": {"kernel": kernel, "reserved_bytes": 1 if installed else 0},
        "setup": {"tool": tool, "installed": installed},
        "target": {"kind": "local", "wanted": target or {"kind": "local", "location": None}},
        "proof": None if proven is None else {"valid": proven},
    }
    return (name, answer, state, reboot_ok)


@pytest.mark.parametrize(
    "odd",
    [{}, {"needs_rollout": True, "findings": "text"}, {"needs_rollout": False, "proof": "text"}, {"findings": [{}]}],
)
def test_a_host_that_answers_something_else_is_left_out_alone(odd: dict[str, Any]) -> None:
    plan = rollout_plan([row("web1", "not-installed"), ("odd", {"ready": False, **odd}, "present", True)])
    assert (plan["order"], plan["left_out"]) == (["web1"], {"odd": module.ODD})


def test_what_a_host_says_moves_no_cursor() -> None:
    said = {**finding("masked", mended_by="administrator"), "message": "\x1b[2J\u202e"}
    plan = rollout_plan([row("web1", findings=[said])])
    assert plan["left_out"] == {"web1": "[masked] \\x1b[2J\\u202e Do it."}
    assert plan["lines"][-1] == "left out: web1: [masked] \\x1b[2J\\u202e Do it."


def test_the_order_is_that_of_code_points() -> None:
    """One order, made in one place; the canary is the first of it."""
    plan = rollout_plan([row(name, "not-installed") for name in ("app1", "DB01", "app2")], prove="canary")
    assert plan["order"] == ["DB01", "app1", "app2"]
    assert (plan["canaries"], plan["prove"]) == (["DB01"], {"DB01": 1})
    assert plan["waves"] == [["DB01"], ["app1"], ["app2"]]
    assert plan["wave_of"] == {"DB01": 1, "app1": 2, "app2": 3}


@pytest.mark.parametrize(
    ("waves", "sizes"),
    [
        (None, [1, *[2] * 12]),
        ([1, "10%"], [1, *[2] * 12]),
        ("1,10%,100%", [1, 2, 22]),
        (10, [10, 10, 5]),
        ("100%", [25]),
        (["1%"], [1] * 25),
        ([5, 20], [5, 20]),
    ],
)
def test_sizes_of_waves(waves: Any, sizes: list[int]) -> None:
    """The last size repeats; a percentage is of all hosts that enter a wave, and at least one."""
    plan = rollout_plan([row(f"h{number:02d}", "not-installed") for number in range(25)], waves=waves)
    assert [len(names) for names in plan["waves"]] == sizes
    assert [name for names in plan["waves"] for name in names] == plan["order"]


def test_no_more_than_a_tenth_by_default() -> None:
    """Of 800 hosts."""
    plan = rollout_plan([row(f"h{number:03d}", "not-installed") for number in range(800)])
    assert len(plan["waves"][0]) == 1
    assert max(map(len, plan["waves"])) == 80


@pytest.mark.parametrize("waves", [0, [], "0", "0%", "all", "ten%", [1, None], True, {}, -1, 1.5, "110%", ""])
def test_wrong_waves(waves: Any) -> None:
    """None of them becomes one wave of all hosts."""
    with pytest.raises(AnsibleFilterError, match="kdump_waves is"):
        rollout_plan([row("h1", "not-installed")], waves=waves)


def test_who_enters_a_wave() -> None:
    """Hosts with something to fix; no host without an answer."""
    rows = [row("web3", "not-installed"), row("web1", "configuration-differs"), row("db1"), ("x", {}, "present", True)]
    rows.append(("y", {"failed": True, "msg": "no"}, "present", True))
    assert rollout_plan(rows)["order"] == ["web1", "web3"]
    assert rollout_plan([])["order"] == []


def test_hosts_that_a_person_has_to_fix() -> None:
    """Left out with all their reasons, whether they need the rollout as well or not."""
    both = [finding("masked", mended_by="administrator"), finding("container", mended_by="administrator")]
    rows = [row("web1", "not-installed", findings=both), row("web2", findings=both[:1]), row("web3", "not-installed")]
    rows.append(row("web4", "not-installed", findings=[finding("warned", "warning", "administrator")]))
    plan = rollout_plan(rows, prove="all")
    assert plan["order"] == ["web3", "web4"]
    assert plan["left_out"] == {
        "web1": "[masked] masked! Do it. [container] container! Do it.",
        "web2": "[masked] masked! Do it.",
    }
    assert "left out: web2: [masked] masked! Do it." in plan["lines"]


def test_hosts_that_are_to_have_no_kdump() -> None:
    """Reported where there is kdump, silent where there is none, and never crashed."""
    rows = [row("web1", state="absent"), row("web2", "not-installed", state="absent", installed=False)]
    plan = rollout_plan(rows, prove="all")
    assert (plan["order"], list(plan["left_out"])) == ([], ["web1"])
    assert "Run kdump.fleet.remove" in plan["left_out"]["web1"]


def test_one_canary_by_default_and_none_for_a_kind_that_is_proven() -> None:
    """A host that is about to change proves nothing."""
    needy = [row("web2", "not-installed"), row("web3", "not-installed")]
    assert rollout_plan([row("web1"), *needy], prove="canary")["prove"] == {"web2": 1}
    assert rollout_plan([row("web1", proven=True), *needy], prove="canary")["prove"] == {}
    assert rollout_plan([row("web1", "differs", proven=True), *needy], prove="canary")["prove"] == {"web1": 1}
    assert rollout_plan([row("web1", proven=False), *needy], prove="canary")["prove"] == {"web2": 1}


@pytest.mark.parametrize(
    "other", [{"kernel": "6.13"}, {"tool": "kdumpctl"}, {"target": {"kind": "ssh", "location": "kdump@vault"}}]
)
def test_kinds(other: dict[str, Any]) -> None:
    """Another kernel, tool or target is another kind; the first that is not proven gives the canary."""
    rows = [row("web1", proven=True), row("web2", "not-installed"), row("web3", "not-installed", **other)]
    plan = rollout_plan(rows, prove="canary")
    assert (plan["canaries"], plan["order"]) == (["web3"], ["web3", "web2"])


def test_the_own_directory_of_a_host_makes_no_kind() -> None:
    """vault:/srv/kdump/web1 and vault:/srv/kdump/web2 are one target."""
    target = {"kind": "nfs", "location": "vault:/srv/kdump/{0}"}
    rows = [
        row(name, *codes, proven=proven, target={**target, "location": str(target["location"]).format(name)})
        for name, codes, proven in (("web1", (), True), ("web2", ("not-installed",), None))
    ]
    assert rollout_plan(rows, prove="canary")["canaries"] == []


def test_named_canaries() -> None:
    """In the order given, one of each kind, before every other host."""
    rows = [row(f"web{number}", "not-installed") for number in range(1, 5)]
    rows += [row("old1", "not-installed", kernel="5.14"), row("old2", "not-installed", kernel="5.14")]
    plan = rollout_plan(rows, prove="canary", canaries="web3, old2,web4")
    assert plan["canaries"] == ["web3", "old2"]
    assert plan["waves"][:2] == [["web3", "old2"], ["old1"]]
    assert plan["prove"] == {"web3": 1, "old2": 2}
    plan = rollout_plan(
        [row("web1", findings=[finding("x", mended_by="administrator")])], prove="canary", canaries=["web1"]
    )
    assert plan["unproven"] == {"web1": "it enters no wave (see there)"}


@pytest.mark.parametrize("canaries", [True, 3, [1], {"web1": False}])
def test_wrong_canaries(canaries: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="kdump_canaries is"):
        rollout_plan([row("web1", "not-installed")], prove="canary", canaries=canaries)


def test_a_canary_that_can_be_proven_is_preferred() -> None:
    """Without a reboot a bare host cannot crash."""
    rows = [row("web1", "memory-not-reserved", reboot_ok=False), row("web2", "memory-not-reserved", reboot_ok="yes")]
    assert rollout_plan(rows, prove="canary")["canaries"] == ["web2"]
    plan = rollout_plan(rows[:1], prove="canary")
    assert plan["canaries"] == []
    assert plan["unproven"] == {"web1": "every host without a proof needs a reboot first, and kdump_reboot_ok is false"}
    assert rollout_plan([row("web1", "configuration-differs", reboot_ok=False)], prove="canary")["canaries"] == ["web1"]
    assert rollout_plan(rows, prove="all")["unproven"] == {
        "web1": "it needs a reboot first, and kdump_reboot_ok is false"
    }
    plan = rollout_plan(rows, prove="canary", canaries=["web1"])
    assert plan["unproven"] == {"web1": "it needs a reboot first, and kdump_reboot_ok is false"}


def test_all_take_turns() -> None:
    """Within each wave, and no more than at_once in one turn."""
    rows = [row(f"h{number}", proven=None if number else True) for number in range(10)]
    plan = rollout_plan(rows, prove="all", waves=[2, 7])
    assert plan["order"] == [f"h{number}" for number in range(1, 10)]
    assert list(plan["prove"].values()) == [1, 2, 1, 2, 3, 4, 5, 6, 7]
    with pytest.raises(AnsibleFilterError, match="give the same number again: -e kdump_prove_confirm=3"):
        rollout_plan(rows, prove="all", at_once=3)
    plan = rollout_plan(rows, prove="all", waves=[2, 7], at_once="3", confirm="3")
    assert list(plan["prove"].values()) == [1, 1, 1, 1, 1, 2, 2, 2, 3]
    many = [row(f"h{number}") for number in range(40)]
    assert max(rollout_plan(many, prove="all", at_once=4)["prove"].values()) == 1


@pytest.mark.parametrize("at_once", [0, -1, "two", None, True, 1.5])
def test_wrong_numbers(at_once: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="kdump_prove_at_once is"):
        rollout_plan([row("web1")], prove="all", at_once=at_once)


@pytest.mark.parametrize("prove", ["", "canray", "All", None, True])
def test_a_wrong_wish_is_refused(prove: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="use none, canary or all"):
        rollout_plan([row("web1")], prove=prove)


def test_the_plan_is_readable() -> None:
    """How many, who, and what is crashed; long lists are shortened."""
    lines = rollout_plan(
        [row(f"h{number:02d}", "not-installed") for number in range(30)], prove="canary", waves=[1, 29]
    )["lines"]
    assert lines[:2] == ["30 of 30 hosts in 2 waves", "wave 1: h00"]
    assert lines[2].endswith("h20 and 9 more")
    assert lines[3] == "canary: h00"
    assert rollout_plan([row("h1")])["lines"] == ["0 of 1 hosts in 0 waves"]
    assert "crashed to prove it: h1" in rollout_plan([row("h1")], prove="all")["lines"]


def test_the_documentation_says_the_same() -> None:
    options = yaml.safe_load(module.DOCUMENTATION)["options"]
    assert tuple(options["prove"]["choices"]) == module.PROVE
    assert options["waves"]["default"] == module.WAVES
    assert FilterModule().filters() == {"rollout_plan": rollout_plan}
