# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the filter audit_select."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.kdump.fleet.plugins.filter import audit_select as module
from ansible_collections.kdump.fleet.plugins.filter.audit_select import FilterModule, audit_select


def answer(needs_rollout: bool, valid: bool | None) -> dict[str, Any]:
    """What kdump_info says, as far as it matters here; valid is None without any proof."""
    record = None if valid is None else {"time": "2026-11-22T18:28:00Z", "valid": valid}
    return {"ready": not needs_rollout, "needs_rollout": needs_rollout, "proof": record}


FLEET: dict[str, Any] = {
    "web3": answer(True, None),
    "web1": answer(True, False),
    "db1": answer(False, True),
    "db2": answer(False, False),
    "db3": answer(False, None),
    "gone": {},
    "none": None,
    "broken": {"failed": True, "msg": "Only root can judge a host."},
    "away": {"unreachable": True, "msg": "no route"},
}
UNPROVEN = {name: given for name, given in FLEET.items() if name not in ("db1", "web1", "web3")}


@pytest.mark.parametrize(
    ("answers", "prove", "chosen"),
    [
        ({}, "none", []),
        ({}, "canary", []),
        ({}, "all", []),
        (FLEET, "none", ["web1", "web3"]),
        (FLEET, "canary", ["web1", "web3"]),
        (FLEET, "all", ["db2", "db3", "web1", "web3"]),
        (UNPROVEN, "none", []),
        (UNPROVEN, "canary", ["db2"]),
        (UNPROVEN, "all", ["db2", "db3"]),
        ({"db1": FLEET["db1"], **UNPROVEN}, "canary", []),
        ({"db1": FLEET["db1"]}, "all", []),
        ({"gone": {}, "broken": FLEET["broken"]}, "all", []),
    ],
)
def test_hosts_are_chosen(answers: dict[str, Any], prove: str, chosen: list[str]) -> None:
    assert audit_select(answers, prove=prove) == chosen


def test_nobody_is_proven_unless_that_is_asked_for() -> None:
    assert audit_select(UNPROVEN) == []


@pytest.mark.parametrize("prove", ["", "canray", "All", None, True])
def test_a_wrong_wish_is_told(prove: Any) -> None:
    with pytest.raises(AnsibleFilterError) as error:
        audit_select(FLEET, prove)
    assert f"kdump_prove is '{prove}': use none, canary or all." in str(error.value)


def test_the_documentation_says_the_same() -> None:
    options = yaml.safe_load(module.DOCUMENTATION)["options"]
    assert tuple(options["prove"]["choices"]) == module.PROVE
    assert options["prove"]["default"] == "none"
    assert FilterModule().filters() == {"audit_select": audit_select}
