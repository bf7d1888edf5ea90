# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The image rpm's stand-in for grubby says and does what the real one is documented to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.lab.conftest import Fake
from tests.unit.lab.rpm_host import KERNEL, MACHINE, RELEASE, RESCUE, Host, make_host


@pytest.fixture
def host(tmp_path: Path, fake: Fake) -> Host:
    return make_host(tmp_path, fake)


def test_info(host: Host) -> None:
    status, output, complaint = host.run("grubby", "--info=ALL")
    assert (status, complaint) == (0, "")
    assert output.splitlines() == [
        "index=0",
        f'kernel="{KERNEL}"',
        'args="ro console=ttyS0 tsc=reliable"',
        'root="LABEL=lab-root"',
        f'initrd="/boot/initramfs-{RELEASE}.img"',
        f'title="Fedora Linux ({RELEASE}) 43"',
        f'id="{MACHINE}-{RELEASE}"',
        "index=1",
        f'kernel="/boot/vmlinuz-{RESCUE}"',
        'args="ro console=ttyS0 tsc=reliable"',
        'root="LABEL=lab-root"',
        f'initrd="/boot/initramfs-{RESCUE}.img"',
        f'title="Fedora Linux ({RESCUE}) 43"',
        f'id="{MACHINE}-0-rescue"',
    ]
    for which in ("DEFAULT", KERNEL, "0"):
        assert host.run("grubby", f"--info={which}")[1].splitlines() == output.splitlines()[:7]


def test_default(host: Host) -> None:
    assert host.run("grubby", "--default-kernel") == (0, f"{KERNEL}\n", "")
    assert host.run("grubby", "--default-index") == (0, "0\n", "")
    assert host.run("grubby", "--default-title") == (0, f"Fedora Linux ({RELEASE}) 43\n", "")
    assert host.run("grubby", f"--set-default=/boot/vmlinuz-{RESCUE}")[0] == 0
    assert host.run("grubby", "--default-index") == (0, "1\n", "")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--args=crashkernel=1G a=/b"], "root=LABEL=lab-root ro console=ttyS0 tsc=reliable crashkernel=1G a=/b"),
        (["--args=tsc=x&y|z"], "root=LABEL=lab-root ro console=ttyS0 tsc=x&y|z"),
        (["--remove-args=tsc"], "root=LABEL=lab-root ro console=ttyS0"),
        (["--remove-args=tsc=other console=ttyS0"], "root=LABEL=lab-root ro tsc=reliable"),
        (["--remove-args=crashkernel"], "root=LABEL=lab-root ro console=ttyS0 tsc=reliable"),
        (["--remove-args=ro", "--args=quiet"], "root=LABEL=lab-root console=ttyS0 tsc=reliable quiet"),
    ],
)
def test_update(host: Host, words: list[str], expected: str) -> None:
    future = host.read("/etc/kernel/cmdline"), host.read("/etc/default/grub")
    assert host.run("grubby", "--update-kernel=DEFAULT", *words) == (0, "", "")
    assert host.entry() == expected
    assert "crashkernel" not in host.entry("0-rescue") and host.entry("0-rescue").endswith("tsc=reliable")
    assert (host.read("/etc/kernel/cmdline"), host.read("/etc/default/grub")) == future


def test_all_means_the_kernels_to_come_too(host: Host) -> None:
    assert host.run("grubby", "--update-kernel=ALL", "--args=crashkernel=256M")[0] == 0
    assert host.entry().endswith(" crashkernel=256M")
    assert host.entry("0-rescue").endswith(" crashkernel=256M")
    assert host.read("/etc/kernel/cmdline").endswith(" crashkernel=256M\n")
    assert 'GRUB_CMDLINE_LINUX="console=ttyS0 tsc=reliable crashkernel=256M"\n' in host.read("/etc/default/grub")
    assert host.run("grubby", "--update-kernel", "ALL", "--remove-args", "crashkernel")[0] == 0
    assert not any(
        "crashkernel" in text
        for text in (host.entry(), host.read("/etc/kernel/cmdline"), host.read("/etc/default/grub"))
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "no action specified"),
        (["--args=x"], "no action specified"),
        (["--info=/boot/none"], "The param /boot/none is incorrect"),
        (["--update-kernel=7", "--args=x"], "The param 7 is incorrect"),
        (["--nonsense"], "grubby: unrecognized option '--nonsense'"),
    ],
)
def test_what_grubby_does_not_understand(host: Host, words: list[str], said: str) -> None:
    assert host.run("grubby", *words) == (1, "", said + "\n")
