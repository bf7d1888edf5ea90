# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action plugin kdump_info: runs the module, and says so where the host's Python is too old for this ansible-core."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible.release import __version__

# ansible-core from 2.17 on wraps a module in code that begins with a line which Python 3.6 does not know.
SIGN = "future feature annotations is not defined"


class ActionModule(ActionBase):
    """The first module that the playbooks run on a host."""

    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the module's answer, or why there can be none."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        result.update(
            self._execute_module(
                module_name=self._task.action, task_vars=task_vars, wrap_async=bool(self._task.async_val)
            )
        )
        if not any(
            SIGN in str(result.get(part, "")) for part in ("module_stderr", "module_stdout", "exception", "msg")
        ):
            return result
        python = self._python(variables)
        answer = self._low_level_execute_command(f"{python} -V")
        version = f"{answer.get('stdout', '')} {answer.get('stderr', '')}".split()
        return {
            "failed": True,
            "changed": False,
            "msg": (
                f"{variables.get('inventory_hostname', 'The host')} has {' '.join(version[:2]) or 'an old Python'} "
                f"({python}), and ansible-core {__version__} cannot run modules with it. Manage this host with "
                "ansible-core 2.16, the last one for Python 3.6 (RHEL 8 and its rebuilds). docs/support.md of "
                "kdump.fleet has the table of controllers and hosts."
            ),
        }

    def _python(self, variables: dict[str, Any]) -> str:
        """The interpreter that was used: the one that is set, or the one that Ansible has found."""
        given = str(variables.get("ansible_python_interpreter") or "")
        if given.startswith("/"):
            return str(self._connection._shell.quote(self._templar.template(given)))
        facts = variables.get("ansible_facts") or {}
        found = getattr(self, "_discovered_interpreter", None) or facts.get("discovered_interpreter_python")
        return str(self._connection._shell.quote(str(found or "/usr/libexec/platform-python")))
