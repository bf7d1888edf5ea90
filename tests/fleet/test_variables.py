# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every playbook checks its variables before it goes to a host: which ones, tests/unit/plugins/plugin_utils says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret

from tests.fleet.fleets import Fleet

PLAYBOOKS = ("audit", "rollout", "crash_test", "remove", "dump_server")


def refused(fleet: Fleet, playbook: str, *arguments: str, **extra: Any) -> str:
    """The output of a run that ends before a host is touched."""
    run = fleet.playbook(playbook, *arguments, **extra)
    assert run.status == 2, run.output
    assert run.events == []
    assert "Unexpected" not in run.output
    return run.text


@pytest.fixture
def few(fleet: Fleet) -> Fleet:
    """Three hosts and a dump server."""
    fleet.hosts("web1", "web2", "web3", state="bare")
    fleet.hosts("dump1", state="plain", group="dump_servers")
    return fleet


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_every_playbook_refuses_before_it_goes_to_a_host(few: Fleet, playbook: str) -> None:
    """All faults at once, of the inventory and of the command line; each with its hosts."""
    few.vars.update(kdump_crashkernal="256M", kdump_state="abesnt")
    few.host("web2", vars={"kdump_crashkernel": 512, "kdump_memory_policy": "grow"})
    text = refused(few, playbook, kdump_audit_strict="yess", dump_server_user="root")
    assert "6 variables are wrong; no host was touched." in text
    for fault in (
        "kdump_audit_strict is 'yess': use true or false.",
        "kdump_crashkernal is not a variable of kdump.fleet. Did you mean kdump_crashkernel?",
        "would reserve 512 bytes. Did you mean 512M?",
        "kdump_memory_policy (web2) is 'grow': use warn, fail or raise.",
        "kdump_state is 'abesnt': use present or absent.",
        "dump_server_user is 'root': root would be locked out of the server",
    ):
        assert fault in text


@pytest.mark.parametrize(
    ("playbook", "arguments", "faults"),
    [
        (
            "rollout",
            ["-e", "kdump_waves=all kdump_prove=yes kdump_target=ssh kdump_dump_servers=dump1"],
            [
                "kdump_waves is 'all': use numbers from 1 on",
                "kdump_prove is 'yes': use none, canary or all.",
                "kdump_target is 'ssh': use a dictionary with type and location",
                "kdump_dump_servers is 'dump1': use a list",
            ],
        ),
        ("rollout", ["-e", '{"kdump_hosts": null}'], ["kdump_hosts is null: null is no value for it"]),
        ("rollout", ["-e", "kdump_hosts="], ["kdump_hosts is '': it is not a pattern of hosts"]),
        (
            "rollout",
            ["-e", '{"kdump_waves": [], "kdump_prove": "canary"}'],
            ["kdump_waves is []: use numbers from 1 on"],
        ),
        (
            "crash_test",
            ["-e", '{"crash_test_confirm": {"web1": false}}'],
            ['crash_test_confirm is {"web1": false}: it is not a list of names: write [web1, web2]'],
        ),
        (
            "crash_test",
            ["-e", "crash_test_at_once=two crash_test_confirm=dump1"],
            ["crash_test_at_once (dump1) is 'two': use a number of 1 or more."],
        ),
        (
            "dump_server",
            ["-e", "dump_server_quota_percent=250 dump_server_hosts=web1 dump_server_group=typo"],
            [
                "is '250': use a number from 0 to 100.",
                "dump_server_hosts is 'web1': use a list",
                "dump_server_group is 'typo': the inventory has no such group.",
            ],
        ),
    ],
)
def test_values_from_the_command_line(few: Fleet, playbook: str, arguments: list[str], faults: list[str]) -> None:
    """In the place of errors of Python, Jinja and Ansible; the play's own serial and hosts are not evaluated yet."""
    text = refused(few, playbook, *arguments)
    assert [fault for fault in faults if fault not in text] == []


@pytest.mark.parametrize(
    ("playbook", "name", "value"),
    [("rollout", "kdump_waves", [4]), ("audit", "kdump_hosts", "web1"), ("crash_test", "crash_test_at_once", 2)],
)
def test_what_the_play_reads_has_no_effect_in_the_inventory(few: Fleet, playbook: str, name: str, value: Any) -> None:
    """It was ignored without a word."""
    few.vars[name] = value
    assert f"{name} is set in the inventory, where it has no effect" in refused(few, playbook)


def test_variables_of_a_playbook_that_imports_ours(few: Fleet) -> None:
    """They count for the play, and are checked."""
    book = few.directory / "site.yml"
    for waves, status in (([4], 0), ("none", 2)):
        imported = {"import_playbook": "kdump.fleet.rollout", "vars": {"kdump_waves": waves}}
        book.write_text(json.dumps([imported]))
        run = few.playbook(str(book))
        assert run.status == status, run.output
    assert "kdump_waves is 'none'" in run.text


def test_good_variables_are_let_through(few: Fleet) -> None:
    """Templates of facts that are not there yet, a survey's text, and names that the site allows."""
    few.vars.update(
        kdump_site_owner="storage",
        kdump_allowed_variables=["kdump_site_*"],
        kdump_path="{{ '/data/' ~ inventory_hostname }}",
        kdump_target={"type": "ssh", "location": "kdump@{{ ansible_facts.no_such_fact }}"},
        kdump_keep_dumps="{{ 3 if ansible_facts.architecture == 'x86_64' else 1 }}",
    )
    run = few.playbook("audit", kdump_audit_strict="no")
    assert "variable is wrong" not in run.text
    assert "variables are wrong" not in run.text


def test_a_value_that_somebody_tuned_is_kept_or_shown_before_it_is_replaced(fleet: Fleet) -> None:
    """docs/migrating.md begins with it: an empty kdump_crashkernel keeps it, and nothing is staged or rebooted."""
    fleet.hosts("web1", "web2", state="armed")
    for name in ("web1", "web2"):
        fleet.playbook("audit")  # makes the hosts
        fleet.stub(name).stage("768M")
        fleet.stub(name).boot()
    kept = fleet.playbook("rollout", kdump_crashkernel="", kdump_reboot_ok=True)
    assert kept.who("crashkernel") == kept.who("reboot") == []
    for value in ("", None):
        assert (
            fleet.playbook("audit", kdump_crashkernel=value).stats["kdump_audit"]["web1"]["crashkernel_wanted"] is None
        )
    run = fleet.playbook("rollout", kdump_reboot_ok=True, kdump_crashkernel="256M")
    assert "web1 has crashkernel=768M staged. It becomes crashkernel=256M on every boot entry." in run.text
    assert run.output.index("has crashkernel=768M staged") < run.output.index("Set crashkernel= on every boot entry")
    again = fleet.playbook("rollout", kdump_reboot_ok=True, kdump_crashkernel="256M")
    assert "staged. It becomes" not in again.text


def test_empty_texts_of_linux_system_roles_are_null(fleet: Fleet) -> None:
    """kdump_core_collector and kdump_sshkey."""
    fleet.hosts("web1", state="armed", vars={"kdump_core_collector": "", "kdump_sshkey": ""})
    run = fleet.playbook("audit")
    assert run.status == 0, run.output
    policy = run.calls("kdump_info")[0]["args"]["policy"]
    assert "core_collector" not in policy
    assert "sshkey" not in policy


def test_a_template_has_the_value_of_each_host(fleet: Fleet) -> None:
    """Hosts share a result only where what it is made of is equal, also what it is made of in turn."""
    fleet.vars.update(
        kdump_crashkernel="{{ own | default('256M') }}",
        kdump_keep_dumps="{{ kept }}",
        kept="{{ number - 1 }}",
        kdump_path="/data/{{ inventory_hostname }}",
        kdump_dump_servers="{{ [groups.all | sort | first] }}",
    )
    fleet.host("web1", vars={"own": 512, "number": 0})
    fleet.host("web2", vars={"own": "512M", "number": 1})
    fleet.host("web3", vars={"number": 0})
    fleet.host("web 4", vars={"number": 3})
    text = refused(fleet, "audit")
    assert "3 variables are wrong" in text
    assert "kdump_crashkernel (web1) is" in text
    assert "kdump_keep_dumps (web1, web3) is" in text
    assert "kdump_path (web 4) is '/data/web 4': it holds ' '" in text


def test_vaulted_values_are_let_through_and_never_shown(fleet: Fleet) -> None:
    """They were "no text", on every host; a part of a value or of a template may be vaulted as well."""
    fleet.hosts("web1", "web2", state="armed")
    secrets = VaultLib([("default", VaultSecret(b"password"))])

    def vaulted(text: str, column: int) -> str:
        lines = secrets.encrypt(text).decode().splitlines()
        return "!vault |\n" + "".join(f"{' ' * column}{line}\n" for line in lines)

    (fleet.directory / "password").write_text("password")
    variables = fleet.directory / "group_vars" / "all.yml"
    variables.parent.mkdir()
    variables.write_text(
        f"kdump_crashkernel: {vaulted('192M', 2)}"
        f"kdump_options:\n  HOSTTAG: {vaulted('hostname', 4)}"
        f"site_words: {vaulted('two words', 2)}"
        "kdump_nfs_options: '{{ site_words }}'\n"
    )
    run = fleet.playbook("audit", "--vault-password-file", str(fleet.directory / "password"))
    assert run.status == 0, run.output
    assert run.calls("kdump_info")[0]["args"]["policy"]["crashkernel"] == "192M"
    assert "two words" not in run.output


SURVEY = ("waves", "wave_max_fail", "prove", "canaries", "prove_at_once", "prove_confirm", "audit_strict")


@pytest.mark.parametrize("open_question", ["", None])
def test_questions_of_a_survey_that_were_left_open(few: Fleet, open_question: str | None) -> None:
    """AWX hands over an empty text: the defaults hold, for instance waves of 1 and a tenth, and nobody is crashed."""
    run = few.playbook("rollout", "--check", **{f"kdump_{name}": open_question for name in SURVEY})
    assert run.status == 0, run.output
    assert "wave 1: dump1" in run.text
    assert "wave 2: web1" in run.text
    assert run.crashed == []
