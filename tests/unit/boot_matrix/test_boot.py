# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One boot, by a QEMU that is a script."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.boot_matrix import boot
from tests.boot_matrix.boot import Kernel
from tests.boot_matrix.cases import CASES, Case
from tests.lab.errors import LabError
from tests.unit.lab.conftest import Fake

KERNEL = Kernel(Path("/k/vmlinuz"), Path("/k/initrd.gz"), "tcg")
CASE = Case(1024, "300M,high 0,low", "for the test", "swiotlb=9", "pc")
SERIAL = r"printf 'SeaBIOS\nmatrix: file /x\nno\nmatrix: begin\r\nmatrix: file /proc/cmdline\r\nro\r\n' >serial.log"


def test_the_command() -> None:
    words = boot.command(CASE, KERNEL)
    line = "console=ttyS0 quiet panic=-1 swiotlb=9 crashkernel=300M,high crashkernel=0,low"
    assert words[words.index("-append") + 1] == line
    assert " -machine pc -accel tcg,thread=multi -cpu max,-erms,-fsrm,-avx,-avx2 -m 1024 " in " ".join(words)


@pytest.mark.parametrize("case", CASES)
def test_every_case_has_a_command_line(case: Case) -> None:
    line = boot.cmdline(case)
    assert line.count("crashkernel=") == len(case.value.split())
    assert line == line.strip()


def test_the_cases_differ() -> None:
    assert len({case[:2] + case[3:] for case in CASES}) == len(CASES) >= 24


def test_a_boot(fake: Fake) -> None:
    fake("qemu-system-x86_64", SERIAL + r"; printf 'matrix: end\r\nmatrix: file /y\r\n' >>serial.log")
    assert boot.boot(CASE, KERNEL) == {"/proc/cmdline": "ro\n"}


def test_a_machine_that_does_not_come_up_is_tried_twice(fake: Fake, tmp_path: Path) -> None:
    fake("qemu-system-x86_64", f"echo >>{tmp_path}/tries; {SERIAL}")
    with pytest.raises(LabError, match=r"(?s)1024 MiB with '.*' did not come up\. .*\nmatrix: file /proc/cmdline\nro"):
        boot.boot(CASE, KERNEL)
    assert (tmp_path / "tries").read_text() == "\n\n"


def test_the_second_try_counts(fake: Fake, tmp_path: Path) -> None:
    fake(
        "qemu-system-x86_64",
        f"test -e {tmp_path}/tried || {{ >{tmp_path}/tried; exit 1; }}; {SERIAL}; echo 'matrix: end' >>serial.log",
    )
    assert boot.boot(CASE, KERNEL) == {"/proc/cmdline": "ro\n"}


def test_a_machine_that_says_nothing(fake: Fake) -> None:
    fake("qemu-system-x86_64", "exit 0")
    with pytest.raises(LabError, match=r"\(nothing\)"):
        boot.boot(CASE, KERNEL)
