# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fleets of stub hosts: the real playbooks over 5 to 50 hosts in seconds, on the oldest and the newest ansible-core.

A test makes a fleet, scripts its hosts, runs a playbook and looks at what was done to whom::

    def test_x(fleet):
        fleet.hosts("web1", "web2", state="bare")
        fleet.host("web2", faults=[{"module": "reboot", "failed": "it hangs"}])
        run = fleet.playbook("rollout", kdump_reboot_ok=True)
        assert run.status == 2
        assert run.who("reboot") == ["web1", "web2"]

What a host's script may hold (keywords of Fleet.host):

state
    bare (no kdump), installed (packages only), staged (all but the reboot), armed, proven (the default is bare), or
    plain (nothing of kdump is wanted: a dump server).
vars
    Its variables in the inventory.
findings
    Codes of findings that kdump_info reports besides those that its own code finds, with their messages.
faults
    What goes wrong: {"module": "reboot", "task": "part of the task's name", "nth": 2 or "since": 2, and one of
    "failed": "message", "unreachable": "message", "answer": {the module's whole answer}, "but": {values that replace
    some of the stand-in's}, "seconds": 0.1, "boots": True (somebody else reboots the host before the task),
    "controller_dies": True (SIGKILL to ansible-playbook, before the task)}. A fault is that of the host on which the
    task runs, delegated or not.
reboot_ignores_menu, reboot_reserves_nothing
    The next boots have the same arguments as the last one; or the new arguments, and no memory.
dump
    What differs in the dump that a crash leaves: any key of vmcore_info's answer, "on": another host. None: no dump.
    Without a log beside it: "dmesg": None.
nodename
    What the host calls itself; the default is its name.
rebuilds_initrd
    Each start of the service builds another capture initrd.
takes_no_lines, crash_fails
    Nothing can be written to the kernel's log (printk.devkmsg=off); the crash does not happen, and this is why.
unreadable
    What vmcore_info cannot look at, as it returns it.
dumps
    Dumps that are there already, as vmcore_info returns them.
commands
    What commands answer: {"match": "part of the command line", "stdout": "", "rc": 0}.

Tasks run in the main process in the place of worker processes, which is faster and always gives the same order; with
KDUMP_FLEET_WORKERS in the environment they run in workers, as on a controller.

What the stand-ins are not: they do not render the role's templates, do not ask dump servers (kdump_probe), and hosts
are Debian with kdump-tools. Calls that nothing stands in for fail the test, whatever the playbook makes of them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.checkout import ROOT, collections_path
from tests.fleet.stub_host import StubHost

OLDEST = ROOT / ".nox" / "sanity-2.16" / "bin" / "python"
CORES = {"oldest": OLDEST, "newest": Path(sys.executable)}
SECONDS = 300  # a run that takes longer hangs


@dataclass
class Run:
    """What a playbook did."""

    status: int
    output: str
    events: list[dict[str, Any]]
    recap: dict[str, dict[str, int]] = field(default_factory=dict)
    stats: dict[str, Any] = field(default_factory=dict)

    def calls(self, module: str, task: str = "") -> list[dict[str, Any]]:
        """The calls of a module, in the order in which they ended."""
        return [event for event in self.events if event["module"] == module and task in event["task"]]

    def who(self, module: str, task: str = "") -> list[str]:
        """The hosts on which a module ran and did not fail, in that order, each once."""
        done = (call["on"] for call in self.calls(module, task) if not {"failed", "unreachable"} & set(call["result"]))
        return list(dict.fromkeys(done))

    @property
    def touched(self) -> list[str]:
        """The hosts on which anything but looking was done, in order."""
        looking = {"kdump_info", "crash_memory_info", "vmcore_info", "ping", "slurp", "stat", "setup"}
        return list(dict.fromkeys(event["on"] for event in self.events if event["module"] not in looking))

    @property
    def crashed(self) -> list[str]:
        """The hosts whose kernel was crashed, in order."""
        return [event["on"] for event in self.calls("command", "Crash the kernel") if not event["check"]]

    @property
    def most_down_at_once(self) -> int:
        """How many hosts had crashed and had not been seen again, at the worst moment."""
        down: set[str] = set()
        most = 0
        for event in self.events:
            if event["module"] == "command" and "Crash the kernel" in event["task"]:
                down.add(event["on"])
            elif event["module"] == "wait_for_boot":
                down.discard(event["on"])
            most = max(most, len(down))
        return most

    def order(self, *modules: str) -> list[tuple[str, str]]:
        """Which host did what, in order."""
        return [(event["on"], event["module"]) for event in self.events if event["module"] in modules]

    @property
    def text(self) -> str:
        """The output in one line, as somebody reads it who does not see line breaks."""
        return " ".join(self.output.split())


class Fleet:
    """Stub hosts, their inventory, and runs of playbooks over them."""

    def __init__(self, directory: Path, python: Path) -> None:
        self.directory, self.python = directory, python
        self.scripts: dict[str, dict[str, Any]] = {}
        self.groups: dict[str, list[str]] = {}
        self.vars: dict[str, Any] = {}  # those of all hosts, in the inventory
        self._made: set[str] = set()
        (directory / "ansible.cfg").write_text("[defaults]\n")  # nobody's settings

    def hosts(self, *names: str, group: str = "", **script: Any) -> None:
        """Several hosts with one script."""
        for name in names:
            self.host(name, **script)
        if group:
            self.groups.setdefault(group, []).extend(names)

    def host(self, name: str, **script: Any) -> StubHost:
        """A host, or more words to its script."""
        self.scripts[name] = {**self.scripts.get(name, {}), **script}
        return StubHost(self.directory, name)

    def stub(self, name: str) -> StubHost:
        """The host as it is after the runs so far."""
        return StubHost(self.directory, name)

    def playbook(self, name: str, *arguments: str, **extra: Any) -> Run:
        """Run a playbook of the collection, or a file, with these arguments and extra variables."""
        self.make()
        for old in ("events.jsonl", "harness-errors"):
            (self.directory / old).unlink(missing_ok=True)
        return self.finish(self.start(name, *arguments, **extra))

    def start(self, name: str, *arguments: str, **extra: Any) -> subprocess.Popen[str]:
        """Begin one of several runs at once over hosts that are made already; what they do is in one list of events."""
        book = name if name.endswith((".yml", ".yaml")) else f"kdump.fleet.{name}"
        options = ["-i", str(self._inventory()), "--forks", "10", *arguments]
        if extra:
            options += ["-e", json.dumps(extra)]
        return subprocess.Popen(
            [str(self.python), "-m", "tests.fleet.stub_ansible", str(self.directory), book, *options],
            cwd=self.directory,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # a controller that dies takes its own processes with it, and nobody else's
        )

    def finish(self, started: subprocess.Popen[str]) -> Run:
        """Wait for its end."""
        try:
            output, _nothing = started.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            started.kill()
            raise
        errors = self.directory / "harness-errors"
        assert not errors.exists(), f"the harness is at fault:\n{errors.read_text()}\n{output}"
        stats = self.directory / f"stats-{started.pid}.json"
        kept = json.loads(stats.read_text()) if stats.exists() else {"hosts": {}, "custom": {}}
        return Run(started.returncode, output, self._events(), kept["hosts"], kept["custom"])

    def _events(self) -> list[dict[str, Any]]:
        path = self.directory / "events.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def make(self) -> None:
        """The files and scripts of the hosts, which a run makes too: for a test that adds files of its own."""
        for name, script in self.scripts.items():
            told = {key: value for key, value in script.items() if key != "vars"}
            stub = self.stub(name)
            if name not in self._made:
                stub.make(told)
                self._made.add(name)
            else:  # the files stay as the last run has left them
                kept = stub.script()
                stub.write_script({**told, "dumps": kept["dumps"], "crashes": kept.get("crashes", [])})

    def _inventory(self) -> Path:
        hosts = {name: script.get("vars", {}) for name, script in self.scripts.items()}
        children: dict[str, Any] = {
            group: {"hosts": {name: {} for name in names}} for group, names in self.groups.items()
        }
        path = self.directory / "hosts.json"
        stub = {"ansible_connection": "local", "ansible_python_interpreter": "/nowhere/python"}
        path.write_text(json.dumps({"all": {"hosts": hosts, "children": children, "vars": {**stub, **self.vars}}}))
        return path

    def _environment(self) -> dict[str, str]:
        collections = str(collections_path())
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.directory),
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": os.pathsep.join([str(ROOT), collections]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "ANSIBLE_COLLECTIONS_PATH": collections,
            "ANSIBLE_CONFIG": str(self.directory / "ansible.cfg"),
            "ANSIBLE_HOME": str(self.directory / "ansible"),
            "ANSIBLE_LOCAL_TEMP": str(self.directory / "ansible-tmp"),
            "ANSIBLE_NOCOLOR": "1",
            **{name: "1" for name in ("KDUMP_FLEET_WORKERS",) if name in os.environ},
            "ANSIBLE_SHOW_CUSTOM_STATS": "1",
            "COLUMNS": "200",
        }
