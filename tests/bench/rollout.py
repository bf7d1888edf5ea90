# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What it takes from a bare machine to an armed one, part by part: C(make bench-rollout).

Starts a bare lab machine of an image and runs the rollout on it. The parts are the steps of the role kdump; what
lies between the end of one step and the next is Ansible's own.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.checkout import ROOT, collections_path

STEPS = ("Audit", "Install", "Stage crashkernel=", "Configure", "Reboot", "Verify")
ROLE = "kdump.fleet.kdump : "


def parts(events: list[dict[str, Any]]) -> dict[str, float]:
    """Seconds by step of the role, in the steps' order: a step lasts until the next one begins."""
    found = dict.fromkeys(STEPS, 0.0)
    step = STEPS[0]
    marks = [event for event in events if event["event"] in ("task", "end")]
    for event, after in itertools.pairwise(marks):
        name = event["name"].removeprefix(ROLE)
        if name in STEPS:
            step = name
        found[step] += after["time"] - event["time"]
    return found


def measure(image: str, directory: str, options: list[str]) -> dict[str, float]:
    """Roll out on one bare machine of the image."""
    lab = [sys.executable, "-m", "tests.lab"]
    run, log = Path(directory, "run"), Path(directory, "events.jsonl")
    environment = dict(
        os.environ,
        ANSIBLE_COLLECTIONS_PATH=str(collections_path()),
        ANSIBLE_CALLBACK_PLUGINS=str(ROOT / "tests" / "callbacks"),
        ANSIBLE_CALLBACKS_ENABLED="events",
        KDUMP_FLEET_EVENTS=str(log),
    )
    play = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(run / "inventory.yml")]
    try:
        subprocess.run([*lab, "up", "b1", "--image", image, "--run", str(run)], cwd=ROOT, check=True)
        consent = ["-e", "kdump_reboot_ok=true"]
        command = [*play, "kdump.fleet.rollout", *consent, *options]
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    finally:
        subprocess.run([*lab, "down", "--run", str(run)], cwd=ROOT, check=True)
    return parts([json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()])


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--image", default="rpm")
    given, options = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as directory:
        found = measure(given.image, directory, options)
    for step, seconds in found.items():
        print(f"{step:12} {seconds:6.1f} s")
    print(f"{given.image}: bare to armed in {sum(found.values()):.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
