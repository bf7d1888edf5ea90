# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which servers failed, out of the registered results of loops over them."""

from __future__ import annotations

from typing import Any

from ansible_collections.kdump.fleet.plugins.filter.dump_server_failures import dump_server_failures


def test_failed_and_unreachable_servers_are_named_whatever_the_item_is() -> None:
    account = {"server": "dump3", "user": "kdump"}
    registered: list[dict[str, Any]] = [
        {"results": [{"item": "dump1", "unreachable": True, "msg": "no\nroute"}, {"item": "dump2", "rc": 0}]},
        {"results": [{"item": {"server": "dump2", "user": "kdump"}, "failed": False}]},
        {"results": [{"item": {"item": account}, "failed": True, "msg": "non-zero return code", "stderr": "full."}]},
        {"skipped": True},
        {},
    ]
    assert dump_server_failures(registered) == {"dump1": "no route.", "dump3": "non-zero return code full."}


def test_the_first_failure_of_a_server_counts() -> None:
    registered = [{"results": [{"item": "dump1", "failed": True, "msg": why}]} for why in ("first", "second")]
    assert dump_server_failures(registered) == {"dump1": "first."}


def test_what_a_server_says_moves_no_cursor() -> None:
    registered = [{"results": [{"item": "dump1", "failed": True, "msg": "\x1b[2J\u202e"}]}]
    assert dump_server_failures(registered) == {"dump1": "\\x1b[2J\\u202e."}
