# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of raw_device.py: which devices a dump may overwrite, on hosts that are armed and on those that are not yet."""

import errno
import os
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import CommandError, CommandResult
from ansible_collections.kdump.fleet.plugins.module_utils.readiness.report import report
from ansible_collections.kdump.fleet.plugins.module_utils.target import raw_device
from ansible_collections.kdump.fleet.plugins.module_utils.tools.policy import Policy
from tests.unit.plugins.module_utils.rpm_tree import CONFIGURATION, RpmTree, ready_rpm_host

BY_ID = "/dev/disk/by-id/virtio-dumps"
GIB = 1 << 30
Change = Callable[["RawTree"], Any]


class RawTree(RpmTree):
    """A host with kdumpctl, its root on vda2 and swap on vda3, and an empty second disk, vdb."""

    signatures: Dict[str, str] = {}  # what blkid -p prints of a device
    blkid = 0  # its exit status, where it finds something
    asked: List[str]

    def disk(self, name: str, number: str, gibibytes: int = 8, inside: str = "") -> None:
        place = "/sys/devices/virtio/block/{0}{1}".format(inside + "/" if inside else "", name)
        self.write(place + "/dev", number + "\n")
        self.write(place + "/size", "{0}\n".format(gibibytes * GIB // 512))
        self.write(place + "/ro", "0\n")
        self.directory(place + "/holders")
        if inside:
            self.write(place + "/partition", "1\n")
        self.link("/sys/class/block/" + name, "../../" + place[len("/sys/") :])
        self.write("/dev/" + name, "\0" * 64)

    def raw_answer(self, argv: List[str], timeout: float) -> CommandResult:
        if argv[:4] != ["blkid", "-p", "-o", "export"]:
            return self.answer(argv, timeout)
        self.asked.append(argv[4])
        said = self.signatures.get(argv[4], "")
        return CommandResult(argv, self.blkid if said else 2, said, "")


@pytest.fixture
def tree(tmp_path: Path) -> RawTree:
    made = RawTree(ready_rpm_host(tmp_path / "host").root)
    made.runner, made.asked, made.signatures = made.raw_answer, [], {}
    made.disk("vda", "254:0")
    made.disk("vda2", "254:2", inside="vda")
    made.disk("vda3", "254:3", inside="vda")
    made.disk("vdb", "254:16")
    made.link(BY_ID, "../../vdb")
    made.link("/dev/disk/by-uuid/95d3fad2-a044-4d2e-bc8b-51b953bea44f", "../../vda2")
    made.write("/proc/self/mountinfo", "22 1 254:2 / / rw - ext4 /dev/vda2 rw\n")
    made.write("/proc/self/mounts", "/dev/vda2 / ext4 rw 0 0\n")
    made.write("/proc/swaps", "Filename\t\t\t\tType\n/dev/vda3  partition\t1\t0\t-2\n")
    return made


def raw(location: str = BY_ID, **more: Any) -> Dict[str, Any]:
    return {"target": {"type": "raw", "location": location}, **more}


def armed_with(tree: RawTree, location: str) -> None:
    """As an administrator, or an earlier release, has written it."""
    tree.write(CONFIGURATION, "raw {0}\npath /var/crash\ncore_collector makedumpfile -F -l -d 31\n".format(location))


def of_device(tree: RawTree, **policy: Any) -> List[str]:
    """Codes and messages of what is found about the device."""
    return [
        "{0}: {1}".format(one["code"], one["message"])
        for one in report(tree.host(), Policy.of(policy))["findings"]
        if one["code"].startswith("target-")
    ]


def test_an_empty_disk_is_a_raw_target(tree: RawTree) -> None:
    assert of_device(tree, **raw()) == []
    assert tree.asked == ["/dev/vdb"]


def test_other_targets_cost_no_command(tree: RawTree) -> None:
    report(tree.host(), Policy.of({"target": {"type": "local"}}))
    assert tree.asked == []


@pytest.mark.parametrize("header", ["makedumpfile\0\0\0\0", "KDUMP   "])
def test_a_dump_from_before_may_be_overwritten(tree: RawTree, header: str) -> None:
    tree.write("/dev/vdb", header + "\0" * 64)
    tree.signatures["/dev/vdb"] = "PTTYPE=gpt\n"  # the second table of a disk stands at its end
    assert of_device(tree, **raw()) == []


def holder(name: str, of: str) -> Change:
    return lambda tree: tree.write("{0}/holders/{1}".format(tree_place(of), name), "")


def tree_place(name: str) -> str:
    return "/sys/devices/virtio/block/" + ("vda/" + name if name in ("vda2", "vda3") else name)


def nothing(tree: RawTree) -> None:
    """As the host is."""


def partitioned(tree: RawTree) -> None:
    tree.disk("vdb1", "254:17", inside="vdb")


def mounted_partition(tree: RawTree) -> None:
    partitioned(tree)
    tree.append("/proc/self/mountinfo", "40 22 254:17 / /srv rw - xfs /dev/vdb1 rw\n")


USES = [
    pytest.param("/dev/vda2", nothing, "is mounted at /", id="the mounted root"),
    pytest.param(
        "/dev/vda2",
        lambda tree: tree.write("/proc/self/mounts", "/dev/root / ext4 rw 0 0\n"),
        "is mounted at /",
        id="by its device number",
    ),
    pytest.param(
        "/dev/vda2",
        lambda tree: tree.write("/proc/self/mountinfo", "22 1 0:31 / / rw - btrfs /dev/vda2 rw\n"),
        "is mounted at /",
        id="a file system with numbers of its own",
    ),
    pytest.param(
        "/dev/vda2",
        lambda tree: [tree.write("/proc/self/" + name, "") for name in ("mounts", "mountinfo")],
        "holds the root file system: the kernel was booted with root=UUID=95d3fad2-a044-4d2e-bc8b-51b953bea44f",
        id="root=",
    ),
    pytest.param("/dev/vda3", nothing, "is swap space", id="swap"),
    pytest.param("/dev/vda", nothing, "has the partition /dev/vda2, which is mounted at /", id="the whole disk"),
    pytest.param(
        BY_ID, mounted_partition, "has the partition /dev/vdb1, which is mounted at /srv", id="a mounted partition"
    ),
    pytest.param(
        BY_ID,
        holder("dm-0", "vdb"),
        "belongs to /dev/dm-0 (LVM, RAID, multipath or encryption)",
        id="holders",
    ),
    pytest.param(
        BY_ID,
        lambda tree: tree.write("/etc/fstab", BY_ID + " /data xfs noauto 0 0\n"),
        "has a line in /etc/fstab, for /data",
        id="fstab",
    ),
    pytest.param(
        BY_ID,
        lambda tree: tree.directory("/sys/fs/btrfs/0123/devices/vdb"),
        "belongs to a btrfs file system that is in use",
        id="btrfs",
    ),
]


@pytest.mark.parametrize(("location", "change", "use"), USES)
def test_a_device_in_use_is_never_overwritten(tree: RawTree, location: str, change: Change, use: str) -> None:
    """Not by the policy, whatever it says of overwriting, and not where the host's file says so already."""
    change(tree)
    wanted = raw(location, overwrite_device=location)
    found = of_device(tree, **wanted)
    assert len(found) == 1
    assert found[0].startswith("target-device-in-use: A dump would overwrite " + location)
    assert found[0].endswith("from its first byte, and it {0}.".format(use))
    answer = report(tree.host(), Policy.of(wanted))
    assert (answer["ready_next_boot"], answer["needs_rollout"]) == (True, True)  # dumps still go elsewhere
    (finding,) = [one for one in answer["findings"] if one["code"] == "target-device-in-use"]
    assert (finding["severity"], finding["mended_by"], finding["blocks"]) == ("error", "administrator", [])
    armed_with(tree, location)
    answer = report(tree.host(), Policy.of(wanted))
    assert (answer["ready_now"], answer["ready_next_boot"]) == (False, False)
    assert report(tree.host(), Policy())["ready_next_boot"] is False


def test_the_disk_of_a_partition_may_belong_to_something(tree: RawTree) -> None:
    """Its device is another: multipath, or RAID of whole disks."""
    partitioned(tree)
    holder("dm-3", "vdb")(tree)
    assert of_device(tree, **raw("/dev/vdb1", overwrite_device="/dev/vdb1")) == [
        "target-device-in-use: A dump would overwrite /dev/vdb1 from its first byte, and it is a part of /dev/vdb, "
        "which belongs to /dev/dm-3."
    ]


def test_the_kernel_has_the_last_word(tree: RawTree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raw_device, "is_claimed", lambda path: path == str(tree.path("/dev/vdb")))
    assert of_device(tree, **raw(overwrite_device=BY_ID)) == [
        "target-device-in-use: A dump would overwrite {0} (/dev/vdb) from its first byte, and it is in use: the kernel "
        "refuses to open it exclusively.".format(BY_ID)
    ]


@pytest.mark.parametrize("number", [errno.EIO, errno.ENXIO])
def test_a_disk_that_died_stops_no_look_at_the_host(
    tree: RawTree, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor the rollout that moves the host to another target."""

    def dead(path: str) -> bool:
        raise OSError(number, os.strerror(number), path)

    monkeypatch.setattr(raw_device, "is_claimed", dead)
    message = "target-device-unfit: {0} cannot be read: {1}.".format(BY_ID, os.strerror(number))
    assert of_device(tree, **raw()) == [message]


@pytest.mark.parametrize(("number", "claimed"), [(None, False), (errno.EBUSY, True)])
def test_a_claimed_device_cannot_be_opened(monkeypatch: pytest.MonkeyPatch, number: int, claimed: bool) -> None:
    def fails(path: str, flags: int) -> int:
        assert flags & os.O_EXCL
        assert not flags & (os.O_CREAT | os.O_WRONLY | os.O_RDWR)
        if number:
            raise OSError(number, "busy")
        return real(path, flags)

    real = os.open
    monkeypatch.setattr(os, "open", fails)
    assert raw_device.is_claimed("/dev/null") is claimed


CONTENTS = [
    pytest.param("TYPE=ext4\nPART_ENTRY_SCHEME=gpt\n", 0, "it holds ext4, by its signature", id="a file system"),
    pytest.param("TYPE=LVM2_member\n", 0, "it holds LVM2_member, by its signature", id="a volume that is not active"),
    pytest.param("PTTYPE=gpt\n", 0, "it holds gpt, by its signature", id="a partition table"),
    pytest.param("ambivalent", 8, "blkid finds the signatures of several file systems on it", id="several"),
    pytest.param("error", 4, "what is on it cannot be determined: 'blkid -p -o export /dev/vdb' ", id="an error"),
]


@pytest.mark.parametrize(("said", "status", "message"), CONTENTS)
def test_what_a_device_holds_is_kept_unless_the_policy_names_it(
    tree: RawTree, said: str, status: int, message: str
) -> None:
    tree.signatures["/dev/vdb"], tree.blkid = said, status
    found = of_device(tree, **raw())
    assert len(found) == 1
    assert found[0].startswith("target-device-not-empty: A dump would overwrite {0} (/dev/vdb) from its".format(BY_ID))
    assert message in found[0]
    assert of_device(tree, **raw(overwrite_device="/dev/vda3")) == found
    assert of_device(tree, **raw(overwrite_device="/dev/vdb")) == []
    assert of_device(tree, **raw("/dev/vdb", overwrite_device=BY_ID)) == []


def test_of_a_partition_only_its_own_content_counts(tree: RawTree) -> None:
    partitioned(tree)
    tree.signatures["/dev/vdb1"] = "PART_ENTRY_SCHEME=gpt\nPART_ENTRY_NUMBER=1\n"
    assert of_device(tree, **raw("/dev/vdb1")) == []


def test_partitions_are_content(tree: RawTree) -> None:
    partitioned(tree)
    (found,) = of_device(tree, **raw())
    assert found.endswith("and it has the partition /dev/vdb1.")
    assert of_device(tree, **raw(overwrite_device=BY_ID)) == []


def test_without_blkid_nothing_is_overwritten(tree: RawTree) -> None:
    def missing(argv: List[str], timeout: float) -> CommandResult:
        if argv[0] == "blkid":
            raise CommandError("Cannot run 'blkid': No such file or directory. Install the package that brings blkid.")
        return tree.answer(argv, timeout)

    tree.runner = missing
    (found,) = of_device(tree, **raw())
    assert "what is on it cannot be determined: Cannot run 'blkid'" in found


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda tree: tree.write(tree_place("vdb") + "/ro", "1\n"), "{0} (/dev/vdb) is read-only."),
        (
            lambda tree: tree.write(tree_place("vdb") + "/size", "2048\n"),
            "{0} (/dev/vdb) has 1 MiB; a dump of this host may need 1023 MiB (a share of the memory, as makedumpfile "
            "--mem-usage says 'No memory is reserved for crashkernel!').",
        ),
        (
            lambda tree: tree.remove("/sys/class/block/vdb"),
            "{0} (/dev/vdb) is not a block device: /sys/class/block/vdb does not exist.",
        ),
    ],
)
def test_a_device_that_cannot_hold_a_dump(tree: RawTree, change: Change, message: str) -> None:
    change(tree)
    assert of_device(tree, **raw(overwrite_device=BY_ID)) == ["target-device-unfit: " + message.format(BY_ID)]


def test_a_device_that_is_missing_is_told_with_its_line(tree: RawTree) -> None:
    codes = [one["code"] for one in report(tree.host(), Policy.of(raw("/dev/vdz")))["findings"]]
    assert "policy-refused" in codes
    assert not [code for code in codes if code.startswith("target-device")]


def test_a_target_that_the_rollout_replaces_is_in_nobodys_way(tree: RawTree) -> None:
    """Dumps that would overwrite the root file system go elsewhere after the rollout."""
    armed_with(tree, "/dev/vda2")
    answer = report(tree.host(), Policy.of({"target": {"type": "local"}}))
    (finding,) = [one for one in answer["findings"] if one["code"] == "target-in-use-fails"]
    assert "A dump would overwrite /dev/vda2 from its first byte, and it is mounted at /." in finding["message"]
    assert (answer["ready_now"], finding["mended_by"]) == (False, "rollout")


def test_names_with_a_slash(tree: RawTree) -> None:
    """Old controllers of HP."""
    tree.disk("cciss!c0d0", "104:0")
    tree.write("/dev/cciss/c0d0", "\0" * 64)
    assert of_device(tree, **raw("/dev/cciss/c0d0")) == []
    assert tree.asked == ["/dev/cciss/c0d0"]
