# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of conf_on_host.py: what real kdumpctl refused on a host (see the fixtures), and what it let pass."""

from pathlib import Path
from typing import Callable, List, Optional, Tuple

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import CommandResult, Host
from ansible_collections.kdump.fleet.plugins.module_utils.tools.kdumpctl.conf import parse
from ansible_collections.kdump.fleet.plugins.module_utils.tools.kdumpctl.conf_on_host import refusals
from tests.unit.plugins.module_utils.host_tree import HostTree

UUID = "12e3e25f-534e-4007-a40c-e7e080a933ad"
Change = Callable[[HostTree], None]


@pytest.fixture
def tree(tmp_path: Path) -> HostTree:
    """A host with a second disk, mounted and in its table of mounts."""
    made = HostTree(tmp_path)
    made.program("/usr/bin/makedumpfile")
    made.program("/usr/bin/hook")
    made.write("/usr/bin/not-executable", "")
    made.write("/dev/vdb", "")
    made.link("/dev/disk/by-uuid/" + UUID, "../../vdb")
    made.write("/proc/self/mounts", "/dev/vda2 / ext4 rw 0 0\n/dev/vdb /srv/dumps ext4 rw 0 0\n")
    made.write("/etc/fstab", "UUID={0} /srv/dumps ext4 defaults 0 2\n".format(UUID))
    return made


def said(tree: HostTree, text: str) -> List[Tuple[str, str]]:
    return [(one.message, one.remedy) for one in refusals(tree.host(), parse(text), run_commands=False)]


@pytest.mark.parametrize(
    "text",
    [
        "path /var/crash\n",
        "core_collector makedumpfile -l -d 31\n",
        "core_collector /usr/bin/makedumpfile -l -d 31\n",
        "kdump_post /usr/bin/hook\n",
        "extra_bins /usr/bin/hook /usr/bin/makedumpfile\n",
        "raw /dev/vdb\n",
        "ssh kdump@server\n",
        "ext4 /dev/vdb\n",
        "ext4 UUID={0}\n".format(UUID),
        "nfs server:/export\n",
    ],
)
def test_what_is_there_is_accepted(tree: HostTree, text: str) -> None:
    assert said(tree, text) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("core_collector nosuchtool\n", "nosuchtool is not installed, and no dump would be written."),
        ("kdump_post /root/nosuch.sh\n", "/root/nosuch.sh does not exist."),
        ("kdump_pre /usr/bin/not-executable\n", "/usr/bin/not-executable is not executable."),
        ("extra_bins /usr/bin/hook /usr/bin/none\n", "/usr/bin/none does not exist."),
        ("raw /dev/vdz\n", "/dev/vdz does not exist."),
        ("ext4 /dev/vdz1\n", "there is no such device."),
        ("xfs UUID={0}\n".format(UUID), "the file system on it is ext4."),
    ],
)
def test_what_is_not_there_is_refused(tree: HostTree, text: str, message: str) -> None:
    found = said(tree, "path /var/crash\n" + text)
    assert len(found) == 1
    assert found[0][0].startswith("line 2: ")
    assert found[0][0].endswith(message)
    assert found[0][1].endswith(".")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda tree: tree.write("/proc/self/mounts", ""), "it is neither mounted, nor noauto in /etc/fstab."),
        (lambda tree: tree.write("/etc/fstab", ""), "it is mounted now, but /etc/fstab does not mount it at the next"),
    ],
)
def test_a_file_system_has_to_be_mounted_now_and_at_the_next_boot(tree: HostTree, change: Change, message: str) -> None:
    change(tree)
    found = said(tree, "ext4 /dev/vdb\n")
    assert len(found) == 1
    assert message in found[0][0]


def test_a_file_system_that_is_mounted_on_demand_is_accepted(tree: HostTree) -> None:
    tree.write("/proc/self/mounts", "")
    tree.replace("/etc/fstab", "defaults", "noauto")
    assert said(tree, "ext4 UUID={0}\n".format(UUID)) == []


def test_a_collector_that_the_rollout_installs_is_not_missed(tree: HostTree) -> None:
    tree.remove("/usr/bin/makedumpfile")
    assert said(tree, "core_collector makedumpfile -l -d 31\n") == []
    assert said(tree, "core_collector\n") == []


@pytest.mark.parametrize(
    ("collector", "ran"),
    [
        ("makedumpfile -l -d 31", "/usr/bin/makedumpfile --check-params -l -d 31 vmcore dumpfile"),
        ("/usr/bin/makedumpfile -F -l", "/usr/bin/makedumpfile --check-params -F -l vmcore"),
        ("/usr/bin/hook -F", None),
        ("hook makedumpfile", None),
    ],
)
def test_makedumpfile_is_asked_about_its_options(tree: HostTree, collector: str, ran: Optional[str]) -> None:
    """For half a minute at most; nothing else is run, and nothing where commands are not wanted."""
    asked: List[Tuple[str, float]] = []

    def run(argv: List[str], timeout: float) -> CommandResult:
        asked.append((" ".join(argv), timeout))
        return CommandResult(argv, 1, "", "The dump_level is invalid.\n\nmakedumpfile Failed.\n")

    host, directives = Host(str(tree.root), run), parse("core_collector {0}\n".format(collector))
    assert (refusals(host, directives, run_commands=False), asked) == ([], [])
    found = [one.message for one in refusals(host, directives, run_commands=True)]
    said = "line 1: core_collector {0}: makedumpfile refuses it: The dump_level is invalid. makedumpfile Failed.."
    assert found == ([said.format(collector)] if ran else [])
    assert asked == ([(ran, 30.0)] if ran else [])


def test_what_somebody_else_judges_is_left_to_them(tree: HostTree) -> None:
    found = refusals(tree.host(), parse("xfs /dev/vdz\nraw /dev/vdy\n"), False, told=["/dev/vdz"])
    assert [one.message for one in found] == ["line 2: raw /dev/vdy: /dev/vdy does not exist."]
