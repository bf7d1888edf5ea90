# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab machine for end-to-end tests, and Ansible as a user runs it."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.checkout import ROOT, collections_path

LIMIT = 1800  # seconds that any one playbook may take on an emulated machine
Event = dict[str, Any]


class Fleet:
    """One run of the lab: its machines, its inventory, and what Ansible did to them."""

    def __init__(self, run: Path) -> None:
        self.run = run
        self.inventory = run / "inventory.yml"
        self.events_file = run / "events.jsonl"

    def lab(self, *words: str) -> str:
        """What a verb of the lab prints."""
        command = [sys.executable, "-m", "tests.lab", *words, "--run", str(self.run)]
        return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout

    def _options(self, name: str, port: str) -> tuple[list[str], str]:
        """OpenSSH's options for a machine, with the name of its option for ports, and the user@address."""
        variables = yaml.safe_load(self.inventory.read_text(encoding="utf-8"))["lab"]
        known = {**variables.get("vars", {}), **(variables["hosts"][name] or {})}
        options = [
            *shlex.split(known["ansible_ssh_common_args"]),
            *("-o", "BatchMode=yes", "-o", "ConnectTimeout=20"),
            *("-i", known["ansible_ssh_private_key_file"], port, str(known["ansible_port"])),
        ]
        return options, f"{known['ansible_user']}@{known['ansible_host']}"

    def ssh(self, name: str, command: str) -> str:
        """What a command prints on a machine; a failing one is an error."""
        options, address = self._options(name, "-p")
        words = ["ssh", *options, address, command]
        # An inherited stdin would be left non-blocking by ssh, and Ansible refuses such a one.
        nothing = subprocess.DEVNULL
        done = subprocess.run(words, check=True, stdin=nothing, stdout=subprocess.PIPE, text=True, timeout=600)
        return done.stdout

    def is_down(self, name: str) -> bool:
        """Whether a machine answers no more, as in the middle of a reboot."""
        try:
            self.ssh(name, "true")
        except subprocess.SubprocessError:
            return True
        return False

    def fetch(self, name: str, source: str, target: Path) -> None:
        """Copy a file from a machine."""
        options, address = self._options(name, "-P")
        command = ["scp", "-q", *options, f"{address}:{source}", str(target)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, timeout=LIMIT)

    def wait(self, name: str) -> None:
        """Poll until a machine answers, which may be in the middle of a boot."""
        deadline = time.monotonic() + LIMIT
        while True:
            try:
                self.ssh(name, "true")
                return
            except subprocess.SubprocessError:
                assert time.monotonic() < deadline, f"{name} does not answer."
                time.sleep(1)

    def symbols(self) -> str:
        """The vmlinux with the symbols of the lab's kernel; its download is 319 MB the first time."""
        command = [sys.executable, "-m", "tests.lab", "symbols"]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
        assert done.returncode == 0, "The symbols of the lab's kernel cannot be had; see what the lab said above."
        return done.stdout.strip().split("\n")[-1]

    def start(self, playbook: str, *options: str) -> subprocess.Popen[str]:
        """Start a playbook in a process group of its own, with the events callback."""
        self.events_file.unlink(missing_ok=True)
        environment = dict(
            os.environ,
            ANSIBLE_COLLECTIONS_PATH=str(collections_path()),
            ANSIBLE_CALLBACK_PLUGINS=str(ROOT / "tests" / "callbacks"),
            ANSIBLE_CALLBACKS_ENABLED="events",
            KDUMP_FLEET_EVENTS=str(self.events_file),
        )
        command = [
            str(Path(sys.executable).with_name("ansible-playbook")),
            playbook,
            "-i",
            str(self.inventory),
            *options,
        ]
        return subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def play(self, playbook: str, *options: str, status: int = 0) -> str:
        """Run a playbook to its end and return what it printed."""
        process = self.start(playbook, *options)
        try:
            output = process.communicate(timeout=LIMIT)[0]
        finally:
            kill(process)
        assert process.returncode == status, output
        return output

    def events(self) -> list[Event]:
        """What the callback wrote so far about the newest playbook."""
        if not self.events_file.exists():
            return []
        lines = self.events_file.read_text(encoding="utf-8").split("\n")[:-1]
        return [json.loads(line) for line in lines]

    def kill_when(self, process: subprocess.Popen[str], reached: Callable[[list[Event]], bool]) -> None:
        """Kill Ansible with all its children, as a power cut of the controller does, once I(reached) says so."""
        deadline = time.monotonic() + LIMIT
        while not reached(self.events()):
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < deadline, "The playbook did not come that far."
            time.sleep(0.2)
        kill(process)


def kill(process: subprocess.Popen[str]) -> None:
    """End a process group that may have ended already."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout:
        process.stdout.close()


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """One bare machine, m1, that is stopped at the end."""
    found = Fleet(tmp_path_factory.mktemp("lab"))
    try:
        found.lab("up", "m1")
        yield found
    finally:
        found.lab("down")
