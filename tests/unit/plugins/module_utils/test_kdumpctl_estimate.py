# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of kdumpctl_estimate.py."""

from typing import List, Optional

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.host import CommandResult, Host
from ansible_collections.kdump.fleet.plugins.module_utils.kdumpctl_estimate import parse, recommended

# Of kdump-utils 1.0.61 in a machine with 2.5 GiB.
OUTPUT = """\
Reserved crashkernel:    256M
Recommended crashkernel: 655M

Kernel image size:   54M
WARNING: Current crashkernel size is lower than recommended size 655M.
"""


def test_the_estimate_of_a_real_host() -> None:
    assert parse(OUTPUT) == 655 << 20
    assert parse("Usage: kdumpctl {estimate|start}") is None


@pytest.mark.parametrize(("status", "answer"), [(0, 655 << 20), (1, None)])
def test_a_kdumpctl_that_does_not_answer_is_no_error(status: int, answer: Optional[int]) -> None:
    def run(argv: List[str], timeout: float) -> CommandResult:
        assert argv == ["kdumpctl", "estimate"]
        return CommandResult(argv, status, OUTPUT, "kdump: Invalid kdump config option x")

    assert recommended(Host("/nowhere", run)) == answer
