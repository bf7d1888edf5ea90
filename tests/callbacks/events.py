# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Callback for tests: writes what Ansible does to a file, one JSON object a line.

The file is named by KDUMP_FLEET_EVENTS. An object is {"event": "task", "name", "host"} when a task starts, and
{"event": "result", "name", "host", "action", "changed", "failed", "skipped", "check"} when a host is through with it;
all have their "time" (seconds since the epoch).
"""

from __future__ import annotations

import json
import os
import time
from typing import Any

from ansible import context
from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    """The events of one run, in their order."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "events"

    def _write(self, **event: Any) -> None:
        with open(os.environ["KDUMP_FLEET_EVENTS"], "a", encoding="utf-8") as stream:
            stream.write(json.dumps({**event, "time": time.time()}) + "\n")

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        """A task begins."""
        self._write(event="task", name=task.get_name(), check=bool(context.CLIARGS.get("check")))

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """The run has come to its end."""
        self._write(event="end", hosts=sorted(stats.processed))

    def _result(self, result: Any, failed: bool = False, skipped: bool = False) -> None:
        task = getattr(result, "task", None) or result._task  # ansible-core before 2.19 has no public name
        host = getattr(result, "host", None) or result._host
        content = getattr(result, "result", None) or result._result
        self._write(
            event="result",
            name=task.get_name(),
            host=host.get_name(),
            action=task.action,
            changed=bool(content.get("changed")),
            failed=failed,
            skipped=skipped,
            check=bool(context.CLIARGS.get("check")),
        )

    def v2_runner_on_ok(self, result: Any) -> None:
        """A host is through with a task."""
        self._result(result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """A host failed a task."""
        self._result(result, failed=True)

    def v2_runner_on_skipped(self, result: Any) -> None:
        """A host skipped a task."""
        self._result(result, skipped=True)
