# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""C(make rollout): roll kdump out on two lab machines, or on the hosts of an inventory."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from tests.checkout import collections_path

MACHINES = {"n1": "debian", "n2": "rpm"}  # and their images: the canary is the first by name
# The lab's machines are there to be rebooted and crashed; hosts of an inventory are not, unless that is asked for.
LAB_CONSENT = ("-e", "kdump_reboot_ok=true", "-e", "kdump_prove=canary")
# One policy for both families: LZO, as kdumpctl has it; zlib, which is kdump-tools' default, takes longer to write.
LAB_POLICY = ("-e", '{"kdump_core_collector": "makedumpfile -l -d 31"}')


def playbook(inventory: Path, *options: str) -> int:
    """Run the rollout over an inventory with this checkout as the collection; the exit status of Ansible."""
    environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(collections_path()))
    environment.setdefault("ANSIBLE_FORCE_COLOR", "1" if sys.stdout.isatty() else "0")
    command = ["ansible-playbook", "kdump.fleet.rollout", "-i", str(inventory), *options]
    print("+ " + " ".join(command), flush=True)
    return subprocess.run(command, env=environment, check=False).returncode


def lab(*words: str) -> None:
    """Run one verb of the lab; its own message says what went wrong."""
    status = subprocess.run([sys.executable, "-m", "tests.lab", *words], check=False).returncode
    if status:
        raise SystemExit(status)


def in_lab(options: list[str], keep: bool) -> int:
    """Roll out on two bare lab machines and crash the first."""
    run = Path(os.environ.get("KDUMP_LAB_RUN") or collections_path().parent / "rollout-run")
    where = ("--run", str(run))
    lab("setup")
    lab("down", *where)
    for image in MACHINES.values():
        lab("build", image)
    try:
        for name, image in MACHINES.items():
            lab("up", name, "--image", image, *where)
        return playbook(run / "inventory.yml", *LAB_CONSENT, *LAB_POLICY, *options)
    finally:
        if keep:
            print(
                f"The machines stay: 'python -m tests.lab ssh n1 --run {run}' logs in, "
                f"'python -m tests.lab down --run {run}' stops them."
            )
        else:
            lab("down", *where)


def main() -> int:
    """Read the command line and roll out."""
    parser = argparse.ArgumentParser(prog="make rollout", description=__doc__)
    parser.add_argument("--inventory", type=Path, help="roll out on these hosts in place of lab machines")
    parser.add_argument("--keep", action="store_true", help="let the lab machines run afterwards")
    known, options = parser.parse_known_args()
    if known.inventory is None:
        return in_lab(options, known.keep)
    if not known.inventory.exists():
        parser.error(f"there is no inventory at {known.inventory}")
    return playbook(known.inventory, *options)


if __name__ == "__main__":
    sys.exit(main())
