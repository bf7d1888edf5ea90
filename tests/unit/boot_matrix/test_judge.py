# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The judgement: a boot that was as predicted, and each way in which one can differ."""

from __future__ import annotations

import pytest

from tests.boot_matrix.boot import Files, cmdline
from tests.boot_matrix.cases import Case
from tests.boot_matrix.judge import Amounts, Verdict, judge, last_complaint

MIB = 1 << 20
IOMEM = """\
00001000-0009fbff : System RAM
00100000-7ffdffff : System RAM
  30000000-3fffffff : Crash kernel
100000000-17fffffff : System RAM
"""
WITH_LOW = IOMEM + "  16d000000-17fbfffff : Crash kernel\n"
BARE = IOMEM.replace("  30000000-3fffffff : Crash kernel\n", "")
RESERVED = "[    0.000000] crashkernel reserved: 0x0000000030000000 - 0x0000000040000000 (256 MB)\n"
REFUSED = "[    0.004000] crashkernel: unrecognized char: X\n"


def shown(value: str, iomem: str, log: str = "", **other: str) -> Files:
    files = {
        "/proc/cmdline": cmdline(Case(4096, value, "")) + "\n",
        "/proc/iomem": iomem,
        "/proc/sys/kernel/osrelease": "6.17.1-cloud-amd64\n",
        "/proc/sys/kernel/arch": "x86_64\n",
        "log": log,
    }
    return {**files, **other}


def verdict(value: str, iomem: str, log: str = "", **other: str) -> Verdict:
    return judge(Case(4096, value, ""), shown(value, iomem, log, **other))


def test_as_predicted() -> None:
    found = verdict("256M", IOMEM, RESERVED, **{"/sys/kernel/kexec_crash_size": f"{256 * MIB}\n"})
    assert found.differences == []
    assert found.release == "6.17.1-cloud-amd64"
    assert found.ram == 0x9E000 + 0x7FFE0000 - 0x100000 + 0x80000000
    assert str(found.reserved) == "256M"
    assert found.complaint is None


def test_a_low_region_and_cma() -> None:
    found = verdict(
        "300M,high 65M,cma",
        WITH_LOW,
        **{
            "/sys/kernel/kexec/crash_size": f"{556 * MIB}\n",
            "/sys/kernel/kexec/crash_cma_ranges": "110000000-1141fffff\n",
        },
    )
    assert found.differences == []
    assert str(found.predicted) == str(found.reserved) == "300M + 256M low + 66M CMA"


@pytest.mark.parametrize(("release", "counted"), [("6.4.0", 300), ("6.5.0", 556)])
def test_old_kernels_leave_the_low_region_out_of_their_size(release: str, counted: int) -> None:
    other = {"/sys/kernel/kexec_crash_size": f"{counted * MIB}\n", "/proc/sys/kernel/osrelease": f"{release}\n"}
    assert verdict("300M,high", WITH_LOW, **other).differences == []
    other["/sys/kernel/kexec_crash_size"] = f"{(856 - counted) * MIB}\n"
    assert verdict("300M,high", WITH_LOW, **other).differences == [f"crash_size says {(856 - counted) * MIB}"]


def test_refused_as_predicted() -> None:
    found = verdict("256X", BARE, REFUSED)
    assert found.differences == []
    assert found.complaint == found.reason == "crashkernel: unrecognized char: X"


@pytest.mark.parametrize("value", ["64M,low", "0", "4G"])
def test_where_the_kernel_says_nothing(value: str) -> None:
    assert verdict(value, BARE).differences == []


@pytest.mark.parametrize(
    ("value", "iomem", "log", "size", "difference"),
    [
        ("200M", IOMEM, RESERVED, None, "predicted 200M, reserved 256M"),
        ("256M", BARE, "", None, "predicted 256M, reserved 0"),
        ("256M", IOMEM, RESERVED, 255, f"crash_size says {255 * MIB}"),
        ("256X", IOMEM, RESERVED, None, "predicted 'crashkernel: unrecognized char: X'"),
        ("256X", BARE, "", None, "the kernel did not say 'crashkernel: unrecognized char: X'"),
        ("256Y", BARE, REFUSED, None, "the kernel reported 'crashkernel: unrecognized char: X', not"),
    ],
)
def test_what_differs(value: str, iomem: str, log: str, size: int | None, difference: str) -> None:
    other = {} if size is None else {"/sys/kernel/kexec_crash_size": f"{size * MIB}\n"}
    found = verdict(value, iomem, log, **other).differences
    assert any(one.startswith(difference) for one in found), found


def test_another_size_of_memory_is_told() -> None:
    case = Case(8192, "1G-5G:256M,5G-:512M", "")
    found = judge(case, shown(case.value, IOMEM, RESERVED)).differences
    assert found == ["the memory's size alone predicts 512M"]


def test_the_size_of_the_memory_means_little_to_kernels_that_do_not_round() -> None:
    case = Case(8192, "1G-5G:256M,5G-:512M", "")
    files = {**shown(case.value, IOMEM, RESERVED), "/proc/sys/kernel/osrelease": "5.10.0\n"}
    assert judge(case, files).differences == []


def test_amounts_as_text() -> None:
    assert str(Amounts(0, 0, 0)) == "0"
    assert str(Amounts(100000001, 0, MIB)) == "100000001 + 1M CMA"


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ("", None),
        (RESERVED, None),
        ("[    0.0] crashkernel low memory reserved: 0x6f000000 - 0x7f000000 (256 MB)", None),
        ("[    0.0] Reserving 256MB of memory at 752MB for crashkernel (System RAM: 1023MB)", None),
        ("[    0.0] Command line: console=ttyS0 crashkernel=256X", None),
        (
            REFUSED + "[    0.1] cannot allocate crashkernel (size:0x90000000)\n",
            "cannot allocate crashkernel (size:0x90000000)",
        ),
    ],
)
def test_the_kernels_complaint(log: str, expected: str | None) -> None:
    assert last_complaint(log) == expected
