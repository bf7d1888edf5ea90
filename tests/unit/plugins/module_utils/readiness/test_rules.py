# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of rules.py and codes.py: what makes each finding appear, and nothing else."""

import json
import os
from typing import Any, Callable, Dict, FrozenSet, List, NamedTuple, Optional, Tuple

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.readiness import proof, reboot_note
from ansible_collections.kdump.fleet.plugins.module_utils.readiness.codes import CODES, Finding, Kind
from ansible_collections.kdump.fleet.plugins.module_utils.readiness.look import gather
from ansible_collections.kdump.fleet.plugins.module_utils.readiness.report import report
from ansible_collections.kdump.fleet.plugins.module_utils.readiness.rules import judge, ready, target_rules
from ansible_collections.kdump.fleet.plugins.module_utils.target.directories import Place
from ansible_collections.kdump.fleet.plugins.module_utils.tools import kdump_tools
from ansible_collections.kdump.fleet.plugins.module_utils.tools.policy import Policy
from tests.unit.plugins.module_utils.host_tree import (
    BLOCK,
    CAPTURE_ARGUMENTS,
    CONFIGURATION,
    INITRD,
    KERNEL,
    MENU,
    PACKAGED,
    VALUE,
    WANTED_BY_BOOT,
    HostTree,
    Space,
    kernel_log,
    refuses,
)
from tests.unit.plugins.module_utils.target import test_mount, test_probe
from tests.unit.plugins.module_utils.tools.kdumpctl import test_read

MIB = 1 << 20
LOADED = "/sys/kernel/kexec_crash_loaded"
UNIT = "/etc/systemd/system/kdump-tools.service"
LARGE = "4G-:512M"  # reserves nothing on this host


class Case(NamedTuple):
    """A change to a ready host, and the finding that it makes."""

    code: str
    change: Callable[[HostTree], Any]
    message: str
    policy: Dict[str, Any] = {}
    beside: FrozenSet[str] = frozenset()  # findings that cannot be determined from this one's cause
    again: bool = True  # the proof is made again after the change
    free: Optional[int] = None  # bytes of every file system


def not_loaded(tree: HostTree) -> None:
    tree.write(LOADED, "0\n")


def no_kexec(tree: HostTree) -> None:
    tree.remove(LOADED, "/sys/kernel/kexec_crash_size")


def rebooted_in_vain(tree: HostTree) -> None:
    stage("256M")(tree)
    note(tree, "256M", VALUE)


def bare_after_a_reboot(tree: HostTree) -> None:
    tree.nothing_reserved()
    tree.running(None)
    note(tree, VALUE, "")


def note(tree: HostTree, staged: str, running: str) -> None:
    """What role kdump leaves after a reboot that did not bring what was staged."""
    tree.write(reboot_note.PATH, json.dumps({"staged": staged, "running": running, "host": "n1"}))


def load_disabled(tree: HostTree) -> None:
    not_loaded(tree)
    tree.write("/proc/sys/kernel/kexec_load_disabled", "1\n")


def locked_down(tree: HostTree) -> None:
    not_loaded(tree)
    tree.write("/sys/kernel/security/lockdown", "none [integrity] confidentiality\n")


def no_panic_reboot(tree: HostTree) -> None:
    not_loaded(tree)
    tree.write("/proc/sys/kernel/panic", "0\n")


def without_unit(tree: HostTree) -> None:
    tree.append(CONFIGURATION, 'KDUMP_CMDLINE_APPEND="nr_cpus=1 panic=5"\n')


def unreserved(tree: HostTree) -> None:
    tree.nothing_reserved()
    tree.runner = kernel_log(
        "[    0.1] Command line: crashkernel=1 failed\n[    0.2] Memory: 793280K/1048040K available\n"
    )


def refused(tree: HostTree) -> None:
    tree.nothing_reserved()
    tree.runner = kernel_log(
        "[    0.1] Kernel command line: x\n[    0.004123] cannot allocate crashkernel (size:0xc000000)\n"
    )


def refused_but_mendable(tree: HostTree) -> None:
    refused(tree)
    tree.running("auto")
    tree.menu("auto", "auto")
    tree.drop_in("auto")


def stage(value: str) -> Callable[[HostTree], None]:
    def change(tree: HostTree) -> None:
        tree.menu(value, value)
        tree.drop_in(value)

    return change


def file_as_target(tree: HostTree) -> None:
    tree.path("/var/crash").rmdir()
    tree.write("/var/crash", "")


def file_above_target(tree: HostTree) -> None:
    tree.write("/data", "")
    tree.append(CONFIGURATION, "KDUMP_COREDIR=/data/crash\n")


def link_as_target(target: str) -> Callable[[HostTree], None]:
    def change(tree: HostTree) -> None:
        tree.path("/var/crash").rmdir()
        tree.link("/var/crash", target)

    return change


def system_directory(tree: HostTree) -> None:
    tree.directory("/srv")
    tree.append(CONFIGURATION, "KDUMP_COREDIR=/srv/\n")


def used(mebibytes: int) -> Callable[[HostTree], None]:
    """The last capture used so much of 192 MiB."""

    def change(tree: HostTree) -> None:
        record = tree.record()
        record["capture"]["least_available_bytes"] = (192 - mebibytes) * MIB
        tree.write_record(record)

    return change


def absent(tree: HostTree) -> None:
    """What is left of a host after kdump_crashkernel: absent, and a reboot."""
    tree.nothing_reserved()
    tree.running(None)
    tree.menu(None, None)
    tree.drop_in()


def absent_but_one(tree: HostTree) -> None:
    absent(tree)
    tree.menu(None, "128M")


def new_initrd(tree: HostTree) -> None:
    tree.write(INITRD, "another")


def to_server(tree: HostTree, key: bool = True) -> None:
    tree.append(CONFIGURATION, "SSH=kdump@dump1\n")
    tree.program("/usr/bin/ssh")
    if key:
        tree.write("/root/.ssh/kdump_id_rsa", "")


def to_server_or_here(tree: HostTree) -> None:
    """A server, and what saves the dumps on the host that do not get there."""
    to_server(tree)
    for name in kdump_tools.FALLBACK:
        tree.write(name, "")


def nothing(tree: HostTree) -> None:
    """The policy alone makes the finding."""


CASES = [
    Case(
        "kexec-load-disabled-at-boot",
        lambda tree: tree.write("/etc/sysctl.d/10-hardening.conf", "kernel.kexec_load_disabled = 1\n"),
        "/etc/sysctl.d/10-hardening.conf sets kernel.kexec_load_disabled=1 at boot, before kdump is started.",
    ),
    Case(
        "container",
        lambda tree: tree.write("/run/systemd/container", "lxc\n"),
        "/run/systemd/container exists: this is a container, its kernel is another host's.",
    ),
    Case("kexec-unsupported", no_kexec, "Kernel {0} has no kexec in /sys/kernel.".format(KERNEL)),
    Case("not-installed", lambda tree: tree.remove("/usr/sbin/kdump-config"), "kdump-tools is not installed."),
    Case(
        "command-missing",
        lambda tree: tree.remove("/usr/sbin/kexec"),
        "kexec (package kexec-tools) is not installed.",
    ),
    Case(
        "command-missing",
        lambda tree: tree.path("/usr/bin/makedumpfile").chmod(0o644),
        "makedumpfile (package makedumpfile) is not installed.",
    ),
    Case(
        "target-key-missing",
        lambda tree: to_server(tree, key=False),
        "The key /root/.ssh/kdump_id_rsa for kdump@dump1 does not exist.",
    ),
    Case(
        "target-in-use-fails",
        lambda tree: to_server(tree, key=False),
        "Dumps go to kdump@dump1 until the rollout: The key /root/.ssh/kdump_id_rsa for kdump@dump1 does not exist.",
        policy={"target": {"type": "local"}},
        beside=frozenset(["configuration-differs"]),
    ),
    Case(
        "target-in-use-fails",
        lambda tree: tree.append(CONFIGURATION, "NFS=dump1:/export\n"),
        "Dumps go to dump1:/export until the rollout: mount.nfs (package nfs-common) is not installed.",
        policy={"target": {"type": "local"}},
        beside=frozenset(["configuration-differs"]),
    ),
    Case(
        "fallback-missing",
        to_server,
        "A dump that does not reach kdump@dump1 is lost: /usr/local/lib/kdump-fleet-save does not exist.",
        policy={"target": {"type": "ssh", "location": "kdump@dump1"}, "fallback": "local"},
    ),
    Case(
        "fallback-space-low",
        to_server_or_here,
        "A dump that does not reach kdump@dump1 is saved on this host: the file system of /var/crash has 2 MiB free, "
        "and it may need 255 MiB (a share of the memory, as makedumpfile --mem-usage says 'No memory is reserved for "
        "crashkernel!').",
        free=2 * MIB,
        policy={"target": {"type": "ssh", "location": "kdump@dump1"}, "fallback": "local"},
    ),
    Case(
        "command-missing",
        lambda tree: tree.append(CONFIGURATION, "NFS=dump1:/export\n"),
        "mount.nfs (package nfs-common) is not installed.",
    ),
    Case("configuration-missing", lambda tree: tree.remove(CONFIGURATION), "/etc/default/kdump-tools does not exist."),
    Case(
        "configuration-invalid",
        lambda tree: tree.append(CONFIGURATION, "KDUMP_NUM_DUMPS = 3\n"),
        "/etc/default/kdump-tools line 13: blanks around '=' make a shell run 'KDUMP_NUM_DUMPS' as a command: "
        "write KDUMP_NUM_DUMPS=value.",
    ),
    Case(
        "configuration-invalid",
        lambda tree: tree.append(CONFIGURATION, "HOSTTAG=d\udcfcmps\n"),
        "/etc/default/kdump-tools line 13: the value of HOSTTAG holds control characters or bytes that are not UTF-8: "
        "'d\\xfcmps'.",
    ),
    Case(
        "configuration-invalid",
        lambda tree: tree.append(CONFIGURATION, "KDUMP_COREDIR=var/crash\n"),
        "/etc/default/kdump-tools line 13: KDUMP_COREDIR is 'var/crash', which is below / at boot and elsewhere "
        "otherwise: write it from /.",
    ),
    Case(
        "configuration-differs",
        nothing,
        "/etc/default/kdump-tools has KDUMP_NUM_DUMPS='0', the policy asks for '3'.",
        policy={"keep_dumps": 3},
    ),
    Case(
        "configuration-differs",
        nothing,
        "/etc/default/kdump-tools has HOSTTAG='', the policy asks for 'hostname'.",
        policy={"options": {"HOSTTAG": "hostname"}},
    ),
    Case(
        "configuration-overridden",
        lambda tree: tree.write(
            CONFIGURATION, PACKAGED + BLOCK.replace("USE", 'KDUMP_NUM_DUMPS="3"\nUSE') + "\nKDUMP_NUM_DUMPS=7\n"
        ),
        "/etc/default/kdump-tools line {0}, behind the block of kdump.fleet, has KDUMP_NUM_DUMPS='7', the policy "
        "asks for '3'.".format(PACKAGED.count("\n") + 7),
        policy={"keep_dumps": 3},
    ),
    Case(
        "configuration-overridden",
        lambda tree: tree.write(
            CONFIGURATION, PACKAGED + BLOCK.replace("USE", 'FTP_PASSWORD="a"\nUSE') + "FTP_PASSWORD=b\n"
        ),
        "/etc/default/kdump-tools line {0}, behind the block of kdump.fleet, has another FTP_PASSWORD than the "
        "policy.".format(PACKAGED.count("\n") + 6),
        policy={"options": {"FTP_PASSWORD": "a"}},
    ),
    Case(
        "kdump-switched-off",
        lambda tree: tree.append(CONFIGURATION, "USE_KDUMP=0\n"),
        "/etc/default/kdump-tools has USE_KDUMP='0': no capture kernel is loaded.",
        beside=frozenset(["configuration-overridden"]),
    ),
    Case(
        "capture-unit-missing",
        without_unit,
        "The capture kernel would boot without kdump-tools-dump.service: its arguments are 'nr_cpus=1 panic=5'.",
    ),
    Case(
        "capture-hangs-on-panic",
        lambda tree: tree.replace(CONFIGURATION, " panic=10", ""),
        "If the capture kernel panics, the host hangs: '{0}' has no panic=.".format(CAPTURE_ARGUMENTS),
    ),
    Case(
        "service-disabled",
        lambda tree: tree.remove(WANTED_BY_BOOT),
        "kdump-tools.service is not enabled: nothing is loaded at boot.",
    ),
    Case("service-masked", lambda tree: tree.link(UNIT, "/dev/null"), "kdump-tools.service is masked."),
    Case("bootloader-unknown", lambda tree: tree.remove(MENU), "No boot loader was found. Looked for "),
    Case(
        "bootloader-unknown",
        lambda tree: tree.append(MENU, "menuentry 'incomplete' {\n"),
        "/boot/grub/grub.cfg is not a complete GRUB configuration: it ends in the middle of the entry 'incomplete'.",
    ),
    Case(
        "crashkernel-not-staged",
        lambda tree: tree.menu(VALUE, None, None),
        "2 of 3 boot entries of grub2 have no crashkernel=, the first is 'entry-1'.",
    ),
    Case(
        "crashkernel-differs",
        lambda tree: tree.menu(VALUE, "128M"),
        "1 of 2 boot entries have another crashkernel= than '{0}': 'entry-1' has '128M'.".format(VALUE),
        policy={"crashkernel": "default"},
    ),
    Case(
        "crashkernel-varies",
        lambda tree: tree.menu(VALUE, "128M", VALUE),
        "1 of 3 boot entries have another crashkernel= than '{0}': 'entry-1' has '128M'.".format(VALUE),
    ),
    Case(
        "crashkernel-differs",
        absent_but_one,
        "1 of 2 boot entries have another crashkernel= than 'no crashkernel': 'entry-1' has '128M'.",
        policy={"crashkernel": "absent"},
        beside=frozenset(["crash-memory-not-wanted"]),
    ),
    Case(
        "crash-memory-not-wanted",
        absent,
        "The policy wants no crash memory: a crash of this host leaves no dump.",
        policy={"crashkernel": "absent"},
    ),
    Case(
        "crash-memory-below-asked",
        lambda tree: tree.replace("/proc/iomem", "2c000000-37ffffff", "2c000000-33ffffff"),
        "128 MiB are reserved, and crashkernel={0} asks for 192 MiB.".format(VALUE),
        beside=frozenset(["crash-memory-below-need"]),
    ),
    Case(
        "crashkernel-reserves-nothing",
        stage(LARGE),
        "'crashkernel=4G-:512M' reserves nothing on this host with 1023 MiB of memory: crashkernel size resulted in "
        "zero bytes: no range holds 1G of RAM (its ranges begin at 4G).",
    ),
    Case(
        "crashkernel-reserves-nothing",
        stage("0M"),
        "'crashkernel=0M' reserves nothing on this host with 1023 MiB of memory: the size is zero",
        policy={},
    ),
    Case(
        "future-kernels-uncovered",
        lambda tree: tree.remove("/etc/default/grub.d/zz-kdump-fleet.cfg"),
        "Kernels installed later would boot with: no crashkernel.",
    ),
    Case(
        "future-kernels-uncovered",
        lambda tree: tree.drop_in("128M"),
        "Kernels installed later would boot with: 128M.",
        policy={"crashkernel": VALUE},
    ),
    Case(
        "memory-not-reserved",
        unreserved,
        "No crash memory is reserved; booted with {0}.".format(VALUE),
    ),
    Case(
        "memory-not-reserved",
        refused_but_mendable,
        "No crash memory is reserved; booted with auto, and the kernel says: cannot allocate crashkernel "
        "(size:0xc000000)",
        policy={"crashkernel": "default"},
        beside=frozenset(["crashkernel-differs"]),
    ),
    Case(
        "reservation-refused",
        refused,
        "No crash memory is reserved; booted with {0}, and the kernel says: cannot allocate crashkernel "
        "(size:0xc000000)".format(VALUE),
    ),
    Case("reboot-required", stage("256M"), "Booted with {0}; the entry that boots next has 256M.".format(VALUE)),
    Case(
        "reboot-without-effect",
        bare_after_a_reboot,
        "Booted with no crashkernel, although {0} was staged before a reboot: the kernel's arguments do not come from "
        "grub2.".format(VALUE),
        beside=frozenset(["memory-not-reserved"]),
    ),
    Case("capture-kernel-not-loaded", not_loaded, "192 MiB are reserved, but no capture kernel is loaded."),
    Case(
        "kexec-load-disabled",
        load_disabled,
        "kernel.kexec_load_disabled is 1 and no capture kernel is loaded.",
        beside=frozenset(["capture-kernel-not-loaded"]),
    ),
    Case(
        "lockdown",
        locked_down,
        "Lockdown is 'integrity': unsigned capture kernels are refused.",
        beside=frozenset(["capture-kernel-not-loaded"]),
    ),
    Case(
        "panic-hangs",
        no_panic_reboot,
        "kernel.panic is 0 and no capture kernel is loaded: a panic leaves the host hanging.",
        beside=frozenset(["capture-kernel-not-loaded"]),
    ),
    Case(
        "oops-does-not-crash",
        lambda tree: tree.write("/proc/sys/kernel/panic_on_oops", "0\n"),
        "kernel.panic_on_oops is 0: an oops kills a process, and leaves no dump.",
    ),
    Case(
        "target-not-a-directory",
        file_as_target,
        "/var/crash, or a parent of it, exists and is not a directory.",
    ),
    Case(
        "target-not-a-directory",
        file_above_target,
        "/data/crash, or a parent of it, exists and is not a directory.",
    ),
    Case(
        "target-not-a-directory",
        link_as_target("/nowhere"),
        "/var/crash, or a parent of it, exists and is not a directory.",
    ),
    Case(
        "target-not-a-directory",
        link_as_target("crash"),
        "/var/crash, or a parent of it, exists and is not a directory.",
    ),
    Case("target-missing", lambda tree: tree.path("/var/crash").rmdir(), "/var/crash does not exist."),
    Case(
        "target-missing",
        lambda tree: tree.append(CONFIGURATION, "KDUMP_COREDIR=/var/crash/a/b/\n"),
        "/var/crash/a/b does not exist.",
    ),
    Case(
        "target-readable-by-others",
        lambda tree: tree.path("/var/crash").chmod(0o750),
        "/var/crash has mode 0750: dumps in it can be read by others than root.",
    ),
    Case(
        "target-shared",
        lambda tree: tree.path("/var/crash").chmod(0o3777),
        "/var/crash has mode 3777: it is shared with others.",
    ),
    Case("target-shared", system_directory, "/srv has mode 0755: it is shared with others."),
    Case(
        "target-space-low",
        lambda tree: tree.append(CONFIGURATION, 'MAKEDUMP_ARGS="-c"\n'),
        "; a dump of this host may need 1023 MiB (all memory, as the core collector has no dump level).",
        free=1000 * MIB,
    ),
    Case(
        "crash-memory-below-need",
        used(176),
        "192 MiB are reserved, and 224 MiB are needed: the last proven capture used 176 MiB, and a quarter of that is "
        "added.",
        again=False,
    ),
    Case(
        "crash-memory-wasteful",
        used(80),
        "192 MiB are reserved, and 112 MiB would do: the last proven capture used 80 MiB, and a quarter of that is "
        "added.",
        again=False,
    ),
    Case(
        "proof-missing",
        lambda tree: tree.remove(proof.RECORD),
        "No crash has been captured on purpose on this host yet.",
        again=False,
    ),
    Case(
        "proof-missing",
        lambda tree: tree.write(proof.RECORD, "[]"),
        "/var/lib/kdump-fleet/proof.json is not a proof record: record is missing or of the wrong type. "
        "Run the crash test again, which writes a new one.",
        again=False,
    ),
    Case(
        "proof-expired",
        new_initrd,
        "Proven 2026-11-22T18:28:00Z, but changed since: capture initrd {0}.".format(INITRD),
        again=False,
    ),
]


@pytest.mark.parametrize("policy", [{}, {"crashkernel": "default", "path": "/var/crash", "core_collector": None}])
def test_a_ready_host_has_no_findings(tree: HostTree, policy: Dict[str, Any]) -> None:
    answer = report(tree.host(), Policy.of(policy))
    assert answer["findings"] == []
    assert (answer["ready"], answer["ready_now"], answer["ready_next_boot"]) == (True, True, True)
    assert (answer["needs_rollout"], answer["reboot_required"]) == (False, False)
    assert answer["summary"] == "ready"


@pytest.mark.parametrize("case", CASES, ids=["{0}-{1}".format(case.code, number) for number, case in enumerate(CASES)])
def test_each_finding_appears_for_its_cause_alone(tree: HostTree, monkeypatch: pytest.MonkeyPatch, case: Case) -> None:
    case.change(tree)
    if case.free is not None:
        tree.runner = refuses
        monkeypatch.setattr(os, "statvfs", lambda path: Space(0, case.free // 4096))
    if case.again:
        tree.prove()
    answer = report(tree.host(), Policy.of(case.policy))
    codes = [finding["code"] for finding in answer["findings"]]
    assert set(codes) == {case.code} | case.beside
    assert codes.count(case.code) == 1
    finding = answer["findings"][codes.index(case.code)]
    assert case.message in finding["message"]
    kind = CODES[case.code]
    assert finding == dict(kind._asdict(), code=case.code, message=finding["message"], blocks=list(kind.blocks))
    blocked = {state for code in codes for state in CODES[code].blocks}
    assert (answer["ready_now"], answer["ready_next_boot"]) == ("now" not in blocked, "next_boot" not in blocked)
    assert answer["ready"] == (not blocked)
    assert answer["needs_rollout"] == ("rollout" in {CODES[code].mended_by for code in codes})
    assert answer["reboot_required"] == ("reboot-required" in codes)


def test_every_code_is_made_by_some_case() -> None:
    shown = {case.code for case in CASES} | {case.code for case in test_read.CASES}
    shown |= {case.code for case in test_probe.CASES} | {"target-port-closed"}  # has a test of its own there
    shown |= {case.code for case in test_mount.CASES} | {"target-not-mounted-at-boot"}  # another one there
    shown.add("target-mount-hard")  # in target/test_nfs_options.py
    shown |= {"fallback-fails", "fallback-hidden"}  # in tools/kdumpctl/test_fallback.py
    shown |= {"target-device-in-use", "target-device-not-empty", "target-device-unfit"}  # in target/test_raw_device.py
    shown |= {"configuration-read-only", "capture-initrd-from-future"}  # in readiness/test_host_faults.py
    # in target/test_probe.py
    shown |= {"target-gate-fails", "target-key-of-another-host", "target-is-this-host"}
    shown.add("target-read-only")  # which needs a mount: it has a test of its own
    assert shown == set(CODES)


@pytest.mark.parametrize("code", sorted(CODES))
def test_kinds_are_consistent(code: str) -> None:
    kind = CODES[code]
    assert isinstance(kind, Kind)
    assert kind.severity in ("error", "warning", "info")
    # A policy that would be refused changes nothing: the host stays as ready as it was.
    # Without crash memory nothing is captured, but that is what somebody wanted.
    assert bool(kind.blocks) == (kind.severity == "error") or code in (
        "policy-refused",
        "configuration-read-only",
        "crash-memory-not-wanted",
    )
    assert set(kind.blocks) <= {"now", "next_boot"}
    assert kind.mended_by in ("rollout", "crash_test", "administrator")
    assert kind.remedy.endswith(".")
    assert kind.remedy.encode("ascii")


@pytest.mark.parametrize(
    ("space", "code", "message"),
    [
        (
            Space(os.ST_RDONLY, 1 << 20),
            "target-read-only",
            "/var/crash lies on a file system that is mounted read-only.",
        ),
        (
            Space(0, 256),
            "target-space-low",
            "/var/crash has 1 MiB free; a dump of this host may need 255 MiB (a share of the memory, as makedumpfile "
            "--mem-usage says 'No memory is reserved for crashkernel!').",
        ),
        (
            Space(0, 0),
            "target-space-low",
            "/var/crash has 0 MiB free; a dump of this host may need 255 MiB (a share of the memory, as makedumpfile "
            "--mem-usage says 'No memory is reserved for crashkernel!').",
        ),
    ],
)
def test_the_file_system_of_the_target_is_judged(
    tree: HostTree, monkeypatch: pytest.MonkeyPatch, space: Space, code: str, message: str
) -> None:
    tree.runner = refuses
    monkeypatch.setattr(os, "statvfs", lambda path: space)
    found = judge(gather(tree.host(), Policy()))
    assert found == [Finding(code, message)]
    assert ready(found) == ((code != "target-read-only"),) * 2


@pytest.mark.parametrize(
    ("mode", "path", "local", "codes"),
    [
        (0o700, "/data/crash", True, []),
        (0o700, "/data/crash", False, []),
        (0o100, "/data/crash", False, []),
        (0o710, "/data/crash", True, ["target-readable-by-others"]),
        (0o701, "/data/crash", True, ["target-readable-by-others"]),
        (0o701, "/data/crash", False, ["target-shared"]),
        (0o1700, "/data/crash", True, ["target-shared"]),
        (0o700, "/var/lib", True, ["target-shared"]),
        (None, "/data/crash", True, ["target-missing"]),
        (None, "/data/crash", False, ["target-missing"]),
    ],
)
def test_a_directory_for_dumps_is_closed_to_others(
    tree: HostTree, mode: Optional[int], path: str, local: bool, codes: List[str]
) -> None:
    place = Place(path, is_directory=True, read_only=False, mode=mode, free_bytes=1 << 40, local=local)
    assert [finding.code for finding in target_rules(gather(tree.host(), Policy())._replace(places=[place]))] == codes


def codes_of(tree: HostTree, policy: Optional[Dict[str, Any]] = None) -> List[str]:
    return [finding.code for finding in judge(gather(tree.host(), Policy.of(policy)))]


def test_a_bare_host_needs_all_of_it(tree: HostTree) -> None:
    """A Debian machine as it is installed."""
    tree.remove("/usr/sbin/kdump-config", CONFIGURATION, proof.RECORD, "/etc/default/grub.d/zz-kdump-fleet.cfg")
    tree.remove("/usr/share/kdump-tools/kdump-tools.conf")
    tree.path("/var/crash").rmdir()
    tree.nothing_reserved()
    tree.running(None)
    tree.menu(None, None)
    tree.write("/proc/sys/kernel/panic", "0\n")
    tree.write("/proc/sys/kernel/panic_on_oops", "0\n")
    assert codes_of(tree, {"crashkernel": "default", "path": "/var/crash"}) == [
        "not-installed",
        "crashkernel-not-staged",
        "memory-not-reserved",
        "panic-hangs",
        "target-missing",
        "oops-does-not-crash",
        "proof-missing",
    ]
    answer = report(tree.host(), Policy.of({"crashkernel": "default"}))
    assert answer["summary"] == "not ready: not-installed, crashkernel-not-staged, memory-not-reserved"
    assert answer["reboot_required"] is False  # into what? nothing is staged yet


def test_the_package_alone_does_not_suffice(tree: HostTree) -> None:
    """Right after the package was installed: its own configuration, nothing booted into yet."""
    tree.replace(CONFIGURATION, BLOCK, "")
    tree.prove()
    assert codes_of(tree) == ["capture-hangs-on-panic"]
    assert codes_of(tree, {"path": "/data/crash"}) == [
        "capture-hangs-on-panic",
        "configuration-differs",
        "target-missing",
    ]


@pytest.mark.parametrize(
    ("own", "policy", "codes"),
    [
        # Armed with the root file system: what the server of the policy lacks keeps no dump from being saved there.
        (nothing, {"target": {"type": "ssh", "location": "kdump@new"}}, ["target-key-missing", "command-missing"]),
        (nothing, {"target": {"type": "nfs", "location": "new:/export"}}, ["command-missing"]),
        (to_server, {"target": {"type": "nfs", "location": "dump1:/export"}}, ["command-missing"]),
        (to_server, {"target": {"type": "ssh", "location": "kdump@dump1"}, "sshkey": "/k"}, ["target-key-missing"]),
    ],
)
def test_a_target_that_is_not_in_use_yet_blocks_nothing(
    tree: HostTree, own: Callable[[HostTree], None], policy: Dict[str, Any], codes: List[str]
) -> None:
    own(tree)
    answer = report(tree.host(), Policy.of(policy))
    errors = [finding for finding in answer["findings"] if finding["severity"] == "error"]
    assert [(finding["code"], finding["blocks"]) for finding in errors] == [(code, []) for code in codes]
    assert (answer["ready"], answer["needs_rollout"]) == (True, True)
    assert answer["summary"] == "ready: " + ", ".join(codes)


def test_a_command_that_both_targets_need_blocks(tree: HostTree) -> None:
    to_server(tree)
    tree.remove("/usr/bin/ssh")
    answer = report(tree.host(), Policy.of({"target": {"type": "ssh", "location": "kdump@new"}}))
    assert answer["summary"] == "not ready: command-missing"


def test_several_findings_of_one_code_are_named_once_in_the_summary(tree: HostTree) -> None:
    tree.remove("/usr/sbin/kexec", "/usr/bin/makedumpfile")
    answer = report(tree.host(), Policy())
    assert [finding["code"] for finding in answer["findings"]] == ["command-missing"] * 2
    assert answer["summary"] == "not ready: command-missing"


@pytest.mark.parametrize(
    ("change", "summary"),
    [
        (lambda tree: tree.menu(None), "ready now, not after the next boot: crashkernel-not-staged"),
        (not_loaded, "not ready before a reboot: capture-kernel-not-loaded"),
        (no_kexec, "not ready: kexec-unsupported"),
        (lambda tree: tree.path("/var/crash").chmod(0o755), "ready"),
    ],
)
def test_the_summary_is_one_line(tree: HostTree, change: Callable[[HostTree], None], summary: str) -> None:
    change(tree)
    assert report(tree.host(), Policy())["summary"] == summary


def test_a_value_that_reserved_memory_is_not_doubted(tree: HostTree) -> None:
    """The kernel did it, whatever is foreseen."""
    tree.running(LARGE)
    stage(LARGE)(tree)
    assert codes_of(tree) == []


def test_the_policy_decides_what_will_be_reserved(tree: HostTree) -> None:
    assert codes_of(tree, {"crashkernel": LARGE}) == ["crashkernel-reserves-nothing", "crashkernel-differs"]


def test_a_refused_value_without_another_one_is_for_the_administrator(tree: HostTree) -> None:
    refused(tree)
    tree.remove(MENU)
    assert codes_of(tree) == ["bootloader-unknown", "reservation-refused", "proof-expired"]


def test_firmware_that_boots_again_counts_as_loaded(tree: HostTree) -> None:
    not_loaded(tree)
    tree.write("/sys/kernel/fadump/enabled", "1\n")
    tree.write("/sys/kernel/fadump/registered", "1\n")
    tree.write("/sys/kernel/fadump/mem_reserved", "201326592\n")
    tree.write("/proc/sys/kernel/panic", "0\n")
    tree.prove()
    assert codes_of(tree) == []


def test_settings_that_are_missing_are_not_judged(tree: HostTree) -> None:
    not_loaded(tree)
    tree.remove("/proc/sys/kernel/panic", "/proc/sys/kernel/panic_on_oops", "/proc/sys/kernel/kexec_load_disabled")
    tree.remove("/sys/kernel/security/lockdown")
    assert codes_of(tree) == ["capture-kernel-not-loaded"]


def test_a_remote_target_has_no_local_place(tree: HostTree) -> None:
    tree.append(CONFIGURATION, 'SSH="kdump@dump.example"\n')
    tree.path("/var/crash").rmdir()
    tree.prove()
    answer = report(tree.host(), Policy())
    assert [finding["code"] for finding in answer["findings"]] == ["target-key-missing", "command-missing"]
    assert answer["target"] == {
        "kind": "ssh",
        "location": "kdump@dump.example",
        "path": "/var/crash",
        "directory": None,
        "directory_wanted": None,
        "wanted": {
            "kind": "ssh",
            "location": "kdump@dump.example",
            "path": "/var/crash",
            "directory": None,
            "sshkey": "/root/.ssh/kdump_id_rsa",
        },
        "free_bytes": None,
        "mount": None,
        "export": None,
        "in_fstab": False,
    }


def test_both_the_present_and_the_wanted_place_are_judged(tree: HostTree) -> None:
    """The rollout must not close a directory that others use, whichever it is."""
    tree.directory("/data", 0o1777)
    tree.path("/var/crash").chmod(0o755)
    answer = report(tree.host(), Policy.of({"path": "/data"}))
    assert [(finding["code"], finding["message"].split()[0]) for finding in answer["findings"]] == [
        ("configuration-differs", CONFIGURATION),
        ("target-readable-by-others", "/var/crash"),
        ("target-shared", "/data"),
    ]
    assert answer["target"]["path"] == "/var/crash"
    assert answer["target"]["free_bytes"] > 0


def test_messages_are_printable_whatever_the_host_holds(tree: HostTree) -> None:
    tree.running("1\udcff\x1b")
    tree.menu("1\udcff", None)
    tree.append(CONFIGURATION, 'KDUMP_COREDIR="/var/\udcfc\x1b[31m"\nSSH_KEY="\udcff"\n')
    answer = report(tree.host(), Policy())
    texts = [finding["message"] for finding in answer["findings"]]
    assert any("/var/\\xfc\\x1b[31m does not exist." in text for text in texts)
    for text in texts + [answer["crash_memory"]["crashkernel"], answer["target"]["path"]]:
        text.encode("utf-8")
        assert "\x1b" not in text


# ---- crash memory


def stays_reserved(tree: HostTree) -> None:
    """Absent is staged, and the host was not rebooted."""
    tree.menu(None, None)
    tree.drop_in()


def absent_for_now(tree: HostTree) -> None:
    absent(tree)
    tree.drop_in("256M")


def fadump(tree: HostTree) -> None:
    absent(tree)
    for name in ("enabled", "registered"):
        tree.write("/sys/kernel/fadump/" + name, "1\n")
    tree.write("/sys/kernel/fadump/mem_reserved", "268435456\n")


@pytest.mark.parametrize(
    ("change", "codes", "states", "summary"),
    [
        (
            nothing,
            ["crashkernel-differs", "crash-memory-not-wanted"],
            (True, False),
            "ready now, not after the next boot",
        ),
        (
            stays_reserved,
            ["crash-memory-not-wanted", "reboot-required"],
            (True, False),
            "ready now, not after the next boot",
        ),
        (absent, ["crash-memory-not-wanted"], (False, False), "not ready"),
        (
            absent_for_now,
            ["future-kernels-uncovered", "crash-memory-not-wanted"],
            (False, False),
            "not ready",
        ),
        (fadump, [], (True, True), "ready"),
    ],
)
def test_a_host_without_crash_memory_is_not_asked_for_it(
    tree: HostTree, change: Callable[[HostTree], Any], codes: List[str], states: Tuple[bool, bool], summary: str
) -> None:
    change(tree)
    tree.prove()
    answer = report(tree.host(), Policy.of({"crashkernel": "absent"}))
    assert [finding["code"] for finding in answer["findings"]] == codes
    assert (answer["ready_now"], answer["ready_next_boot"]) == states
    told = ": crash-memory-not-wanted" if "crash-memory-not-wanted" in codes else ""
    assert answer["summary"] == summary + told
    assert answer["crashkernel_wanted"] == ""
    assert answer["needs_rollout"] == bool(
        set(codes) & {"crashkernel-differs", "reboot-required", "future-kernels-uncovered"}
    )


def test_the_size_is_judged_by_a_proof_that_holds_alone(tree: HostTree) -> None:
    used(176)(tree)
    assert codes_of(tree) == ["crash-memory-below-need"]
    new_initrd(tree)
    assert codes_of(tree) == ["proof-expired"]


@pytest.mark.parametrize("keep_larger", [None, False, True])
def test_too_little_is_mended_by_the_roll_out_where_it_may_raise(tree: HostTree, keep_larger: Optional[bool]) -> None:
    used(176)(tree)
    answer = report(tree.host(), Policy.of({"crashkernel": "default", "keep_larger": keep_larger}))
    assert [finding["code"] for finding in answer["findings"]] == ["crash-memory-below-need"]
    assert answer["needs_rollout"] == bool(keep_larger)


def test_a_larger_reservation_since_the_proof_is_enough(tree: HostTree) -> None:
    used(176)(tree)
    tree.replace("/proc/iomem", "2c000000-37ffffff", "28000000-37ffffff")
    assert codes_of(tree) == ["proof-expired"]


def test_memory_that_the_capture_kernel_borrows_counts(tree: HostTree) -> None:
    used(176)(tree)
    tree.write("/sys/kernel/kexec/crash_cma_ranges", "10000000-17ffffff\n")
    assert codes_of(tree) == ["proof-expired"]


def test_a_smaller_reservation_is_judged_by_what_was_measured(tree: HostTree) -> None:
    """It expires the proof, and what the capture used stays known."""
    tree.replace("/proc/iomem", "2c000000-37ffffff", "2c000000-2dffffff")
    found = report(tree.host(), Policy())
    assert [one["code"] for one in found["findings"]] == [
        "crash-memory-below-asked",
        "crash-memory-below-need",
        "proof-expired",
    ]
    assert found["findings"][1]["message"].startswith("32 MiB are reserved, and 160 MiB are needed: ")


@pytest.mark.parametrize("next_boot", [None, VALUE])
def test_entries_are_compared_with_each_other_where_no_policy_says(tree: HostTree, next_boot: Optional[str]) -> None:
    tree.menu(next_boot, VALUE, "128M")
    message = [
        finding["message"] for finding in report(tree.host(), Policy())["findings"] if "varies" in finding["code"]
    ]
    assert message == ["1 of 3 boot entries have another crashkernel= than '{0}': 'entry-2' has '128M'.".format(VALUE)]


def reserves_nothing(tree: HostTree) -> str:
    """The message of a value that reserves nothing; the test fails without one."""
    found = report(tree.host(), Policy())["findings"]
    return next(str(one["message"]) for one in found if one["code"] == "crashkernel-reserves-nothing")


def test_a_value_that_is_broken_has_no_ranges_to_name(tree: HostTree) -> None:
    stage("4G:512M")(tree)
    assert reserves_nothing(tree).endswith(" of memory: crashkernel: '-' expected.")


def test_the_ranges_of_another_value_are_named_beside_a_broken_one(tree: HostTree) -> None:
    stage("4G:512M crashkernel=4G-:512M")(tree)
    assert reserves_nothing(tree).endswith(" (its ranges begin at 4G).")


def test_ranges_that_hold_the_memory_do_not_begin_above_it(tree: HostTree) -> None:
    tree.write("/proc/iomem", "00000000-3fffffff : System RAM\n  2c000000-37ffffff : Crash kernel\n")
    stage("1G-:0M")(tree)
    assert "with 1024 MiB of memory" in reserves_nothing(tree)
    assert "ranges begin" not in reserves_nothing(tree)


def test_a_kernel_that_knows_auto_judges_other_values_as_any_kernel(tree: HostTree) -> None:
    tree.write("/proc/sys/kernel/osrelease", "4.18.0-553.el8_10.x86_64\n")
    stage(LARGE)(tree)
    assert reserves_nothing(tree).startswith("'crashkernel=4G-:512M' reserves nothing")
    stage("auto")(tree)
    assert "crashkernel-reserves-nothing" not in codes_of(tree)


# ---- a reboot that did not bring what was staged


def test_a_reboot_without_effect_is_no_rollout_s_work(tree: HostTree) -> None:
    """Otherwise a nightly job reboots such a host every night."""
    rebooted_in_vain(tree)
    answer = report(tree.host(), Policy())
    assert (answer["ready"], answer["needs_rollout"], answer["reboot_required"]) == (True, False, False)
    assert [(one["code"], one["severity"], one["blocks"]) for one in answer["findings"]] == [
        ("reboot-without-effect", "error", [])
    ]


@pytest.mark.parametrize(
    ("change", "policy", "codes"),
    [
        (stage("320M"), {}, ["reboot-required"]),
        (lambda tree: tree.running("384M"), {}, ["reboot-required"]),
        (lambda tree: tree.running("256M"), {}, []),
        (nothing, {"crashkernel": "256M"}, ["reboot-without-effect"]),
        (nothing, {"crashkernel": "320M"}, ["crashkernel-differs", "reboot-required"]),
        (lambda tree: tree.remove(reboot_note.PATH), {}, ["reboot-required"]),
        (lambda tree: tree.write(reboot_note.PATH, "[" * 9999), {}, ["reboot-required"]),
        (lambda tree: tree.write(reboot_note.PATH, "[]"), {}, ["reboot-required"]),
        (lambda tree: tree.write(reboot_note.PATH, '{"staged": ["256M"]}'), {}, ["reboot-required"]),
    ],
)
def test_it_holds_for_these_values_alone(
    tree: HostTree, change: Callable[[HostTree], Any], policy: Dict[str, Any], codes: List[str]
) -> None:
    """Another value, staged, booted or asked for, is worth another reboot."""
    rebooted_in_vain(tree)
    change(tree)
    found = [one["code"] for one in report(tree.host(), Policy.of(policy))["findings"]]
    assert [code for code in found if code.startswith(("reboot", "crashkernel-d"))] == codes


def test_a_boot_without_values_is_no_reason_to_reboot(tree: HostTree) -> None:
    """It would only take away what there is."""
    tree.menu(None)
    assert codes_of(tree) == ["crashkernel-not-staged"]


# ---- what is loaded


@pytest.mark.parametrize(("armed", "codes"), [(True, []), (False, ["capture-kernel-building"])])
def test_a_unit_at_work_builds_where_nothing_is_loaded_yet(tree: HostTree, armed: bool, codes: List[str]) -> None:
    tree.write("/sys/fs/cgroup/system.slice/kdump-tools.service/cgroup.procs", "812\n")
    if not armed:
        not_loaded(tree)
    assert codes_of(tree) == codes


@pytest.mark.parametrize(("end", "codes"), [("37efffff", []), ("37efefff", ["crash-memory-below-asked"])])
def test_a_kernel_may_round_a_mebibyte_away(tree: HostTree, end: str, codes: List[str]) -> None:
    tree.replace("/proc/iomem", "2c000000-37ffffff", "2c000000-" + end)
    tree.prove()
    assert codes_of(tree) == codes


@pytest.mark.parametrize(
    ("analysis", "there", "codes"),
    [(True, False, ["symbols-missing"]), (True, True, []), (False, False, []), (None, False, [])],
)
def test_symbols_are_missed_where_crash_is_to_work(
    tree: HostTree, analysis: Optional[bool], there: bool, codes: List[str]
) -> None:
    if there:
        tree.write("/usr/lib/debug/boot/vmlinux-" + KERNEL, "")
    assert codes_of(tree, {"analysis": analysis}) == codes


def test_a_switch_that_is_off_has_one_finding(tree: HostTree) -> None:
    tree.replace(CONFIGURATION, 'USE_KDUMP="1"', 'USE_KDUMP="0"')
    tree.prove()
    assert codes_of(tree) == ["kdump-switched-off"]
