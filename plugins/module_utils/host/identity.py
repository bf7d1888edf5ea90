# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who a host is by itself: what distinguishes its dumps from those of its neighbours. Source: proc(5)."""

import re
import socket
import time
from typing import Any, Dict, List, Set

from .machine import Host

NODENAME = "/proc/sys/kernel/hostname"  # what uname -n says, and what a dump has
BOOT_ID = "/proc/sys/kernel/random/boot_id"
ROUTES = "/proc/net/fib_trie"  # IPv4 has its own addresses in the table of local routes alone
ADDRESSES_6 = "/proc/net/if_inet6"
_LOCAL = re.compile(r"\|-- ([0-9.]+)\n\s*/32 host LOCAL")


def of(host: Host) -> Dict[str, Any]:
    """The name, the boot id, the addresses and the clock of a host."""
    return {
        "nodename": (host.read(NODENAME) or "").strip(),
        "boot_id": (host.read(BOOT_ID) or "").strip(),
        "addresses": addresses(host),
        "time": int(time.time()),
    }


def addresses(host: Host) -> List[str]:
    """The host's addresses, without those of the loopback interface."""
    found: Set[str] = set(_LOCAL.findall(host.read(ROUTES) or ""))
    for line in (host.read(ADDRESSES_6) or "").split("\n"):
        digits = line.split(" ")[0]
        if re.match("[0-9a-f]{32}$", digits):
            found.add(socket.inet_ntop(socket.AF_INET6, bytes.fromhex(digits)))
    return sorted(one for one in found if one != "::1" and not one.startswith("127."))
