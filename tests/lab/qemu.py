# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine that QEMU is asked for, starting it and ending it."""

from __future__ import annotations

import contextlib
import os
import re
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.lab.errors import LabError
from tests.lab.packages import OVMF_CODE, QEMU
from tests.lab.process import run, tail, wait_until

SNAPSHOT = "bare"
PORT = "lan"  # where a further network card, or a second disk, can be plugged into a running machine
END_LIMIT = 10.0  # seconds that QEMU gets to end
ACCELERATORS = {
    "kvm": ("-accel", "kvm", "-cpu", "host"),
    # An emulator copies byte by byte where the processor says that it is good at that, and carries out vectors in
    # pieces: without them boots, copies and Python take a tenth less.
    "tcg": ("-accel", "tcg,thread=multi", "-cpu", "max,-erms,-fsrm,-avx,-avx2"),
}


class Hardware(NamedTuple):
    """What a machine consists of."""

    accelerator: str
    memory: int  # MiB
    cpus: int
    firmware: str = "bios"


def hardware_arguments(hardware: Hardware) -> list[str]:
    """Everything that a snapshot depends on. Never -no-reboot: the capture kernel comes up by a reboot."""
    # UEFI tries everything that could boot, one after the other, unless it is told: the disk, and no network.
    efi = hardware.firmware == "efi"
    disk = "virtio-blk-pci,drive=disk" + (",bootindex=0" if efi else "")
    network = "virtio-net-pci,netdev=net" + (",romfile=" if efi else "")
    return [
        *("-machine", "q35", *ACCELERATORS[hardware.accelerator]),
        *("-m", str(hardware.memory), "-smp", str(hardware.cpus)),
        *("-nodefaults", "-display", "none"),
        *("-device", disk, "-device", network),
        "-device",
        "virtio-rng-pci",
        # A new generation id tells the guest's random generator that it wakes up as a copy.
        *("-device", "vmgenid,guid=auto"),
        *("-device", f"pcie-root-port,id={PORT},chassis=1"),
    ]


def drive_argument(disk: str) -> str:
    """A disk that nobody needs after a power cut."""
    return f"id=disk,if=none,format=qcow2,cache=unsafe,discard=unmap,file={disk.replace(',', ',,')}"


def firmware_arguments(hardware: Hardware, variables: Path) -> list[str]:
    """The drives of firmware that is not QEMU's own. A snapshot needs variables in qcow2 too."""
    if hardware.firmware == "bios":
        return []
    name = str(variables).replace(",", ",,")
    return [
        *("-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={OVMF_CODE}"),
        *("-drive", f"if=pflash,unit=1,format=qcow2,cache=unsafe,file={name}"),
    ]


class Files(NamedTuple):
    """The files of one running QEMU, all in one directory."""

    directory: Path

    @property
    def disk(self) -> Path:
        return self.directory / "disk.qcow2"

    @property
    def second_disk(self) -> Path:
        return self.directory / "second.raw"

    @property
    def variables(self) -> Path:
        """Those of UEFI, on machines that have it."""
        return self.directory / "variables.qcow2"

    @property
    def pidfile(self) -> Path:
        return self.directory / "qemu.pid"

    @property
    def monitor(self) -> Path:
        return self.directory / "qmp.sock"

    @property
    def serial(self) -> Path:
        return self.directory / "serial.log"

    @property
    def log(self) -> Path:
        return self.directory / "qemu.log"


def start(files: Files, name: str, hardware: Hardware, *, snapshot: bool) -> None:
    """Start a machine in the background; returns when it runs. Its QEMU outlives this process."""
    files.log.unlink(missing_ok=True)
    command = [
        QEMU,
        *("-name", name),
        *hardware_arguments(hardware),
        *("-drive", drive_argument(str(files.disk)), *firmware_arguments(hardware, files.variables)),
        *("-netdev", "user,id=net,hostfwd=tcp:127.0.0.1:0-:22"),
        # The paths of these two are relative: QEMU opens them before it leaves the directory, and the
        # address of a socket holds 107 bytes at most.
        *("-qmp", "unix:qmp.sock,server=on,wait=off", "-serial", "file:serial.log"),
        *("-pidfile", str(files.pidfile), "-daemonize", "-D", str(files.log)),
        *(("-loadvm", SNAPSHOT) if snapshot else ()),
    ]
    try:
        run(command, log=files.log, directory=files.directory, limit=300)
    except LabError as error:
        stop(files)
        raise LabError(f"QEMU did not start machine {name}. {error}") from error


def pid(files: Files) -> int | None:
    """The process id of the QEMU of these files, if it runs. A number that another process has now is not it."""
    try:
        number = int(files.pidfile.read_text(encoding="ascii"))
        words = Path(f"/proc/{number}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    return number if os.fsencode(files.pidfile) in words else None


def stop(files: Files) -> None:
    """End the QEMU of these files, if it runs."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        process = pid(files)
        if process is None:
            break
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, number)
        if wait_until(lambda: pid(files) is None, END_LIMIT, 0.05):
            break
    else:
        raise LabError(f"QEMU, process {pid(files)}, does not end; its files are in {files.directory}.")
    for path in (files.pidfile, files.monitor):
        path.unlink(missing_ok=True)


def boot_kernel(
    directory: Path, disk: Path, hardware: Hardware, kernel: Path, initrd: Path, words: Sequence[str], done: str
) -> None:
    """Boot a kernel with a program that ends by itself, and look for what it prints when it succeeded."""
    serial = directory / "serial.log"
    run(
        [
            QEMU,
            *hardware_arguments(hardware),
            *("-drive", drive_argument(str(disk)), "-netdev", "user,id=net"),
            *("-serial", f"file:{serial}", "-kernel", str(kernel), "-initrd", str(initrd)),
            *("-append", " ".join(words), "-no-reboot"),
        ],
        log=directory / "build.log",
    )
    text = serial.read_text(encoding="utf-8", errors="replace") if serial.exists() else ""
    if not re.search(f"^{re.escape(done)}\r?$", text, re.MULTILINE):
        raise LabError(f"The first boot of the image did not end well. Its serial log ends with:\n{tail(serial)}")
