# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of nfs_options.py, and of the findings about the mount options of an export (readiness/rules_for_mount.py)."""

import os
from pathlib import Path
from typing import Any, Dict, List, Optional

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.host import mounts
from ansible_collections.kdump.fleet.plugins.module_utils.host.errors import KdumpError
from ansible_collections.kdump.fleet.plugins.module_utils.readiness.report import report
from ansible_collections.kdump.fleet.plugins.module_utils.target import nfs_options
from ansible_collections.kdump.fleet.plugins.module_utils.target.configured import setup_of
from ansible_collections.kdump.fleet.plugins.module_utils.tools.policy import Policy
from ansible_collections.kdump.fleet.plugins.module_utils.tools.records import ExportLine
from tests.unit.plugins.module_utils.host_tree import ready_host
from tests.unit.plugins.module_utils.rpm_tree import CONFIGURATION, INITRD, RpmTree, ready_rpm_host

EXPORT = "dump1:/srv/kdump/r1"
OPTIONS = "soft,timeo=100,retrans=3,nolock"
LINE = EXPORT + " /var/lib/kdump-fleet-export nfs rw,noauto," + OPTIONS + " 0 0"
BLOCK = "# BEGIN kdump.fleet\n{0}\n# END kdump.fleet\n"
ROOT = "/dev/vda2 / ext4 rw,relatime 0 0\n"
POLICY = {"target": {"type": "nfs", "location": EXPORT}, "path": "/var/crash", "nfs_options": OPTIONS}


@pytest.fixture
def tree(tmp_path: Path) -> RpmTree:
    """A host with kdumpctl, armed, whose dumps go to an export that nothing has options for."""
    made = ready_rpm_host(tmp_path / "host")
    made.program("/usr/sbin/mount.nfs")
    made.append(CONFIGURATION, "nfs {0}\n".format(EXPORT))
    made.write("/etc/fstab", ROOT)
    made.write("/proc/self/mounts", ROOT)
    for path in (CONFIGURATION, "/etc/fstab"):
        os.utime(str(made.path(path)), (1, 1))
    return made


def set_table(tree: RpmTree, text: str) -> None:
    """An /etc/fstab that is older than the capture initrd."""
    tree.write("/etc/fstab", ROOT + text)
    os.utime(str(tree.path("/etc/fstab")), (1, 1))


def exported(tree: RpmTree, **policy: Any) -> Optional[ExportLine]:
    return setup_of(tree.host(), Policy.of(dict(POLICY, **policy))).export


def findings(tree: RpmTree, policy: Dict[str, Any]) -> List[List[str]]:
    found = report(tree.host(), Policy.of(policy))["findings"]
    return [[one["code"], one["message"]] for one in found if one["code"] != "proof-missing"]


def hard(options: str, origin: str) -> List[List[str]]:
    message = "The capture kernel mounts {0} with the options {1}, {2}: a server that dies during a dump holds it"
    return [
        ["target-mount-hard", message.format(EXPORT, options, origin) + " forever, and the host does not come back."]
    ]


def differs(written: str, line: str) -> List[List[str]]:
    return [["configuration-differs", "/etc/fstab has '{0}', the rollout writes '{1}'.".format(written, line)]]


# ---- the line


def test_the_roll_out_writes_a_line_once(tree: RpmTree) -> None:
    assert exported(tree) == ExportLine("/var/lib/kdump-fleet-export", LINE, "")
    assert findings(tree, POLICY) == differs("", LINE)
    assert report(tree.host(), Policy.of(POLICY))["needs_rollout"] is True
    set_table(tree, BLOCK.format(LINE))
    answer = report(tree.host(), Policy.of(POLICY))
    assert answer["target"]["export"] == {"directory": nfs_options.DIRECTORY, "line": LINE, "written": LINE}
    assert [finding["code"] for finding in answer["findings"]] == ["proof-missing"]
    assert (answer["needs_rollout"], answer["target"]["in_fstab"]) == (False, True)
    # An audit without a policy has no opinion, and sees the options.
    assert (exported(tree, nfs_options=None), findings(tree, {})) == (None, [])


def test_a_host_that_has_another_target_still_gets_it_too(tree: RpmTree) -> None:
    tree.write(CONFIGURATION, "path /var/crash\n")
    assert exported(tree) == ExportLine(nfs_options.DIRECTORY, LINE, "")


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ("soft", "rw,noauto,soft"),
        ("rw,noauto,soft,,vers=4.2", "rw,noauto,soft,vers=4.2"),
        ("noauto", "rw,noauto,defaults"),
        ("sec=a#b", "rw,noauto,sec=a\\043b"),
    ],
)
def test_kdumpctl_mounts_what_has_noauto_behind_a_comma(tree: RpmTree, options: str, field: str) -> None:
    found = exported(tree, nfs_options=options)
    assert found and found.line.split()[3] == field


def test_an_export_may_hold_blanks(tree: RpmTree) -> None:
    found = exported(tree, target={"type": "nfs", "location": "[fd00::1]:/my dumps"})
    assert found and mounts.parse(found.line)[0][:3] == ("[fd00::1]:/my dumps", nfs_options.DIRECTORY, "nfs")


@pytest.mark.parametrize("options", ["soft, timeo=100", " ", "soft\n", "soft\x1b"])
def test_options_that_are_no_field_are_an_error(tree: RpmTree, options: str) -> None:
    with pytest.raises(KdumpError, match="write them as mount\\(8\\) takes them, with commas and without blanks"):
        exported(tree, nfs_options=options)


def test_a_former_line_is_written_anew(tree: RpmTree) -> None:
    previous = LINE.replace("r1", "r2")
    set_table(tree, BLOCK.format(previous))
    assert findings(tree, POLICY) == differs(previous, LINE)


@pytest.mark.parametrize("table", ["/etc/fstab", "/proc/self/mounts"])
def test_somebody_elses_line_or_mount_decides(tree: RpmTree, table: str) -> None:
    set_table(tree, BLOCK.format(LINE))
    tree.append(table, EXPORT + " /mnt nfs4 rw,soft 0 0\n")
    os.utime(str(tree.path("/etc/fstab")), (1, 1))
    assert exported(tree) == ExportLine(nfs_options.DIRECTORY, "", LINE)
    assert differs(LINE, "")[0] in findings(tree, POLICY)
    set_table(tree, EXPORT + " /mnt nfs4 rw,soft 0 0\n")
    assert exported(tree) == ExportLine(nfs_options.DIRECTORY, "", "")


def test_the_mount_that_kdumpctl_makes_by_the_line_is_nobody_elses(tree: RpmTree) -> None:
    set_table(tree, BLOCK.format(LINE))
    tree.append("/proc/self/mounts", EXPORT + " /var/lib/kdump-fleet-export nfs4 rw,soft 0 0\n")
    assert exported(tree) == ExportLine(nfs_options.DIRECTORY, LINE, LINE)


@pytest.mark.parametrize(
    ("policy", "goes"),
    [
        ({"nfs_options": ""}, True),
        ({"target": {"type": "local"}}, True),
        ({"target": {"type": "ssh", "location": "kdump@dump1"}}, True),
        ({"target": {"type": "local"}, "dracut_args": '--mount "{0} /kdumproot nfs soft"'.format(EXPORT)}, True),
    ],
)
def test_a_line_that_nothing_needs_goes(tree: RpmTree, policy: Dict[str, Any], goes: bool) -> None:
    set_table(tree, BLOCK.format(LINE))
    assert exported(tree, **policy) == (ExportLine(nfs_options.DIRECTORY, "", LINE) if goes else None)
    set_table(tree, "")
    assert exported(tree, **policy) in (None, ExportLine(nfs_options.DIRECTORY, "", ""))


def test_a_line_stays_where_the_policy_does_not_say_where_dumps_go(tree: RpmTree) -> None:
    set_table(tree, BLOCK.format(LINE))
    assert nfs_options.wanted(tree.host(), Policy.of({"nfs_options": OPTIONS}), {}) is None


def test_the_line_of_a_file_system_is_left_alone(tree: RpmTree) -> None:
    """It stays where kdump_mount_point is taken away."""
    set_table(tree, BLOCK.format("UUID=1 /srv/dumps ext4 nofail 0 0"))
    assert exported(tree, target={"type": "local"}) is None
    assert exported(tree, nfs_options="") == ExportLine(nfs_options.DIRECTORY, "", "")


def test_a_file_system_takes_the_place_of_an_export(tree: RpmTree) -> None:
    """One block, one line: mount.py writes it."""
    set_table(tree, BLOCK.format(LINE))
    policy = Policy.of({"target": {"type": "ext4", "location": "/dev/vdb"}, "mount_point": "/srv/dumps"})
    assert nfs_options.wanted(tree.host(), policy, {"ext4": "/dev/vdb"}) is None


def test_kdump_tools_mounts_by_options_of_its_own(tmp_path: Path) -> None:
    answer = report(ready_host(tmp_path).host(), Policy.of(POLICY))
    assert answer["target"]["export"] is None


# ---- a mount that waits forever


@pytest.mark.parametrize(
    ("mounted", "table", "found"),
    [
        ("", "", hard("defaults", "it has no line in /etc/fstab")),
        ("", "/mnt nfs", hard("defaults", "by its line in /etc/fstab at /mnt")),
        ("", "/mnt nfs noauto 0 0", hard("noauto", "by its line in /etc/fstab at /mnt")),
        ("", "/mnt nfs soft,hard,noauto 0 0", hard("soft,hard,noauto", "by its line in /etc/fstab at /mnt")),
        ("", "/mnt nfs hard,softerr 0 0", []),
        ("", "/mnt nfs4 soft 0 0", []),
        ("/mnt nfs4 rw,hard 0 0", "/mnt nfs soft 0 0", hard("rw,hard", "by its mount at /mnt")),
        ("/mnt nfs4 rw,soft 0 0", "/mnt nfs hard 0 0", []),
    ],
)
def test_a_hard_mount_is_told(tree: RpmTree, mounted: str, table: str, found: List[List[str]]) -> None:
    set_table(tree, EXPORT + " " + table + "\n" if table else "")
    tree.append("/proc/self/mounts", EXPORT + " " + mounted + "\n" if mounted else "")
    told = [one for one in findings(tree, {}) if one[0] == "target-mount-hard"]
    assert told == found
    answer = report(tree.host(), Policy())
    assert "target-mount-hard" not in answer["summary"]
    assert answer["needs_rollout"] == any(one["mended_by"] == "rollout" for one in answer["findings"])


def test_what_the_roll_out_mends_is_not_told_twice(tree: RpmTree) -> None:
    assert findings(tree, {}) == hard("defaults", "it has no line in /etc/fstab")
    assert findings(tree, POLICY) == differs("", LINE)
    assert findings(tree, dict(POLICY, nfs_options="")) == findings(tree, {})


def test_options_of_the_policy_that_are_hard_are_told_too(tree: RpmTree) -> None:
    set_table(tree, BLOCK.format(LINE.replace("soft", "hard")))
    options = OPTIONS.replace("soft", "hard")
    origin = "by its line in /etc/fstab at /var/lib/kdump-fleet-export"
    assert findings(tree, dict(POLICY, nfs_options=options)) == hard("rw,noauto," + options, origin)


def test_a_target_that_is_left_is_not_judged(tree: RpmTree) -> None:
    found = findings(tree, {"target": {"type": "local"}})
    assert "target-mount-hard" not in [code for code, _message in found]


def test_a_table_that_is_newer_than_the_capture_initrd_is_not_in_it(tree: RpmTree) -> None:
    set_table(tree, BLOCK.format(LINE))
    made = tree.path(INITRD).stat().st_mtime_ns
    os.utime(str(tree.path("/etc/fstab")), ns=(made + 1, made + 1))
    message = "/etc/fstab is newer than {0}: a capture would work with the previous settings.".format(INITRD)
    assert findings(tree, POLICY) == [["configuration-not-loaded", message]]
    tree.write(CONFIGURATION, "path /var/crash\n")  # which takes nothing out of it
    os.utime(str(tree.path(CONFIGURATION)), (1, 1))
    assert findings(tree, {}) == []
