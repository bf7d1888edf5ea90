# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: which boots, what is printed, and the exit status."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.boot_matrix import cli, initrd, page
from tests.boot_matrix.cases import CASES, Case
from tests.lab import accelerator
from tests.lab.accelerator import Choice
from tests.unit.boot_matrix.test_judge import BARE, IOMEM, RESERVED, shown


@pytest.fixture(autouse=True)
def lab(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No machine and no network; every machine reserves 256 MiB."""
    kernel = tmp_path / "vmlinuz-6.17"
    kernel.touch()
    monkeypatch.setattr(cli, "qemu_version", lambda: "QEMU emulator version 10.0.2 (Debian 1:10.0.2)")
    monkeypatch.setattr(accelerator, "choose", lambda path: Choice("tcg", "because"))
    monkeypatch.setattr(initrd, "write", lambda path: path.touch())
    monkeypatch.setattr(cli, "CASES", (Case(4096, "256M", "a plain size"), Case(4096, "1G-:256M", "a range")))
    monkeypatch.setattr(cli, "boot", lambda case, kernel: shown(case.value, IOMEM, RESERVED))
    monkeypatch.setattr(page, "PAGE", tmp_path / "page.md")
    return kernel


def test_all_are_equal(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--kernel", str(lab), "--write"]) == 0
    output = capsys.readouterr().out.split("\n")
    assert output[0].split() == ["4096", "MiB", "256M", "256M", "256M", "equal"]
    assert output[2] == "6.17.1-cloud-amd64: 2 of 2 equal"
    text = page.PAGE.read_text()
    assert "QEMU 10.0.2, tcg, machine q35" in text
    assert "`python -m tests.boot_matrix --kernel vmlinuz-6.17`" in text


def test_one_differs(lab: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(cli, "boot", lambda case, kernel: shown(case.value, BARE if ":" in case.value else IOMEM))
    assert cli.main(["--kernel", str(lab)]) == 1
    output = capsys.readouterr().out
    assert "differs: predicted 256M, reserved 0" in output
    assert "1 of 2 equal" in output
    assert not page.PAGE.exists()


def test_some_boots(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--kernel", str(lab), "--only", "range"]) == 0
    assert "1 of 1 equal" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--only", "nonsense"], "No boot's value or purpose holds 'nonsense'."),
        (["--kernel", "/nowhere/vmlinuz"], "There is no kernel /nowhere/vmlinuz."),
    ],
)
def test_what_is_missing(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(words) == 2
    assert message in capsys.readouterr().err


def test_a_page_takes_all_boots() -> None:
    with pytest.raises(SystemExit):
        cli.main(["--write", "--only", "range"])


def test_the_real_cases_can_be_chosen_by_purpose() -> None:
    assert len(cli.chosen(CASES, "at an address")) == 2
    assert cli.chosen(CASES, "") == list(CASES)
