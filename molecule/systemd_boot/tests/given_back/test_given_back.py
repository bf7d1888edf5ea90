# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After crashkernel= was taken away: what systemd-boot and kernel-install read is what it was on the bare host."""

from __future__ import annotations

from testinfra.host import Host


def test_the_entries_are_as_they_were(host: Host) -> None:
    host.check_output("diff -r --exclude=random-seed /boot/efi/loader /root/boot/efi/loader")


def test_the_arguments_of_kernels_to_come_are_as_they_were(host: Host) -> None:
    host.check_output("cmp /etc/kernel/cmdline /root/etc/kernel/cmdline")


def test_nothing_is_left_beside_them(host: Host) -> None:
    assert "kdump-fleet" not in host.check_output("ls -A /etc/kernel /boot/efi/loader /boot/efi/loader/entries")
