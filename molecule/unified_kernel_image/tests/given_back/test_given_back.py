# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After crashkernel= was taken away: what firmware, systemd-boot and kernel-install read is what it was."""

from __future__ import annotations

from testinfra.host import Host


def test_everything_on_the_partition_is_as_it_was(host: Host) -> None:
    host.check_output("diff -r --exclude=random-seed /boot/efi /root/boot/efi")


def test_the_settings_of_kernels_to_come_are_as_they_were(host: Host) -> None:
    for name in ("cmdline", "install.conf"):  # the package kdump-tools, which stays, adds hooks beside them
        host.check_output(f"cmp /etc/kernel/{name} /root/etc/kernel/{name}")
