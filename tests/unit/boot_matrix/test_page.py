# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page: a section for each kernel, replaced when that kernel is booted again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.boot_matrix import page
from tests.boot_matrix.cases import CASES, Case
from tests.boot_matrix.judge import Amounts, Verdict

MIB = 1 << 20
ORIGIN = page.Origin("2026-01-02", "QEMU 10.0.2", "tcg", "make boot-matrix")
GOOD = Verdict(
    Case(1024, "256M 64M,cma", "a plain size", "nokaslr", "pc"),
    "6.12.1-cloud",
    1023 * MIB + MIB // 2,
    Amounts(256 * MIB, 0, 64 * MIB),
    Amounts(256 * MIB, 0, 64 * MIB),
    None,
    None,
    [],
)
BAD = GOOD._replace(case=Case(512, "a|b", "pipes"), reserved=Amounts(0, 0, 0), complaint="oops", differences=["x"])


def test_a_section() -> None:
    assert page.section("6.12.1-cloud", [GOOD, BAD], ORIGIN).split("\n") == [
        "## 6.12.1-cloud",
        "",
        "1 of 2 equal. 2026-01-02, QEMU 10.0.2, tcg, machine q35 unless a row says otherwise, one processor: "
        "`make boot-matrix`",
        "",
        "| memory | `crashkernel=` | shows | RAM counted | predicted | reserved | equal | the kernel says |",
        "|---|---|---|---|---|---|---|---|",
        "| 1024 MiB, pc | `256M` `64M,cma` `nokaslr` | a plain size | 1023.5 MiB | 256M + 64M CMA | 256M + 64M CMA "
        "| yes | - |",
        "| 512 MiB | `a\\|b` | pipes | 1023.5 MiB | 256M + 64M CMA | 0 | **no** | `oops` |",
        "",
    ]


def test_sections_are_replaced_and_in_order(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    for release in ("6.12.1", "7.3.4", "6.1.0"):
        page.write([GOOD._replace(release=release)], ORIGIN, path)
    page.write([BAD._replace(release="7.3.4")], ORIGIN, path)
    text = path.read_text()
    assert text.startswith(page.HEAD)
    assert [line for line in text.split("\n") if line.startswith("## ")] == ["## 6.1.0", "## 6.12.1", "## 7.3.4"]
    assert [line[:12] for line in text.split("\n") if "equal. " in line] == ["1 of 1 equal"] * 2 + ["0 of 1 equal"]
    page.write([BAD._replace(release="7.3.4")], ORIGIN, path)
    assert path.read_text() == text


@pytest.mark.parametrize(("ram", "text"), [(MIB, "1 MiB"), (2 * MIB - 4096, "2 MiB"), (1000 * MIB, "1000 MiB")])
def test_counted_ram(ram: int, text: str) -> None:
    assert page.counted(ram) == text


def test_the_page_in_docs_shows_no_difference_and_every_case() -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    assert text.startswith(page.HEAD)
    assert "**no**" not in text
    sections = text.split("\n## ")[1:]
    assert sections
    for section in sections:
        assert f"{len(CASES)} of {len(CASES)} equal" in section
        assert [line.split(" | ")[2] for line in section.split("\n")[6:] if line] == [case.shows for case in CASES]
