# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the action plugin wait_for_boot, with a clock and a host that are made up."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest
import yaml
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from ansible.playbook.task import Task

from ansible_collections.kdump.fleet.plugins.action import wait_for_boot
from ansible_collections.kdump.fleet.plugins.modules import wait_for_boot as documented

OLD = "11111111-2222-3333-4444-555555555555"
NEW = "66666666-7777-8888-9999-000000000000"
DEAD = AnsibleConnectionFailure("no route to host")


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Connection:
    """A connection whose options and resets are noted."""

    def __init__(self, transport: str = "ssh", extra: str | None = None, reset: Exception | None = None) -> None:
        self.transport = transport
        self.options = {"ssh_extra_args": extra}
        self.resets = 0
        self._reset = reset
        self._shell = SimpleNamespace(tmpdir=None)

    def get_option(self, name: str) -> str | None:
        return self.options[name]

    def set_option(self, name: str, value: str) -> None:
        self.options[name] = value

    def reset(self) -> None:
        self.resets += 1
        if self._reset:
            raise self._reset


class Waiting:
    """Runs the plugin on a host that answers as told; the last answer is repeated."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock = Clock()
        self.said: list[str] = []
        self.commands: list[tuple[str, dict[str, Any]]] = []
        monkeypatch.setattr(wait_for_boot, "time", self.clock)
        monkeypatch.setattr(wait_for_boot, "display", SimpleNamespace(display=self.said.append))

    def __call__(
        self, *answers: Any, connection: Connection | None = None, check_mode: bool = False, **options: Any
    ) -> dict[str, Any]:
        task = Task()
        task.args = {"boot_id": OLD, **options}
        task.check_mode = check_mode
        task.async_val = 0
        plugin = wait_for_boot.ActionModule(
            task, connection or Connection(), MagicMock(), MagicMock(), MagicMock(), MagicMock()
        )
        plugin._load_name = "kdump.fleet.wait_for_boot"  # as Ansible's loader does
        left = list(answers)

        def execute(command: str, **given: Any) -> dict[str, Any]:
            self.commands.append((command, given))
            answer = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(answer, Exception):
                raise answer
            return answer if isinstance(answer, dict) else {"rc": 0, "stdout": answer + "\n"}

        plugin._low_level_execute_command = execute
        result = plugin.run(task_vars={"inventory_hostname": "n1"})
        assert isinstance(result, dict)
        return result


@pytest.fixture
def wait(monkeypatch: pytest.MonkeyPatch) -> Waiting:
    return Waiting(monkeypatch)


def test_a_new_boot_id_ends_the_wait(wait: Waiting) -> None:
    result = wait(OLD, OLD, DEAD, DEAD, {"rc": 255, "stdout": ""}, NEW)
    assert result["boot_id"] == NEW
    assert result["elapsed"] == 10
    assert result["changed"] is False
    assert wait.commands[0] == ("cat /proc/sys/kernel/random/boot_id", {"sudoable": False})


def test_a_host_that_is_back_already_costs_no_wait(wait: Waiting) -> None:
    assert wait(NEW)["elapsed"] == 0
    assert wait.said == []


@pytest.mark.parametrize("banner", ["Welcome to n1\n", "Last login: now\r\n\n"])
def test_what_a_login_prints_first_is_left_out(wait: Waiting, banner: str) -> None:
    assert wait({"rc": 0, "stdout": banner + NEW + "\n"})["boot_id"] == NEW


def test_progress_is_said_at_once_and_then_every_fifteen_seconds(wait: Waiting) -> None:
    wait(*[OLD] * 3, *[DEAD] * 12, {"rc": 1, "stdout": ""}, {"rc": 0, "stdout": " \n"}, NEW)
    assert wait.said == [
        "n1: 0 s, still answers with the boot id from before",
        "n1: 16 s, does not answer",
        "n1: 32 s, answers with nothing",
    ]


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (OLD, "it still answers with the boot id from before"),
        (DEAD, "it does not answer"),
        ({"rc": 255, "stdout": "x"}, "it answers, but cannot log in or run a command yet"),
        ({"rc": 0}, "it answers with nothing"),
    ],
)
def test_the_time_limit_says_what_was_last_seen(wait: Waiting, answer: Any, state: str) -> None:
    with pytest.raises(AnsibleActionFail) as error:
        wait(answer, timeout=60)
    assert str(error.value) == (
        f"n1 had not booted again after 60 seconds: {state}. Look at its console (serial log): "
        "a capture kernel that hangs or writes slowly is seen only there."
    )
    assert 60 < wait.clock.now - 1000 <= 64


def test_half_an_hour_is_waited_by_default(wait: Waiting) -> None:
    with pytest.raises(AnsibleActionFail, match="after 1800 seconds"):
        wait(DEAD)
    assert len(wait.said) < 130


def test_check_mode_waits_for_nothing(wait: Waiting) -> None:
    result = wait(OLD, check_mode=True)
    assert (result["skipped"], result["changed"]) == (True, False)
    assert wait.commands == []


@pytest.mark.parametrize("options", [{"boot_id": None}, {"boot_id": ""}, {"timeout": "soon"}, {"colour": "red"}])
def test_options_are_checked(wait: Waiting, options: dict[str, Any]) -> None:
    with pytest.raises(AnsibleActionFail):
        wait(NEW, **options)
    assert wait.commands == []


@pytest.mark.parametrize("error", [None, DEAD, NotImplementedError(), AttributeError()])
def test_each_look_has_a_connection_of_its_own(wait: Waiting, error: Exception | None) -> None:
    """A kept connection to a kernel that died would block."""
    connection = Connection(reset=error)
    assert wait(DEAD, DEAD, NEW, connection=connection)["boot_id"] == NEW
    assert connection.resets == 3


@pytest.mark.parametrize(
    ("transport", "before", "after"),
    [
        ("ssh", None, wait_for_boot.KEEPALIVE),
        ("ssh", "-4", "-4 " + wait_for_boot.KEEPALIVE),
        ("local", None, None),
    ],
)
def test_ssh_notices_a_kernel_that_died_while_it_was_asked(
    wait: Waiting, transport: str, before: str | None, after: str | None
) -> None:
    connection = Connection(transport, before)
    wait(NEW, connection=connection)
    assert connection.options["ssh_extra_args"] == after


def test_the_documentation_says_the_same(wait: Waiting) -> None:
    options = yaml.safe_load(documented.DOCUMENTATION)["options"]
    assert {name: (option["type"], option.get("default")) for name, option in options.items()} == {
        "boot_id": ("str", None),
        "timeout": ("int", 1800),
        "failure_file": ("path", None),
    }
    assert {"boot_id", "elapsed"} == set(yaml.safe_load(documented.RETURN))
    assert {"boot_id", "elapsed"} <= set(wait(NEW))


FAILURE = "/run/it's-failed"
NOTHING = {"rc": 1, "stdout": "", "stderr": "No such file or directory"}


def test_a_crash_that_failed_ends_the_wait_with_its_reason(wait: Waiting) -> None:
    """insmod under Secure Boot, for instance: nobody waits half an hour for a host that will not crash."""
    refused = {"rc": 0, "stdout": "insmod: Key was rejected by service\nit ended with exit status 1\n"}
    with pytest.raises(AnsibleActionFail) as error:
        wait(OLD, NOTHING, OLD, refused, failure_file=FAILURE)
    assert str(error.value) == "n1 has not crashed: insmod: Key was rejected by service; it ended with exit status 1"
    assert wait.commands[1] == ("cat '/run/it'\"'\"'s-failed'", {"sudoable": False})
    assert wait.clock.now == 1002


@pytest.mark.parametrize("answer", [NOTHING, {"rc": 0, "stdout": "\n"}, DEAD])
def test_without_a_reason_the_wait_goes_on(wait: Waiting, answer: Any) -> None:
    assert wait(OLD, answer, DEAD, NEW, failure_file=FAILURE)["boot_id"] == NEW


def test_a_host_that_is_back_is_not_asked_for_a_failure(wait: Waiting) -> None:
    wait(NEW, failure_file=FAILURE)
    assert len(wait.commands) == 1
