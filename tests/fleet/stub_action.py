# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands between Ansible and the hosts: every action that would go to one is answered by a stand-in.

Playbooks, roles, strategies, templating and worker processes are Ansible's own. Each call becomes a line of
RUN/events.jsonl; RUN/stats-PID.json holds the recap and set_stats' data.
"""

from __future__ import annotations

import copy
import fcntl
import io
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.executor import stats, task_queue_manager
from ansible.executor.process.worker import WorkerProcess
from ansible.executor.task_executor import TaskExecutor
from ansible.plugins.action import ActionBase
from ansible.plugins.connection.local import Connection
from ansible.utils.display import Display

from ansible_collections.kdump.fleet.plugins.module_utils.host.errors import KdumpError
from tests.checkout import ROOT
from tests.fleet.stand_ins import ON_CONTROLLER, STAND_INS, Call, HarnessError
from tests.fleet.stub_host import StubHost

try:
    from ansible._internal._task import TaskContext
except ImportError:  # ansible-core before 2.19
    TaskContext = None

RUN = Path(sys.argv[1]).resolve()
OWN_ACTIONS = {f"kdump.fleet.{path.stem}" for path in (ROOT / "plugins" / "action").glob("*.py")}


def append(name: str, line: str) -> None:
    """One line in one write: workers append at the same time."""
    descriptor = os.open(RUN / name, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(descriptor, line.encode() + b"\n")
    os.close(descriptor)


def harness_error(text: str) -> NoReturn:
    """The test fails, whatever the play makes of the error."""
    append("harness-errors", text)
    raise AnsibleError(f"HARNESS: {text}")


def own_data(value: Any) -> Any:
    """Plain JSON in the place of Ansible's text types."""
    return json.loads(json.dumps(value, default=str))


@contextmanager
def alone() -> Iterator[None]:
    """No other run of the test changes its stub hosts meanwhile."""
    with open(RUN / "lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def fault_of(stub: StubHost, call: Call, task: str) -> dict[str, Any] | None:
    """The first scripted fault of this call, its calls counted."""
    script = stub.script()
    hit = None
    for fault in script.get("faults", []):
        if fault.get("module", call.module.rpartition(".")[2]) != call.module.rpartition(".")[2]:
            continue
        if fault.get("task", task) not in task:
            continue
        fault["calls"] = fault.get("calls", 0) + 1
        late_enough = fault["calls"] == fault["nth"] if "nth" in fault else fault["calls"] >= fault.get("since", 1)
        if late_enough and hit is None:
            hit = fault
    if script.get("faults"):
        stub.write_script(script)
    return hit


class StubAction(ActionBase):
    """Every action that would go to a host."""

    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Answer as the module would."""
        variables = task_vars or {}
        own = str(variables["inventory_hostname"])
        where = str(self._task.delegate_to or own)
        task = self._task.get_name()
        if not (RUN / "scripts" / f"{where}.json").exists():
            harness_error(f"'{task}' ({self._task.action}) runs on {where}, which is not a stub host")
        stub = StubHost(RUN, where)
        check = bool(self._task.check_mode)
        call = Call(stub, self._task.resolved_action or self._task.action, own_data(self._task.args), check)
        began = time.time()
        try:
            answer = self._answer(call, task)
        except KdumpError as error:
            answer = {"failed": True, "msg": str(error)}
        except AnsibleConnectionFailure as error:
            self._log(call, own, task, began, {"unreachable": True, "msg": str(error)})
            raise
        except HarnessError as error:
            harness_error(f"{where}, '{task}': {error}")
        except Exception:
            harness_error(f"{where}, '{task}': {traceback.format_exc()}")
        self._log(call, own, task, began, answer)
        return answer

    def _answer(self, call: Call, task: str) -> dict[str, Any]:
        with alone():
            fault = fault_of(call.stub, call, task)
        if fault is not None:
            time.sleep(fault.get("seconds", 0))
            if "controller_dies" in fault:
                os.killpg(os.getpgrp(), signal.SIGKILL)
            if "boots" in fault:
                call.stub.boot()
            if "unreachable" in fault:
                raise AnsibleConnectionFailure(str(fault["unreachable"]))
            if "failed" in fault:
                return {"failed": True, "changed": False, "rc": 1, "msg": str(fault["failed"])}
            if "answer" in fault:
                return {"changed": False, **fault["answer"]}
        with alone():
            answer = STAND_INS[call.module](call)
        return {"changed": False, **answer, **(fault or {}).get("but", {})}

    def _log(self, call: Call, own: str, task: str, began: float, answer: dict[str, Any]) -> None:
        event = {
            "host": own,
            "on": call.stub.name,
            "module": call.module.rpartition(".")[2],
            "task": task,
            "args": call.args,
            "check": call.check,
            "began": began,
            "ended": time.time(),
            "result": {
                key: answer[key] for key in ("changed", "failed", "unreachable", "skipped", "msg") if key in answer
            },
        }
        append("events.jsonl", json.dumps(event, default=str))


real_handler = TaskExecutor._get_action_handler_with_module_context


def handler(self: Any, templar: Any) -> Any:
    """The real action for what works on the controller, the stub for everything else."""
    action = self._task.resolved_action or self._task.action
    if action in STAND_INS:
        parts = (self._task, self._connection, self._play_context, self._loader, templar, self._shared_loader_obj)
        return StubAction(*parts), None
    if action in ON_CONTROLLER or action in OWN_ACTIONS:
        return real_handler(self, templar)
    harness_error(f"'{self._task.get_name()}': nothing stands in for module {action} (tests/fleet/stand_ins.py)")


def forbidden(what: str) -> Any:
    """A method that nobody may reach."""

    def method(self: Any, *args: Any, **kwargs: Any) -> NoReturn:
        harness_error(f"{what} was called: {args} {kwargs}")

    return method


class Stats(stats.AggregateStats):
    """Kept in a file as well."""

    def summarize(self, host: str) -> Any:
        found = super().summarize(host)
        hosts = {name: super(Stats, self).summarize(name) for name in self.processed}
        text = json.dumps({"hosts": hosts, "custom": self.custom.get("_run", {})}, default=str)
        (RUN / f"stats-{MAIN}.json").write_text(text)
        return found


real_start, real_set_queue = WorkerProcess.start, Display.set_queue
ASKS_BACK = ("add_host", "group_by", "pause")  # a worker that waits for an answer of the process that started it
MAIN = os.getpid()


def set_queue(self: Any, queue: Any) -> None:
    """Only a worker sends what it displays to the main process."""
    if os.getpid() != MAIN:
        real_set_queue(self, queue)


def run_here(self: Any) -> None:
    """A task in this process in the place of a worker of its own: the same code, three times as fast, in a fixed order.

    What a worker changes in its copies of task, host and play context must not be seen here, so it gets copies.
    """
    if self._task.action.rpartition(".")[2] in ASKS_BACK or "KDUMP_FLEET_WORKERS" in os.environ:
        real_start(self)
        return
    self._task = self._task.copy()
    self._host = copy.copy(self._host)
    self._play_context = self._play_context.copy()
    output, errors = sys.stdout, sys.stderr
    with open(os.devnull) as self._new_stdin:
        if TaskContext is None:
            self._run()
            return
        sys.stdout, sys.stderr = io.StringIO(), io.StringIO()  # where it looks for what modules print by mistake
        try:
            with TaskContext.create(task=self._task, task_vars=self._task_vars, host_name=self._host.name):
                self._run()
        finally:
            sys.stdout, sys.stderr = output, errors


def install() -> None:
    """Patch Ansible; before its playbook begins, and after its collections can be imported."""
    TaskExecutor._get_action_handler_with_module_context = handler
    ActionBase._execute_module = forbidden("_execute_module")
    ActionBase._low_level_execute_command = forbidden("_low_level_execute_command")
    for name in ("exec_command", "put_file", "fetch_file"):
        setattr(Connection, name, forbidden(f"the connection's {name}"))
    task_queue_manager.AggregateStats = Stats
    WorkerProcess.start = run_here
    Display.set_queue = set_queue
