# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fixture fleet, once for each ansible-core."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.checkout import collections_path

sys.path.insert(0, str(collections_path()))

from tests.fleet.fleets import CORES, Fleet


@pytest.fixture(params=sorted(CORES))
def fleet(request: pytest.FixtureRequest, tmp_path: Path) -> Fleet:
    """An empty fleet; its playbooks run on the oldest and on the newest ansible-core."""
    python = CORES[request.param]
    assert python.exists(), f"{python} is missing: 'nox -s fleet' makes it"
    return Fleet(tmp_path, python)
