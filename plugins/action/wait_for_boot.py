# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin wait_for_boot: polls the boot id over the play's own connection and says how it goes."""

from __future__ import annotations

import contextlib
import shlex
import time
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

BOOT_ID = "cat /proc/sys/kernel/random/boot_id"
PAUSE = 2.0  # seconds between two looks
PROGRESS = 15.0  # seconds between two lines of progress
# A kernel that dies in the middle of a session says nothing more, and ssh would wait for its answer forever.
KEEPALIVE = "-o ServerAliveInterval=5 -o ServerAliveCountMax=3"

display = Display()


class ActionModule(ActionBase):
    """Wait until a host answers with another boot id."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the new boot id and the seconds waited, or fail with what was last seen."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _spec, options = self.validate_argument_spec(
            {
                "boot_id": {"type": "str", "required": True},
                "timeout": {"type": "int", "default": 1800},
                "failure_file": {"type": "path"},
            }
        )
        if not options["boot_id"]:  # every boot id would count as a new one
            raise AnsibleActionFail("boot_id is empty: give /proc/sys/kernel/random/boot_id as it was before.")
        if self._task.check_mode:
            return dict(result, changed=False, skipped=True, msg="Nothing reboots in check mode.")
        if self._connection.transport == "ssh":
            given = self._connection.get_option("ssh_extra_args") or ""
            self._connection.set_option("ssh_extra_args", f"{given} {KEEPALIVE}".strip())
        host = (task_vars or {}).get("inventory_hostname", "the host")
        began = time.monotonic()
        said = 0.0
        while True:
            boot_id, state = self._look()
            waited = time.monotonic() - began
            if boot_id and boot_id != options["boot_id"]:
                return dict(result, changed=False, boot_id=boot_id, elapsed=round(waited))
            if boot_id:
                state = "still answers with the boot id from before"
                said_there = self._read(options["failure_file"])
                if said_there:
                    raise AnsibleActionFail(f"{host} has not crashed: {said_there}")
            if waited > options["timeout"]:
                raise AnsibleActionFail(
                    f"{host} had not booted again after {options['timeout']} seconds: it {state}. Look at its console "
                    "(serial log): a capture kernel that hangs or writes slowly is seen only there."
                )
            if waited - said >= PROGRESS or not said:
                display.display(f"{host}: {waited:.0f} s, {state}")
                said = max(waited, 0.001)
            time.sleep(PAUSE)

    def _read(self, path: str | None) -> str:
        """A file of the host in one line; empty where there is none, and where the host does not answer any more."""
        if not path:
            return ""
        try:
            answer = self._low_level_execute_command(f"cat {shlex.quote(path)}", sudoable=False)
        except AnsibleConnectionFailure:
            return ""
        return "; ".join(answer.get("stdout", "").split("\n")).strip("; ") if answer.get("rc") == 0 else ""

    def _look(self) -> tuple[str | None, str]:
        """The host's boot id, or None, and what the host does in words."""
        # A connection that was kept open is dead after a crash, and would block until its own time limit.
        with contextlib.suppress(AnsibleConnectionFailure, NotImplementedError, AttributeError):
            self._connection.reset()
        try:
            answer = self._low_level_execute_command(BOOT_ID, sudoable=False)
        except AnsibleConnectionFailure:
            return None, "does not answer"
        if answer.get("rc") != 0:
            return None, "answers, but cannot log in or run a command yet"
        lines = answer.get("stdout", "").split()
        return (lines[-1], "is up") if lines else (None, "answers with nothing")
