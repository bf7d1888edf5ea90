# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scripts of role crash_test, with stand-ins for the kernel's log and for what would take time."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from tests.checkout import ROOT

FILES = ROOT / "roles/crash_test/files"
MARK = "kdump.fleet: crash test of web1 in the boot 7f1f6ecb-9aa0-4d2a-9bd5-3b5c1d9c6c0f"


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A directory with the kernel's log, a dmesg that shows it, and commands that wait for nothing."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "kmsg").write_text("")
    program(tmp_path, "dmesg", f"cat {tmp_path}/kmsg")
    program(tmp_path, "sleep", "exit 0")
    program(tmp_path, "sync", "exit 0")
    return tmp_path


def program(machine: Path, name: str, text: str) -> None:
    path = machine / "bin" / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def run(machine: Path, script: str, *words: str) -> subprocess.CompletedProcess[str]:
    """As the role runs it: the text is an argument of the shell."""
    return subprocess.run(
        ["/bin/sh", "-c", (FILES / script).read_text(), script, *words],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": f"{machine / 'bin'}:{os.environ['PATH']}", "KDUMP_KMSG": str(machine / "kmsg")},
    )


def prepare(machine: Path) -> subprocess.CompletedProcess[str]:
    return run(machine, "prepare.sh", MARK, str(machine / "work"), str(machine / "report"))


def test_the_log_is_marked(machine: Path) -> None:
    for name in ("report", "report.new"):
        (machine / name).write_text("of a crash that failed before\n")
    done = prepare(machine)
    assert (done.returncode, done.stdout, done.stderr) == (0, "marked\n", "")
    assert (machine / "kmsg").read_text() == MARK + "\n"
    assert stat.S_IMODE((machine / "work").stat().st_mode) == 0o700
    assert list((machine / "work").iterdir()) == []
    assert not (machine / "report").exists()
    assert not (machine / "report.new").exists()


@pytest.mark.parametrize("dmesg", ["exit 1", "echo another line", "exit 0"])
def test_a_log_that_takes_no_lines_is_told(machine: Path, dmesg: str) -> None:
    """printk.devkmsg=off takes them and forgets them; some hosts have no dmesg."""
    program(machine, "dmesg", dmesg)
    done = prepare(machine)
    assert (done.returncode, done.stdout, done.stderr) == (0, "unmarked\n", "")


def test_a_log_that_cannot_be_written_is_told(machine: Path) -> None:
    (machine / "kmsg").unlink()
    (machine / "kmsg").mkdir()
    done = prepare(machine)
    assert (done.returncode, done.stdout, done.stderr) == (0, "unmarked\n", "")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("mktemp", "echo 'mktemp: Read-only file system' >&2; exit 1", "Read-only file system"),
        ("head", "echo 'head: No space left on device' >&2; exit 1", "No space left on device"),
        ("mkdir", "echo 'mkdir: Not a directory' >&2; exit 1", "Not a directory"),
    ],
)
def test_a_host_that_could_not_keep_the_proof_is_refused(machine: Path, name: str, text: str, said: str) -> None:
    program(machine, name, text)
    done = prepare(machine)
    assert done.returncode != 0
    assert said in done.stderr
    assert (machine / "kmsg").read_text() == ""
    assert not (machine / "work").exists() or list((machine / "work").iterdir()) == []


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (
            "echo 'Key was rejected by service' >&2; exit 1",
            "Key was rejected by service\n{0} ended with exit status 1, ",
        ),
        ("true", "{0} ended with exit status 0, "),
    ],
)
def test_a_kernel_that_still_runs_is_reported(machine: Path, command: str, said: str) -> None:
    report = machine / "report"
    done = run(machine, "crash.sh", command, str(report))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert report.read_text() == said.format(f"'{command}'") + "and the kernel still runs\n"
    assert stat.S_IMODE(report.stat().st_mode) == 0o644
    assert not (machine / "report.new").exists()


def test_the_disks_are_written_and_ansible_is_gone_before_the_crash(machine: Path) -> None:
    for name in ("sync", "sleep"):
        program(machine, name, f"echo {name} $@ >>{machine}/order")
    run(machine, "crash.sh", f"echo crash >>{machine}/order", str(machine / "report"))
    assert (machine / "order").read_text().split("\n")[:3] == ["sync", "sleep 3", "crash"]
