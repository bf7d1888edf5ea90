# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host's kdump set-up consists of, whichever tool manages it.

One module per tool fills these records (kdump_tools.py, kdumpctl/read.py); the findings are judged on them alone.
"""

import posixpath
from typing import Dict, List, NamedTuple, Optional

from ..host.errors import Problem
from .debug_symbols import Symbols

DEFAULT_KEY = "/root/.ssh/kdump_id_rsa"  # of kdumpctl and kdump-tools alike


class Refusal(NamedTuple):
    """Why the tool would not accept a configuration: it would stop the capture kernel and load no new one."""

    message: str
    remedy: str


class Target(NamedTuple):
    """Where a dump goes.

    I(kind) is local (the root file system), filesystem, raw, virtiofs, ssh, nfs or ftp; I(location) the device or
    server, empty for local. I(directory) is the dumps' directory on this host, None where it has none, as with
    servers and file systems that are not mounted. I(sshkey) is the private key, for ssh alone.
    """

    kind: str
    location: str
    path: str
    directory: Optional[str] = None
    sshkey: str = ""


def server_of(target: Target) -> str:
    """The name or address of the server in a location, without brackets."""
    name = target.location.partition(":/")[0] if target.kind == "nfs" else target.location.rpartition("@")[2]
    return name.strip("[]")


class TargetMount(NamedTuple):
    """A file system of its own for dumps that the policy wants mounted, and its current state.

    I(device) is its name in files, I(directory) where it must be mounted.
    """

    device: str
    fstype: str
    directory: str
    mounted: bool = False  # there, now
    configured: bool = False  # whether /etc/fstab has it
    line: str = ""  # what the rollout writes there; empty where a line of somebody else does it
    written: str = ""  # what it has written there
    refusal: Optional[Refusal] = None  # why the rollout does not mount it

    def holds(self, path: str) -> bool:
        """Whether a path lies on it, or will."""
        return (path + "/").startswith(self.directory + "/")

    def directory_of(self, path: str) -> str:
        """A directory inside it, seen from the host."""
        return posixpath.normpath("{0}/{1}".format(self.directory, path))


class ExportLine(NamedTuple):
    """The line of /etc/fstab out of which kdumpctl takes the mount options of an export."""

    directory: str  # where it would be mounted
    line: str  # what the rollout writes there; empty where it has nothing to write
    written: str  # what it has written there


class Fallback(NamedTuple):
    """Where a dump is saved on this host when it does not reach its target."""

    directory: str
    file_system: str  # a path on the file system that has to have room for it
    hidden: Optional[str] = None  # what keeps the directory from being seen there
    broken: Optional[str] = None  # the script that would fail to save it


class ConfigurationFile(NamedTuple):
    """One of the files that a tool reads: as it is, and as the policy wants it."""

    path: str
    exists: bool
    settings: Dict[str, str]  # effective values, the tool's defaults included
    wanted: Dict[str, str]  # what the policy asks for, in the tool's own names
    lines: List[str]  # what the rollout writes: the block at the end of the file, or the whole file
    whole: bool  # whether the lines are the whole file, what is kept of the previous one included
    problems: List[Problem]
    refusals: List[Refusal] = []  # of the file as it is
    wanted_refusals: List[Refusal] = []  # of the file as the rollout would write it
    left_over: List[str] = []  # settings in the block that the policy does not name, which a previous one has
    overridden: Dict[str, int] = {}  # settings that a line behind the block sets to another value, with its number

    @property
    def in_effect(self) -> Dict[str, str]:
        """The settings once the policy is in effect; an empty value stands for none."""
        return {name: value for name, value in dict(self.settings, **self.wanted).items() if value}

    def differences(self) -> List[str]:
        """The settings that a rollout changes to what the policy asks for; an empty value stands for none."""
        changed = [
            name
            for name, value in self.wanted.items()
            if self.settings.get(name, "") != value and name not in self.overridden
        ]
        return sorted(changed + self.left_over)


class Command(NamedTuple):
    """A command, and the package that brings it where it does not come with the tool's own."""

    name: str
    package: str


class Setup(NamedTuple):
    """One host's kdump set-up as its files describe it."""

    tool: str  # kdump-tools or kdumpctl
    package: str
    installed: bool
    commands_missing: List[Command]  # those that a capture needs once the policy is in effect
    commands_missing_now: List[Command]  # those that it needs until then
    unit: str
    unit_enabled: bool
    unit_masked: bool
    switched_on: bool
    switch_setting: str  # the name of the setting that says so; empty where there is none
    unit_working: bool  # whether it is at work just now: building and loading takes minutes
    default_crashkernel: Optional[str]  # what "default" means on this host; None while that cannot be determined
    usual_crashkernel: str  # the same as far as this collection knows it, without asking the host
    files: List[ConfigurationFile]  # the first one says where dumps go
    target: Target
    wanted_target: Target  # where dumps go once the policy is in effect
    capture_arguments: str  # appended to the capture kernel's command line
    arguments_setting: str  # the name of the setting that holds them
    capture_unit: Optional[str]  # the unit that saves the dump; it must be among these arguments
    capture_kernel: Optional[str]  # paths of what is loaded, symbolic links resolved
    capture_initrd: Optional[str]
    initrd_sources: List[str]  # files that the capture initrd is made from: without a new one their changes do nothing
    capture_files: List[str]  # what kdump.fleet brings for a capture to run, there or not; by the host's settings
    keep_dumps: int  # older local dumps than these many are deleted after a capture; 0 keeps all
    collector: str  # the core collector with its options, or these alone, once the policy is in effect
    symbols: Symbols
    fallback: Optional[Fallback] = None  # once the policy is in effect
    fallback_missing: Optional[str] = None  # the file that would save a dump here; where that is not a setting
    mount: Optional[TargetMount] = None  # what the policy asks the rollout to mount
    doubt_at_boot: Optional[str] = None  # why the capture kernel may find the dumps' file system not mounted
    export: Optional[ExportLine] = None  # what the rollout has to do with the options of an export
    hard_mount: Optional[str] = None  # how an export is mounted whose server would hold the capture kernel forever

    @property
    def moves(self) -> bool:
        """Whether dumps go elsewhere until the policy is in effect."""
        return self.target._replace(directory=None) != self.wanted_target._replace(directory=None)

    @property
    def targets(self) -> List[Target]:
        """Where dumps go now and, where that is another place, once the policy is in effect."""
        return [self.target, self.wanted_target] if self.moves else [self.target]

    @property
    def configuration(self) -> str:
        """The path of the file that says where dumps go."""
        return self.files[0].path

    def file_of(self, setting: str) -> ConfigurationFile:
        """The file in which a setting stands, or belongs."""
        return next((file for file in self.files if setting in file.wanted), self.files[0])
