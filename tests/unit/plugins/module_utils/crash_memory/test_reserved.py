# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host says about its crash memory, on directories that stand for hosts."""

import errno
import json
import os
from typing import Any, Callable, Dict, List

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory import reserved
from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory.last_capture import MEASURED as MEASURED_FILE
from ansible_collections.kdump.fleet.plugins.module_utils.host import machine as host
from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import Host

MIB = 1 << 20
GIB = 1 << 30
FIXTURES = os.path.join(os.path.dirname(__file__), "..", "..", "..", "fixtures", "crash_memory")
RANGES = "crashkernel=512M-2G:192M,2G-64G:256M"


def fixture(name: str) -> str:
    with open(os.path.join(FIXTURES, name), encoding="utf-8") as stream:
        return stream.read()


ARMED = {
    "proc/sys/kernel/osrelease": "6.12.107+deb13-cloud-amd64\n",
    "proc/sys/kernel/arch": "x86_64\n",
    "proc/cmdline": "BOOT_IMAGE=/boot/vmlinuz root=/dev/vda1 ro " + RANGES + "\n",
    "proc/iomem": fixture("iomem-one-region"),
    "proc/meminfo": "MemTotal:         301288 kB\nMemFree:           12345 kB\n",
    "sys/kernel/kexec_crash_loaded": "1\n",
    "sys/kernel/kexec_crash_size": "201326592\n",
}
NEW_NAMES = {
    "sys/kernel/kexec_crash_loaded": None,
    "sys/kernel/kexec_crash_size": None,
    "sys/kernel/kexec/crash_loaded": "1\n",
    "sys/kernel/kexec/crash_size": "201326592\n",
    "sys/kernel/kexec/crash_cma_ranges": "100000000-10c7fffff\n",
}
POWER = {
    "proc/sys/kernel/arch": "ppc64le\n",
    "proc/iomem": "00000000-1ffffffff : System RAM\n",
    "proc/cmdline": "root=/dev/sda2 crashkernel=1G fadump=on\n",
    "sys/kernel/kexec_crash_loaded": "0\n",
    "sys/kernel/kexec_crash_size": "0\n",
    "sys/kernel/fadump/enabled": "1\n",
    "sys/kernel/fadump/registered": "1\n",
    "sys/kernel/fadump/mem_reserved": "1073741824\n",
}
OLD_FADUMP = {
    "sys/kernel/fadump/enabled": None,
    "sys/kernel/fadump/registered": None,
    "sys/kernel/fadump_enabled": "1\n",
    "sys/kernel/fadump_registered": "0\n",
}
HIDDEN = {"proc/iomem": fixture("iomem-one-region-hidden")}
TWO = {
    "proc/iomem": fixture("iomem-two-regions"),
    "proc/cmdline": "crashkernel=300M,high",
    "sys/kernel/kexec_crash_size": "583008256\n",
}
NO_REGION = {"proc/iomem": "00001000-0009fbff : System RAM\n00100000-3ffdffff : System RAM\n"}
NOTHING = dict(NO_REGION, **{"sys/kernel/kexec_crash_size": "0\n", "sys/kernel/kexec_crash_loaded": "0\n"})
NO_KEXEC = dict(NO_REGION, **{"sys/kernel/kexec_crash_loaded": None, "sys/kernel/kexec_crash_size": None})
MEASURED = {MEASURED_FILE.lstrip("/"): "total 164392\nleast_available 70656\n"}

Files = Dict[str, Any]


@pytest.fixture(name="machine")
def _machine(tmp_path: Any) -> Callable[..., Host]:
    """Makes a host of the files of ARMED, with changes in order; None takes a file away."""

    def make(*changes: Files) -> Host:
        files: Files = dict(ARMED)
        for change in changes:
            files.update(change)
        for name, text in files.items():
            if text is not None:
                path = tmp_path / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
        return Host(root=str(tmp_path))

    return make


def test_an_armed_host(machine: Callable[..., Host]) -> None:
    assert reserved.read(machine()) == {
        "kexec_supported": True,
        "privileged": True,
        "reserved_bytes": 192 * MIB,
        "main_bytes": 192 * MIB,
        "low_bytes": 0,
        "cma_bytes": 0,
        "fadump_bytes": 0,
        "ranges": [{"start": 0xD000000, "end": 0x18FFFFFF, "bytes": 192 * MIB, "kind": "main"}],
        "armed": True,
        "capture_kernel_loaded": True,
        "fadump": {"enabled": False, "registered": False},
        "crashkernel": "512M-2G:192M,2G-64G:256M",
        "resolved_bytes": 192 * MIB,
        "resolved_reason": None,
        "physical_ram_bytes": 0x9E000 + 0x1FEE0000,
        "kernel": "6.12.107+deb13-cloud-amd64",
        "capture": None,
        "summary": "192 MiB reserved",
    }


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(
            [NEW_NAMES],
            {
                "kexec_supported": True,
                "capture_kernel_loaded": True,
                "reserved_bytes": 192 * MIB,
                "cma_bytes": 200 * MIB,
                "ranges": [
                    {"start": 0xD000000, "end": 0x18FFFFFF, "bytes": 192 * MIB, "kind": "main"},
                    {"start": 0x100000000, "end": 0x10C7FFFFF, "bytes": 200 * MIB, "kind": "cma"},
                ],
                "summary": "192 MiB reserved, 200 MiB of CMA",
            },
            id="new names and CMA",
        ),
        pytest.param(
            [TWO],
            {
                "reserved_bytes": 556 * MIB,
                "main_bytes": 300 * MIB,
                "low_bytes": 256 * MIB,
                "ranges": [
                    {"start": 0x6F000000, "end": 0x7EFFFFFF, "bytes": 256 * MIB, "kind": "low"},
                    {"start": 0x16D000000, "end": 0x17FBFFFFF, "bytes": 300 * MIB, "kind": "main"},
                ],
                "resolved_bytes": 300 * MIB,
            },
            id="two regions",
        ),
        pytest.param(
            [HIDDEN],
            {
                "privileged": False,
                "reserved_bytes": 192 * MIB,
                "main_bytes": 192 * MIB,
                "low_bytes": 0,
                "ranges": [],
                "physical_ram_bytes": 301288 * 1024,
                "resolved_bytes": None,
                "resolved_reason": "which range counts depends on the RAM that /proc/iomem shows to root alone",
            },
            id="hidden addresses",
        ),
        pytest.param(
            [HIDDEN, {"proc/cmdline": "crashkernel=192M"}],
            {"privileged": False, "resolved_bytes": 192 * MIB, "resolved_reason": None},
            id="hidden addresses do not matter to a plain size",
        ),
        pytest.param(
            [TWO, {"proc/iomem": fixture("iomem-two-regions-hidden")}],
            {"privileged": False, "reserved_bytes": 556 * MIB, "main_bytes": None, "low_bytes": None, "ranges": []},
            id="two hidden regions",
        ),
        pytest.param(
            [{"proc/iomem": None, "proc/meminfo": None}],
            {"privileged": False, "reserved_bytes": 192 * MIB, "physical_ram_bytes": 0},
            id="no map",
        ),
        pytest.param(
            [NO_KEXEC],
            {
                "kexec_supported": False,
                "capture_kernel_loaded": False,
                "reserved_bytes": 0,
                "summary": "nothing reserved: kernel 6.12.107+deb13-cloud-amd64 has no kexec",
            },
            id="no kexec",
        ),
        pytest.param(
            [NOTHING, {"proc/cmdline": "ro quiet"}],
            {
                "kexec_supported": True,
                "reserved_bytes": 0,
                "crashkernel": None,
                "resolved_bytes": 0,
                "resolved_reason": None,
                "summary": "nothing reserved: booted without crashkernel=",
            },
            id="nothing asked for",
        ),
        pytest.param(
            [NOTHING, {"proc/cmdline": "crashkernel=2G-:256M"}],
            {
                "resolved_bytes": 0,
                "resolved_reason": "crashkernel size resulted in zero bytes: no range holds 1G of RAM",
                "summary": "nothing reserved: crashkernel=2G-:256M: "
                "crashkernel size resulted in zero bytes: no range holds 1G of RAM",
            },
            id="no range holds the RAM",
        ),
        pytest.param(
            [NOTHING, {"proc/cmdline": "crashkernel=1000M"}],
            {
                "resolved_bytes": 1000 * MIB,
                "summary": "nothing reserved: crashkernel=1000M: the kernel found no room for 1000 MiB, see its log",
            },
            id="no room",
        ),
        pytest.param(
            [{"sys/kernel/kexec_crash_loaded": "0\n"}],
            {"capture_kernel_loaded": False, "summary": "192 MiB reserved, no capture kernel loaded"},
            id="not loaded",
        ),
        pytest.param(
            [POWER],
            {
                "reserved_bytes": GIB,
                "main_bytes": 0,
                "fadump_bytes": GIB,
                "fadump": {"enabled": True, "registered": True},
                "resolved_bytes": GIB,
                "summary": "1024 MiB reserved by fadump",
            },
            id="firmware-assisted dump",
        ),
        pytest.param(
            [POWER, OLD_FADUMP],
            {
                "fadump": {"enabled": True, "registered": False},
                "summary": "1024 MiB reserved by fadump, no capture kernel loaded",
            },
            id="firmware-assisted dump under its old names",
        ),
        pytest.param(
            [POWER, {"sys/kernel/kexec_crash_size": "536870912\n", "sys/kernel/fadump/mem_reserved": "0\n"}],
            {"main_bytes": 512 * MIB, "reserved_bytes": 512 * MIB, "ranges": []},
            id="a region that the map does not list",
        ),
        pytest.param(
            [{"proc/sys/kernel/osrelease": "4.18.0-553.el8_10.x86_64\n", "proc/cmdline": "ro crashkernel=auto"}],
            {
                "crashkernel": "auto",
                "resolved_bytes": None,
                "resolved_reason": "what 'auto' reserves is decided by the distribution's kernel",
            },
            id="auto on RHEL 8",
        ),
        pytest.param(
            [{"proc/cmdline": "ro crashkernel=auto"}],
            {"resolved_bytes": 0, "resolved_reason": "crashkernel: memory value expected"},
            id="auto elsewhere",
        ),
        pytest.param(
            [{"proc/cmdline": "crashkernel=192M crashkernel=64M,cma"}],
            {"crashkernel": "192M 64M,cma", "resolved_reason": "crashkernel: unrecognized char: ,"},
            id="CMA on a kernel before 6.17",
        ),
        pytest.param(
            [{"proc/cmdline": "crashkernel=192M crashkernel=64M,cma", "proc/sys/kernel/osrelease": "6.17.1"}],
            {"resolved_bytes": 192 * MIB, "resolved_reason": None},
            id="CMA since 6.17",
        ),
        pytest.param(
            [NEW_NAMES, {"proc/cmdline": "crashkernel=192M crashkernel=64M,cma"}],
            {"resolved_bytes": 192 * MIB},
            id="CMA on a kernel that was given it",
        ),
        pytest.param(
            [{"proc/sys/kernel/osrelease": None, "proc/cmdline": None, "proc/sys/kernel/arch": None}],
            {"kernel": "", "crashkernel": None, "resolved_bytes": 0, "reserved_bytes": 192 * MIB},
            id="as little as possible",
        ),
        pytest.param(
            [NOTHING, {"sys/kernel/kexec_crash_size": "-16\n"}],
            {"main_bytes": 0},
            id="a size that is not a size",
        ),
    ],
)
def test_other_hosts(machine: Callable[..., Host], changes: List[Files], expected: Files) -> None:
    found = reserved.read(machine(*changes))
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("changes", "measured", "expected", "summary"),
    [
        ([MEASURED], None, (192 * MIB, 123 * MIB), "192 MiB reserved, 123 MiB used by the last capture"),
        # Measured in more memory than is reserved now, and in much less: it was another reservation's.
        ([MEASURED], {"total_bytes": 200 * MIB, "least_available_bytes": 50 * MIB}, (200 * MIB, 150 * MIB), None),
        ([], {"total_bytes": 60 * MIB, "least_available_bytes": 10 * MIB}, (60 * MIB, 50 * MIB), None),
        ([MEASURED], {"total_bytes": 192 * MIB, "least_available_bytes": 50 * MIB}, (192 * MIB, 142 * MIB), None),
        ([MEASURED], {"total_bytes": 64 * MIB, "least_available_bytes": 50 * MIB}, (192 * MIB, 142 * MIB), None),
        (
            [MEASURED],
            {"total_bytes": 64 * MIB - 1, "least_available_bytes": 14 * MIB},
            (64 * MIB - 1, 50 * MIB - 1),
            None,
        ),
        (
            [],
            {"total_bytes": 60 * MIB, "least_available_bytes": 10 * MIB, "reserved_bytes": 80 * MIB},
            (80 * MIB, 70 * MIB),
            None,
        ),
        # What the capture kernel was lent counts as given to it.
        ([NEW_NAMES], {"total_bytes": 360 * MIB, "least_available_bytes": 92 * MIB}, (392 * MIB, 300 * MIB), None),
    ],
)
def test_the_last_capture(
    machine: Callable[..., Host], changes: List[Files], measured: Any, expected: Any, summary: Any
) -> None:
    found = reserved.read(machine(*changes), capture=measured)
    assert (found["capture"]["reserved_bytes"], found["capture"]["used_bytes"]) == expected
    assert found["summary"] == summary or summary is None


def test_the_summary_says_no_less_than_there_is(machine: Callable[..., Host]) -> None:
    capture = reserved.Capture(192 * MIB, 192 * MIB, 50 * MIB - 1, 142 * MIB + 1)
    known = reserved.look(machine(NEW_NAMES))._replace(crashkernel="64M", resolved_bytes=64 * MIB + 1, capture=capture)
    assert known._replace(reserved_bytes=192 * MIB + 1, cma_bytes=200 * MIB + 1).summary == (
        "193 MiB reserved, 201 MiB of CMA, 143 MiB used by the last capture"
    )
    assert known._replace(reserved_bytes=0).summary == (
        "nothing reserved: crashkernel=64M: the kernel found no room for 65 MiB, see its log"
    )


def test_a_map_that_is_kept_to_root(machine: Callable[..., Host]) -> None:
    class Hardened(Host):
        def read(self, name: str) -> Any:
            if name == "/proc/iomem":
                raise PermissionError(errno.EACCES, "Permission denied", name)
            return super().read(name)

    found = reserved.read(Hardened(root=machine().root))
    assert (found["privileged"], found["reserved_bytes"]) == (False, 192 * MIB)


def test_a_busy_size_is_read_again(machine: Callable[..., Host], monkeypatch: pytest.MonkeyPatch) -> None:
    target = machine(NO_REGION)
    refusals = [2]

    def busy(name: str, mode: str) -> Any:
        if name.endswith("crash_size") and os.path.exists(name) and refusals[0]:
            refusals[0] -= 1
            raise OSError(errno.EBUSY, "Device or resource busy", name)
        return open(name, mode)

    monkeypatch.setattr(host, "open", busy, raising=False)
    monkeypatch.setattr(host, "BUSY_PAUSE", 0)
    assert reserved.read(target)["main_bytes"] == 192 * MIB
    assert refusals == [0]


def test_the_size_is_not_asked_for_where_the_map_shows_it(machine: Callable[..., Host]) -> None:
    """While a capture kernel is loaded the size cannot be read, and a converged audit must not wait for that."""
    assert reserved.read(machine({"sys/kernel/kexec_crash_size": "1\n"}))["main_bytes"] == 192 * MIB


KERNELS = ("5.10", "6.1", "6.12", "7.3")
BOOTS = [boot for kernel in KERNELS for boot in json.loads(fixture("boots-{0}.json".format(kernel)))]


@pytest.mark.parametrize("boot", BOOTS, ids=["{0[kernel]}, {0[memory]}: {0[cmdline]}".format(boot) for boot in BOOTS])
def test_a_real_kernel_did_as_predicted(boot: Dict[str, Any], machine: Callable[..., Host]) -> None:
    lines = ["{0:x}-{1:x} : System RAM".format(first, last) for first, last in boot["ram"]]
    target = machine(
        {"proc/sys/kernel/osrelease": boot["kernel"] + "\n", "proc/iomem": "\n".join(lines)},
    )
    found = reserved.resolve_on(target, boot["cmdline"])
    assert (found.size, found.low, found.cma) == (boot["main"], boot["low"], boot["cma"])
    # About a size of zero, or beyond the RAM, kernels say different things or nothing.
    if found.reason and not found.reason.startswith("the size "):
        assert not boot["log"] or found.reason.startswith(boot["log"][-1])
