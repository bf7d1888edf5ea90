# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of fingerprint.py: each change of what a capture depends on makes a proof expire, and says which it was."""

import base64
import errno
import hashlib
import hmac
import os
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory import reserved
from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import Host
from ansible_collections.kdump.fleet.plugins.module_utils.readiness import fingerprint, proof
from ansible_collections.kdump.fleet.plugins.module_utils.readiness.report import report
from ansible_collections.kdump.fleet.plugins.module_utils.tools.kdump_tools import FALLBACK
from ansible_collections.kdump.fleet.plugins.module_utils.tools.kdump_tools import read as read_setup
from ansible_collections.kdump.fleet.plugins.module_utils.tools.kdumpctl import read as kdumpctl
from ansible_collections.kdump.fleet.plugins.module_utils.tools.kdumpctl.fallback import COLLECTOR
from ansible_collections.kdump.fleet.plugins.module_utils.tools.policy import Policy
from ansible_collections.kdump.fleet.plugins.module_utils.tools.records import Target
from tests.unit.plugins.module_utils import rpm_tree
from tests.unit.plugins.module_utils.host_tree import (
    CAPTURE_ARGUMENTS,
    CONFIGURATION,
    INITRD,
    IOMEM,
    KERNEL,
    VALUE,
    HostTree,
)
from tests.unit.plugins.module_utils.rpm_tree import ENVIRONMENT, IOMEM_4G, RpmTree, ready_rpm_host

IMAGE = "/boot/vmlinuz-" + KERNEL
KEY = "/root/.ssh/kdump_id_rsa"
ED25519 = "AAAAC3NzaC1lZDI1NTE5AAAAIK"
Change = Callable[[HostTree], Any]


def take(tree: HostTree, record: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
    host = tree.host()
    return fingerprint.take(host, read_setup(host, Policy()), reserved.look(host), record)


def changes(tree: HostTree, policy: Optional[Dict[str, Any]] = None) -> List[str]:
    """What the audit says of the proof."""
    found = report(tree.host(), Policy.of(policy))
    messages = [one["message"] for one in found["findings"] if one["code"] == "proof-expired"]
    assert found["proof"]["valid"] is not bool(messages)
    start = "Proven {0}, but changed since: ".format(tree.record()["time"])
    assert all(message.startswith(start) for message in messages)
    return messages[0][len(start) : -1].split("; ") if messages else []


@pytest.fixture
def rpm(tmp_path: Path) -> RpmTree:
    tree = ready_rpm_host(tmp_path / "rpm")
    tree.prove()
    return tree


# ---- files


def test_a_fingerprint_names_what_was_proven(tree: HostTree) -> None:
    found = take(tree)
    assert found["kernel"] == KERNEL
    assert (found["capture_kernel"], found["capture_initrd"]) == (IMAGE, INITRD)
    assert set(found["files"]) == {IMAGE, INITRD, CONFIGURATION, *FALLBACK}
    for path in (IMAGE, INITRD, CONFIGURATION):
        status = tree.path(path).stat()
        assert found["files"][path] == {
            "size": status.st_size,
            "mtime_ns": status.st_mtime_ns,
            "sha256": hashlib.sha256(tree.path(path).read_bytes()).hexdigest(),
        }


def test_big_files_are_read_in_pieces(tree: HostTree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fingerprint, "CHUNK", 7)
    tree.write(INITRD, "x" * 7 * 5 + "end")
    assert take(tree)["files"][INITRD]["sha256"] == hashlib.sha256(b"x" * 35 + b"end").hexdigest()


@pytest.fixture
def summed(monkeypatch: pytest.MonkeyPatch) -> List[str]:
    """The files that are read from end to end."""
    paths: List[str] = []
    original = fingerprint._checksum

    def checksum(path: str) -> str:
        paths.append(path)
        return original(path)

    monkeypatch.setattr(fingerprint, "_checksum", checksum)
    return paths


def test_nothing_is_read_while_size_and_time_are_as_recorded(tree: HostTree, summed: List[str]) -> None:
    record = tree.record()
    assert take(tree, record) == record["fingerprint"]
    assert summed == []


@pytest.mark.parametrize("change", ["size", "mtime_ns", "sha256"])
def test_a_file_is_read_when_it_may_have_changed(tree: HostTree, summed: List[str], change: str) -> None:
    record = tree.record()
    record["fingerprint"]["files"][INITRD][change] = ""
    assert take(tree, record) == tree.record()["fingerprint"]
    assert summed == [str(tree.path(INITRD))]


def test_everything_is_read_without_a_record(tree: HostTree, summed: List[str]) -> None:
    assert take(tree) == tree.record()["fingerprint"]
    assert len(summed) == 3


def gone(tree: HostTree) -> None:
    tree.remove(INITRD)


def directory(tree: HostTree) -> None:
    gone(tree)
    tree.directory(INITRD)


def pipe(tree: HostTree) -> None:
    gone(tree)
    os.mkfifo(str(tree.path(INITRD)))


@pytest.mark.parametrize("change", [directory, pipe])
def test_what_is_no_file_has_no_identity(tree: HostTree, change: Change) -> None:
    change(tree)
    assert take(tree)["files"][INITRD] is None


def test_a_file_that_goes_away_meanwhile_has_no_identity(tree: HostTree) -> None:
    setup = read_setup(tree.host(), Policy())._replace(capture_initrd="/gone")
    assert fingerprint.take(tree.host(), setup, reserved.look(tree.host()))["files"]["/gone"] is None


def test_a_new_time_alone_changes_nothing(tree: HostTree) -> None:
    os.utime(str(tree.path(INITRD)), (1, 1))
    assert changes(tree) == []


# ---- each change expires the proof, and is named


def less_reserved(tree: HostTree) -> None:
    tree.replace("/proc/iomem", "  2c000000-37ffffff : Crash kernel", "  2c000000-2dffffff : Crash kernel")


def low_region(tree: HostTree) -> None:
    low = "  10000000-10ffffff : Crash kernel\n"
    tree.replace("/proc/iomem", "  2c000000-37ffffff", low + "  2c000000-37ffffff")


def more_ram(tree: HostTree) -> None:
    tree.write("/proc/iomem", IOMEM + "100000000-107ffffff : System RAM\n")


def other_path(tree: HostTree) -> None:
    tree.directory("/srv/crash", 0o700)
    tree.replace(CONFIGURATION, 'KDUMP_COREDIR="/var/crash"', 'KDUMP_COREDIR="/srv/crash"')


CHANGES = [
    (lambda tree: tree.write(INITRD, "other"), ["capture initrd " + INITRD]),
    (gone, ["capture initrd {0} is gone".format(INITRD)]),
    (lambda tree: tree.write(IMAGE, "kernex"), ["capture kernel " + IMAGE]),
    (lambda tree: tree.append(CONFIGURATION, "#\n"), ["configuration " + CONFIGURATION]),
    (
        lambda tree: tree.replace(CONFIGURATION, "nr_cpus=1 irqpoll usbcore.nousb panic", "mem=64M panic"),
        [
            "configuration " + CONFIGURATION,
            "capture arguments 'reset_devices systemd.unit=kdump-tools-dump.service mem=64M panic=10' "
            "(proven: '{0} panic=10')".format(CAPTURE_ARGUMENTS),
        ],
    ),
    (less_reserved, ["reserved memory main 32 MiB (proven: main 192 MiB)"]),
    (low_region, ["reserved memory main 192 MiB, low 16 MiB (proven: main 192 MiB)"]),
    (
        lambda tree: tree.write("/sys/kernel/kexec/crash_cma_ranges", "90000000-97ffffff\n"),
        ["reserved memory main 192 MiB, cma 128 MiB (proven: main 192 MiB)"],
    ),
    (more_ram, ["memory of the host 1151 MiB (proven: 1023 MiB)"]),
    (
        other_path,
        ["configuration " + CONFIGURATION, "target local /srv/crash (proven: local /var/crash)"],
    ),
    (
        lambda tree: tree.write("/etc/fstab", "/dev/vdb /var/crash ext4 noauto 0 0\n"),
        ["lines of /etc/fstab for the target"],
    ),
    (lambda tree: tree.write(FALLBACK[0], "#!/bin/sh\n"), ["file " + FALLBACK[0]]),
]


@pytest.mark.parametrize(("change", "said"), CHANGES)
def test_a_change_is_named(tree: HostTree, change: Change, said: List[str]) -> None:
    assert changes(tree) == []
    change(tree)
    assert changes(tree) == said


def test_another_kernel_is_named_with_both_releases(tree: HostTree) -> None:
    current = dict(take(tree), kernel="6.13")
    assert fingerprint.changed(tree.record(), current) == ["kernel 6.13 (proven: {0})".format(KERNEL)]


def test_another_name_of_the_same_file_is_no_change(tree: HostTree) -> None:
    other = "/boot/initrd-of-capture"
    tree.write(other, tree.path(INITRD).read_text())
    tree.link("/var/lib/kdump/initrd.img", other)
    assert changes(tree) == []


def test_an_initrd_that_is_built_at_each_boot_is_no_change_while_it_is_there(tree: HostTree) -> None:
    """Else a nightly rollout that proves hosts would crash this one each night."""
    tree.write_record(dict(tree.record(), rebuilt_at_boot=True))
    tree.write(INITRD, "of this boot")
    assert changes(tree) == []
    tree.remove(INITRD)
    assert "capture initrd {0} is gone".format(INITRD) in changes(tree)


def test_another_file_of_an_unrelated_mount_is_no_change(tree: HostTree) -> None:
    tree.write("/etc/fstab", "//nas/home /home cifs password=secret 0 0\n")
    assert changes(tree) == []
    assert "secret" not in str(take(tree))


def test_firmware_that_takes_some_more_is_no_change(tree: HostTree) -> None:
    tree.replace("/proc/iomem", "00100000-3ffdbfff", "00100000-3ffcbfff")
    assert changes(tree) == []


@pytest.mark.parametrize(
    ("policy", "why"), [({"path": "/data/crash", "keep_dumps": 3}, "settings"), ({"fallback": "local"}, "fallback")]
)
def test_a_policy_is_no_part_of_it(tree: HostTree, policy: Dict[str, Any], why: str) -> None:
    """The crash test looks without a policy, an audit with it."""
    assert changes(tree, policy) == []


def test_a_record_of_format_1_expires_and_says_why(tree: HostTree) -> None:
    tree.write_record(dict(tree.record(), format=1, fingerprint={"kernel": KERNEL, "configuration": {"path": "/x"}}))
    assert changes(tree) == [
        "its record has format 1, which does not name everything that a capture depends on (format 2 does)"
    ]
    found = report(tree.host(), Policy())
    assert [one["code"] for one in found["findings"]] == ["proof-expired"]
    assert found["ready"]


def test_a_name_that_no_terminal_shows_is_compared_as_it_is_recorded(tree: HostTree) -> None:
    tree.replace(CONFIGURATION, 'KDUMP_COREDIR="/var/crash"', 'KDUMP_COREDIR="/var/\udcff"')
    tree.write_record(dict(tree.record(), fingerprint=report(tree.host(), Policy(), fingerprint=True)["fingerprint"]))
    assert changes(tree) == []


# ---- kdumpctl


def rpm_less_reserved(tree: HostTree) -> None:
    tree.write("/proc/iomem", IOMEM_4G.replace("  a8000000-b7ffffff", "  a8000000-a9ffffff"))


def to_ssh(tree: HostTree) -> None:
    """Dumps go to an ssh server whose key is pinned, through the wrapper."""
    tree.program("/usr/bin/ssh")
    tree.append(rpm_tree.CONFIGURATION, "ssh kdump@dump1\n")
    tree.replace(rpm_tree.CONFIGURATION, "core_collector makedumpfile", "core_collector " + COLLECTOR)
    tree.write(COLLECTOR, "#!/bin/sh\n", 0o755)
    tree.write(KEY, "private", 0o600)
    tree.write(fingerprint.KNOWN_HOSTS, f"dump1,192.0.2.1 ssh-ed25519 {ED25519}1\nother ssh-ed25519 {ED25519}2\n")


def hashed(name: str) -> str:
    salt = b"12345678901234567890"
    digest = hmac.new(salt, name.encode(), "sha1").digest()
    return "|1|{0}|{1}".format(*(base64.b64encode(part).decode() for part in (salt, digest)))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (rpm_less_reserved, ["reserved memory main 32 MiB (proven: main 256 MiB)"]),
        (
            lambda tree: tree.write(ENVIRONMENT, 'KDUMP_COMMANDLINE_APPEND="mem=64M panic=10"\n'),
            [
                "configuration " + ENVIRONMENT,
                "capture arguments 'mem=64M panic=10' (proven: '{0}')".format(rpm_tree.APPENDED),
            ],
        ),
        (lambda tree: tree.append(ENVIRONMENT, 'KEXEC_ARGS=""\n'), ["configuration " + ENVIRONMENT]),
        (
            lambda tree: tree.remove(ENVIRONMENT),
            [
                "configuration {0} is gone".format(ENVIRONMENT),
                "capture arguments '' (proven: '{0}')".format(rpm_tree.APPENDED),
            ],
        ),
        (lambda tree: tree.append(rpm_tree.CONFIGURATION, "#\n"), ["configuration " + rpm_tree.CONFIGURATION]),
    ],
)
def test_a_change_of_a_host_with_kdumpctl_is_named(rpm: RpmTree, change: Change, said: List[str]) -> None:
    assert changes(rpm) == []
    change(rpm)
    assert changes(rpm) == said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda tree: tree.write(COLLECTOR, "#!/bin/sh\n#\n", 0o755), ["file " + COLLECTOR]),
        (lambda tree: tree.write(KEY, "another", 0o600), ["ssh key " + KEY]),
        (
            lambda tree: tree.replace(fingerprint.KNOWN_HOSTS, ED25519 + "1", ED25519 + "3"),
            ["host keys of the target in /root/.ssh/known_hosts"],
        ),
        (
            lambda tree: tree.append(fingerprint.KNOWN_HOSTS, f"@revoked {hashed('dump1')} ssh-rsa {ED25519}4\n"),
            ["host keys of the target in /root/.ssh/known_hosts"],
        ),
        (
            lambda tree: tree.replace(rpm_tree.CONFIGURATION, "kdump@dump1", "kdump@DUMP1"),
            ["configuration " + rpm_tree.CONFIGURATION, "target ssh kdump@DUMP1 /var/crash (proven: ssh kdump@dump1 "],
        ),
        (lambda tree: tree.replace(fingerprint.KNOWN_HOSTS, ED25519 + "2", ED25519 + "3"), []),
        (lambda tree: tree.append(fingerprint.KNOWN_HOSTS, "|1|!|! ssh-rsa x\n|2|\n@revoked\nx\n#\n"), []),
        (
            lambda tree: tree.write(
                fingerprint.KNOWN_HOSTS, f"{hashed('other')} ssh-rsa x\n{hashed('dump1')} ssh-ed25519 {ED25519}1 n\n"
            ),
            [],
        ),
    ],
)
def test_a_change_of_what_reaches_a_server_is_named(rpm: RpmTree, change: Change, said: List[str]) -> None:
    to_ssh(rpm)
    rpm.prove()
    assert changes(rpm) == []
    change(rpm)
    found = changes(rpm)
    assert len(found) == len(said)
    assert all(one.startswith(start) for one, start in zip(found, said))


def test_host_keys_are_summed_up_as_in_records_that_are_there(rpm: RpmTree) -> None:
    """Else an update of the collection would end each proof of a host with an ssh target."""
    to_ssh(rpm)
    rpm.append(fingerprint.KNOWN_HOSTS, f"@revoked dump1 ssh-rsa {ED25519}4 note\n")
    keys = [f" ssh-ed25519 {ED25519}1", f"@revoked ssh-rsa {ED25519}4"]
    found = report(rpm.host(), Policy(), fingerprint=True)["fingerprint"]["host_keys"]
    assert found == hashlib.sha256("\n".join(keys).encode()).hexdigest()


def test_a_file_that_a_capture_did_not_need_then_is_named(rpm: RpmTree) -> None:
    to_ssh(rpm)
    found = changes(rpm)
    assert "ssh key " + KEY in found
    assert "file " + COLLECTOR in found


def test_nothing_reserved_is_said_in_words() -> None:
    assert fingerprint._regions({"main_bytes": None, "low_bytes": 0}) == "none"


def test_known_hosts_that_cannot_be_read_hold_nothing(tree: HostTree) -> None:
    class Broken(Host):
        def read(self, name: str) -> Optional[str]:
            raise OSError(errno.EIO, "Input/output error", name)

    assert fingerprint._host_keys(Broken("/nowhere"), Target("ssh", "kdump@dump1", "/var/crash")) == []


def test_an_export_is_bound_to_its_line(rpm: RpmTree) -> None:
    """kdumpctl takes the mount options of an export out of the table."""
    rpm.program("/usr/sbin/mount.nfs")
    rpm.append(rpm_tree.CONFIGURATION, "nfs dump1:/srv/kdump/n1\n")
    rpm.write("/etc/fstab", "dump1:/srv/kdump/n1 /mnt nfs rw,noauto,soft 0 0\n/dev/vda1 / ext4 defaults 0 1\n")
    rpm.prove()
    rpm.replace("/etc/fstab", "defaults", "noatime")
    assert changes(rpm) == []
    rpm.replace("/etc/fstab", "soft", "soft,timeo=50")
    assert changes(rpm) == ["lines of /etc/fstab for the target"]


def test_every_file_that_kdumpctl_reads_is_in_it(rpm: RpmTree) -> None:
    setup = kdumpctl.read(rpm.host(), Policy())
    found = fingerprint.take(rpm.host(), setup, reserved.look(rpm.host()))
    assert {file.path for file in setup.files} <= set(found["files"])


def test_no_record_of_this_format_is_stumbled_over(tree: HostTree) -> None:
    """proof.py refuses a record of the wrong shape before this is asked; what it lets pass must be compared."""
    current = take(tree)
    for name in current:
        if name not in ("kernel", "configuration"):
            said = fingerprint.changed({"format": proof.FORMAT, "fingerprint": {**current, name: None}}, current)
            assert (said != []) is bool(current[name]), name


def test_the_value_in_the_test_tree_is_a_proof(tree: HostTree) -> None:
    assert VALUE in tree.path("/proc/cmdline").read_text()
    assert changes(tree) == []
