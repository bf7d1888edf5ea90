# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of tests/rollout.py: what "make rollout" runs, in which order, and what it leaves behind."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests import rollout
from tests.checkout import collections_path

LAB = [sys.executable, "-m", "tests.lab"]


class Commands:
    """Stands for subprocess.run: notes each command, and fails those whose text holds a given word."""

    def __init__(self) -> None:
        self.run: list[list[str]] = []
        self.environments: list[dict[str, str]] = []
        self.status: dict[str, int] = {}

    def __call__(self, command: list[str], check: bool, env: dict[str, str] | None = None) -> Any:
        assert check is False
        self.run.append(command)
        self.environments.append(env or {})
        return SimpleNamespace(returncode=next((self.status[word] for word in self.status if word in command), 0))

    def verbs(self) -> list[str]:
        """The lab's verbs and the playbook, in order."""
        return [command[3] if command[:3] == LAB else command[1] for command in self.run]


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Commands:
    noted = Commands()
    monkeypatch.setattr(rollout, "subprocess", SimpleNamespace(run=noted))
    monkeypatch.setenv("KDUMP_LAB_RUN", str(tmp_path / "run"))
    monkeypatch.delenv("ANSIBLE_FORCE_COLOR", raising=False)
    return noted


def start(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["rollout", *words])
    return rollout.main()


def test_the_lab_is_made_used_and_stopped(commands: Commands, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert start(monkeypatch) == 0
    run = str(tmp_path / "run")
    assert commands.run == [
        [*LAB, "setup"],
        [*LAB, "down", "--run", run],
        [*LAB, "build", "debian"],
        [*LAB, "build", "rpm"],
        [*LAB, "up", "n1", "--image", "debian", "--run", run],
        [*LAB, "up", "n2", "--image", "rpm", "--run", run],
        [
            *("ansible-playbook", "kdump.fleet.rollout", "-i", f"{run}/inventory.yml"),
            *("-e", "kdump_reboot_ok=true", "-e", "kdump_prove=canary"),
            *("-e", '{"kdump_core_collector": "makedumpfile -l -d 31"}'),
        ],
        [*LAB, "down", "--run", run],
    ]
    environment = commands.environments[6]
    assert environment["ANSIBLE_COLLECTIONS_PATH"] == str(collections_path())
    assert environment["ANSIBLE_FORCE_COLOR"] == "0"


def test_the_run_is_kept_beside_the_checkouts_by_default(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KDUMP_LAB_RUN")
    assert start(monkeypatch) == 0
    assert commands.run[4][-1] == str(collections_path().parent / "rollout-run")


@pytest.mark.parametrize(
    ("failing", "status", "verbs"),
    [
        ("setup", 3, ["setup"]),
        ("build", 4, ["setup", "down", "build"]),
        ("up", 5, ["setup", "down", "build", "build", "up", "down"]),
    ],
)
def test_a_lab_that_fails_ends_the_run_and_leaves_nothing(
    commands: Commands, monkeypatch: pytest.MonkeyPatch, failing: str, status: int, verbs: list[str]
) -> None:
    commands.status[failing] = status
    with pytest.raises(SystemExit) as end:
        start(monkeypatch)
    assert end.value.code == status
    assert commands.verbs() == verbs


def test_a_roll_out_that_fails_is_told_and_leaves_nothing(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    commands.status["kdump.fleet.rollout"] = 2
    assert start(monkeypatch) == 2
    assert commands.verbs()[-2:] == ["kdump.fleet.rollout", "down"]


def test_machines_can_be_kept(
    commands: Commands, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert start(monkeypatch, "--keep") == 0
    assert commands.verbs()[-1] == "kdump.fleet.rollout"
    assert "The machines stay:" in capsys.readouterr().out


def test_an_inventory_is_rolled_out_without_consent_that_nobody_gave(
    commands: Commands, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    inventory = tmp_path / "hosts.ini"
    inventory.write_text("web1\n")
    assert start(monkeypatch, "--inventory", str(inventory), "--limit", "web1", "-e", "kdump_waves=[1]") == 0
    assert commands.run == [
        [
            *("ansible-playbook", "kdump.fleet.rollout", "-i", str(inventory)),
            *("--limit", "web1", "-e", "kdump_waves=[1]"),
        ]
    ]


def test_a_missing_inventory_is_told(
    commands: Commands, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        start(monkeypatch, "--inventory", "/nowhere/hosts.ini")
    assert end.value.code == 2
    assert "there is no inventory at /nowhere/hosts.ini" in capsys.readouterr().err
    assert commands.run == []


def test_colours_that_were_asked_for_stay(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANSIBLE_FORCE_COLOR", "1")
    assert rollout.playbook(Path("/hosts")) == 0
    assert commands.environments[0]["ANSIBLE_FORCE_COLOR"] == "1"
