# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which dump server a host has."""

from __future__ import annotations

from collections import Counter

import pytest
from ansible.errors import AnsibleFilterError
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Undefined, UndefinedError

from ansible_collections.kdump.fleet.plugins.filter.dump_server_of import FilterModule, dump_server_of

HOSTS = [f"host{number}.example.org" for number in range(10000)]
NAMES = st.text("abc0-.\u00e4", min_size=1, max_size=6)


@pytest.mark.parametrize(
    "host, server", [("web1", "dump1"), ("web2", "dump1"), ("db1.example.org", "dump2"), ("h\u00f6st", "dump1")]
)
def test_the_same_everywhere(host: str, server: str) -> None:
    """Fixed values: no version of Python or of this collection may move a host."""
    assert dump_server_of(host, ["dump1", "dump2", "dump3"]) == server


@pytest.mark.parametrize("count", [1, 2, 3, 9])
def test_another_server_takes_its_share_and_moves_nobody_else(count: int) -> None:
    """About one host in n, and each of them to the new one."""
    servers = [f"dump{number}" for number in range(count)]
    before = {host: dump_server_of(host, servers) for host in HOSTS}
    after = {host: dump_server_of(host, [*servers, "new"]) for host in HOSTS}
    moved = [host for host in HOSTS if before[host] != after[host]]
    assert {after[host] for host in moved} == {"new"}
    share = len(HOSTS) / (count + 1)
    assert 0.9 * share < len(moved) < 1.1 * share
    assert all(0.9 * share < hosts < 1.1 * share for hosts in Counter(after.values()).values())


@given(NAMES, st.lists(NAMES, min_size=1, max_size=6, unique=True))
def test_the_order_of_the_servers_does_not_count(host: str, servers: list[str]) -> None:
    """A server that goes moves only its own hosts, too."""
    chosen = dump_server_of(host, servers)
    assert chosen in servers
    assert dump_server_of(host, list(reversed(servers))) == chosen
    others = [server for server in servers if server != chosen]
    for gone in others:
        assert dump_server_of(host, [server for server in servers if server != gone]) == chosen


@pytest.mark.parametrize("servers", [[], "dump1", None])
def test_no_server(servers: list[str]) -> None:
    """Said, with what is wrong."""
    with pytest.raises(AnsibleFilterError, match="give a list of one or more inventory names"):
        dump_server_of("web1", servers)


def test_the_filter_by_its_name() -> None:
    """What Ansible loads."""
    assert FilterModule().filters() == {"dump_server_of": dump_server_of}


def test_without_servers_the_variable_is_named() -> None:
    with pytest.raises(UndefinedError, match="kdump_dump_servers is undefined"):
        dump_server_of("web1", Undefined(name="kdump_dump_servers"))
