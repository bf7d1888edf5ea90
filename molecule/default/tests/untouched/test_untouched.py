# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fresh host after check mode: as bare as before."""

from __future__ import annotations

from testinfra.host import Host


def test_nothing_was_installed(host: Host) -> None:
    assert not host.package("kdump-tools").is_installed
    assert not host.exists("kdump-config")


def test_nothing_was_written(host: Host) -> None:
    for path in (
        "/etc/default/kdump-tools",
        "/etc/default/grub.d/zz-kdump-fleet.cfg",
        "/var/crash",
        "/var/lib/kdump-fleet",
    ):
        assert not host.file(path).exists, path
    assert "crashkernel" not in host.file("/boot/grub/grub.cfg").content_string


def test_nothing_was_mounted(host: Host) -> None:
    assert host.run("findmnt /srv/dumps").rc == 1
    assert "dumps" not in host.file("/etc/fstab").content_string
