# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host with systemd-boot after the role kdump: armed by the kernel's word, on every entry, for later kernels."""

from __future__ import annotations

import json
from typing import Any

from testinfra.host import Host

WANTED = "512M-2G:192M,2G-64G:256M,64G-:512M"


def content(host: Host, path: str) -> str:
    """The text of a file on the host."""
    return str(host.file(path).content_string)


def test_memory_is_reserved_and_a_capture_kernel_loaded(host: Host) -> None:
    assert int(content(host, "/sys/kernel/kexec_crash_size")) == 192 << 20
    assert content(host, "/sys/kernel/kexec_crash_loaded").strip() == "1"


def test_it_was_systemd_boot_that_booted_it(host: Host) -> None:
    variables = "/sys/firmware/efi/efivars"
    said = host.check_output(f"tr -d '\\000' <{variables}/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f")
    assert "systemd-boot 2" in said
    assert not host.exists("grub-mkconfig")


def test_booted_with_the_value_once(host: Host) -> None:
    values = [word for word in content(host, "/proc/cmdline").split() if word.startswith("crashkernel=")]
    assert values == [f"crashkernel={WANTED}"]


def test_every_boot_entry_and_kernels_to_come_have_the_value(host: Host) -> None:
    entries = host.check_output("grep -h ^options /boot/efi/loader/entries/*.conf").split("\n")
    assert entries
    texts = [*entries, content(host, "/etc/kernel/cmdline")]
    assert [text.split().count(f"crashkernel={WANTED}") for text in texts] == [1] * len(texts)


def test_systemd_s_own_tool_reads_the_entries_so(host: Host) -> None:
    entries = [entry for entry in json.loads(host.check_output("bootctl list --json=short")) if "linux" in entry]
    assert entries
    for entry in entries:
        assert f"crashkernel={WANTED}" in entry["options"].split()


def test_the_modules_report_it(host: Host) -> None:
    answer: dict[str, Any] = host.ansible("kdump.fleet.kdump_info", check=False, become=False)
    assert answer["ready"], answer["findings"]
    assert [finding["code"] for finding in answer["findings"] if finding["severity"] != "info"] == []
    boot: dict[str, Any] = host.ansible("kdump.fleet.crashkernel", f"value={WANTED}", check=True, become=False)
    assert not boot["changed"]
    assert not boot["reboot_required"]
    assert boot["bootloader"]["name"] == "systemd_boot"
    assert [entry["crashkernel"] for entry in boot["entries_after"]] == [[WANTED]] * len(boot["entries_after"])
