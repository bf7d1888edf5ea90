# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How role crash_test takes an export off the host, in a mount namespace of the test's own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.checkout import ROOT

ROLE = ROOT / "roles/crash_test"
# Mounts $2 at $1 so many times, runs the command, and tells what is mounted there afterwards.
SCRIPT = """
for _number in $4; do mount --bind "$2" "$1"; done
/bin/sh -c "$3" sh "$1"
echo "status $?, mounted $(grep -c " $1 " /proc/self/mounts)"
"""


def read(name: str) -> Any:
    return yaml.safe_load((ROLE / name).read_text())


@pytest.fixture
def places(tmp_path: Path) -> Path:
    for name in ("export", "here", "bin"):
        (tmp_path / name).mkdir()
    return tmp_path


def unmounted(places: Path, times: str) -> str:
    command = read("vars/main.yml")["__crash_test_unmount"]
    words = ["sh", str(places / "here"), str(places / "export"), command, times]
    done = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", SCRIPT, *words],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": f"{places / 'bin'}:{os.environ['PATH']}"},
    )
    return done.stdout.strip()


@pytest.mark.parametrize("times", ["", "1", "1 2"])
def test_whatever_is_mounted_there_is_unmounted(places: Path, times: str) -> None:
    assert unmounted(places, times) == "status 0, mounted 0"


@pytest.mark.parametrize(("lazily", "said"), [('exec /bin/umount "$@"', "status 0, mounted 0"), ("exit 1", "status 1")])
def test_a_mount_that_is_busy_is_unmounted_lazily_or_told(places: Path, lazily: str, said: str) -> None:
    umount = places / "bin/umount"
    umount.write_text(f"#!/bin/sh\ncase $1 in --lazy) {lazily} ;; *) exit 32 ;; esac\n")
    umount.chmod(0o755)
    assert unmounted(places, "1").startswith(said)


def test_the_directory_is_never_changed_through_a_mount() -> None:
    """It would be the server's, with root's as owner and mode 0700."""
    tasks = read("tasks/list_export.yml")
    modules = [next(name for name in task if "." in name) for task in tasks if "block" not in task]
    assert modules == ["ansible.builtin.command", "ansible.builtin.file"]
    last = next(task for task in tasks if "block" in task)["always"]
    for task in (tasks[0], last[0]):
        assert task["ansible.builtin.command"]["argv"][2] == "{{ __crash_test_unmount }}"
        assert "failed_when" not in task
