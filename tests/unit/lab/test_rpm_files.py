# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The image rpm: what its files say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.lab.recipes import RPM
from tests.unit.lab.rpm_host import KDUMP


def test_the_unit_is_skipped_without_a_reservation_on_the_command_line() -> None:
    unit = (KDUMP / "kdump.service").read_text(encoding="utf-8")
    for line in ("Type=oneshot", "RemainAfterExit=yes", "ConditionKernelCommandLine=|crashkernel"):
        assert f"\n{line}\n" in unit


@pytest.mark.parametrize(
    "path", sorted([*KDUMP.iterdir(), RPM.directory / "grubby" / "grubby.sh"]), ids=lambda p: p.name
)
def test_a_stand_in_says_what_it_is(path: Path) -> None:
    assert "the lab's stand-in for" in " ".join(path.read_text(encoding="utf-8").lower().split("\n")[:3])


def test_repositories() -> None:
    text = "".join(path.read_text() for path in sorted((RPM.directory / "files/etc/yum.repos.d").iterdir()))
    found = re.findall(r"^\[(.*)\]\n(?:.*\n)*?enabled=(.)$", text, re.MULTILINE)
    assert sorted(found) == [("fedora", "1"), ("fedora-debuginfo", "0"), ("updates", "1"), ("updates-debuginfo", "0")]
