# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fixture fleet, once for each ansible-core; with KDUMP_FLEET_TURN=N each test runs on one of the two."""

from __future__ import annotations

import os
import sys
import zlib
from pathlib import Path

import pytest

from tests.checkout import collections_path

sys.path.insert(0, str(collections_path()))

from tests.fleet.fleets import CORES, Fleet


def is_due(node: str, core: str, turn: int) -> bool:
    """Whether this turn runs the test on this ansible-core: the next turn runs it on the other one."""
    name, _bracket, parameters = node.partition("[")
    both = f"{name}[{parameters.replace(core, 'core')}"
    return sorted(CORES)[(zlib.crc32(both.encode()) + turn) % len(CORES)] == core


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of the tests that run on both, keep those whose turn it is."""
    if "KDUMP_FLEET_TURN" not in os.environ:
        return
    turn = int(os.environ["KDUMP_FLEET_TURN"])
    kept: list[pytest.Item] = []
    waiting: list[pytest.Item] = []
    for item in items:
        parameters = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
        core = parameters.get("fleet") or parameters.get("core")
        (kept if core is None or is_due(item.nodeid, str(core), turn) else waiting).append(item)
    items[:] = kept
    config.hook.pytest_deselected(items=waiting)


@pytest.fixture(params=sorted(CORES))
def fleet(request: pytest.FixtureRequest, tmp_path: Path) -> Fleet:
    """An empty fleet; its playbooks run on the oldest and on the newest ansible-core."""
    python = CORES[request.param]
    assert python.exists(), f"{python} is missing: 'nox -s fleet' makes it"
    return Fleet(tmp_path, python)
