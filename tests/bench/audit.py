# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a converged audit costs, against C(ansible -m ping) over the same names: C(make bench).

Starts a bare lab machine, arms it, and measures. One machine under many inventory names stands for a fleet, as
Ansible's own cost is per name. The two commands run in turns, so that both see the machine's weather; what counts is
the ratio within a round.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

from tests.checkout import ROOT, collections_path


def many(inventory: Path, host: str, names: int) -> str:
    """An inventory in which one host stands under many names."""
    group = yaml.safe_load(inventory.read_text(encoding="utf-8"))["lab"]
    variables = {**group.get("vars", {}), **(group["hosts"][host] or {})}
    return json.dumps({"lab": {"vars": variables, "hosts": {f"{host}x{number:02}": {} for number in range(names)}}})


def seconds(command: list[str]) -> float:
    """The wall time of a command that has to succeed."""
    environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(collections_path()))
    began = time.monotonic()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began


def lab(*words: str) -> None:
    """Run one verb of the lab."""
    subprocess.run([sys.executable, "-m", "tests.lab", *words], cwd=ROOT, check=True)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    tools = Path(sys.executable).parent
    with tempfile.TemporaryDirectory() as directory:
        inventory, fleet = Path(directory, "inventory.yml"), Path(directory, "fleet.yml")
        try:
            lab("up", "b1", "--run", directory)
            play = [str(tools / "ansible-playbook"), "-i", str(inventory), "kdump.fleet.rollout"]
            print(f"bare to armed: {seconds([*play, '-e', 'kdump_reboot_ok=true']):.0f} s", flush=True)
            fleet.write_text(many(inventory, "b1", given.names), encoding="utf-8")
            compare(tools, fleet, given.names, given.rounds)
        finally:
            lab("down", "--run", directory)
    return 0


def compare(tools: Path, fleet: Path, names: int, rounds: int) -> None:
    """Time the two commands in turns and print each round and the median ratio."""
    ping = [str(tools / "ansible"), "-i", str(fleet), "all", "-m", "ping"]
    audit = [str(tools / "ansible-playbook"), "-i", str(fleet), "kdump.fleet.audit"]
    seconds(ping)  # not counted: the first run pays for connections and caches
    ratios = []
    for number in range(1, rounds + 1):
        alone, ours = seconds(ping), seconds(audit)
        ratios.append(ours / alone)
        print(f"round {number}: ping {alone:.1f} s, audit {ours:.1f} s, ratio {ratios[-1]:.2f}", flush=True)
    print(f"{names} names: audit takes {statistics.median(ratios):.2f} times what ping takes (median)")


if __name__ == "__main__":
    sys.exit(main())
