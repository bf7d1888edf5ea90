# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a host is configured: what its kdump tool says, completed by what the table of mounts says of the target."""

from typing import Optional

from ..host.machine import Host
from ..tools.policy import Policy
from ..tools.records import Setup, TargetMount
from ..tools.which_tool import KDUMPCTL, tool_of


def setup_of(host: Host, policy: Policy) -> Setup:
    """The set-up as it is and as I(policy) wants it. Each tool is imported where it is needed: imports cost time."""
    return _with_kdumpctl(host, policy) if tool_of(host) == KDUMPCTL else _with_kdump_tools(host, policy)


def _with_kdump_tools(host: Host, policy: Policy) -> Setup:
    from ..tools import kdump_tools
    from . import boot_mounts

    setup = kdump_tools.read(host, policy, _mount(host, policy, kdump_tools.CAPTURE_UNIT))
    directory = setup.target.directory
    return setup._replace(
        doubt_at_boot=boot_mounts.doubt(host, directory, kdump_tools.CAPTURE_UNIT) if directory else None
    )


def _with_kdumpctl(host: Host, policy: Policy) -> Setup:
    from ..tools.kdumpctl import read as kdumpctl
    from . import nfs_options

    setup = kdumpctl.read(host, policy, _mount(host, policy, kdumpctl.UNIT))
    in_effect = setup.files[0].in_effect
    return setup._replace(
        export=nfs_options.wanted(host, policy, in_effect), hard_mount=nfs_options.hard(host, in_effect)
    )


def _mount(host: Host, policy: Policy, unit: str) -> Optional[TargetMount]:
    if policy.mount_point is None:
        return None
    from . import mount

    return mount.wanted(host, policy, unit)
