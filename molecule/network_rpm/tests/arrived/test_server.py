# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What arrived at the server from a host with kdumpctl: complete over ssh and NFS; what broke off says so."""

from __future__ import annotations

from typing import Any

import pytest
from testinfra.host import Host

testinfra_hosts = ["ansible://dump_servers"]
MIB = 1 << 20


@pytest.fixture(scope="module")
def dumps(host: Host) -> list[dict[str, Any]]:
    """The dumps on the server, in the order of the crashes."""
    answer: dict[str, Any] = host.ansible("kdump.fleet.vmcore_info", "paths=/srv/kdump", check=False, become=False)
    assert answer["unreadable"] == []
    found: list[dict[str, Any]] = answer["vmcores"]
    return found


@pytest.fixture
def journal(host: Host) -> str:
    """What the gate noted."""
    return str(host.file("/var/log/kdump-gate/journal").content_string)


def test_every_crash_that_the_server_outlived_left_something_here(dumps: list[dict[str, Any]]) -> None:
    assert [(dump["path"].rpartition("/")[2], dump["complete"]) for dump in dumps[:3]] == [
        ("vmcore.flat", True),
        ("vmcore-incomplete", False),
        ("vmcore", True),
    ]
    assert {dump["host"] for dump in dumps} == {"r1"}
    assert {dump["panic"] for dump in dumps[:3]} == {"Kernel panic - not syncing: sysrq triggered crash"}


@pytest.mark.parametrize("number", [0, 2], ids=["ssh", "nfs"])
def test_the_logs_are_beside_a_whole_dump(host: Host, dumps: list[dict[str, Any]], number: int) -> None:
    dump = dumps[number]
    assert dump["size_bytes"] > 20 * MIB
    names = set(host.file(dump["directory"]).listdir())
    assert names == {dump["path"].rpartition("/")[2], "vmcore-dmesg.txt", "kexec-dmesg.log"}
    assert host.file(dump["path"]).user == "kdump"
    assert "Kernel panic" in host.file(f"{dump['directory']}/vmcore-dmesg.txt").content_string


def test_the_dump_that_found_the_disk_full(dumps: list[dict[str, Any]], journal: str) -> None:
    dump = dumps[1]
    assert dump["size_bytes"] < 20 * MIB
    place = "/".join(dump["path"].split("/")[-2:])
    assert f"r1 INCOMPLETE {place}: {dump['size_bytes']} bytes received" in journal


def test_the_dump_during_which_the_server_died(dumps: list[dict[str, Any]]) -> None:
    """Over NFS what had come was in the server's memory: how much of it is on its disk nobody promises."""
    left = dumps[3:]
    assert [dump["path"].rpartition("/")[2] for dump in left] in ([], ["vmcore-incomplete"])
    assert not any(dump["complete"] or dump["size_bytes"] >= dumps[2]["size_bytes"] for dump in left), left


def test_the_journal_tells_of_what_was_finished(dumps: list[dict[str, Any]], journal: str) -> None:
    place = "/".join(dumps[0]["path"].split("/")[-2:])
    assert f"r1 finished {place}: {dumps[0]['size_bytes']} bytes" in journal
