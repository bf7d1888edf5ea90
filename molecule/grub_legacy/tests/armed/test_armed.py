# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host with GRUB Legacy after the role kdump: armed by the kernel's word, on every entry, for later kernels."""

from __future__ import annotations

from typing import Any

from testinfra.host import Host

WANTED = "512M-2G:192M,2G-64G:256M,64G-:512M"


def content(host: Host, path: str) -> str:
    """The text of a file on the host."""
    return str(host.file(path).content_string)


def kernel_lines(text: str) -> list[str]:
    """The lines of a menu that start a kernel."""
    return [line for line in text.split("\n") if line.startswith("kernel")]


def test_memory_is_reserved_and_a_capture_kernel_loaded(host: Host) -> None:
    assert int(content(host, "/sys/kernel/kexec_crash_size")) == 192 << 20
    assert content(host, "/sys/kernel/kexec_crash_loaded").strip() == "1"


def test_it_was_grub_legacy_that_booted_it(host: Host) -> None:
    """Its number in the boot protocol's header; GRUB 2 has 0x72, QEMU's own loader 0xb0."""
    assert host.check_output("cat /proc/sys/kernel/bootloader_type") == "113"  # 0x71
    assert not host.file("/boot/grub/grub.cfg").exists


def test_booted_with_the_value_once(host: Host) -> None:
    values = [word for word in content(host, "/proc/cmdline").split() if word.startswith("crashkernel=")]
    assert values == [f"crashkernel={WANTED}"]


def test_every_boot_entry_has_the_value(host: Host) -> None:
    lines = kernel_lines(content(host, "/boot/grub/menu.lst"))
    assert len(lines) == 2
    assert [line.split().count(f"crashkernel={WANTED}") for line in lines] == [1, 1]


def test_update_grub_makes_the_same_entries(host: Host) -> None:
    """What Debian's own tool would write for the next kernel has the value as well, if in another place of the line."""

    def words(text: str) -> list[list[str]]:
        return [sorted(line.split()) for line in kernel_lines(text)]

    before = content(host, "/boot/grub/menu.lst")
    host.check_output("cp -a /boot/grub/menu.lst /root/menu.lst && update-grub")
    after = content(host, "/boot/grub/menu.lst")
    host.check_output("cp -a /root/menu.lst /boot/grub/menu.lst && rm -f /boot/grub/menu.lst~")
    assert words(after) == words(before)


def test_the_modules_report_it(host: Host) -> None:
    answer: dict[str, Any] = host.ansible("kdump.fleet.kdump_info", check=False, become=False)
    assert answer["ready"], answer["findings"]
    assert [finding["code"] for finding in answer["findings"] if finding["severity"] != "info"] == []
    boot: dict[str, Any] = host.ansible("kdump.fleet.crashkernel", f"value={WANTED}", check=True, become=False)
    assert not boot["changed"]
    assert not boot["reboot_required"]
    assert boot["bootloader"]["name"] == "grub_legacy"
    assert [entry["crashkernel"] for entry in boot["entries_after"]] == [[WANTED], [WANTED]]
