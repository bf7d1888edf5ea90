# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What check mode reported would change is what the run changed, task by task."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from testinfra.host import Host


def events() -> list[dict[str, Any]]:
    """The results that the callback wrote for the machine, in their order."""
    lines = Path(os.environ["KDUMP_FLEET_EVENTS"]).read_text(encoding="utf-8").splitlines()
    found = [json.loads(line) for line in lines]
    return [event for event in found if event["event"] == "result" and event["host"] == "d1"]


def changed(check: bool) -> list[str]:
    """The names of the tasks that changed something, or would have."""
    ours = [event for event in events() if event["name"].startswith("kdump.fleet.kdump : ")]  # not those of prepare.yml
    return [event["name"] for event in ours if event["check"] is check and event["changed"]]


def test_prediction_is_what_happened() -> None:
    predicted = changed(check=True)
    assert predicted == changed(check=False)
    # Had either run done nothing, the lists would be equal as well.
    steps = (
        *("Install kdump-tools", "Mount the file system", "Set crashkernel=", "Make the directory"),
        *("Write the settings", "Reboot into"),
    )
    for step in steps:
        assert [name for name in predicted if step in name], (step, predicted)


def test_nothing_failed() -> None:
    assert [event["name"] for event in events() if event["failed"]] == []


def test_run_asked_whether_a_crash_would_be_captured() -> None:
    """A condition inherited from a block once skipped the closing question when all was fixed."""
    asked = [event for event in events() if "Require that a crash would be captured" in event["name"]]
    assert [(event["check"], event["skipped"]) for event in asked] == [(True, True), (False, False)]


def test_host_is_armed(host: Host) -> None:
    assert host.file("/sys/kernel/kexec_crash_loaded").content_string.strip() == "1"
