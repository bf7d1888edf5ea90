# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of kdump_info for the tests of filters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.readiness.report import report
from ansible_collections.kdump.fleet.plugins.module_utils.tools.policy import Policy
from tests.unit.plugins.module_utils.host_tree import HostTree, ready_host

Answering = Callable[..., dict[str, Any]]


@pytest.fixture
def answer_of(tmp_path: Path) -> Answering:
    """What kdump_info says about a ready host after a change to it."""

    def answer(change: Callable[[HostTree], Any] = lambda tree: None, **policy: Any) -> dict[str, Any]:
        tree = ready_host(tmp_path / str(len(list(tmp_path.iterdir()))))
        change(tree)
        return {"changed": False, "failed": False, **report(tree.host(), Policy.of(policy))}

    return answer
