# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory that stands for a Fedora host with kdumpctl: armed, and nothing to complain about but a missing proof.

Contents have the form that such a host has (Fedora 43, kdump-utils 1.0.61, GRUB with Boot Loader Specification
entries), cut down to what is read.
"""

from pathlib import Path
from typing import List, Tuple

from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import CommandError, CommandResult
from tests.unit.plugins.module_utils.host_tree import IOMEM, MEMINFO, HostTree, refuses

RELEASE = "6.17.5-300.fc43.x86_64"
DEFAULT = "2G-64G:256M,64G-:512M"
CONFIGURATION = "/etc/kdump.conf"
ENVIRONMENT = "/etc/sysconfig/kdump"
INITRD = "/boot/initramfs-{0}kdump.img".format(RELEASE)
WANTED_BY_BOOT = "/etc/systemd/system/multi-user.target.wants/kdump.service"
ENTRY = "/boot/loader/entries/0123456789abcdef0123456789abcdef-{0}.conf".format(RELEASE)
ROOT = "root=UUID=95d3fad2-a044-4d2e-bc8b-51b953bea44f ro"
KDUMP_CONF = """\
# Configures where to put the kdump /proc/vmcore files
auto_reset_crashkernel yes
path /var/crash
core_collector makedumpfile -l --message-level 7 -d 31
"""
APPENDED = "irqpoll nr_cpus=1 reset_devices panic=10 cma=0"
# 4 GiB of RAM with 256 MiB reserved
IOMEM_4G = IOMEM.replace("00100000-3ffdbfff", "00100000-bffdbfff").replace("2c000000-37ffffff", "a8000000-b7ffffff")
IOMEM_4G = IOMEM_4G.replace("39000000-39ffffff", "9f000000-9fffffff").replace("3ffdc000-3fffffff", "bffdc000-bfffffff")
IOMEM_4G = IOMEM_4G.replace("40000000-afffffff : PCI Bus 0000:00", "100000000-13fffffff : System RAM")


class RpmTree(HostTree):
    """The same, with what kdumpctl answers."""

    default = DEFAULT
    bad_options: Tuple[str, ...] = ()  # those that makedumpfile refuses

    def answer(self, argv: List[str], timeout: float) -> CommandResult:
        """A runner that knows the commands of an audit."""
        if argv[1:] == ["get-default-crashkernel"]:
            if not self.default:
                raise CommandError("'kdumpctl get-default-crashkernel' failed with exit status 1: Usage")
            return CommandResult(argv, 0, self.default, "")
        if argv[1:2] == ["--check-params"]:
            refused = [word for word in argv if word in self.bad_options]
            said = "makedumpfile: unrecognized option '{0}'\n".format(refused[0]) if refused else ""
            return CommandResult(argv, len(refused), "", said)
        return refuses(argv, timeout)

    def entry(self, value: str) -> None:
        """The boot entry, and the later kernels."""
        arguments = "{0} crashkernel={1}".format(ROOT, value) if value else ROOT
        self.write(
            ENTRY,
            "title Fedora Linux ({0}) 43\nversion {0}\nlinux /vmlinuz-{0}\ninitrd /initramfs-{0}.img\n"
            "options {1}\n".format(RELEASE, arguments),
        )
        self.write("/etc/kernel/cmdline", arguments + "\n")
        self.write("/etc/default/grub", 'GRUB_CMDLINE_LINUX="{0}"\nGRUB_ENABLE_BLSCFG=true\n'.format(arguments))


def ready_rpm_host(root: Path) -> RpmTree:
    """A host on which a crash is captured now and after the next reboot."""
    tree = RpmTree(root)
    tree.runner = tree.answer
    tree.write("/proc/iomem", IOMEM_4G)
    tree.write("/proc/meminfo", MEMINFO)
    tree.write(
        "/proc/cmdline", "BOOT_IMAGE=(hd0,gpt2)/vmlinuz-{0} {1} crashkernel={2}\n".format(RELEASE, ROOT, DEFAULT)
    )
    for name, value in (("osrelease", RELEASE), ("arch", "x86_64"), ("panic", "10"), ("panic_on_oops", "1")):
        tree.write("/proc/sys/kernel/" + name, value + "\n")
    tree.write("/sys/kernel/kexec_crash_loaded", "1\n")
    tree.write("/sys/kernel/kexec_crash_size", "268435456\n")
    for name in ("/usr/sbin/kexec", "/usr/bin/kdumpctl", "/usr/sbin/makedumpfile", "/usr/bin/dracut", "/usr/bin/dnf5"):
        tree.program(name)
    tree.program("/usr/sbin/grubby")
    tree.program("/usr/sbin/grub2-mkconfig")
    tree.write(CONFIGURATION, KDUMP_CONF)
    tree.write(ENVIRONMENT, 'KDUMP_COMMANDLINE_APPEND="{0}"\nKEXEC_ARGS="-s"\n'.format(APPENDED))
    tree.link(WANTED_BY_BOOT, "/usr/lib/systemd/system/kdump.service")
    tree.directory("/var/crash", 0o700)
    tree.write("/boot/vmlinuz-" + RELEASE, "kernel")
    tree.write(INITRD, "initrd")
    tree.write("/boot/grub2/grub.cfg", "insmod blscfg\nblscfg\n")
    tree.write(
        "/boot/grub2/grubenv",
        "# GRUB Environment Block\nsaved_entry=0123456789abcdef0123456789abcdef-{0}\n".format(RELEASE),
    )
    tree.entry(DEFAULT)
    tree.write("/etc/yum.repos.d/fedora.repo", "[fedora]\nenabled=1\n[fedora-debuginfo]\nenabled=0\n")
    return tree
