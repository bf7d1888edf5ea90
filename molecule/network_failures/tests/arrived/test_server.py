# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What arrived at the server: what broke off says so, with the bytes that came; over NFS it is complete."""

from __future__ import annotations

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


def test_three_of_four_crashes_left_something_here(dumps: list[dict[str, Any]]) -> None:
    """None of them is lost without a word: the dump that never came is on the host."""
    assert [dump["complete"] for dump in dumps] == [False, False, True], dumps
    assert {(dump["host"], dump["kernel"]) for dump in dumps} == {("n1", dumps[0]["kernel"])}
    assert {dump["panic"] for dump in dumps} == {"Kernel panic - not syncing: sysrq triggered crash"}


def test_a_whole_dump(host: Host, dumps: list[dict[str, Any]]) -> None:
    dump = dumps[-1]
    assert dump["complete"], dump
    assert dump["kernel"] == host.check_output("uname -r")
    assert dump["size_bytes"] > 20 * MIB
    assert host.file(dump["path"]).user == "kdump"
    assert host.check_output(f"tail -c 16 {dump['path']} | od -An -v -tx1").split() == ["ff"] * 16


def test_the_dump_that_found_the_disk_full(dumps: list[dict[str, Any]], journal: str) -> None:
    """It is called incomplete, and its bytes are noted. What the server keeps free was never touched."""
    dump = dumps[0]
    assert dump["path"].endswith("/dump-incomplete")
    assert 16 * MIB < dump["size_bytes"] < 40 * MIB
    place = "/".join(dump["path"].split("/")[-2:])
    assert f"n1 INCOMPLETE {place}: {dump['size_bytes']} bytes received" in journal
    refused = (
        f"REFUSED 'dd of=/var/crash/{place}': {dump['path']} cannot be received: the free space that the server keeps"
    )
    assert refused in journal


def test_the_dump_during_which_the_server_died(dumps: list[dict[str, Any]], journal: str) -> None:
    """What had come was on the disk, but for the last 16 MiB. Nobody was left to note it: the file itself shows it."""
    dump = dumps[1]
    assert dump["path"].endswith("/dump-incomplete")
    assert 15 * MIB < dump["size_bytes"] < dumps[-1]["size_bytes"]
    assert str(dump["size_bytes"]) in dump["incomplete_reason"]
    assert "/".join(dump["path"].split("/")[-2:]) not in journal
