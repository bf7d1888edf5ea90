# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file /etc/sysconfig/kdump of hosts with kdumpctl: as it is, and as the policy wants it."""

from ...host import managed_block
from ...host.machine import Host
from ...host.shell_file import (
    assignment,
    left_over,
    overriding,
    parse,
)
from .. import capture_needs
from ..policy import Policy
from ..records import ConfigurationFile

ENVIRONMENT = "/etc/sysconfig/kdump"
APPEND = "KDUMP_COMMANDLINE_APPEND"


def read(host: Host, policy: Policy) -> ConfigurationFile:
    """What the policy asks for follows from the file without our block, which is not the host's own opinion."""
    text = host.read(ENVIRONMENT)
    parsed = parse(text or "", ENVIRONMENT)
    own = parse(managed_block.outside(text or ""), ENVIRONMENT).values
    asked = dict(policy.environment or {})
    arguments = asked.get(APPEND, own.get(APPEND, ""))
    if capture_needs.with_panic(arguments) != arguments:
        asked[APPEND] = capture_needs.with_panic(arguments)
    return ConfigurationFile(
        path=ENVIRONMENT,
        exists=text is not None,
        settings=parsed.values,
        wanted=asked,
        lines=[assignment(name, asked[name]) for name in sorted(asked)],
        whole=False,
        problems=parsed.problems,
        left_over=left_over(text or "", ENVIRONMENT, asked) if policy.judges_block else [],
        overridden=overriding(text or "", ENVIRONMENT, asked),
    )
