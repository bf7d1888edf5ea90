# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kdump set-up of hosts with kdump-tools (Debian, Ubuntu).

Source of names, defaults and behaviour: kdump-tools(5), kdump-config(8) and the script itself, 1.8 to 1.10.
"""

import os
import re
from typing import Dict, List, Optional, Tuple

from ..host import kernel, managed_block, systemd_units
from ..host.errors import KdumpError, Problem
from ..host.machine import Host
from ..host.printable import is_printable
from ..host.shell_file import (
    Parsed,
    assignment,
    left_over,
    overriding,
    parse,
)
from . import capture_needs, debug_symbols, options
from .paths import check_dump_path, check_key_path, plain_path
from .policy import Policy
from .records import (
    DEFAULT_KEY,
    Command,
    ConfigurationFile,
    Fallback,
    Setup,
    Target,
    TargetMount,
)

CONFIGURATION = "/etc/default/kdump-tools"
SCRIPT = "/usr/sbin/kdump-config"
PACKAGED = "/usr/share/kdump-tools/kdump-tools.conf"
UNIT = "kdump-tools.service"
CAPTURE_UNIT = "kdump-tools-dump.service"
# What saves a dump on the host when its server cannot be reached, and what makes the capture unit run it.
FALLBACK = (
    "/usr/local/lib/kdump-fleet-save",
    "/etc/systemd/system/{0}.d/kdump-fleet-fallback.conf".format(CAPTURE_UNIT),
)
APPEND = "KDUMP_CMDLINE_APPEND"
# crashkernel= where the policy asks for "default": the sizes of kdumpctl's table for x86_64 (2G-64G:256M,64G-:512M),
# with the 192M of Debian's package below 2 GiB, where that table would reserve nothing.
CRASHKERNEL = "512M-2G:192M,2G-64G:256M,64G-:512M"
TARGETS = ("local", "ssh", "nfs")
REMOTE = ("SSH", "NFS", "FTP")
SSH_NAMES = ", the server by name or IPv4 address; of a dump server in the inventory that is its dump_server_address"
EXAMPLES = {"ssh": "user@server", "nfs": "server:/export"}
# The script hands these to ssh, scp and mount. scp would take what is behind a colon for the path: no IPv6 address.
FORMS = {
    "ssh": re.compile(r"[^@\s:/-][^@\s:/]*@[^@\s:/-][^@\s:/]*\Z"),
    "nfs": re.compile(r"(?:[^\s:/\[\]-][^\s:/\[\]]*|\[[0-9a-fA-F:.]+(?:%\w+)?\]):/\S*\Z"),
}
FAILURE_COMMANDS = ("reboot", "halt", "poweroff")
# What reaches a server, in the running kernel and in the capture kernel, which boots the same root file system.
CLIENTS = {"ssh": (Command("ssh", "openssh-client"),), "nfs": (Command("mount.nfs", "nfs-common"),)}
COMPRESSIONS = ("none", "bzip2", "gzip", "lz4", "xz")
DEFAULTS = {
    "USE_KDUMP": "0",
    "KDUMP_COREDIR": "/var/crash",
    "KDUMP_DUMP_DMESG": "1",
    "KDUMP_NUM_DUMPS": "0",
    "KDUMP_COMPRESSION": "",
    "MAKEDUMP_ARGS": "-F -c -d 31",
    APPEND: "reset_devices systemd.unit=kdump-tools-dump.service nr_cpus=1 irqpoll usbcore.nousb",
}
_COUNT = re.compile(r"[0-9]{1,9}\Z")


def effective(values: Dict[str, str]) -> Dict[str, str]:
    """What the tool works with: for a setting that is empty it takes its default as well."""
    return dict(DEFAULTS, **{name: value for name, value in values.items() if value or name not in DEFAULTS})


def packaged_append(host: Host, own: Dict[str, str]) -> str:
    """The arguments that the capture kernel gets without kdump.fleet: the host's own, else the package's default."""
    if own.get(APPEND) and is_printable(own[APPEND]):
        return own[APPEND]
    for line in (host.read(PACKAGED) or "").split("\n"):
        if line.startswith("#{0}=".format(APPEND)):
            value = parse(line[1:], PACKAGED).values.get(APPEND)
            if value:
                return value
    return DEFAULTS[APPEND]


def wanted(host: Host, policy: Policy, own: Dict[str, str], mount: Optional[TargetMount] = None) -> Dict[str, str]:
    """The policy in the names of kdump-tools(5); I(own) is what the file says outside our block.

    A file system that the rollout mounts is a directory like any other to kdump-tools.
    """
    result = {"USE_KDUMP": "1", APPEND: capture_needs.with_panic(packaged_append(host, own))}
    if mount:
        result.update(dict.fromkeys(REMOTE, ""))
        result["KDUMP_COREDIR"] = mount.directory_of(policy.path or DEFAULTS["KDUMP_COREDIR"])
    elif policy.target is not None:
        result.update(_wanted_target(policy.target))
    # The path goes with the target: one that the policy does not name keeps its own.
    if (
        not mount
        and policy.path is not None
        and (policy.target is not None or not any(own.get(name) for name in REMOTE))
    ):
        check_dump_path(policy.path)
        result["KDUMP_COREDIR"] = policy.path
    check_key_path(policy.sshkey)
    if policy.sshkey is not None:
        result["SSH_KEY"] = policy.sshkey
    if policy.failure_action is not None:
        result["KDUMP_FAIL_CMD"] = _failure_command(policy.failure_action)
    if policy.core_collector is not None:
        collector = policy.core_collector.split(None, 1)
        if collector[:1] != ["makedumpfile"]:
            raise KdumpError(
                "The core collector '{0}' cannot be used here: kdump-tools always runs makedumpfile. "
                "Write 'makedumpfile' and its options.".format(policy.core_collector)
            )
        refusal = options.collector_refusal(policy.core_collector)
        if refusal:
            raise KdumpError("The core collector '{0}' cannot be used: {1}.".format(policy.core_collector, refusal))
        # Without any option kdump-tools would take its default; -F is what it adds to all others.
        result["MAKEDUMP_ARGS"] = collector[1].strip() if len(collector) > 1 else "-F"
    if policy.compression is not None:
        if policy.compression not in COMPRESSIONS:
            raise KdumpError(
                "The compression '{0}' is unknown to kdump-tools: use one of {1}.".format(
                    policy.compression, ", ".join(COMPRESSIONS)
                )
            )
        result["KDUMP_COMPRESSION"] = "" if policy.compression == "none" else policy.compression
    if policy.keep_dumps is not None:
        if policy.keep_dumps < 0:
            raise KdumpError("Cannot keep {0} dumps: use 0 (all) or more.".format(policy.keep_dumps))
        result["KDUMP_NUM_DUMPS"] = str(policy.keep_dumps)
    if policy.options:
        options.check_kdump_tools(policy.options, host.read(host.which("kdump-config") or SCRIPT) or "")
        result.update(policy.options)
        result[APPEND] = capture_needs.with_panic(result[APPEND] or DEFAULTS[APPEND])
    result = {name: value or DEFAULTS.get(name, "") for name, value in result.items()}
    if "KDUMP_COREDIR" in result:
        check_dump_path(result["KDUMP_COREDIR"])
        # As the table of mounts has it: kdump-tools mounts an export there.
        result["KDUMP_COREDIR"] = plain_path(result["KDUMP_COREDIR"])
    return result


def _wanted_target(target: Dict[str, Optional[str]]) -> Dict[str, str]:
    """A target of the policy, whose types are those of kdump.conf(5), in the names of kdump-tools(5)."""
    kind, location = target.get("type") or "", target.get("location") or ""
    if kind not in TARGETS:
        raise KdumpError(
            "kdump-tools cannot dump to a target of type '{0}': it knows {1}. For a file system of its own, set "
            "kdump_mount_point, or mount it through /etc/fstab and give its directory as the path.".format(
                kind, ", ".join(TARGETS)
            )
        )
    if bool(location) == (kind == "local"):
        raise KdumpError(
            "The target of type {0} {1}.".format(
                kind, "takes no location" if location else "needs a location, for instance " + EXAMPLES[kind]
            )
        )
    if kind != "local" and not FORMS[kind].match(location):
        raise KdumpError(
            "kdump-tools cannot work with the target '{0}' of type {1}: write {2}{3}.".format(
                location, kind, EXAMPLES[kind], SSH_NAMES if kind == "ssh" else ""
            )
        )
    return dict(dict.fromkeys(REMOTE, ""), **({} if kind == "local" else {kind.upper(): location}))


def _failure_command(action: str) -> str:
    if action not in FAILURE_COMMANDS:
        raise KdumpError(
            "kdump-tools cannot do '{0}' when a dump fails: use {1}.".format(action, ", ".join(FAILURE_COMMANDS))
        )
    return action + " -f"


def _target(settings: Dict[str, str]) -> Target:
    path = plain_path(settings["KDUMP_COREDIR"])
    for kind in ("ssh", "nfs", "ftp"):
        if settings.get(kind.upper()):
            key = (settings.get("SSH_KEY") or DEFAULT_KEY) if kind == "ssh" else ""
            return Target(kind, settings[kind.upper()], path, sshkey=key)
    return Target("local", "", path, path)


def _relative_path(parsed: Parsed) -> List[Problem]:
    path = parsed.values.get("KDUMP_COREDIR") or "/"
    if path.startswith("/"):
        return []
    message = "KDUMP_COREDIR is '{0}', which is below / at boot and elsewhere otherwise: write it from /".format(path)
    return [Problem(CONFIGURATION, parsed.lines["KDUMP_COREDIR"], message)]


def _resolved(host: Host, name: str) -> Optional[str]:
    """What a path of the host finally names, or None when there is nothing."""
    for _hop in range(10):
        path = host.path(name)
        if not os.path.islink(path):
            return name if os.path.exists(path) else None
        name = os.path.normpath(os.path.join(os.path.dirname(name), os.readlink(path)))
    return None


def _commands(target: Target) -> Tuple[Command, ...]:
    """The commands that a capture to I(target) needs."""
    return capture_needs.COMMANDS + CLIENTS.get(target.kind, ())


def read(host: Host, policy: Policy, mount: Optional[TargetMount] = None) -> Setup:
    """The set-up of a host with kdump-tools, or of one that will get it. Reads files only.

    I(mount) is what the policy asks to be mounted; target/configured.py knows.
    """
    text = host.read(CONFIGURATION)
    parsed = parse(text or "", CONFIGURATION)
    settings = effective(parsed.values)
    own = parse(managed_block.outside(text or ""), CONFIGURATION).values
    asked = wanted(host, policy, own, mount)
    in_effect = dict(settings, **asked)
    target, wanted_target = _target(settings), _target(in_effect)
    return Setup(
        tool="kdump-tools",
        package="kdump-tools",
        installed=host.which("kdump-config") is not None,
        commands_missing=capture_needs.missing(host, _commands(wanted_target)),
        commands_missing_now=capture_needs.missing(host, _commands(target)),
        unit=UNIT,
        unit_enabled=systemd_units.is_enabled(host, UNIT),
        unit_masked=systemd_units.is_masked(host, UNIT),
        unit_working=systemd_units.is_working(host, UNIT),
        default_crashkernel=CRASHKERNEL,
        usual_crashkernel=CRASHKERNEL,
        switched_on=settings["USE_KDUMP"] != "0",
        switch_setting="USE_KDUMP",
        files=[
            ConfigurationFile(
                path=CONFIGURATION,
                exists=text is not None,
                settings=settings,
                wanted=asked,
                lines=[assignment(name, asked[name]) for name in sorted(asked)],
                whole=False,
                problems=parsed.problems + _relative_path(parsed),
                left_over=left_over(text or "", CONFIGURATION, asked) if policy.judges_block else [],
                overridden=overriding(text or "", CONFIGURATION, asked),
            )
        ],
        target=target,
        wanted_target=wanted_target,
        capture_arguments=settings[APPEND],
        arguments_setting=APPEND,
        capture_unit=CAPTURE_UNIT,
        capture_kernel=_resolved(host, settings.get("KDUMP_KERNEL") or "/var/lib/kdump/vmlinuz"),
        capture_initrd=_resolved(host, settings.get("KDUMP_INITRD") or "/var/lib/kdump/initrd.img"),
        initrd_sources=[],
        capture_files=list(FALLBACK),
        keep_dumps=int(settings["KDUMP_NUM_DUMPS"]) if _COUNT.match(settings["KDUMP_NUM_DUMPS"]) else 0,
        collector=in_effect["MAKEDUMP_ARGS"],
        symbols=debug_symbols.of_debian_host(host, kernel.release(host)),
        fallback=Fallback(wanted_target.path, wanted_target.path) if policy.wants_fallback else None,
        fallback_missing=next((name for name in FALLBACK if policy.wants_fallback and not host.exists(name)), None),
        mount=mount,
    )
