# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the filter crash_dump: only the dump of this host's crash proves anything, and only it may be deleted."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kdump.fleet.plugins.filter import crash_dump as module
from ansible_collections.kdump.fleet.plugins.filter.crash_dump import FilterModule, crash_dump
from ansible_collections.kdump.fleet.plugins.module_utils.vmcore import inventory
from tests.unit.plugins.module_utils.vmcore.dumps import fixture

CRASHED = 1795372080
SYSRQ = "Kernel panic - not syncing: sysrq triggered crash"
KERNEL = "6.12.107+deb13-cloud-amd64"
SHARED = "vault:/var/crash"


def at(seconds: float) -> str:
    return datetime.fromtimestamp(CRASHED + seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def dump(directory: str = "/var/crash/web1-202611221828", **differing: Any) -> dict[str, Any]:
    """A dump that proves a crash of web1 beyond doubt."""
    return {
        "path": f"{directory}/dump.202611221828",
        "directory": directory,
        "host": "web1",
        "time": at(5),
        "kernel": KERNEL,
        "nodename": "web1",
        "size_bytes": 93975628,
        "complete": True,
        "incomplete_reason": None,
        "dmesg": f"{directory}/dmesg.202611221828",
        "panic": SYSRQ,
        "marked": True,
        **differing,
    }


def unmarked(directory: str = "/var/crash/web1-202611221828", **differing: Any) -> dict[str, Any]:
    """One without a log beside it."""
    return dump(directory, **{"dmesg": None, "panic": None, "marked": None, **differing})


def judge(*after: dict[str, Any], **differing: Any) -> dict[str, Any]:
    known: dict[str, Any] = {
        "before": [],
        "host": "web1",
        "identity": {"nodename": "web1", "addresses": ["192.0.2.7", "2001:db8::7"], "time": CRASHED, "boot_id": "x"},
        "latest": CRASHED + 148,
        "kernel": KERNEL,
        "panic": "sysrq triggered crash",
        "mark": True,
        "place": SHARED,
        "top": "/var/crash",
    }
    return crash_dump(list(after), **{**known, **differing})


def reason(*after: dict[str, Any], **differing: Any) -> str:
    """Why none of the dumps is it."""
    found = judge(*after, **differing)
    assert (found["dump"], found["evidence"], found["files"], found["directory"]) == (None, None, [], None)
    assert len(found["reasons"]) == len(after)
    return str(found["reasons"][0].partition(": ")[2])


# ---- with the line that the host wrote before its crash


def test_the_dump_with_the_mark_is_it() -> None:
    found = judge(dump())
    assert (found["dump"], found["evidence"], found["reasons"]) == (dump(), "mark", [])


@pytest.mark.parametrize(
    "differing",
    [
        {"nodename": "localhost", "host": None},
        {"time": "1970-01-01T00:00:00Z"},
        {"directory": "/var/crash/198.51.100.1-2026-11-22-18:28:14"},
    ],
)
def test_the_mark_settles_it(differing: dict[str, Any]) -> None:
    """Whatever a clock or a name says: only this host knows its boot id, and only this boot has it."""
    assert judge(dump(**differing))["evidence"] == "mark"


def test_a_dump_of_a_third_host_proves_nobody() -> None:
    """One directory for all, as in linux-system-roles/kdump: both hosts were proven by made1's dump."""
    made1 = dump("/var/crash/made1-202611221828", host="made1", nodename="made1", marked=False)
    assert reason(made1) == (
        "its kernel log does not have the line that web1 wrote into its own before the crash, so it is of another "
        f"crash (host made1, {at(5)})"
    )


@pytest.mark.parametrize(("named", "told"), [("made1", "host made1, "), (None, "")])
def test_what_is_known_of_another_crash_is_told(named: str | None, told: str) -> None:
    assert reason(dump(marked=False, nodename=None, host=named)).endswith(f"another crash ({told}{at(5)})")


def test_hosts_that_crash_together_prove_themselves_alone() -> None:
    web1, web2 = dump(), dump("/var/crash/web2-202611221828", host="web2", nodename="web2")
    assert judge(web1, {**web2, "marked": False})["dump"] == web1
    found = judge({**web1, "marked": False}, web2, host="web2")
    assert found["dump"] == web2
    assert found["reasons"][0].startswith(web1["path"] + ": its kernel log does not have")


def test_clones_prove_themselves_alone() -> None:
    """The same host name and address, the same moment: the boot id decides."""
    mine, other = dump(), dump("/var/crash/web1-202611221829", marked=False)
    assert judge(mine, other)["dump"] == mine
    assert "the line that web1 wrote" in reason(other)


def test_of_several_the_complete_one_counts() -> None:
    """kdumpctl and kdump-tools try again, and may leave what the first try wrote."""
    cut = dump(
        path="/var/crash/web1-202611221828/dump-incomplete", complete=False, incomplete_reason="It is incomplete."
    )
    found = judge(cut, dump())
    assert found["dump"] == dump()
    assert found["reasons"] == ["/var/crash/web1-202611221828/dump-incomplete: it is not complete: It is incomplete."]
    assert judge(dump(), dump(path="/var/crash/later/vmcore"))["dump"]["path"] == "/var/crash/later/vmcore"


@pytest.mark.parametrize(
    ("differing", "why"),
    [
        ({"complete": False, "incomplete_reason": "It is incomplete."}, "it is not complete: It is incomplete."),
        ({"kernel": "6.1.0"}, f"its kernel is 6.1.0, and {KERNEL} was running"),
        ({"kernel": None}, f"its kernel is None, and {KERNEL} was running"),
        (
            {"panic": "BUG: unable to handle page fault"},
            "its panic message is 'BUG: unable to handle page fault', and 'sysrq triggered crash' was expected",
        ),
        ({"panic": None}, "its panic message is 'none', and 'sysrq triggered crash' was expected"),
    ],
)
@pytest.mark.parametrize("mark", [True, False])
def test_a_dump_of_this_host_has_to_prove_its_crash(differing: dict[str, Any], why: str, mark: bool) -> None:
    assert reason(dump(**differing), mark=mark) == why


# ---- what is new


@pytest.mark.parametrize(
    ("complete", "why"),
    [(False, "it is not complete: It \\x1b[2J"), (None, "whether it is complete cannot be determined: It \\x1b[2J")],
)
def test_what_is_not_known_to_be_complete_proves_nothing(complete: bool | None, why: str) -> None:
    """And what its server says of it moves no cursor."""
    assert reason(dump(complete=complete, incomplete_reason="It \x1b[2J")).endswith(why)


def test_nothing_new_is_no_reason() -> None:
    found = judge(dump(), before=[dump()])
    assert (found["dump"], found["reasons"]) == (None, [])


@pytest.mark.parametrize("before", [{"time": at(-9999)}, {"size_bytes": 5}, {"complete": False}])
def test_a_file_that_was_written_over_is_new(before: dict[str, Any]) -> None:
    assert judge(dump(), before=[dump(**before)])["dump"] == dump()


# ---- without it: host, place and time


@pytest.mark.parametrize("mark", [True, False])
@pytest.mark.parametrize(
    ("found", "place"),
    [
        (unmarked(), SHARED),
        (unmarked(nodename=None, host="WEB1"), SHARED),
        (unmarked("/var/crash/192.0.2.7-2026-11-22-18:28:14", nodename=None, host="192.0.2.7"), SHARED),
        (unmarked("/var/crash/2001:db8::7-2026-11-22-18:28:14", nodename=None, host="2001:db8::7"), SHARED),
        (unmarked("/var/crash/127.0.0.1-2026-11-22-18:28:14", nodename=None, host=None), ""),
        (unmarked(time=at(-300)), SHARED),
        (unmarked(time=at(148 + 300)), SHARED),
        (unmarked("/srv/kdump/web1", nodename=None, host=None), "vault:/srv/kdump/web1"),
        (unmarked("/srv/kdump/web1", nodename=None, host=None), "vault:/srv/kdump/web1/var/crash"),
    ],
)
def test_name_address_or_place_and_time_are_evidence_too(found: dict[str, Any], place: str, mark: bool) -> None:
    answer = judge(found, place=place, mark=mark)
    assert (answer["dump"], answer["evidence"]) == (found, "identity")


@pytest.mark.parametrize("place", [SHARED, "", "vault:/srv/kdump/web1"])
@pytest.mark.parametrize(
    ("found", "why"),
    [
        (unmarked(nodename="made1"), "it is of the host made1, and web1 calls itself web1"),
        (
            unmarked("/var/crash/198.51.100.1-2026-11-22-18:28:14"),
            "its directory has the address 198.51.100.1, and web1 has 192.0.2.7, 2001:db8::7",
        ),
        (
            unmarked("/var/crash/web1-202611221828/198.51.100.1-2026-11-22-18:28:14"),
            "its directory has the address 198.51.100.1, and web1 has 192.0.2.7, 2001:db8::7",
        ),
        (
            unmarked(time=at(-301)),
            f"its time is {at(-301)}, when web1 was not crashing, and no line in a log says more",
        ),
        (
            unmarked(time=at(148 + 301)),
            f"its time is {at(148 + 301)}, when web1 was not crashing, and no line in a log says more",
        ),
    ],
)
def test_what_speaks_against_it_is_named(found: dict[str, Any], why: str, place: str) -> None:
    assert reason(found, place=place) == why


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (
            unmarked(nodename=None, host="web2"),
            "it is of web2 by its name or directory, and the dump itself does not name its host",
        ),
        (
            unmarked(nodename=None, host="web1.example.com"),
            "it is of web1.example.com by its name or directory, and the dump itself does not name its host",
        ),
        (
            unmarked("/var/crash", nodename=None, host=None),
            "nothing in it says whose it is, and vault:/var/crash is not for web1 alone",
        ),
    ],
)
def test_in_a_shared_place_somebody_has_to_say_whose_it_is(found: dict[str, Any], why: str) -> None:
    assert reason(found) == why


def test_a_server_of_the_host_s_name_is_no_directory_of_its_own() -> None:
    found = unmarked("/var/crash", nodename=None, host=None)
    assert reason(found, place="web1:/var/crash").startswith("nothing in it says whose it is")
    assert judge(found, place="vault:/var/crash/web1")["dump"] == found


def test_clones_are_told_apart_by_the_address_of_the_directory() -> None:
    mine = unmarked("/var/crash/192.0.2.7-2026-11-22-18:28:14")
    clone = unmarked("/var/crash/192.0.2.8-2026-11-22-18:28:14")
    found = judge(clone, mine, namesakes=["web2"])
    assert found["dump"] == mine
    assert "the address 192.0.2.8" in found["reasons"][0]


def test_clones_that_cannot_be_told_apart_are_not_proven() -> None:
    assert reason(unmarked(), namesakes=["web2"]) == "it may be of web2 as well: that host has the same name web1"


def test_two_that_fit_are_ambiguous() -> None:
    one, two = unmarked(), unmarked("/var/crash/web1-202611221829")
    assert reason(one, two) == "it fits as well as another one, and nothing distinguishes them"
    assert judge(one, two, dump("/var/crash/web1-202611221830"))["evidence"] == "mark"


def test_a_mark_that_was_never_written_is_not_missed() -> None:
    """The kernel may take no lines (printk.devkmsg=off): then the log lacks it, and says the rest."""
    assert judge(dump(marked=False), mark=False)["evidence"] == "identity"
    assert reason(dump(marked=False, nodename="web2"), mark=False).startswith("it is of the host web2")
    assert judge(dump(marked=False, time=at(9999)), mark=False)["dump"] is None


# ---- what may be deleted


def test_a_dump_in_a_directory_of_its_own_goes_with_it() -> None:
    found = judge(dump())
    assert found["directory"] == "/var/crash/web1-202611221828"
    assert found["files"] == [
        "/var/crash/web1-202611221828/dump.202611221828",
        "/var/crash/web1-202611221828/dmesg.202611221828",
        "/var/crash/web1-202611221828/vmcore-dmesg.txt",
        "/var/crash/web1-202611221828/kexec-dmesg.log",
    ]


def test_a_host_s_own_directory_is_never_one_dump_s() -> None:
    """A gate puts dumps of a host directly into it, beside older ones."""
    for directory in ("/srv/kdump/web1", "/srv/kdump/web1/"):
        old = dump("/srv/kdump/web1", path="/srv/kdump/web1/vmcore.old")
        found = judge(dump(directory), old, before=[old], top="/srv/kdump/web1", place="vault:/srv/kdump/web1")
        assert found["directory"] is None
        assert found["files"] == [f"{directory}/dump.202611221828"] + [
            f"{directory}/dmesg.202611221828" for _once in [1] if directory.endswith("/")
        ]


@pytest.mark.parametrize("top", ["/srv/kdump/web1-202611221828", "/srv/kdump/web1-202611221828/"])
def test_the_searched_path_is_never_one_dump_s(top: str) -> None:
    """Whatever it is called."""
    found = judge(dump("/srv/kdump/web1-202611221828"), top=top)
    assert (found["directory"], len(found["files"])) == (None, 2)


def test_a_directory_that_holds_another_dump_is_not_one_dump_s() -> None:
    other = dump(path="/var/crash/web1-202611221828/vmcore", marked=False, dmesg=None)
    found = judge(dump(), other)
    assert (found["directory"], len(found["files"])) == (None, 2)


def test_a_log_that_belongs_to_another_dump_as_well_stays() -> None:
    other = dump("/var/crash", path="/var/crash/vmcore2", marked=False)
    found = judge(dump("/var/crash"), other)
    assert found["files"] == ["/var/crash/dump.202611221828"]


PATHS = st.sampled_from(["/var/crash", "/var/crash/web1", "/var/crash/web1-202611221828", "/var/crash/a/202611221828"])


@given(st.lists(st.builds(dump, PATHS, marked=st.sampled_from([True, False, None])), max_size=4), st.integers(0, 3))
def test_no_file_of_another_dump_is_ever_deleted(after: list[dict[str, Any]], old: int) -> None:
    for number, one in enumerate(after):
        one["path"] = f"{one['directory']}/vmcore{number}"
    found = judge(*after, before=after[:old])
    if found["dump"]:
        others = [one for one in after if one is not found["dump"]]
        kept = {one["path"] for one in others} | {one["dmesg"] for one in others}
        assert not kept & set(found["files"])
        assert found["directory"] not in {one["directory"] for one in others} | {"/var/crash"}
        assert found["dump"] not in after[:old]


# ---- with what vmcore_info really says


def test_the_answers_of_vmcore_info_are_understood(tmp_path: Path) -> None:
    """A dump of kdumpctl and one of kdump-tools, each with the other's log beside the mark."""
    for directory, name, log in (
        ("192.0.2.7-2026-11-22-18:28:14", "vmcore", "vmcore-dmesg.txt"),
        ("web1-202611221828", "dump.202611221828", "dmesg.202611221828"),
    ):
        path = tmp_path / "var/crash" / directory
        path.mkdir(parents=True)
        (path / name).write_bytes(fixture("tiny-compressed"))
        line = b"[ 1.0] mine\n" if name == "vmcore" else b"[ 1.0] yours\n"
        (path / log).write_bytes(line + fixture("kdumpctl-local.dmesg"))
    answer = inventory.find(str(tmp_path), ["/var/crash"], mark="mine")
    kernel = answer["newest"]["kernel"]
    found = judge(*answer["vmcores"], kernel=kernel)
    assert found["dump"]["path"] == "/var/crash/192.0.2.7-2026-11-22-18:28:14/vmcore"
    assert found["evidence"] == "mark"
    assert len(found["reasons"]) == 1
    json.dumps(found)


def test_the_documentation_says_the_same() -> None:
    options = yaml.safe_load(module.DOCUMENTATION)["options"]
    assert list(options) == [
        "_input",
        *("before", "host", "identity", "latest", "kernel", "panic", "mark", "place", "top", "namesakes"),
    ]
    assert FilterModule().filters() == {"crash_dump": crash_dump}
