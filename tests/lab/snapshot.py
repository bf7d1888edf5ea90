# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots of booted machines: a machine that starts from one answers within seconds."""

from __future__ import annotations

from pathlib import Path

from tests.lab import cache, ssh
from tests.lab.accelerator import host_identity
from tests.lab.errors import LabError
from tests.lab.image import Image
from tests.lab.packages import OVMF_CODE, OVMF_VARIABLES, qemu_version
from tests.lab.process import run, say, tail
from tests.lab.qemu import SNAPSHOT, Files, Hardware, hardware_arguments, pid, start, stop
from tests.lab.qmp import Monitor
from tests.lab.settings import BOOT_LIMIT, cache_directory


def overlay(image: Image, files: Files) -> None:
    """A new disk that holds only what differs from the image, and firmware that never ran."""
    run(["qemu-img", "create", "-q", "-f", "qcow2", "-b", str(image.disk), "-F", "qcow2", str(files.disk)])
    if image.recipe.firmware == "efi":
        run(["qemu-img", "convert", "-f", "raw", "-O", "qcow2", str(OVMF_VARIABLES), str(files.variables)])


def planned(image: Image, hardware: Hardware) -> Path:
    """Where the snapshot of this image on this hardware is or will be."""
    host = host_identity() if hardware.accelerator == "kvm" else ""
    firmware = cache.files_digest([OVMF_CODE, OVMF_VARIABLES]) if hardware.firmware == "efi" else ""
    name = cache.key(qemu_version(), hardware_arguments(hardware), host, firmware)
    size = f"{hardware.memory}-{hardware.cpus}"  # snapshots of machines of several sizes stand beside each other
    return cache_directory() / "snapshots" / image.recipe.name / image.identity / size / name


def ensure(image: Image, hardware: Hardware) -> Path:
    """The directory that holds the snapshot, made if it is missing."""
    directory = planned(image, hardware)
    if not directory.is_dir():
        with cache.image_lock(image.recipe.name):
            cache.artifact(directory, lambda workplace: build(image, hardware, workplace))
            cache.remove_others(directory.parent)
    return directory


def build(image: Image, hardware: Hardware, workplace: Path) -> None:
    """Boot a machine, let it come to rest, and save it with its memory. A boot may be tried twice."""
    try:
        save(image, hardware, workplace)
    except LabError as error:
        say(f"{error}\nOnce more.")
        save(image, hardware, workplace)


def save(image: Image, hardware: Hardware, workplace: Path) -> None:
    """One try."""
    say(f"building the snapshot of image {image.recipe.name}: booting ({hardware.accelerator})")
    files = Files(workplace)
    overlay(image, files)
    start(files, f"lab-{image.recipe.name}", hardware, snapshot=False)
    try:
        with Monitor(files.monitor) as monitor:
            port = monitor.ssh_port()
            ssh.wait(port, image.key, BOOT_LIMIT, lambda: pid(files) is not None)
            state = ssh.execute(port, image.key, "systemctl is-system-running --wait || systemctl --failed --plain")
            if state.split()[:1] != ["running"]:
                raise LabError(f"Not every service started:\n{state}")
            ssh.execute(port, image.key, "sync")
            monitor.save(SNAPSHOT)
    except LabError as error:
        raise LabError(
            f"The image {image.recipe.name} does not boot as it should. {error}\nIts serial log ends with:\n"
            f"{tail(files.serial)}"
        ) from error
    finally:
        stop(files)


def copy(snapshot: Path, image: Image, files: Files) -> None:
    """A machine's own disk, and firmware, with the snapshot in them."""
    saved = Files(snapshot)
    run(["cp", "--reflink=auto", "--sparse=always", str(saved.disk), str(files.disk)])
    run(["qemu-img", "rebase", "-u", "-f", "qcow2", "-b", str(image.disk), "-F", "qcow2", str(files.disk)])
    if saved.variables.exists():
        run(["cp", "--sparse=always", str(saved.variables), str(files.variables)])
