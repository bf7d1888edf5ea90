# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A network on which the machines of a run see each other: QEMU's user network keeps them apart.

It is plugged in when a machine is up, so that machines with and without it come from the same snapshot.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.lab.errors import LabError
from tests.lab.qemu import PORT
from tests.lab.qmp import Monitor

NETWORK = ipaddress.IPv4Network("192.0.2.0/24")  # for documentation: no mirror has an address in it

# The capture kernel boots the same files, so it brings this network up as well.
CONFIGURE = """\
set -eu
cat >/etc/systemd/network/05-lab-network.network <<'END'
[Match]
MACAddress={mac}

[Network]
Address={address}/{prefix}
LinkLocalAddressing=no
IPv6AcceptRA=no
END
networkctl reload
"""
ARRIVED = """\
for try in $(seq 300); do
    ip -4 -brief address | grep -q ' {address}/' && exit 0
    sleep 0.2
done
ip -brief address >&2
exit 1
"""
HOSTS = """\
set -eu
sed -i '/^192[.]0[.]2[.]/d' /etc/hosts
printf '%s\\n' {lines} >>/etc/hosts
"""


def free(taken: Iterable[str]) -> str:
    """The first address that no machine of the run has."""
    used = set(taken)
    for candidate in NETWORK.hosts():
        if str(candidate) not in used:
            return str(candidate)
    raise LabError(f"Every address of {NETWORK} is taken.")


def mac(own: str) -> str:
    """The hardware address of the machine with this address."""
    return f"52:54:00:4c:41:{ipaddress.IPv4Address(own).packed[3]:02x}"


def group(run: Path) -> str:
    """The multicast group that carries a run's network. It is bound to the loopback device, and never leaves it."""
    digest = hashlib.sha256(str(run).encode()).digest()
    return f"239.{digest[0]}.{digest[1]}.{digest[2]}:{20000 + int.from_bytes(digest[3:5], 'big') % 40000}"


def plug(monitor: Monitor, run: Path, own: str) -> None:
    """Put the network's card into a running machine."""
    monitor.execute("netdev_add", type="socket", id="lan", mcast=group(run), localaddr="127.0.0.1")
    # Without firmware of its own: no machine may boot from it.
    card = {"driver": "virtio-net-pci", "id": "lan-card", "netdev": "lan", "bus": PORT, "mac": mac(own), "romfile": ""}
    monitor.execute("device_add", **card)


def configure_script(own: str) -> str:
    """Gives the card its address, before it is there and at every boot."""
    return CONFIGURE.format(mac=mac(own), address=own, prefix=NETWORK.prefixlen)


def arrived_script(own: str) -> str:
    """Waits until the machine has its address."""
    return ARRIVED.format(address=own)


def hosts_script(addresses: Mapping[str, str]) -> str:
    """Names every machine of the network in /etc/hosts."""
    return HOSTS.format(lines=" ".join(f"'{found} {name}'" for name, found in sorted(addresses.items())))
