# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host with dnf and kdumpctl after the role kdump: armed by the kernel's own word, and as the policy wants it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from testinfra.host import Host

WANTED = "2G-64G:256M,64G-:512M"


def content(host: Host, path: str) -> str:
    """The text of a file on the host."""
    return str(host.file(path).content_string)


def test_nobody_has_heard_of_the_distribution(host: Host) -> None:
    facts = host.ansible("ansible.builtin.setup", "gather_subset=distribution,pkg_mgr", check=False)["ansible_facts"]
    assert (facts["ansible_distribution"], facts["ansible_pkg_mgr"]) == ("Novelix Linux", "dnf5")


def test_memory_is_reserved_and_a_capture_kernel_loaded(host: Host) -> None:
    assert int(content(host, "/sys/kernel/kexec_crash_size")) == 256 << 20
    assert content(host, "/sys/kernel/kexec_crash_loaded").strip() == "1"


def test_every_boot_entry_and_kernels_to_come_have_the_value(host: Host) -> None:
    entries = host.check_output("grep -h ^options /boot/loader/entries/*.conf").split("\n")
    assert entries
    texts = [*entries, content(host, "/etc/kernel/cmdline"), content(host, "/proc/cmdline")]
    assert [text.split().count(f"crashkernel={WANTED}") for text in texts] == [1] * len(texts)


def test_the_file_says_what_the_policy_wants_and_keeps_the_rest(host: Host) -> None:
    lines = [line for line in content(host, "/etc/kdump.conf").split("\n") if line and not line.startswith("#")]
    assert "path /var/crash/fleet" in lines
    assert "core_collector makedumpfile -c --message-level 7 -d 31" in lines
    assert "failure_action poweroff" in lines
    assert "auto_reset_crashkernel yes" in lines  # which the package's own file says
    assert len(lines) == 4


def test_the_former_file_is_beside_it(host: Host) -> None:
    assert host.check_output("ls /etc | grep -c '^kdump.conf\\.'") == "1"


def test_the_service_is_enabled_and_kdumpctl_agrees(host: Host) -> None:
    assert host.service("kdump").is_enabled
    assert "Kdump is operational" in host.run("kdumpctl status").stderr


def test_the_capture_initrd_was_built_once_after_the_reboot(host: Host) -> None:
    release = host.check_output("uname -r")
    initrd = host.file(f"/boot/initramfs-{release}kdump.img")
    assert initrd.mtime > host.file("/etc/kdump.conf").mtime
    assert host.check_output("journalctl -b -u kdump -o cat | grep -c 'Rebuilding /boot/initramfs'") == "1"


def test_symbols_of_the_running_kernel_are_installed(host: Host) -> None:
    release = host.check_output("uname -r")
    assert host.file(f"/usr/lib/debug/lib/modules/{release}/vmlinux").size > 100 << 20
    assert host.package("crash").is_installed


def test_debuginfo_repositories_are_disabled_as_before(host: Host) -> None:
    enabled = host.check_output("dnf -q repo list --enabled")
    assert "fedora" in enabled
    assert "debuginfo" not in enabled


def test_dumps_are_for_root_alone(host: Host) -> None:
    directory = host.file("/var/crash/fleet")
    assert (directory.user, directory.mode) == ("root", 0o700)


def test_kdump_info_agrees(host: Host) -> None:
    options = json.dumps({"policy": {"crashkernel": "default", "analysis": True}, "inspect": True})
    answer: dict[str, Any] = host.ansible("kdump.fleet.kdump_info", options, check=False, become=False)
    assert answer["ready"], answer["findings"]
    assert [finding["code"] for finding in answer["findings"] if finding["severity"] != "info"] == []
    assert (answer["recommended"]["bytes"], answer["recommended"]["source"]) == (256 << 20, "kdumpctl estimate")


def test_second_run_did_not_reboot(host: Host) -> None:
    name = host.ansible.get_variables()["inventory_hostname"]
    first = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], f"boot-id-{name}").read_text(encoding="ascii")
    assert content(host, "/proc/sys/kernel/random/boot_id").strip() == first.strip()
