# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command with which role kdump has module reboot reboot a host: only in the boot that the run has looked at."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.checkout import ROOT

VARIABLES = yaml.safe_load((ROOT / "roles/kdump/vars/main.yml").read_text())
BOOT_ID = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
ANOTHER = "00000000-0000-4000-8000-000000000000"


def command(boot_id: str) -> str:
    rendered = str(VARIABLES["__kdump_reboot_command"])
    for name, value in (
        ("__kdump_audit.identity.boot_id", boot_id),
        ("__kdump_another_boot", VARIABLES["__kdump_another_boot"]),
    ):
        rendered = rendered.replace("{{ " + name + " }}", value)
    assert "{{" not in rendered
    return rendered


@pytest.mark.parametrize(("boot_id", "rebooted"), [(BOOT_ID, True), (ANOTHER, False)])
def test_it_reboots_the_boot_that_was_looked_at(boot_id: str, rebooted: bool, tmp_path: Path) -> None:
    """As module reboot runs it: its first word, and the rest of it, through a shell."""
    shutdown = tmp_path / "shutdown"
    shutdown.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >{tmp_path}/called\n')
    shutdown.chmod(0o755)
    program, arguments = command(boot_id).split(" ", 1)
    assert program == "/bin/sh"
    done = subprocess.run(
        ["/bin/sh", "-c", f"{program} {arguments}"],
        env={"PATH": f"{tmp_path}:{os.defpath}"},
        capture_output=True,
        text=True,
        check=False,
    )
    called = tmp_path / "called"
    assert called.exists() is rebooted
    assert (done.returncode == 0) is rebooted
    if rebooted:
        assert called.read_text().splitlines()[:2] == ["-r", "now"]
        assert len(called.read_text().splitlines()) == 3
    else:
        assert VARIABLES["__kdump_another_boot"] in done.stdout
