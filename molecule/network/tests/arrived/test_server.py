# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What arrived at the server: whole over ssh and over NFS; and what broke off says so, with the bytes that came."""

from __future__ import annotations

import re
from typing import Any

import pytest
from testinfra.host import Host

testinfra_hosts = ["ansible://dump_servers"]
MIB = 1 << 20


@pytest.fixture(scope="module")
def dumps(host: Host) -> list[dict[str, Any]]:
    """The dumps on the server, in the order of the crashes.

    Where makedumpfile failed, kdump-tools tries scp: of that the little came that there was still room for.
    """
    answer: dict[str, Any] = host.ansible("kdump.fleet.vmcore_info", "paths=/srv/kdump", check=False, become=False)
    assert answer["unreadable"] == []
    found: list[dict[str, Any]] = answer["vmcores"]
    second_tries = [dump for dump in found if dump["path"].endswith("/vmcore-incomplete")]
    assert not any(dump["complete"] for dump in second_tries), found
    return [dump for dump in found if dump not in second_tries]


@pytest.fixture
def journal(host: Host) -> str:
    """What the gate noted."""
    return str(host.file("/var/log/kdump-gate/journal").content_string)


def test_four_of_five_crashes_left_something_here(dumps: list[dict[str, Any]]) -> None:
    """None of them is lost without a word: the dump that never came is on the host."""
    assert [dump["complete"] for dump in dumps] == [True, False, False, True], dumps
    assert {(dump["host"], dump["kernel"]) for dump in dumps} == {("n1", dumps[0]["kernel"])}
    assert {dump["panic"] for dump in dumps} == {"Kernel panic - not syncing: sysrq triggered crash"}


@pytest.mark.parametrize("number", [0, -1], ids=["ssh", "nfs"])
def test_a_whole_dump(host: Host, dumps: list[dict[str, Any]], number: int) -> None:
    dump = dumps[number]
    assert dump["kernel"] == host.check_output("uname -r")
    assert dump["size_bytes"] > 20 * MIB
    assert host.file(dump["path"]).user == "kdump"
    assert host.check_output(f"tail -c 16 {dump['path']} | od -An -v -tx1").split() == ["ff"] * 16


def test_the_dump_that_found_the_disk_full(dumps: list[dict[str, Any]], journal: str) -> None:
    """It is called incomplete, and its bytes are noted. What the server keeps free was never touched."""
    dump = dumps[1]
    assert dump["path"].endswith("/dump-incomplete")
    assert 16 * MIB < dump["size_bytes"] < 40 * MIB
    place = "/".join(dump["path"].split("/")[-2:])
    assert f"n1 INCOMPLETE {place}: {dump['size_bytes']} bytes received" in journal
    refused = f"REFUSED 'dd of=/var/crash/{place}': {dump['path']} cannot be received: the free space that the server keeps"
    assert refused in journal


def test_the_dump_during_which_the_server_died(dumps: list[dict[str, Any]], journal: str) -> None:
    """What had come was on the disk, but for the last 16 MiB. Nobody was left to note it: the file itself tells."""
    dump = dumps[2]
    assert dump["path"].endswith("/dump-incomplete")
    assert 15 * MIB < dump["size_bytes"] < dumps[0]["size_bytes"]
    assert str(dump["size_bytes"]) in dump["incomplete_reason"]
    assert "/".join(dump["path"].split("/")[-2:]) not in journal


def test_the_journal_tells_of_what_was_finished(dumps: list[dict[str, Any]], journal: str) -> None:
    place = "/".join(dumps[0]["path"].split("/")[-2:])
    finished = f"n1 finished {place}: {dumps[0]['size_bytes']} bytes"
    assert finished in journal
    # Nothing that a real capture says is refused. The folder's name has the minute in which it began.
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
    """There are fewer dumps than it keeps, and the incomplete ones are of today: it ends well, and they all stay."""
    host.check_output("systemctl start kdump-gate-retain.service")
    for dump in dumps:
        assert host.file(dump["path"]).size == dump["size_bytes"]
