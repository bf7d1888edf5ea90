# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network of a run: who has which address, and what a machine is told."""

from __future__ import annotations

import ipaddress
import subprocess
from pathlib import Path
from typing import cast

import pytest

from tests.lab import network, qmp
from tests.lab.errors import LabError


def test_the_first_free_address() -> None:
    assert network.free([]) == "192.0.2.1"
    assert network.free(["192.0.2.1", "192.0.2.3"]) == "192.0.2.2"
    with pytest.raises(LabError, match=r"Every address of 192\.0\.2\.0/24 is taken"):
        network.free(f"192.0.2.{number}" for number in range(1, 255))


def test_every_machine_has_a_hardware_address_of_its_own() -> None:
    assert network.mac("192.0.2.1") == "52:54:00:4c:41:01"
    assert len({network.mac(f"192.0.2.{number}") for number in range(1, 255)}) == 254


def test_runs_do_not_hear_each_other() -> None:
    groups = {network.group(Path(f"/runs/{number}")) for number in range(100)}
    assert len(groups) == 100
    for group in groups:
        host, port = group.split(":")
        assert ipaddress.IPv4Address(host).is_multicast
        assert 20000 <= int(port) < 60000


class Monitor:
    """Notes what QEMU is asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, object]]] = []

    def execute(self, command: str, **arguments: object) -> None:
        self.asked.append((command, arguments))


def test_the_card_hangs_on_the_loopback_device() -> None:
    monitor = Monitor()
    network.plug(cast(qmp.Monitor, monitor), Path("/run"), "192.0.2.7")
    (first, backend), (second, card) = monitor.asked
    assert (first, second) == ("netdev_add", "device_add")
    assert backend["localaddr"] == "127.0.0.1"
    assert backend["mcast"] == network.group(Path("/run"))
    assert card["netdev"] == backend["id"]
    assert card["mac"] == "52:54:00:4c:41:07"


def test_the_configuration_is_for_this_card_alone() -> None:
    script = network.configure_script("192.0.2.7")
    assert "MACAddress=52:54:00:4c:41:07\n" in script
    assert "Address=192.0.2.7/24\n" in script


def test_names_replace_those_of_before(tmp_path: Path) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.1 localhost\n192.0.2.1 gone\n192.0.20.1 elsewhere\n")
    script = network.hosts_script({"b": "192.0.2.2", "a": "192.0.2.1"}).replace("/etc/hosts", str(hosts))
    for _time in range(2):
        subprocess.run(["sh", "-c", script], check=True)
        assert hosts.read_text() == "127.0.0.1 localhost\n192.0.20.1 elsewhere\n192.0.2.1 a\n192.0.2.2 b\n"


@pytest.mark.parametrize(("shown", "status"), [("lan UP 192.0.2.1/24", 0), ("lan UP 192.0.2.12/24", 1)])
def test_waiting_for_the_address(tmp_path: Path, shown: str, status: int) -> None:
    (tmp_path / "ip").write_text(f"#!/bin/sh\necho '{shown}'\n")
    (tmp_path / "ip").chmod(0o755)
    script = network.arrived_script("192.0.2.1").replace("seq 300", "seq 1").replace("sleep 0.2", ":")
    done = subprocess.run(
        ["sh", "-c", script], check=False, env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, capture_output=True
    )
    assert done.returncode == status
