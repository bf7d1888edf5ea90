# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The image rpm's stand-in for kdumpctl says and does what the real one is documented, and was seen, to."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.unit.lab.conftest import Fake
from tests.unit.lab.rpm_host import DEFAULT, INITRD, KERNEL, LATER, RELEASE, RESCUE, Host, make_host

MISTAKES = Path(__file__).parent / "fixtures" / "kdumpctl-mistakes.txt"


@pytest.fixture
def host(tmp_path: Path, fake: Fake) -> Host:
    return make_host(tmp_path, fake)


def mistakes() -> Sequence[object]:
    """The blocks of the fixture: a configuration, what is said, exit status and armed or not."""
    found = []
    for block in MISTAKES.read_text(encoding="utf-8").split("##### ")[1:]:
        name, *lines = block.splitlines()
        conf = "".join(line[6:] + "\n" for line in lines if line.startswith("    | "))
        said = [line for line in lines if not line.startswith(("    | ", "--> "))]
        end = re.fullmatch(r"--> kdumpctl restart rc=(\d)  loaded=(\d)", lines[-1])
        assert end, lines[-1]
        found.append(pytest.param(conf, said, int(end.group(1)), end.group(2) == "1", id=name))
    return found


@pytest.mark.parametrize(("conf", "said", "status", "armed"), mistakes())
def test_a_mistake_is_told_as_by_the_real_one(
    host: Host, conf: str, said: list[str], status: int, armed: bool, request: pytest.FixtureRequest
) -> None:
    fstab = "/dev/vdb ext4 /mnt/dump defaults" if "in fstab" in request.node.name else ""
    host.write("/sys/kernel/kexec_crash_loaded", "1")
    host.configure(conf)
    found, lines = host.kdumpctl("restart", FSTAB=fstab)
    # The fixture's machine had changed its fstab on the way.
    assert lines == [line.replace(" /etc/kdump.conf /etc/fstab", " /etc/kdump.conf") for line in said]
    assert (found, host.loaded) == (status, armed)


@pytest.mark.parametrize(
    ("conf", "said"),
    [
        ("path /var/crash # here\n", "Starting kdump: [OK]"),
        ('  path "/var/crash"\n', "Starting kdump: [OK]"),
        ("# path /nowhere\n\n\t\npath /var/crash", "Starting kdump: [OK]"),
        ("path #/var/crash\n", "Invalid kdump config value for option 'path'"),
        ("Path /var/crash\n", "Invalid kdump config option Path"),
        ("net x\n", "Deprecated kdump config option: net. Refer to kdump.conf manpage for alternatives."),
        ("default halt\nfailure_action halt\n", "Duplicated kdump config value of option failure_action"),
        ("nfs4 a:/b\n", "Invalid kdump config option nfs4"),
        ("ssh root@Host\n", "Invalid ssh destination root@Host provided."),
        ("fence_kdump_nodes a 192.0.2.7\n", "Option fence_kdump_nodes cannot contain 192.0.2.7"),
        ("force_rebuild 2\n", "Error: force_rebuild value is invalid"),
        (
            "force_rebuild 1\nforce_no_rebuild 1\n",
            "Error: force_rebuild and force_no_rebuild are enabled simultaneously in kdump.conf",
        ),
        ('dracut_args --mount "a b c" --mount "d e f"\n', 'Multiple mount targets specified in one "dracut_args".'),
        ('nfs a:/b\ndracut_args --mount "a b nfs"\n', "More than one dump targets specified"),
        ("extra_bins /etc/fedora-release\n", "Error: /etc/fedora-release is not executable."),
    ],
)
def test_the_configuration_is_read_as_documented(host: Host, fake: Fake, conf: str, said: str, fake_ssh: None) -> None:
    host.configure(conf)
    status, lines = host.kdumpctl("start")
    accepted = said.endswith("[OK]")
    assert (status == 0, host.loaded) == (accepted, accepted)
    assert f"kdump: {said}" in lines
    assert accepted or lines[-1] == "kdump: Starting kdump: [FAILED]"


@pytest.fixture
def fake_ssh(fake: Fake) -> None:
    """An ssh that writes names in small letters, as the real one does."""
    fake("ssh", "echo \"hostname $(echo ${2#*@} | tr '[:upper:]' '[:lower:]')\"")


def test_without_a_reservation_nothing_starts(host: Host) -> None:
    host.write("/sys/kernel/kexec_crash_size", "0\n")
    assert host.kdumpctl("start") == (
        1,
        ["kdump: No memory reserved for crash kernel", "kdump: Starting kdump: [FAILED]"],
    )
    assert host.kdumpctl("showmem") == (0, ["kdump: Reserved 0MB memory for crash kernel"])


def test_starting_a_loaded_host_applies_nothing(host: Host) -> None:
    host.write("/sys/kernel/kexec_crash_loaded", "1")
    host.configure("path /var/nosuch\n")
    status, lines = host.kdumpctl("start")
    assert (status, lines[0]) == (0, "kdump: WARNING: Kdump already running: [WARNING]")


def test_an_unchanged_configuration_builds_nothing(host: Host) -> None:
    assert host.kdumpctl("restart") == (
        0,
        [
            "kdump: kexec: unloaded kdump kernel",
            "kdump: Stopping kdump: [OK]",
            "kdump: kexec: loaded kdump kernel",
            "kdump: Starting kdump: [OK]",
            "kdump: WARNING: No vmcore creation test performed!",
        ],
    )
    assert not (host.root / "dracut").exists()


def test_a_missing_capture_initrd_is_built(host: Host) -> None:
    (host.root / INITRD[1:]).unlink()
    status, lines = host.kdumpctl("start")
    assert status == 0
    assert lines[:2] == ["kdump: No kdump initial ramdisk found.", f"kdump: Rebuilding {INITRD}"]
    words = host.read("/dracut").splitlines()
    assert words[words.index("--mount") + 1] == (
        "/dev/disk/by-uuid/11111111-1111-4111-8111-111111111111 /kdumproot/ ext4 rw,relatime"
    )
    assert [word.replace(str(host.root), "") for word in words[-3:]] == ["-f", INITRD, RELEASE]


def test_a_fallback_is_a_second_mount_of_the_capture_initrd(host: Host) -> None:
    (host.root / INITRD[1:]).unlink()
    host.configure("ssh dump@server\npath /srv/dumps\ncore_collector makedumpfile -F\nfailure_action dump_to_rootfs\n")
    assert host.kdumpctl("start")[0] == 0
    words = host.read("/dracut").splitlines()
    assert words.count("--mount") == 1
    assert words[words.index("--mount") + 1] == (
        "/dev/disk/by-uuid/11111111-1111-4111-8111-111111111111 /sysroot ext4 rw,relatime"
    )


@pytest.mark.parametrize(
    ("fstab", "mounted", "line", "mounts"),
    [
        ("", "", "server:/srv/dumps /kdumproot nfs defaults", "-t nfs server:/srv/dumps /tmp/mkdumprd."),
        (
            "server:/srv/dumps nfs /mnt soft,ro,timeo=100,proto=tcp,mountproto=udp,noauto",
            "",
            "server:/srv/dumps /kdumproot/mnt nfs soft,rw,timeo=100",
            "/mnt\n",
        ),
        (
            "server:/srv/dumps nfs /elsewhere soft",
            "server:/srv/dumps nfs4 /mnt rw,hard,proto=tcp,clientaddr=192.0.2.7,mountaddr=192.0.2.1,addr=192.0.2.1",
            "server:/srv/dumps /kdumproot/mnt nfs rw,hard",
            None,
        ),
    ],
)
def test_an_export_keeps_the_options_of_its_mount_or_of_its_line(
    host: Host, fake: Fake, fstab: str, mounted: str, line: str, mounts: str | None
) -> None:
    (host.root / INITRD[1:]).unlink()
    (host.root / "mnt/var/crash").mkdir(parents=True)
    host.configure("nfs server:/srv/dumps\npath /var/crash\n")
    # A mount made for the look at it has the directory, too.
    fake("mktemp", 'made="${2%XXXXXX}1"; mkdir -p "$made/var/crash"; echo "$made"')
    status, lines = host.kdumpctl("start", FSTAB=fstab, MOUNTED=mounted)
    assert status == 0, lines
    words = host.read("/dracut").splitlines()
    assert words[words.index("--mount") + 1] == line
    if mounts is None:
        assert not (host.root / "mounts").exists()
    else:
        assert host.read("/mounts").replace(str(host.root), "").startswith(mounts)


def test_a_missing_path_is_told_by_mkdumprd_when_there_is_no_initrd(host: Host) -> None:
    (host.root / INITRD[1:]).unlink()
    host.configure("path /var/nosuch\n")
    status, lines = host.kdumpctl("start")
    assert status == 1
    assert "kdump: Dump path /var/nosuch does not exist." in lines
    assert "kdump: mkdumprd: failed to make kdump initrd" in lines


@pytest.mark.parametrize(("loaded", "status", "said"), [("1", 0, "is operational"), ("0", 3, "is not operational")])
def test_status(host: Host, loaded: str, status: int, said: str) -> None:
    host.write("/sys/kernel/kexec_crash_loaded", loaded)
    told = [f"kdump: Kdump {said}", "kdump: WARNING: No vmcore creation test performed!"]
    assert host.kdumpctl("status") == (status, told)
    host.write("/etc/sysconfig/kdump", "")
    assert host.kdumpctl("status") == (status, told[:1])


def test_what_is_said_goes_to_standard_error(host: Host) -> None:
    assert host.run("kdumpctl", "showmem") == (0, "", "kdump: Reserved 256MB memory for crash kernel\n")
    assert host.run("kdumpctl", "get-default-crashkernel") == (0, DEFAULT, "")


def test_an_unknown_verb(host: Host) -> None:
    status, lines = host.kdumpctl("arm")
    assert status == 1
    assert lines[0].startswith("kdump: Usage: ")


def test_without_a_configuration_file(host: Host) -> None:
    (host.root / "etc/kdump.conf").unlink()
    assert host.kdumpctl("status") == (1, ["kdump: Error: No kdump config file found!"])


def test_the_capture_kernels_command_line(host: Host) -> None:
    host.kdumpctl("start")
    words = host.read("/kexec").splitlines()
    assert words[0] == "-s"
    line = next(word for word in words if word.startswith("--command-line=")).split("=", 1)[1].split()
    assert line[:3] == [f"BOOT_IMAGE={KERNEL}", "ro", "console=ttyS0"]
    assert {"irqpoll", "nr_cpus=1", "reset_devices", "panic=10"} < set(line)
    assert line[-1] == "disable_cpu_apicid=0"
    assert [word.replace(str(host.root), "") for word in words[-2:]] == [f"--initrd={INITRD}", KERNEL]


def test_estimate(host: Host) -> None:
    host.write("/sys/kernel/kexec_crash_size", f"{64 << 20}\n")
    with (host.root / INITRD[1:]).open("r+b") as stream:
        stream.truncate(30 << 20)
    os.utime(host.root / INITRD[1:], (LATER, LATER))
    status, output, complaint = host.run("kdumpctl", "estimate")
    assert (status, complaint) == (0, "")
    assert output == (
        "Reserved crashkernel:    64M\nRecommended crashkernel: 256M\n\n"
        "Kernel image size:   17M\nKernel modules size: 1M\nInitramfs size:      30M\nRuntime reservation: 16M\n"
        "Large modules:\n    virtio_blk: 1572864\n"
        "WARNING: Current crashkernel size is lower than recommended size 256M.\n"
    )


def test_estimate_may_build(host: Host) -> None:
    (host.root / INITRD[1:]).unlink()
    host.kdumpctl("estimate")
    assert (host.root / "dracut").exists()


def test_reset_crashkernel(host: Host) -> None:
    before = host.read("/etc/default/grub"), host.read("/etc/kernel/cmdline")
    status, lines = host.kdumpctl("reset-crashkernel", "--kernel=ALL")
    assert status == 0
    assert lines == [
        f"kdump: Updated crashkernel={DEFAULT} for kernel={KERNEL}, grub entry index=0.",
        "kdump: WARNING: Please reboot the system for the change to take effect.",
        f"kdump: Updated crashkernel={DEFAULT} for kernel=/boot/vmlinuz-{RESCUE}, grub entry index=1.",
        "kdump: WARNING: Please reboot the system for the change to take effect.",
    ]
    assert host.entry().endswith(f" crashkernel={DEFAULT}")
    assert (host.read("/etc/default/grub"), host.read("/etc/kernel/cmdline")) == before
    status, lines = host.kdumpctl("reset-crashkernel")
    assert (status, lines) == (
        0,
        [f"kdump: No need to update crashkernel value for kernel={KERNEL}, grub entry index=0"],
    )
    status, lines = host.kdumpctl("reset-crashkernel", "--kernel=/boot/none")
    assert (status, lines) == (
        1,
        ["kdump: Invalid --kernel=/boot/none, please specify a valid kernel path, ALL or DEFAULT"],
    )
