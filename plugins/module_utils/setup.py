# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host's kdump set-up consists of, whichever tool manages it.

One module per tool fills these records (kdump_tools.py); the findings are judged on them alone.
"""

import posixpath
from typing import Any, Dict, List, NamedTuple, Optional

from ansible_collections.kdump.fleet.plugins.module_utils.errors import KdumpError

# A directory for dumps is closed to everybody but root. These have other users.
SYSTEM_DIRECTORIES = (
    *("/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib32", "/lib64", "/media", "/mnt", "/opt", "/proc"),
    *("/root", "/run", "/sbin", "/srv", "/sys", "/tmp", "/usr", "/usr/local", "/usr/share", "/var", "/var/cache"),
    *("/var/lib", "/var/local", "/var/log", "/var/mail", "/var/opt", "/var/run", "/var/spool", "/var/tmp"),
)


class Problem(NamedTuple):
    """A line of a configuration file that does not do what its author meant."""

    path: str
    line: int
    message: str


class Target(NamedTuple):
    """Where a dump goes: kind is local, ssh, nfs or ftp; location is empty for local."""

    kind: str
    location: str
    path: str


class Policy(NamedTuple):
    """What the administrator wants of a host. None means: no opinion, the host's own value stands."""

    crashkernel: Optional[str] = None
    path: Optional[str] = None
    core_collector: Optional[str] = None
    compression: Optional[str] = None
    keep_dumps: Optional[int] = None
    options: Optional[Dict[str, str]] = None

    @classmethod
    def of(cls, values: Optional[Dict[str, Any]]) -> "Policy":
        """The policy in a module's C(policy) option; missing keys are None."""
        given = dict(values or {})
        if given.get("options"):
            given["options"] = {str(name): _text(name, value) for name, value in given["options"].items()}
        return cls(**{name: given.get(name) for name in cls._fields})


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


def belongs_to_system(path: str) -> bool:
    """Whether I(path) is a directory of the system itself, which cannot be closed to others."""
    return posixpath.normpath("/" + path.lstrip("/")) in SYSTEM_DIRECTORIES


def check_dump_path(path: str) -> None:
    """Refuse a path that cannot be a directory for dumps on any host."""
    if not path.startswith("/"):
        raise KdumpError("The dump path '{0}' is not absolute: write it from /.".format(path))
    if belongs_to_system(path):
        raise KdumpError(
            "The dump path '{0}' is a directory of the system, and one for dumps is closed to others (mode 0700). "
            "Choose one of its own, for instance /var/crash.".format(path)
        )


class Setup(NamedTuple):
    """One host's kdump set-up as its files tell it."""

    tool: str  # kdump-tools
    package: str
    installed: bool
    commands_missing: List[str]  # commands that a capture needs, and their packages
    unit: str
    unit_enabled: bool
    unit_masked: bool
    switched_on: bool
    switch_setting: str  # the name of the setting that says so
    configuration: str  # path of the configuration file
    configuration_exists: bool
    settings: Dict[str, str]  # effective values, the tool's defaults included
    wanted: Dict[str, str]  # what the policy asks for, in the tool's own names
    wanted_lines: List[str]  # the same as lines of the configuration file
    problems: List[Problem]
    target: Target
    wanted_target: Target  # where dumps go once the policy is in effect
    capture_arguments: str  # appended to the capture kernel's command line
    arguments_setting: str  # the name of the setting that holds them
    capture_unit: Optional[str]  # the unit that saves the dump; it must be among these arguments
    capture_kernel: Optional[str]  # paths of what is loaded, symbolic links resolved
    capture_initrd: Optional[str]
    keep_dumps: int  # older local dumps than these many are deleted after a capture; 0 keeps all
    estimate_bytes: Optional[int]  # room that a dump may need

    def differences(self) -> List[str]:
        """The names of the settings that are not what the policy asks for."""
        return sorted(name for name, value in self.wanted.items() if self.settings.get(name) != value)
