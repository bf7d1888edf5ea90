# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of identity.py."""

import socket
import time
from pathlib import Path

from ansible_collections.kdump.fleet.plugins.module_utils.host import identity
from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import Host
from tests.unit.plugins.module_utils.host_tree import HostTree

FIB_TRIE = """\
Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 192.0.2.0/24 2 0 2
           |-- 192.0.2.0
              /24 link UNICAST
           |-- 192.0.2.7
              /32 host LOCAL
        |-- 192.0.2.255
           /32 link BROADCAST
     +-- 127.0.0.0/8 2 0 2
           |-- 127.0.0.0
              /8 host LOCAL
           |-- 127.0.0.1
              /32 host LOCAL
"""
IF_INET6 = """\
00000000000000000000000000000001 01 80 10 80       lo
20010db8000000000000000000000007 02 40 00 80     eth0
broken
"""


def test_a_host_says_who_it_is(tmp_path: Path) -> None:
    tree = HostTree(tmp_path)
    tree.write(identity.NODENAME, "web1\n")
    tree.write(identity.BOOT_ID, "7f1f6ecb-9aa0-4d2a-9bd5-3b5c1d9c6c0f\n")
    tree.write(identity.ROUTES, FIB_TRIE + FIB_TRIE.replace("Main", "Local"))
    tree.write(identity.ADDRESSES_6, IF_INET6)
    found = identity.of(tree.host())
    assert abs(found.pop("time") - time.time()) < 60
    assert found == {
        "nodename": "web1",
        "boot_id": "7f1f6ecb-9aa0-4d2a-9bd5-3b5c1d9c6c0f",
        "addresses": ["192.0.2.7", "2001:db8::7"],
    }


def test_a_host_that_says_nothing_is_nobody(tmp_path: Path) -> None:
    found = identity.of(HostTree(tmp_path).host())
    assert (found["nodename"], found["boot_id"], found["addresses"]) == ("", "", [])


def test_the_machine_of_the_tests_is_read_as_it_is() -> None:
    found = identity.of(Host())
    assert found["nodename"] == socket.gethostname()
    assert not any(one.startswith("127.") for one in found["addresses"])
