# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host with kdumpctl whose dumps go to a server: what kdump.conf says, and that the server grants it."""

from __future__ import annotations

from typing import Any

from testinfra.host import Host

testinfra_hosts = ["ansible://clients"]


def test_capture_kernel_is_loaded(host: Host) -> None:
    assert host.file("/sys/kernel/kexec_crash_loaded").content_string.strip() == "1"


def test_kdump_conf_names_the_server_and_a_fallback(host: Host) -> None:
    """With the role's collector: this kdump.sh has the flaw of kdump-utils 1.0.61."""
    lines = [line for line in host.file("/etc/kdump.conf").content_string.splitlines() if line and line[0] != "#"]
    assert sorted(lines) == [
        "auto_reset_crashkernel yes",
        "core_collector /usr/local/sbin/kdump-fleet-collector -l --message-level 7 -d 31",
        "failure_action dump_to_rootfs",
        "path /var/crash",
        "ssh kdump@192.0.2.1",
    ]


def test_the_capture_initrd_can_reach_it(host: Host) -> None:
    release = host.check_output("uname -r")
    held = host.check_output(f"lsinitrd /boot/initramfs-{release}kdump.img").splitlines()
    names = {line.split(" -> ")[0].split()[-1] for line in held if line}
    assert {"root/.ssh/kdump_id_rsa", "root/.ssh/known_hosts"} <= names
    assert {"ssh", "scp", "systemd-networkd"} <= {name.rpartition("/")[2] for name in names}


def test_everything_that_a_capture_needs_is_granted(host: Host) -> None:
    """Asked of the real server: a directory made and removed there, and its room."""
    answer: dict[str, Any] = host.ansible("kdump.fleet.kdump_info", "probe=write", check=False, become=False)
    assert answer["ready"], answer["findings"]
    assert [finding["code"] for finding in answer["findings"] if finding["severity"] != "info"] == []
