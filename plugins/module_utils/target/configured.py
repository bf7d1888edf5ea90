# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a host is configured: what its kdump tool says, completed by what the table of mounts says of the target."""

from typing import Optional

from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import Host
from ansible_collections.kdump.fleet.plugins.module_utils.tools.policy import Policy
from ansible_collections.kdump.fleet.plugins.module_utils.tools.records import Setup, TargetMount
from ansible_collections.kdump.fleet.plugins.module_utils.tools.which_tool import KDUMPCTL, tool_of


def setup_of(host: Host, policy: Policy) -> Setup:
    """The set-up as it is and as I(policy) wants it. Each tool is imported where it is needed: imports cost time."""
    return _with_kdumpctl(host, policy) if tool_of(host) == KDUMPCTL else _with_kdump_tools(host, policy)


def _with_kdump_tools(host: Host, policy: Policy) -> Setup:
    from ansible_collections.kdump.fleet.plugins.module_utils.target import boot_mounts
    from ansible_collections.kdump.fleet.plugins.module_utils.tools import kdump_tools

    setup = kdump_tools.read(host, policy, _mount(host, policy, kdump_tools.CAPTURE_UNIT))
    directory = setup.target.directory
    return setup._replace(
        doubt_at_boot=boot_mounts.doubt(host, directory, kdump_tools.CAPTURE_UNIT) if directory else None
    )


def _with_kdumpctl(host: Host, policy: Policy) -> Setup:
    from ansible_collections.kdump.fleet.plugins.module_utils.target import nfs_options
    from ansible_collections.kdump.fleet.plugins.module_utils.tools.kdumpctl import read as kdumpctl

    setup = kdumpctl.read(host, policy, _mount(host, policy, kdumpctl.UNIT))
    in_effect = setup.files[0].in_effect
    return setup._replace(
        export=nfs_options.wanted(host, policy, in_effect), hard_mount=nfs_options.hard(host, in_effect)
    )


def _mount(host: Host, policy: Policy, unit: str) -> Optional[TargetMount]:
    if policy.mount_point is None:
        return None
    from ansible_collections.kdump.fleet.plugins.module_utils.target import mount

    return mount.wanted(host, policy, unit)
