# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kdump set-up of hosts with kdumpctl (Fedora, RHEL and their rebuilds).

Source of names, defaults and behaviour: kdump.conf(5), kdumpctl(8) and kdump-utils 1.0.61; kexec-tools of EL 7 to 9.
"""

import os
from typing import Dict, List, Optional, Tuple

from ...crash_memory import crashkernel
from ...host import kernel, mounts, systemd_units
from ...host.errors import Problem
from ...host.machine import CommandError, Host
from .. import capture_needs, debug_symbols, options
from ..paths import check_dump_path, check_key_path
from ..policy import Policy
from ..records import (
    DEFAULT_KEY,
    Command,
    ConfigurationFile,
    Refusal,
    Setup,
    Target,
    TargetMount,
)
from . import conf, conf_on_host, fallback
from . import environment as kdumpctl_environment
from . import target as kdumpctl_target
from .environment import APPEND
from .target import CONFIGURATION, STREAMS

UNIT = "kdump.service"
COMMANDS = (*capture_needs.COMMANDS, Command("dracut", "dracut"))
COMMAND_LIMIT = 30.0  # seconds: kdumpctl waits for its lock without a limit of its own
# kdumpctl's own collector, for targets that are files and for those that receive a stream.
COLLECTORS = ("makedumpfile -l --message-level 7 -d 31", "makedumpfile -F -l --message-level 7 -d 31")
# What reaches a server; dracut takes it into the capture initrd.
CLIENTS = {"ssh": (Command("ssh", "openssh-clients"),), "nfs": (Command("mount.nfs", "nfs-utils"),)}
DEFAULTS = {
    "path": kdumpctl_target.PATH,
    "core_collector": COLLECTORS[0],
    "failure_action": "reboot",
    "final_action": "reboot",
    "auto_reset_crashkernel": "yes",
    "sshkey": DEFAULT_KEY,
}
# What kdumpctl would name as its default, for hosts on which it is not installed yet: by the kernel's architecture,
# and for EL9 by its release.
DEFAULT_CRASHKERNEL = {
    "x86_64": "2G-64G:256M,64G-:512M",
    "aarch64": "2G-4G:256M,4G-64G:320M,64G-:576M",
    "ppc64le": "2G-4G:384M,4G-16G:512M,16G-64G:1G,64G-128G:2G,128G-:4G",
}
DEFAULT_CRASHKERNEL_EL9 = {"x86_64": "1G-4G:192M,4G-64G:256M,64G-:512M"}


def read(host: Host, policy: Policy, mount: Optional[TargetMount] = None) -> Setup:
    """The set-up of a host with kdumpctl, or of one that will get it.

    I(mount) is what the policy asks to be mounted; target/configured.py knows.
    Reads files. One command is run where the policy asks for the default of crashkernel=, which kdumpctl knows, and
    another where it asks for a new core collector, whose options makedumpfile judges.
    """
    program = host.which("kdumpctl")
    known = conf.accepted(host.read(program) or "") if program else None
    working = systemd_units.is_working(host, UNIT)
    main = _main_file(host, policy, known, mount)
    environment = kdumpctl_environment.read(host, policy)
    settings = main.settings
    target = kdumpctl_target.target(host, settings, mount)
    in_effect = main.in_effect
    wanted_target = kdumpctl_target.target(host, in_effect, mount)
    release = environment.settings.get("KDUMP_KERNELVER") or kernel.release(host)
    capture_kernel = _first(host, ("/boot/vmlinuz-" + release, "/lib/modules/{0}/vmlinuz".format(release)))
    return Setup(
        tool="kdumpctl",
        package="kdump-utils",
        installed=program is not None,
        commands_missing=capture_needs.missing(host, _commands(wanted_target)),
        commands_missing_now=capture_needs.missing(host, _commands(target)),
        unit=UNIT,
        unit_enabled=systemd_units.is_enabled(host, UNIT),
        unit_masked=systemd_units.is_masked(host, UNIT),
        unit_working=working,
        switched_on=True,
        switch_setting="",
        default_crashkernel=_default_crashkernel(host, policy, program, working),
        usual_crashkernel=_usual_crashkernel(host),
        files=[main, environment],
        target=target,
        wanted_target=wanted_target,
        capture_arguments=environment.settings.get(APPEND, ""),
        arguments_setting=APPEND,
        capture_unit=None,
        capture_kernel=capture_kernel,
        capture_initrd=_first(
            host,
            (
                "/boot/initramfs-{0}kdump.img".format(release),
                "/boot/initrdkdump",
                "/var/lib/kdump/initramfs-{0}kdump.img".format(release),
            ),
        ),
        initrd_sources=[name for name in (CONFIGURATION, capture_kernel, target.sshkey) if name]
        + fallback.files(settings)
        + ([mounts.TABLE] if "nfs" in settings else []),
        capture_files=fallback.files(settings),
        keep_dumps=0,
        collector=in_effect.get("core_collector", ""),
        symbols=debug_symbols.of_rpm_host(host, kernel.release(host)),
        fallback=fallback.of(host, in_effect),
        mount=mount,
    )


def _commands(target: Target) -> Tuple[Command, ...]:
    """The commands that a capture to I(target) needs."""
    return COMMANDS + CLIENTS.get(target.kind, ())


def _first(host: Host, names: Tuple[str, ...]) -> Optional[str]:
    return next((name for name in names if host.exists(name)), None)


# ---- kdump.conf


def _main_file(
    host: Host, policy: Policy, known: Optional[conf.Names], mount: Optional[TargetMount]
) -> ConfigurationFile:
    text = host.read(CONFIGURATION)
    own = {directive.name: directive.value for directive in conf.parse(text or "")}
    asked = wanted(policy, own, known, fallback.broken_script(host))
    merged = _merged(own, asked)
    lines = conf.render(conf.ordered(merged)).splitlines()
    problems = conf.check(text or "")
    return ConfigurationFile(
        path=CONFIGURATION,
        exists=text is not None,
        settings=dict(_defaults(known), **own),
        wanted=asked,
        lines=lines,
        whole=True,
        problems=[
            Problem(CONFIGURATION, problem.line, "{0}: {1}".format(problem.message, problem.remedy).rstrip("."))
            for problem in problems
            if problem.severity != "error"
        ],
        refusals=_refusals(host, text or "", mount, False) if text is not None else [],
        wanted_refusals=_refusals(
            host,
            conf.render(conf.ordered(fallback.without_wrapper(merged))),
            mount,
            merged.get("core_collector") != own.get("core_collector"),
        ),
    )


def _defaults(known: Optional[conf.Names]) -> Dict[str, str]:
    """What the host's kdumpctl does without a directive; what it does not know, it does not do."""
    left_out = ("auto_reset_crashkernel",) if known is not None and "auto_reset_crashkernel" not in known else ()
    return {name: value for name, value in DEFAULTS.items() if name not in left_out}


def _merged(own: Dict[str, str], asked: Dict[str, str]) -> Dict[str, str]:
    """What the file holds once the policy is in effect: an empty value takes a directive out."""
    return {name: value for name, value in dict(own, **asked).items() if value}


def _refusals(host: Host, text: str, mount: Optional[TargetMount], new_collector: bool) -> List[Refusal]:
    found = [
        Refusal("line {0}: {1}.".format(problem.line, problem.message), problem.remedy)
        for problem in conf.check(text)
        if problem.severity == "error"
    ]
    told = (mount.device,) if mount else ()  # it has findings of its own
    return found or conf_on_host.refusals(host, conf.parse(text), new_collector, told)


def wanted(
    policy: Policy, own: Dict[str, str], known: Optional[conf.Names], script: Optional[str] = None
) -> Dict[str, str]:
    """The policy in directives of kdump.conf(5); an empty value means that the directive goes.

    I(own) is what the file has, I(known) the directives that the host's kdumpctl accepts (None: the newest), I(script)
    the kdump.sh of the host whose fallback would run makedumpfile with options that it refuses.
    """
    result: Dict[str, str] = {}
    if policy.target is not None:
        result.update(kdumpctl_target.wanted(policy.target))
    # The path goes with the target: one that the policy does not name keeps its own.
    if policy.path is not None and (policy.target is not None or not kdumpctl_target.named(own)[0]):
        result["path"] = policy.path
    check_key_path(policy.sshkey)
    for name in ("sshkey", "core_collector", "dracut_args"):
        value = getattr(policy, name)
        if value is not None:
            result[name] = value
    action = policy.failure_action or (fallback.ACTION if policy.wants_fallback else None)
    if action is not None:
        new, old = ("failure_action", "default")
        if known is not None and new not in known:
            new, old = old, new
        result.update({new: action, old: ""})
    reset = policy.auto_reset_crashkernel
    if (reset is not None or policy.pins_crashkernel) and (known is None or "auto_reset_crashkernel" in known):
        result["auto_reset_crashkernel"] = "yes" if reset else "no"
    result.update(options.for_kdumpctl(policy.options or {}))
    merged = _merged(own, result)
    asks_fallback = policy.target is not None or fallback.wanted(result)
    collector = _collector(policy, merged, script if asks_fallback else None)
    if collector != merged.get("core_collector"):
        result["core_collector"] = collector or ""
    if not any(name in conf.TARGETS for name in merged) and "--mount" not in merged.get("dracut_args", ""):
        check_dump_path(merged.get("path", DEFAULTS["path"]))
    return result


def _collector(policy: Policy, merged: Dict[str, str], script: Optional[str]) -> Optional[str]:
    """The core collector for what the file holds once the policy is in effect; None without one."""
    collector, stream = merged.get("core_collector"), any(name in merged for name in STREAMS)
    if policy.target is not None and collector:
        collector = fallback.plain(collector, stream)
        # The packaged file names a collector, which goes with the target that it had: mkdumprd refuses the other one.
        collector = COLLECTORS[stream] if collector in COLLECTORS else collector
    words = collector or COLLECTORS[stream]
    if script and fallback.wanted(merged) and "ssh" in merged and words.split()[:1] == ["makedumpfile"]:
        return fallback.wrapped(words)
    return collector


# ---- crashkernel


def _default_crashkernel(host: Host, policy: Policy, program: Optional[str], working: bool) -> Optional[str]:
    """What C(default) means here. While the service works it holds kdumpctl's lock, and nobody can be asked."""
    if policy.crashkernel != "default" or working:
        return None
    release = kernel.release(host)
    if program:
        try:
            answer = host.run([program, "get-default-crashkernel"], timeout=COMMAND_LIMIT).stdout.strip()
            crashkernel.check(answer, auto_supported=crashkernel.knows_auto(release))
            return answer
        except (CommandError, crashkernel.CrashkernelError):  # too old to know the verb: EL8 has no other value
            pass
    return _usual_crashkernel(host)


def _usual_crashkernel(host: Host) -> str:
    release = kernel.release(host)
    if crashkernel.knows_auto(release):
        return "auto"
    machine = (host.read("/proc/sys/kernel/arch") or os.uname().machine).strip()
    table = dict(DEFAULT_CRASHKERNEL, **(DEFAULT_CRASHKERNEL_EL9 if ".el9" in release else {}))
    return table.get(machine, DEFAULT_CRASHKERNEL["x86_64"])
