# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of errors.py."""

import errno
from typing import Any, Dict, List

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.host.errors import KdumpError, clear_errors
from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import CommandError


class FailedError(Exception):
    """What stands for the end of a module: fail_json never returns."""


class Module(object):
    """The part of AnsibleModule that clear_errors needs."""

    def __init__(self) -> None:
        self.said: List[Dict[str, Any]] = []

    def fail_json(self, **result: Any) -> None:
        self.said.append(result)
        raise FailedError()


ADVICE = "Check the path, its permissions and the free space, and run again."
DEFECT = "This is a defect of kdump.fleet: please report it with this message."


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (KdumpError("/etc/x has 3 lines. Write 4."), "/etc/x has 3 lines. Write 4."),
        (CommandError("'true' failed."), "'true' failed."),
        (KdumpError("The value is '\udcff'."), "The value is '\\xff'."),
        (OSError(errno.ENOSPC, "No space left on device", "/boot/x"), "/boot/x: No space left on device. " + ADVICE),
        (OSError(errno.EACCES, "Permission denied", b"/b\xff"), "/b\\xff: Permission denied. " + ADVICE),
        (
            OSError(errno.EIO, "Input/output error"),
            "An operation of the operating system failed: Input/output error. " + ADVICE,
        ),
        (OSError("odd"), "An operation of the operating system failed: odd. " + ADVICE),
        (OSError(errno.EBADF, "Bad file descriptor", 3), "3: Bad file descriptor. " + ADVICE),
        (ValueError("bad \x1b value"), "Unexpected ValueError: bad \\x1b value. " + DEFECT),
        (KeyError("name"), "Unexpected KeyError: 'name'. " + DEFECT),
    ],
)
def test_every_error_becomes_a_message(error: Exception, message: str) -> None:
    module = Module()
    with pytest.raises(FailedError), clear_errors(module):
        raise error
    assert module.said == [{"msg": message}]


def test_success_is_left_alone() -> None:
    module = Module()
    with clear_errors(module):
        pass
    assert module.said == []


def test_the_end_of_a_module_passes_through() -> None:
    """exit_json ends the process by SystemExit, which is not an error."""
    module = Module()
    with pytest.raises(SystemExit), clear_errors(module):
        raise SystemExit(0)
    assert module.said == []
