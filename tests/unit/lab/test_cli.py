# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: what it prints, and its exit statuses."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import cli, machine, packages
from tests.lab.errors import LabError, UnavailableError
from tests.lab.machine import Machine


@pytest.fixture(autouse=True)
def own_signals() -> Iterator[None]:
    """The handler of SIGTERM is put back."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine of a run, which does not run."""
    one = Machine("n1", tmp_path / "run" / "n1", "debian", 40022)
    one.directory.mkdir(parents=True)
    monkeypatch.setattr(machine, "machines", lambda run=None: [one])
    monkeypatch.setattr(machine, "machine", lambda name, run: one)
    return one


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (LabError("No room.\nAt all."), 2, "lab: No room.\nAt all.\n"),
        (UnavailableError("The mirror has none."), 3, "lab: The mirror has none.\n"),
        (KeyboardInterrupt(), 130, "lab: interrupted\n"),
        (PermissionError(13, "Permission denied", "/x"), 2, "lab: [Errno 13] Permission denied: '/x'.\n"),
    ],
)
def test_errors_are_one_message_and_a_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException, status: int, said: str
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(packages, "setup", fail)
    assert cli.main(["setup"]) == status
    assert capsys.readouterr().err == said


def test_sigterm_cleans_up_as_ctrl_c_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "setup", lambda: os.kill(os.getpid(), signal.SIGTERM))
    assert cli.main(["setup"]) == 130


@pytest.mark.parametrize("words", [[], ["fly"], ["up"], ["up", "n1", "--image", "hurd"], ["build", "hurd"]])
def test_wrong_words(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as error:
        cli.main(words)
    assert error.value.code == 2
    assert "usage: python -m tests.lab" in capsys.readouterr().err


def test_up_passes_everything_on(
    monkeypatch: pytest.MonkeyPatch, found: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: dict[str, object] = {}

    def up(names: list[str], **words: object) -> list[Machine]:
        seen.update(words, names=names)
        return [found]

    monkeypatch.setattr(machine, "up", up)
    run = found.directory.parent
    assert cli.main(["up", "n1", "--memory", "2048", "--cpus", "1", "--network", "--run", str(run)]) == 0
    asked = {"image_name": "debian", "memory": 2048, "cpus": 1, "run": run, "networked": True, "second_disk": False}
    assert seen == {"names": ["n1"], **asked}
    assert capsys.readouterr().out.split("\n")[-2] == str(run / "inventory.yml")


def test_reset_asks_the_machine_s_own_qemu(monkeypatch: pytest.MonkeyPatch, found: Machine) -> None:
    asked: list[tuple[Path, str]] = []

    class Monitor:
        def __init__(self, path: Path) -> None:
            self.path = path

        def __enter__(self) -> object:
            return self

        def __exit__(self, *error: object) -> None:
            pass

        def execute(self, command: str) -> None:
            asked.append((self.path, command))

    monkeypatch.setattr(machine, "Monitor", Monitor)
    assert cli.main(["reset", "n1", "--run", str(found.directory.parent)]) == 0
    assert asked == [(found.files.monitor, "system_reset")]


def test_the_run_of_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: list[Path] = []

    def down(names: list[str], run: Path) -> list[str]:
        seen.append(run)
        return names

    monkeypatch.setenv("KDUMP_LAB_RUN", str(tmp_path / "told"))
    monkeypatch.setattr(machine, "down", down)
    assert cli.main(["down"]) == 0
    assert cli.main(["down", "--run", str(tmp_path)]) == 0
    assert seen == [tmp_path / "told", tmp_path]


def test_the_list_says_what_became_of_a_machine(found: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["list", "--run", str(found.directory.parent)]) == 0
    assert capsys.readouterr().out == f"n1  debian  ended by itself  {found.serial}\n"


def test_the_list_says_where_a_machine_answers(
    monkeypatch: pytest.MonkeyPatch, found: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    found.files.pidfile.touch()
    monkeypatch.setattr(Machine, "pid", 4711)
    monkeypatch.setattr(Machine, "answers", lambda self: True)
    monkeypatch.setattr(machine, "runs", lambda: [found.directory.parent])
    assert cli.main(["list"]) == 0
    assert "pid 4711, up 0 min, ssh port 40022 answers" in capsys.readouterr().out


def test_the_serial_log(found: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    run = str(found.directory.parent)
    assert cli.main(["serial", "n1", "--run", run]) == 2
    found.serial.write_bytes(b"Kernel panic \xff\n")
    assert cli.main(["serial", "n1", "--run", run]) == 0
    assert capsys.readouterr().out == "Kernel panic \ufffd\n"


def test_ssh_becomes_ssh(monkeypatch: pytest.MonkeyPatch, found: Machine) -> None:
    seen: list[list[str]] = []
    monkeypatch.setattr(os, "execvpe", lambda name, words, environment: seen.append(words))
    assert cli.main(["ssh", "n1", "ls", "-l", "/var/crash"]) == 0
    assert seen[0][:3] == ["ssh", "-i", str(found.key)]
    assert seen[0][-4:] == ["root@127.0.0.1", "ls", "-l", "/var/crash"]
