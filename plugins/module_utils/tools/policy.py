# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the administrator wants of a host, whichever tool carries it out."""

from typing import Any, Dict, NamedTuple, Optional

from ..host.errors import KdumpError


class Policy(NamedTuple):
    """What the administrator wants of a host. None means: no opinion, the host's own value stands."""

    crashkernel: Optional[str] = None
    target: Optional[Dict[str, Optional[str]]] = None  # type and location, as kdump.conf(5) has them; or type local
    overwrite_device: Optional[str] = None  # a raw target whose content may be lost
    host_name: Optional[str] = None  # by which dump servers know this host
    path: Optional[str] = None
    mount_point: Optional[str] = None  # where the rollout mounts a target that is a file system
    nfs_options: Optional[str] = None  # with which kdumpctl mounts an export; empty: what the host has decides
    sshkey: Optional[str] = None
    core_collector: Optional[str] = None
    compression: Optional[str] = None
    keep_dumps: Optional[int] = None
    failure_action: Optional[str] = None
    fallback: Optional[str] = None  # local: a dump that cannot reach its server is saved on this host
    dracut_args: Optional[str] = None
    auto_reset_crashkernel: Optional[bool] = None
    options: Optional[Dict[str, str]] = None
    environment: Optional[Dict[str, str]] = None  # of /etc/sysconfig/kdump
    keep_larger: Optional[bool] = None  # whether a crashkernel value that reserves more is as good
    analysis: Optional[bool] = None  # whether crash and the kernel's symbols belong on the host

    @classmethod
    def of(cls, values: Optional[Dict[str, Any]]) -> "Policy":
        """The policy in a module's C(policy) option; missing keys are None."""
        given = dict(values or {})
        for group in ("options", "environment"):
            if given.get(group):
                given[group] = {str(name): _text(name, value) for name, value in given[group].items()}
        return cls(**{name: given.get(name) for name in cls._fields})

    @property
    def judges_block(self) -> bool:
        """Whether what is in a block of kdump.fleet and not in the policy must go: an empty policy has no opinion."""
        return self != Policy()

    @property
    def wants_no_crashkernel(self) -> bool:
        """Whether the policy asks for no crash memory, so that nothing is captured."""
        return self.crashkernel == "absent"

    @property
    def pins_crashkernel(self) -> bool:
        """Whether it names values of its own, which package updates must not overwrite."""
        return bool(self.crashkernel) and self.crashkernel != "default"

    @property
    def wants_fallback(self) -> bool:
        """Whether a dump that cannot reach its server should be saved on the host."""
        return self.fallback == "local" and (self.target or {}).get("type") in ("ssh", "nfs")


def _text(name: str, value: Any) -> str:
    """An option's value as configuration files have it; YAML makes booleans and numbers of some."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise KdumpError(
        "The option {0} is {1!r}: give it one text or number, in quotes where YAML reads something else.".format(
            name, value
        )
    )
