# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The dump that arrived at the server over ssh, and what the gate noted of it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from testinfra.host import Host

testinfra_hosts = ["ansible://dump_servers"]
MIB = 1 << 20


@pytest.fixture(scope="module")
def dumps(host: Host) -> list[dict[str, Any]]:
    """The dumps on the server."""
    answer: dict[str, Any] = host.ansible("kdump.fleet.vmcore_info", "paths=/srv/kdump", check=False, become=False)
    assert answer["unreadable"] == []
    found: list[dict[str, Any]] = answer["vmcores"]
    return found


@pytest.fixture
def journal(host: Host) -> str:
    """What the gate noted."""
    return str(host.file("/var/log/kdump-gate/journal").content_string)


def test_the_crash_left_its_dump_here(dumps: list[dict[str, Any]]) -> None:
    assert [(dump["complete"], dump["host"]) for dump in dumps] == [(True, "n1")], dumps
    assert dumps[0]["panic"] == "Kernel panic - not syncing: sysrq triggered crash"


def test_a_whole_dump(host: Host, dumps: list[dict[str, Any]]) -> None:
    dump = dumps[-1]
    assert dump["complete"], dump
    assert dump["kernel"] == host.check_output("uname -r")
    assert dump["size_bytes"] > 20 * MIB
    assert host.file(dump["path"]).user == "kdump"
    assert host.check_output(f"tail -c 16 {dump['path']} | od -An -v -tx1").split() == ["ff"] * 16


def test_the_journal_tells_of_what_was_finished(dumps: list[dict[str, Any]], journal: str) -> None:
    place = "/".join(dumps[0]["path"].split("/")[-2:])
    finished = f"n1 finished {place}: {dumps[0]['size_bytes']} bytes"
    assert finished in journal
    # Nothing that a real capture says is refused. The directory's name has the minute in which it began.
    begun = "{}-{}-{}T{}:{}".format(*re.findall(r"-(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)/", place)[0])
    said = [line for line in journal.partition(finished)[0].splitlines() if line >= begun]
    assert [line for line in said if "REFUSED" in line] == []


def test_the_kernels_log_came_with_the_dump(host: Host, dumps: list[dict[str, Any]]) -> None:
    dump, log = sorted(host.file(dumps[0]["directory"]).listdir(), reverse=True)
    assert (dump.partition(".")[0], log.partition(".")[0]) == ("dump", "dmesg")
    assert "Kernel panic" in host.file(f"{dumps[0]['directory']}/{log}").content_string


def test_the_rotated_key_is_the_only_one(host: Host) -> None:
    """The dump that arrived over ssh was sent with it."""
    assert len(host.file("/etc/ssh/kdump-fleet/authorized_keys").content_string.splitlines()) == 1
    assert not host.check_output("find /etc/ssh -name '*.new*' -o -name '*.former*'")


def test_retention_runs_confined(host: Host, dumps: list[dict[str, Any]]) -> None:
    """There are fewer dumps than it keeps: it ends well, and they all stay."""
    host.check_output("systemctl start kdump-gate-retain.service")
    for dump in dumps:
        assert host.file(dump["path"]).size == dump["size_bytes"]
