# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must be installed on this machine, and QEMU's version."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from tests.lab import apt, sources
from tests.lab.errors import LabError
from tests.lab.process import environment, run, say

QEMU = "qemu-system-x86_64"
OLDEST_QEMU = 10  # version 7.2 corrupts cmpxchg16b under TCG: machines with two processors panic

# A command that shows that a package is there, and the package.
COMMANDS = {
    QEMU: "qemu-system-x86",
    "qemu-img": "qemu-utils",
    "mmdebstrap": "mmdebstrap",
    "mke2fs": "e2fsprogs",
    "sfdisk": "fdisk",
    "fakeroot": "fakeroot",
    "newuidmap": "uidmap",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "rsync": "rsync",
    "shellcheck": "shellcheck",
    "zstd": "zstd",
}
# UEFI: its program, and its variables as they are before the first boot.
OVMF_CODE = Path("/usr/share/OVMF/OVMF_CODE_4M.fd")
OVMF_VARIABLES = Path("/usr/share/OVMF/OVMF_VARS_4M.fd")
# A file that shows that a package is there, and the package.
FILES = {OVMF_CODE: "ovmf"}
KEYRING_PACKAGE = "debian-archive-keyring"
# Debian 12's first keyring does not know Debian 13.
SUITE_KEY = Path("/usr/share/keyrings/debian-archive-trixie-stable.gpg")


def found(command: str) -> bool:
    """Whether a command is installed."""
    return shutil.which(command, path=environment()["PATH"]) is not None


def qemu_version() -> str:
    """The version of the installed QEMU, as it prints it; an error if it is too old for the lab."""
    advice = (
        f"The lab needs QEMU {OLDEST_QEMU} or newer: 'python -m tests.lab setup' installs it "
        "(Debian 13: qemu-system-x86; Debian 12: qemu-system-x86 from bookworm-backports)."
    )
    if not found(QEMU):
        raise LabError(f"{QEMU} is not installed. {advice}")
    text = run([QEMU, "--version"], limit=60).split("\n", 1)[0]
    if major(text) < OLDEST_QEMU:
        raise LabError(f"{QEMU} is too old: {text}. {advice}")
    return text


def major(text: str) -> int:
    """The first number of a version that QEMU or apt printed."""
    match = re.search(r"(?:version |\b\d+:)(\d+)", text) or re.search(r"(\d+)", text)
    return int(match.group(1)) if match else 0


def missing() -> list[str]:
    """The packages that are not there, or too old."""
    packages = {package for command, package in COMMANDS.items() if not found(command)}
    packages |= {package for path, package in FILES.items() if not path.exists()}
    if not SUITE_KEY.exists():
        packages.add(KEYRING_PACKAGE)
    if COMMANDS[QEMU] not in packages:
        try:
            qemu_version()
        except LabError:
            packages.add(COMMANDS[QEMU])
    if COMMANDS[QEMU] in packages:
        packages.add(COMMANDS["qemu-img"])  # from the same release, so that it knows the same formats
    return sorted(packages)


def as_root(command: list[str]) -> list[str]:
    """A command that runs as root."""
    if os.geteuid() == 0:
        return command
    if not found("sudo"):
        raise LabError("Installing packages takes root or sudo: neither is here. Needed: " + " ".join(missing()))
    return ["sudo", *command]


def install(packages: list[str]) -> None:
    """Install packages, and QEMU from the backports of this machine's release where its own is too old."""
    release = sources.codename()
    lines = sources.mirrors().lines(release)
    backports: list[str] = []
    with apt.separate(lines) as options:
        if COMMANDS[QEMU] in packages and candidate(options) < OLDEST_QEMU:
            backports = ["-t", f"{release}-backports"]
        else:
            apt_install(options, packages)
    if backports:
        with apt.separate(sources.mirrors().lines(release, backports=True)) as options:
            apt_install(options + backports, packages)


def candidate(options: list[str]) -> int:
    """The version of QEMU that apt would install."""
    policy = run(["apt-cache", *options, "policy", COMMANDS[QEMU]])
    match = re.search(r"^ *Candidate: (.*)$", policy, re.MULTILINE)
    return major(match.group(1)) if match else 0


def apt_install(options: list[str], packages: list[str]) -> None:
    """Install packages without asking anything."""
    command = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", *options, "--yes", "--no-install-recommends"]
    run(as_root([*command, "install", *packages]))


def setup() -> None:
    """Install what is missing."""
    packages = missing()
    if packages:
        say("installing " + " ".join(packages))
        install(packages)
    left = missing()
    if left:
        raise LabError(f"Still missing after installing: {' '.join(left)}. Install them by hand, then run setup again.")
    say(f"ready: {qemu_version()}")
