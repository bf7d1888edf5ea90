# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of capture_network.py. The answer of ip is that of iproute2 6.1."""

from typing import List, Optional, Set

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import CommandError, CommandResult
from ansible_collections.kdump.fleet.plugins.module_utils.tools.capture_network import missing_drivers
from ansible_collections.kdump.fleet.plugins.module_utils.tools.records import Target
from tests.unit.plugins.module_utils.host_tree import KERNEL, HostTree

SSH = Target("ssh", "kdump@dump1", "/var/crash", sshkey="/root/.ssh/kdump_id_rsa")
NFS = Target("nfs", "dump1:/export", "/var/crash")
DRIVER = "usr/lib/modules/6.17.5/kernel/drivers/net/virtio_net.ko.xz"


def card(tree: HostTree, name: str, module: str, built_in: bool = False) -> None:
    tree.link("/sys/class/net/{0}/device/driver/module".format(name), "../../../../module/" + module)
    if not built_in:
        tree.write("/sys/module/{0}/initstate".format(module), "live\n")


@pytest.fixture
def way(tree: HostTree) -> HostTree:
    """A host whose packets to the server leave through eth0."""

    def run(argv: List[str], timeout: float) -> CommandResult:
        answers = {
            "dump1": "192.0.2.1       STREAM dump1\n192.0.2.1       DGRAM\n",
            "192.0.2.1": "192.0.2.1 via 198.51.100.1 dev eth0 src 198.51.100.7 uid 0 \\    cache \n",
        }
        return CommandResult(argv, 0, answers[argv[-1]], "")

    tree.runner = run
    return tree


@pytest.mark.parametrize("target", [SSH, NFS])
@pytest.mark.parametrize(
    ("held", "missing"),
    [
        ({DRIVER}, []),
        ({DRIVER[:-3]}, []),
        ({DRIVER.replace("virtio_net", "virtio-net")}, []),
        ({DRIVER.replace("virtio_net", "e1000")}, ["the driver virtio_net of eth0"]),
        (set(), ["the driver virtio_net of eth0"]),
    ],
)
def test_the_driver_of_the_card_is_looked_for(
    way: HostTree, target: Target, held: Set[str], missing: List[str]
) -> None:
    card(way, "eth0", "virtio_net")
    assert missing_drivers(way.host(), held, target) == missing


def test_what_is_built_in_is_not_missed(way: HostTree) -> None:
    card(way, "eth0", "virtio_net", built_in=True)
    assert missing_drivers(way.host(), set(), SSH) == []


def test_a_bond_is_as_good_as_its_cards(way: HostTree) -> None:
    for name, module in (("ens1", "mlx5_core"), ("ens2", "e1000")):
        way.directory("/sys/class/net/eth0/lower_" + name)
        card(way, name, module)
    assert missing_drivers(way.host(), set(), SSH) == ["the driver mlx5_core of ens1", "the driver e1000 of ens2"]


@pytest.mark.parametrize(("below", "missing"), [(4, ["the driver e1000 of ens4"]), (5, [])])
def test_cards_are_looked_for_four_devices_below(way: HostTree, below: int, missing: List[str]) -> None:
    """Nobody has a VLAN on a bond on a VLAN on a bond, and a circle must end."""
    names = ["eth0"] + ["ens{0}".format(number) for number in range(1, below + 1)]
    for upper, lower in zip(names, names[1:]):
        way.directory("/sys/class/net/{0}/lower_{1}".format(upper, lower))
    card(way, names[-1], "e1000")
    assert missing_drivers(way.host(), set(), SSH) == missing


def test_a_circle_ends(way: HostTree) -> None:
    way.directory("/sys/class/net/eth0/lower_eth0")
    assert missing_drivers(way.host(), set(), SSH) == []


def test_a_target_of_its_own_needs_no_card(tree: HostTree) -> None:
    assert missing_drivers(tree.host(), set(), Target("local", "", "/var/crash", "/var/crash")) == []


def test_a_way_that_is_not_known_has_a_finding_of_its_own(way: HostTree) -> None:
    def fail(argv: List[str], timeout: float) -> CommandResult:
        raise CommandError("no")

    way.runner = fail
    assert missing_drivers(way.host(), set(), SSH) == []


@pytest.mark.parametrize(
    ("held", "built_in", "missing"),
    [
        ({"nfs", "nfsv4"}, "", []),
        ({"nfs", "nfsv3"}, "", []),
        ({"nfsv4"}, "kernel/fs/nfs/nfs.ko\n", []),
        (set(), "kernel/fs/nfs/nfs.ko\nkernel/fs/nfs/nfsv4.ko\n", []),
        (set(), "kernel/fs/nfs_common/nfs_acl.ko\n", ["the module nfs"]),
        ({"nfs"}, "", ["the module nfsv4 or nfsv3"]),
        (set(), None, []),
    ],
)
def test_an_export_needs_the_client_of_nfs(
    way: HostTree, held: Set[str], built_in: Optional[str], missing: List[str]
) -> None:
    if built_in is not None:
        way.write("/lib/modules/{0}/modules.builtin".format(KERNEL), built_in)
    there = {"usr/lib/modules/x/kernel/fs/nfs/{0}.ko.xz".format(name) for name in held}
    assert missing_drivers(way.host(), there, NFS) == missing
    assert missing_drivers(way.host(), there, SSH) == []
