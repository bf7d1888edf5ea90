# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of fallback.py, and of what read.py makes of it.

The scripts have the functions of kdump.sh that deal with -F: those of 1.0.42 to 1.0.59, and of 1.0.60 and 1.0.61.
"""

import os
from pathlib import Path
from typing import Any, Dict, List, Optional

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.readiness.report import report
from ansible_collections.kdump.fleet.plugins.module_utils.tools.kdumpctl import fallback
from ansible_collections.kdump.fleet.plugins.module_utils.tools.kdumpctl import read as kdumpctl
from ansible_collections.kdump.fleet.plugins.module_utils.tools.kdumpctl.fallback import COLLECTOR
from ansible_collections.kdump.fleet.plugins.module_utils.tools.policy import Policy
from ansible_collections.kdump.fleet.plugins.module_utils.tools.records import Fallback, Setup
from tests.unit.plugins.module_utils.host_tree import Space
from tests.unit.plugins.module_utils.rpm_tree import CONFIGURATION, RpmTree, ready_rpm_host

SCRIPT = "/usr/lib/dracut/modules.d/99kdumpbase/kdump.sh"
ADDS = 'get_kdump_confs(){0}\n    if is_stream; then\n        collector="$collector -F"\n    fi\n}}\n'
FORMER = ADDS.format("\n{") + "dump_fs()\n{\n    collector=$(echo \"$collector\" | sed 's/-F//g')\n}\n"
NEWER = ADDS.format(" {") + "# Here -F is not taken off.\ndump_fs() {\n    $collector /proc/vmcore file\n}\n"
SSH = {"type": "ssh", "location": "kdump@dump1"}
FALLBACK = {"target": SSH, "path": "/var/crash", "fallback": "local"}
OPTIONS = "-l --message-level 7 -d 31"


@pytest.fixture
def tree(tmp_path: Path) -> RpmTree:
    """An armed host whose kdump.sh has the fault, with what an ssh target needs."""
    tree = ready_rpm_host(tmp_path / "host")
    tree.write(SCRIPT, NEWER)
    tree.write("/root/.ssh/kdump_id_rsa", "")
    for name in ("/usr/bin/ssh", "/usr/sbin/mount.nfs"):
        tree.program(name)
    return tree


def setup_of(tree: RpmTree, policy: Dict[str, Any]) -> Setup:
    return kdumpctl.read(tree.host(), Policy.of(policy))


def collector_of(tree: RpmTree, policy: Dict[str, Any]) -> Optional[str]:
    """The core collector that the rollout writes."""
    lines = [line for line in setup_of(tree, policy).files[0].lines if line.startswith("core_collector ")]
    return lines[0].partition(" ")[2] if lines else None


def found(tree: RpmTree, policy: Dict[str, Any]) -> Dict[str, str]:
    """The messages of an audit by their codes."""
    return {one["code"]: one["message"] for one in report(tree.host(), Policy.of(policy))["findings"]}


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        (NEWER, True),
        (NEWER.replace("() {", "()\n{"), True),
        (FORMER, False),
        (FORMER.replace("()\n{", "() {"), False),
        ("# EL 8 has it in a library\ndump_ssh()\n{\n    $collector /proc/vmcore\n}\n", False),
        ("", False),
    ],
)
def test_a_script_that_keeps_the_flattening_is_told(tree: RpmTree, text: str, broken: bool) -> None:
    tree.write(SCRIPT, text)
    assert fallback.broken_script(tree.host()) == (SCRIPT if broken else None)


def test_a_host_without_the_script_has_no_fault(tree: RpmTree) -> None:
    tree.remove(SCRIPT)
    assert fallback.broken_script(tree.host()) is None
    assert collector_of(tree, FALLBACK) == "makedumpfile -F " + OPTIONS


@pytest.mark.parametrize("own", ["core_collector makedumpfile " + OPTIONS + "\n", ""])
def test_a_fallback_gets_a_collector_that_both_ways_accept(tree: RpmTree, own: str) -> None:
    tree.write(CONFIGURATION, "path /var/crash\n" + own)
    file = setup_of(tree, FALLBACK).files[0]
    assert file.wanted["core_collector"] == COLLECTOR + " " + OPTIONS
    assert file.wanted_refusals == []  # although the rollout has not brought it yet
    tree.program(COLLECTOR)
    tree.write(CONFIGURATION, "\n".join(file.lines) + "\n")
    setup = setup_of(tree, FALLBACK)
    assert (setup.files[0].differences(), setup.files[0].refusals) == ([], [])
    assert setup.fallback == Fallback("/var/crash", "/")
    assert COLLECTOR in setup.initrd_sources
    tree.remove(COLLECTOR)
    assert COLLECTOR + " is not installed" in found(tree, FALLBACK)["configuration-refused"]


@pytest.mark.parametrize(
    ("policy", "collector"),
    [
        (dict(FALLBACK, core_collector="makedumpfile -F -c -d 17"), COLLECTOR + " -c -d 17"),
        (dict(FALLBACK, core_collector="scp"), "scp"),
        (dict(FALLBACK, failure_action="poweroff"), "makedumpfile -F " + OPTIONS),
        (dict(FALLBACK, fallback="none"), "makedumpfile -F " + OPTIONS),
        ({"target": SSH, "failure_action": "dump_to_rootfs"}, COLLECTOR + " " + OPTIONS),
        (dict(FALLBACK, target={"type": "nfs", "location": "dump1:/export"}), "makedumpfile " + OPTIONS),
        (dict(FALLBACK, target={"type": "local"}), "makedumpfile " + OPTIONS),
        (
            {"target": {"type": "raw", "location": "/dev/sdb"}, "failure_action": "dump_to_rootfs"},
            "makedumpfile -F " + OPTIONS,
        ),
        ({}, "makedumpfile " + OPTIONS),
    ],
)
def test_only_a_fallback_from_ssh_needs_it(tree: RpmTree, policy: Dict[str, Any], collector: str) -> None:
    assert collector_of(tree, policy) == collector


@pytest.mark.parametrize(
    ("policy", "collector"),
    [
        (dict(FALLBACK, target={"type": "local"}), "makedumpfile " + OPTIONS),
        (FALLBACK, "makedumpfile -F " + OPTIONS),
        ({"target": SSH}, "makedumpfile -F " + OPTIONS),
        ({}, COLLECTOR + " " + OPTIONS),  # no opinion: it works with every kdump.sh
    ],
)
def test_it_goes_where_it_is_not_needed_any_more(tree: RpmTree, policy: Dict[str, Any], collector: str) -> None:
    tree.write(SCRIPT, FORMER)
    tree.program(COLLECTOR)
    tree.write(CONFIGURATION, "ssh kdump@dump1\npath /var/crash\ncore_collector {0} {1}\n".format(COLLECTOR, OPTIONS))
    assert collector_of(tree, policy) == collector


def test_a_fallback_that_the_policy_leaves_keeps_its_collector(tree: RpmTree) -> None:
    tree.program(COLLECTOR)
    tree.write(CONFIGURATION, "\n".join(setup_of(tree, FALLBACK).files[0].lines) + "\n")
    setup = setup_of(tree, dict(FALLBACK, fallback="none"))
    assert (setup.files[0].differences(), setup.fallback) == ([], Fallback("/var/crash", "/"))


def test_makedumpfile_still_judges_the_options(tree: RpmTree) -> None:
    tree.bad_options = ("-q",)
    refusals = setup_of(tree, dict(FALLBACK, core_collector="makedumpfile -F -q")).files[0].wanted_refusals
    assert len(refusals) == 1
    assert "makedumpfile refuses" in refusals[0].message


@pytest.mark.parametrize("target", ["ssh kdump@dump1", "raw /dev/vdb"])
@pytest.mark.parametrize("action", ["failure_action", "default"])
def test_a_fallback_that_the_roll_out_does_not_mend_is_told(tree: RpmTree, target: str, action: str) -> None:
    tree.write("/dev/vdb", "")
    kind, location = target.split()
    tree.write(CONFIGURATION, "{0}\ncore_collector makedumpfile -F -l\n{1} dump_to_rootfs\n".format(target, action))
    assert found(tree, {})["fallback-fails"] == (
        "A dump that does not reach {0} is lost: {1} would run makedumpfile with -F and a file, and makedumpfile "
        "refuses that.".format(location, SCRIPT)
    )
    asked = {"target": {"type": kind, "location": location}, "failure_action": "dump_to_rootfs"}
    assert ("fallback-fails" in found(tree, asked)) == (kind == "raw")
    tree.write(SCRIPT, FORMER)
    assert "fallback-fails" not in found(tree, {})


MOUNTS = "/dev/vda1 / xfs rw 0 0\n"


@pytest.mark.parametrize(
    ("mounted", "hidden"),
    [
        ("", None),
        ("/dev/vdb1 /var/crashes xfs rw 0 0\n", None),
        ("/dev/vdb1 /var xfs rw 0 0\n", "/dev/vdb1 is mounted at /var"),
        ("/dev/vdb1 /var xfs rw 0 0\n/dev/vdc /var/crash xfs rw 0 0\n", "/dev/vdc is mounted at /var/crash"),
    ],
)
@pytest.mark.parametrize("path", ["/var/crash", "/var/crash/", "var/crash"])
def test_a_fallback_below_a_mount_is_hidden(tree: RpmTree, mounted: str, hidden: Optional[str], path: str) -> None:
    """The capture kernel mounts the root device alone."""
    tree.write("/proc/self/mounts", MOUNTS + mounted)
    settings = {"nfs": "dump1:/export", "path": path, "failure_action": "dump_to_rootfs"}
    assert fallback.of(tree.host(), settings) == Fallback("/var/crash", "/", hidden)
    assert fallback.of(tree.host(), dict(settings, failure_action="reboot")) is None


@pytest.mark.parametrize(
    ("policy", "codes"),
    [
        (FALLBACK, ["fallback-hidden"]),
        (dict(FALLBACK, fallback="none"), []),
        (dict(FALLBACK, path="/srv/crash"), []),
        ({}, []),
    ],
)
def test_a_hidden_fallback_is_a_finding(tree: RpmTree, policy: Dict[str, Any], codes: List[str]) -> None:
    tree.write("/proc/self/mounts", MOUNTS + "/dev/vdb1 /var xfs rw 0 0\n")
    messages = found(tree, policy)
    assert [code for code in messages if code.startswith("fallback")] == codes
    if codes:
        assert messages["fallback-hidden"] == (
            "A dump that does not reach kdump@dump1 is saved in /var/crash of the root file system, where nobody sees "
            "it: /dev/vdb1 is mounted at /var."
        )


@pytest.mark.parametrize(("blocks", "low"), [(1 << 40, False), (1, True)])
def test_a_fallback_needs_room_on_the_root_file_system(
    tree: RpmTree, monkeypatch: pytest.MonkeyPatch, blocks: int, low: bool
) -> None:
    monkeypatch.setattr(os, "statvfs", lambda path: Space(0, blocks))
    tree.write(CONFIGURATION, "ssh kdump@dump1\n")
    message = found(tree, FALLBACK).get("fallback-space-low", "")
    assert (
        message.startswith("A dump that does not reach kdump@dump1 is saved on this host: the file system of / has ")
        == low
    )
    local = {"target": {"type": "local"}, "path": "/var/crash", "failure_action": "dump_to_rootfs"}
    assert ("target-space-low" in found(tree, local), "fallback-space-low" in found(tree, local)) == (low, False)
