# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which kdump tool a host has, or can get: by what is there, never by what the host is called."""

from ..host.errors import KdumpError
from ..host.machine import SBIN, Host

KDUMP_TOOLS, KDUMPCTL = "kdump-tools", "kdumpctl"
DPKG_DATABASE = "/var/lib/dpkg/status"
# In the order of their weight: what is installed decides, then what can be installed.
TOOLS = (
    ("kdump-config", KDUMP_TOOLS),
    ("kdumpctl", KDUMPCTL),
    ("apt-get", KDUMP_TOOLS),
    ("dnf5", KDUMPCTL),
    ("dnf", KDUMPCTL),
    ("yum", KDUMPCTL),
)
LOOKED_FOR = "kdump-config or kdumpctl (installed), apt-get (to install kdump-tools), or dnf or yum (kdumpctl), in {0}"


def tool_of(host: Host) -> str:
    """KDUMP_TOOLS or KDUMPCTL."""
    found = [(command, tool) for command, tool in TOOLS if host.which(command)]
    # apt is a package of Fedora, too: what it manages decides where there is dnf as well.
    if len(found) > 1 and found[0][0] == "apt-get" and not (host.read(DPKG_DATABASE) or "").strip():
        found = found[1:]
    if found:
        return found[0][1]
    raise KdumpError(
        "No known kdump tool and no way to install one. Looked for {0}; found none.".format(
            LOOKED_FOR.format(", ".join(SBIN))
        )
    )
