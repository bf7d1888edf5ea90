# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pytest plugin: every verify step of a molecule scenario writes a JUnit report of its own.

molecule runs the verifier with the same options in each step, so that a fixed file would be overwritten.
"""

import os
from pathlib import Path

import pytest

DIRECTORY = "KDUMP_FLEET_REPORTS"


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Name the report after how many are there already."""
    directory = Path(os.environ[DIRECTORY])
    config.option.xmlpath = str(directory / f"verify-{len(list(directory.glob('verify-*.xml'))) + 1:02}.xml")
