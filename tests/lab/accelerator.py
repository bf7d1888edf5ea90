# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which accelerator runs machines here: KVM where it really runs a kernel, emulation (TCG) elsewhere."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.lab.cache import files_digest, key
from tests.lab.errors import LabError
from tests.lab.packages import QEMU, qemu_version
from tests.lab.process import end, environment, say, tail, wait_until
from tests.lab.qemu import ACCELERATORS
from tests.lab.settings import PROBE_LIMIT, cache_directory, told_accelerator

KVM = Path("/dev/kvm")
# Without a root file system a kernel ends here, after it has started all processors and drivers.
REACHED = "Kernel panic - not syncing: VFS"


class Choice(NamedTuple):
    """The accelerator, and why."""

    name: str
    reason: str


def host_identity() -> str:
    """What a snapshot of KVM depends on beside QEMU: the processor that the guest was shown."""
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split("\n\n", 1)[0]
    wanted = ("vendor_id", "cpu family", "model", "stepping", "flags")
    return key([line for line in text.split("\n") if line.split("\t", 1)[0].strip() in wanted])


def kvm_runs(kernel: Path) -> str | None:
    """Why KVM does not run this kernel, or nothing if it does. Some hosts offer a KVM that hangs or dies."""
    with tempfile.TemporaryDirectory(prefix="kdump-lab-probe-") as name:
        serial, log = Path(name) / "serial.log", Path(name) / "qemu.log"
        command = [
            QEMU,
            *("-machine", "q35", *ACCELERATORS["kvm"], "-m", "512", "-smp", "2", "-nodefaults", "-display", "none"),
            *("-serial", f"file:{serial}", "-kernel", str(kernel), "-append", "console=ttyS0 panic=-1", "-no-reboot"),
        ]
        with log.open("w", encoding="utf-8") as stream:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, text=True, env=environment()
            )
            try:
                wait_until(lambda: REACHED in tail(serial, 2000) or process.poll() is not None, PROBE_LIMIT)
            finally:
                end(process)
        printed = tail(serial, 2000)
        if REACHED in printed:
            return None
        if process.returncode > 0:
            return "QEMU ended: " + (tail(log, 1) or f"status {process.returncode}")
        seen = "its first lines only" if "Linux version" in printed else "nothing"
        return f"within {PROBE_LIMIT:.0f} s a kernel printed {seen}"


def choose(kernel: Path) -> Choice:
    """The accelerator for this machine; looked for once per boot of it, QEMU and kernel."""
    told = told_accelerator()
    if told:
        if told not in ACCELERATORS:
            raise LabError(f"KDUMP_LAB_ACCEL is '{told}'; it can be {' or '.join(sorted(ACCELERATORS))}.")
        return Choice(told, "KDUMP_LAB_ACCEL asks for it")
    if not KVM.exists():
        return Choice("tcg", f"there is no {KVM}")
    if not os.access(KVM, os.R_OK | os.W_OK):
        return Choice("tcg", f"{KVM} is not open to this user; its group usually is kvm")
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    known = cache_directory() / "accelerator.json"
    identity = key(boot, qemu_version(), os.geteuid(), files_digest([kernel]))
    try:
        remembered = json.loads(known.read_text(encoding="utf-8"))
        if remembered["key"] == identity:
            return Choice(remembered["name"], remembered["reason"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    say("probing KVM")
    trouble = kvm_runs(kernel)
    choice = Choice("tcg", f"{KVM} does not work here: {trouble}") if trouble else Choice("kvm", f"{KVM} runs a kernel")
    known.parent.mkdir(parents=True, exist_ok=True)
    temporary = known.with_suffix(f".{os.getpid()}")
    temporary.write_text(json.dumps({"key": identity, **choice._asdict()}), encoding="utf-8")
    temporary.replace(known)
    return choice
