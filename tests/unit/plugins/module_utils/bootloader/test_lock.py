# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two runs of the module crashkernel on one host: one after the other, and never forever."""

import multiprocessing
import os
import time
from typing import Any, List

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.bootloader import lock
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.base import BootLoaderError
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.staging import ensure
from tests.unit.plugins.module_utils.bootloader.machine import Machine

FORK: Any = multiprocessing.get_context("fork")


def sets(machine: Machine, value: str, results: Any) -> None:
    """One run, whose generator takes its time."""
    machine.before_generator = lambda: time.sleep(1)
    try:
        after = ensure(machine.host, value)["entries_after"]
        results.put([value, sorted({one for entry in after for one in entry["crashkernel"]})])
    except Exception as error:  # the parent judges it
        results.put([value, str(error)])


def test_two_runs_at_once_do_not_disturb_each_other(machine: Machine) -> None:
    os.makedirs(machine.path("/run"))
    results = FORK.Queue()
    values = ["256M", "320M"]
    runs = [FORK.Process(target=sets, args=(machine, value, results)) for value in values]
    for run in runs:
        run.start()
    answers: List[Any] = sorted(results.get(timeout=60) for _run in runs)
    for run in runs:
        run.join(60)
    assert answers == [["256M", ["256M"]], ["320M", ["320M"]]]
    entries = ensure(machine.host, None, check_mode=True)["entries_before"]
    assert {tuple(entry["crashkernel"]) for entry in entries} in ({("256M",)}, {("320M",)})
    assert not [name for name in machine.snapshot() if "before" in name]


def holds(machine: Machine, ready: Any, done: Any) -> None:
    with lock.held(machine.host):
        ready.set()
        done.wait(60)


def test_a_run_that_does_not_end_is_named(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    os.makedirs(machine.path("/run"))
    ready, done = FORK.Event(), FORK.Event()
    run = FORK.Process(target=holds, args=(machine, ready, done))
    run.start()
    assert ready.wait(60)
    before = machine.snapshot()
    with pytest.raises(BootLoaderError) as error, lock.held(machine.host, 0.5):
        raise AssertionError("two hold it")
    assert str(error.value).startswith(
        "crashkernel= was not changed: process {0} on this host is changing the boot loader's files (".format(run.pid)
    )
    assert "kdump-fleet-crashkernel.lock is locked), and had not ended after 0 seconds." in str(error.value)
    assert ensure(machine.host, "256M", check_mode=True)["changed"]  # which changes nothing, and waits for nobody
    assert machine.snapshot() == before
    done.set()
    run.join(60)
    assert ensure(machine.host, "256M")["changed"]


def test_the_lock_of_a_run_that_was_killed_is_free(machine: Machine) -> None:
    os.makedirs(machine.path("/var/run"))
    machine.write("/var/run/" + lock.NAME, "12345\n")
    assert ensure(machine.host, "256M")["changed"]
    assert machine.read("/var/run/" + lock.NAME) == "{0}\n".format(os.getpid())


def test_a_link_in_its_place_is_not_followed(machine: Machine) -> None:
    os.makedirs(machine.path("/run"))
    os.symlink("/dev/null", machine.path("/run/" + lock.NAME))
    with pytest.raises(OSError):
        ensure(machine.host, "256M")
