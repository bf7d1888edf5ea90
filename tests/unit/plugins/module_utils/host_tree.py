# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory that stands for a Debian 13 host with kdump-tools: armed, proven, nothing to complain about.

Contents have the form that such a host has (Debian 13, kernel 6.12, kdump-tools 1.10.7), cut down to what is read.
"""

import json
import os
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional

from ansible_collections.kdump.fleet.plugins.module_utils.bootloader import grub_drop_in
from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import CommandResult, Host, Runner
from ansible_collections.kdump.fleet.plugins.module_utils.readiness import proof
from ansible_collections.kdump.fleet.plugins.module_utils.readiness.look import gather
from ansible_collections.kdump.fleet.plugins.module_utils.tools.policy import Policy

KERNEL = "6.12.117+deb13-cloud-amd64"
VALUE = "512M-2G:192M,2G-64G:256M,64G-:512M"
INITRD = "/var/lib/kdump/initrd.img-" + KERNEL
CONFIGURATION = "/etc/default/kdump-tools"
WANTED_BY_BOOT = "/etc/systemd/system/basic.target.wants/kdump-tools.service"
MENU = "/boot/grub/grub.cfg"
ARGUMENTS = "root=UUID=95d3fad2-a044-4d2e-bc8b-51b953bea44f ro console=ttyS0"
IOMEM = """\
00000000-00000fff : Reserved
00001000-0009fbff : System RAM
000f0000-000fffff : System ROM
00100000-3ffdbfff : System RAM
  2c000000-37ffffff : Crash kernel
  39000000-39ffffff : Kernel code
3ffdc000-3fffffff : Reserved
40000000-afffffff : PCI Bus 0000:00
"""
MEMINFO = """\
MemTotal:         793280 kB
MemFree:          640588 kB
MemAvailable:     672160 kB
Buffers:           16340 kB
Cached:            63336 kB
SwapCached:            0 kB
AnonPages:         12000 kB
"""
CAPTURE_ARGUMENTS = "reset_devices systemd.unit=kdump-tools-dump.service nr_cpus=1 irqpoll usbcore.nousb"
PACKAGED = """\
# kdump-tools configuration
USE_KDUMP=1
KDUMP_KERNEL=/var/lib/kdump/vmlinuz
KDUMP_INITRD=/var/lib/kdump/initrd.img
KDUMP_COREDIR="/var/crash"
#KDUMP_NUM_DUMPS=
#MAKEDUMP_ARGS="-c -d 31"
#KDUMP_CMDLINE_APPEND="{0}"
""".format(CAPTURE_ARGUMENTS)
BLOCK = """\
# BEGIN kdump.fleet
KDUMP_CMDLINE_APPEND="{0} panic=10"
USE_KDUMP="1"
# END kdump.fleet
""".format(CAPTURE_ARGUMENTS)
ENTRY = """\
menuentry 'Debian, {title}' --class debian $menuentry_id_option '{name}' {{
\tinsmod gzio
\tlinux\t/boot/vmlinuz-{kernel} {arguments}
\tinitrd\t/boot/initrd.img-{kernel}
}}
"""


def no_commands(argv: List[str], timeout: float) -> CommandResult:
    """A healthy host is judged by its files alone."""
    raise AssertionError("ran {0}".format(argv))


class Space(NamedTuple):
    """What statvfs answers."""

    f_flag: int
    f_bfree: int
    f_frsize: int = 4096


def refuses(argv: List[str], timeout: float) -> CommandResult:
    """What makedumpfile says of its memory usage where it cannot tell."""
    if "--mem-usage" not in argv:
        no_commands(argv, timeout)
    return CommandResult(argv, 1, "No memory is reserved for crashkernel!\n", "")


class HostTree(object):
    """The files of one host; paths are those of the host."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.runner: Runner = no_commands

    def path(self, name: str) -> Path:
        return self.root / name.lstrip("/")

    def write(self, name: str, text: str, mode: int = 0o644) -> None:
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
        path.chmod(mode)

    def program(self, name: str, text: str = "#!/bin/sh\n") -> None:
        self.write(name, text, 0o755)

    def link(self, name: str, target: str) -> None:
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if os.path.lexists(str(path)):
            path.unlink()
        path.symlink_to(target)

    def directory(self, name: str, mode: int = 0o755) -> None:
        path = self.path(name)
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(mode)

    def remove(self, *names: str) -> None:
        for name in names:
            self.path(name).unlink()

    def append(self, name: str, text: str) -> None:
        path = self.path(name)
        self.write(name, path.read_bytes().decode("utf-8", "surrogateescape") + text)

    def replace(self, name: str, old: str, new: str) -> None:
        text = self.path(name).read_bytes().decode("utf-8", "surrogateescape")
        assert old in text, (name, old)
        self.write(name, text.replace(old, new))

    def host(self) -> Host:
        return Host(str(self.root), self.runner)

    # ---- what a host is made of

    def running(self, crashkernel: Optional[str]) -> None:
        """What the running kernel was booted with."""
        last = "" if crashkernel is None else " crashkernel=" + crashkernel
        self.write("/proc/cmdline", "BOOT_IMAGE=/boot/vmlinuz-{0} {1}{2}\n".format(KERNEL, ARGUMENTS, last))

    def menu(self, *values: Optional[str]) -> None:
        """The boot menu, one entry for each value; the first one boots next."""
        entries = [
            ENTRY.format(
                title="entry {0}".format(number),
                name="entry-{0}".format(number),
                kernel=KERNEL,
                arguments=ARGUMENTS if value is None else "crashkernel={0} {1}".format(value, ARGUMENTS),
            )
            for number, value in enumerate(values)
        ]
        script = "### {0} /etc/grub.d/10_linux ###\n"
        self.write(MENU, 'set default="0"\n' + script.format("BEGIN") + "".join(entries) + script.format("END"), 0o600)

    def drop_in(self, *values: str) -> None:
        """What kernels installed later get."""
        self.write(grub_drop_in.PATH, grub_drop_in.text(list(values)))

    def nothing_reserved(self) -> None:
        self.write("/proc/iomem", IOMEM.replace("  2c000000-37ffffff : Crash kernel\n", ""))
        self.write("/sys/kernel/kexec_crash_size", "0\n")
        self.write("/sys/kernel/kexec_crash_loaded", "0\n")

    def record(self) -> Dict[str, Any]:
        """The proof record as it stands on the host."""
        found = json.loads(self.path(proof.RECORD).read_text())
        assert isinstance(found, dict)
        return found

    def write_record(self, record: Any) -> None:
        self.write(proof.RECORD, json.dumps(record), 0o600)

    def prove(self) -> None:
        """What crash_test writes after a captured crash of the host as it is."""
        if self.path(proof.RECORD).exists():
            self.remove(proof.RECORD)
        self.write_record(
            {
                "format": proof.FORMAT,
                "host": "n1",
                "time": "2026-11-22T18:28:00Z",
                "trigger": "sysrq",
                "seconds": 148,
                "dump": {
                    "path": "/var/crash/202611221828/dump.202611221828",
                    "size_bytes": 93975628,
                    "disk_bytes": 93978624,
                    "format": "flattened",
                    "kernel": KERNEL,
                    "panic": "Kernel panic - not syncing: sysrq triggered crash",
                    "signature": "0123456789abcdef",
                },
                "capture": {
                    "total_bytes": 168337408,
                    "least_available_bytes": 72351744,
                    "reserved_bytes": 201326592,
                    "used_bytes": 128974848,
                },
                "fingerprint": gather(self.host(), Policy(), fingerprint=True).fingerprint,
            }
        )


def kernel_log(text: str) -> Runner:
    """A runner that knows one command, dmesg."""

    def run(argv: List[str], timeout: float) -> CommandResult:
        assert argv == ["dmesg"], argv
        return CommandResult(argv, 0, text, "")

    return run


def ready_host(root: Path) -> HostTree:
    """A host on which a crash is captured now and after the next reboot, and was once."""
    tree = HostTree(root)
    tree.write("/proc/iomem", IOMEM)
    tree.write("/proc/meminfo", MEMINFO)
    tree.running(VALUE)
    for name, value in (
        ("osrelease", KERNEL),
        ("arch", "x86_64"),
        ("panic", "10"),
        ("panic_on_oops", "1"),
        ("kexec_load_disabled", "0"),
    ):
        tree.write("/proc/sys/kernel/" + name, value + "\n")
    tree.write("/sys/kernel/kexec_crash_loaded", "1\n")
    tree.write("/sys/kernel/kexec_crash_size", "201326592\n")
    tree.write("/sys/kernel/security/lockdown", "[none] integrity confidentiality\n")
    for name in ("/usr/sbin/kdump-config", "/usr/sbin/kexec", "/usr/bin/makedumpfile", "/usr/bin/apt-get"):
        tree.program(name)
    tree.program("/usr/bin/dmesg")
    tree.write("/usr/share/kdump-tools/kdump-tools.conf", PACKAGED)
    tree.write(CONFIGURATION, PACKAGED + BLOCK)
    tree.link(WANTED_BY_BOOT, "/usr/lib/systemd/system/kdump-tools.service")
    tree.directory("/var/crash", 0o700)
    tree.write("/boot/vmlinuz-" + KERNEL, "kernel")
    tree.write(INITRD, "initrd")
    tree.link("/var/lib/kdump/vmlinuz", "/boot/vmlinuz-" + KERNEL)
    tree.link("/var/lib/kdump/initrd.img", INITRD)
    tree.program("/usr/sbin/update-grub")
    tree.program("/usr/sbin/grub-mkconfig", "#!/bin/sh\nfor x in ${sysconfdir}/default/grub.d/*.cfg; do . $x; done\n")
    tree.program("/etc/grub.d/10_linux", "#!/bin/sh\nprintf '%s' \"${GRUB_CMDLINE_LINUX}\"\n")
    tree.write("/etc/default/grub", 'GRUB_DEFAULT=0\nGRUB_CMDLINE_LINUX_DEFAULT="quiet"\nGRUB_CMDLINE_LINUX=""\n')
    tree.menu(VALUE, VALUE)
    tree.drop_in(VALUE)
    tree.prove()
    return tree
