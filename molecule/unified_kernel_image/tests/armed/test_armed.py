# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host with a unified kernel image after the role kdump: armed by the kernel's word, the value out of an add-on."""

from __future__ import annotations

import json
from typing import Any

from testinfra.host import Host

WANTED = "512M-2G:192M,2G-64G:256M,64G-:512M"
VARIABLES = "/sys/firmware/efi/efivars"
VENDOR = "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
ADDON = "/boot/efi/loader/addons/kdump-fleet.addon.efi"


def content(host: Host, path: str) -> str:
    """The text of a file on the host."""
    return str(host.file(path).content_string)


def crashkernels(arguments: str) -> list[str]:
    """The crashkernel= words of a command line."""
    return [word for word in arguments.split() if word.startswith("crashkernel=")]


def test_memory_is_reserved_and_a_capture_kernel_loaded(host: Host) -> None:
    assert int(content(host, "/sys/kernel/kexec_crash_size")) == 192 << 20
    assert content(host, "/sys/kernel/kexec_crash_loaded").strip() == "1"


def test_it_was_a_unified_kernel_image_that_booted_it(host: Host) -> None:
    assert "systemd-stub 2" in host.check_output(f"tr -d '\\000' <{VARIABLES}/StubInfo-{VENDOR}")
    chosen = host.check_output(f"tr -d '\\000' <{VARIABLES}/LoaderEntrySelected-{VENDOR}")
    assert chosen.endswith(host.check_output("ls /boot/efi/EFI/Linux"))
    assert host.check_output("ls /boot/efi/loader/entries") == ""


def test_booted_with_the_value_once(host: Host) -> None:
    assert crashkernels(content(host, "/proc/cmdline")) == [f"crashkernel={WANTED}"]


def test_it_came_out_of_the_addon_alone(host: Host) -> None:
    host.check_output("cmp -s /etc/kernel/cmdline /root/etc/kernel/cmdline")
    host.check_output("diff -r /boot/efi/EFI /root/boot/efi/EFI")
    (addon,) = json.loads(host.check_output(f"ukify inspect {ADDON} --json=short --section=.cmdline:text")).values()
    assert addon["text"] == f"crashkernel={WANTED}"


def test_nothing_is_left_beside_it(host: Host) -> None:
    assert host.check_output("ls -A /boot/efi/loader/addons") == "kdump-fleet.addon.efi"


def test_systemd_s_own_tool_reads_it_so(host: Host) -> None:
    (entry,) = [one for one in json.loads(host.check_output("bootctl list --json=short")) if "linux" in one]
    assert entry["type"] == "type2"
    assert crashkernels(entry["cmdline"]) == [f"crashkernel={WANTED}"]


def test_the_modules_report_it(host: Host) -> None:
    answer: dict[str, Any] = host.ansible("kdump.fleet.kdump_info", check=False, become=False)
    assert answer["ready"], answer["findings"]
    assert [finding["code"] for finding in answer["findings"] if finding["severity"] != "info"] == []
    boot: dict[str, Any] = host.ansible("kdump.fleet.crashkernel", f"value={WANTED}", check=True, become=False)
    assert not boot["changed"]
    assert not boot["reboot_required"]
    assert boot["bootloader"]["name"] == "systemd_boot"
    assert [entry["crashkernel"] for entry in boot["entries_after"]] == [[WANTED]]
