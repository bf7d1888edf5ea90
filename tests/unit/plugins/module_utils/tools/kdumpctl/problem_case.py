# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A kdump.conf with one problem, and how the problem is reported."""

from typing import NamedTuple

from ansible_collections.kdump.fleet.plugins.module_utils.tools.kdumpctl.conf import CODES, check

SSH = "ssh root@host\n"


class Case(NamedTuple):
    """A text with one problem: its line, and words of the message and of the remedy."""

    code: str
    line: int
    text: str
    says: str
    remedy: str


def assert_reported(case: Case) -> None:
    """As the only problem of the text, with its line and its remedy."""
    problems = check(case.text)
    assert [(one.code, one.severity, one.line) for one in problems] == [(case.code, CODES[case.code], case.line)]
    assert case.says in problems[0].message
    assert case.remedy in problems[0].remedy
    assert not problems[0].message.endswith(".")
    assert problems[0].remedy.endswith(".")
