# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of kernel-install. What counts was seen with 'kernel-install inspect' of systemd 257 on Debian 13."""

import pathlib
from typing import Any, Dict

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.bootloader import kernel_install
from tests.unit.plugins.module_utils.bootloader.systemd_machine import SystemdMachine

COMMENTS = "#layout=bls|other|...\n#initrd_generator=dracut|...\n"  # as systemd ships it


@pytest.mark.parametrize(
    "files, layout",
    [
        ({}, ""),
        ({"/usr/lib/kernel/install.conf": COMMENTS}, ""),
        ({"/etc/kernel/install.conf": "# layout=x\nlayout=bls\n layout = uki\n"}, "uki"),
        ({"/etc/kernel/install.conf": 'layout="uki"\n'}, "uki"),
        ({"/etc/kernel/install.conf": "", "/usr/lib/kernel/install.conf": "layout=uki\n"}, ""),
        ({"/run/kernel/install.conf": "layout=uki\n", "/usr/lib/kernel/install.conf": COMMENTS}, "uki"),
        ({"/usr/local/lib/kernel/install.conf": "layout=uki\n"}, "uki"),
        ({"/etc/kernel/install.conf": "layout=uki\n", "/etc/kernel/install.conf.d/x.conf": "layout=bls\n"}, "bls"),
        ({"/etc/kernel/install.conf": "layout=uki\n", "/usr/lib/kernel/install.conf.d/x.conf": "layout=\n"}, ""),
        (
            {"/usr/lib/kernel/install.conf.d/b.conf": "layout=bls\n", "/etc/kernel/install.conf.d/b.conf": "\n"},
            "",
        ),
        (
            {"/usr/lib/kernel/install.conf.d/b.conf": "layout=bls", "/etc/kernel/install.conf.d/a.conf": "layout=uki"},
            "bls",
        ),
    ],
)
def test_the_layout(tmp_path: pathlib.Path, files: Dict[str, Any], layout: str) -> None:
    machine = SystemdMachine(str(tmp_path), entries=False)
    for name, text in files.items():
        machine.write(name, text)
    assert kernel_install.layout(machine.host) == layout
