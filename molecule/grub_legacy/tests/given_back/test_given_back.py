# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After crashkernel= was taken away: what GRUB Legacy reads is what it was on the bare host."""

from __future__ import annotations

from testinfra.host import Host


def test_the_menu_is_as_it_was(host: Host) -> None:
    host.check_output("cmp /boot/grub/menu.lst /root/boot/grub/menu.lst")


def test_nothing_is_left_beside_it(host: Host) -> None:
    assert "kdump-fleet" not in host.check_output("ls -A /boot /boot/grub")
