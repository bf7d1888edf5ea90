# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules about a host's packages, configuration and unit; rules.py puts them among the others."""

from typing import Iterator

from ..tools.records import ConfigurationFile, Setup, Target
from .codes import CODES, Finding
from .look import Facts


def of_target(setup: Setup, target: Target, finding: Finding) -> Finding:
    """A finding as it counts for I(target).

    About the target in use it blocks readiness; about a target that the policy replaces it does not block the rollout.
    """
    if not setup.moves:
        return finding
    if target == setup.wanted_target:
        return finding._replace(blocked=())
    if CODES[finding.code].severity != "error":
        return finding
    return Finding(
        "target-in-use-fails", "Dumps go to {0} until the rollout: {1}".format(target.location, finding.message)
    )


def setup_rules(facts: Facts) -> Iterator[Finding]:
    """Are the tool, its configuration and its unit in order?"""
    setup = facts.setup
    if setup.unit_masked:
        yield Finding("service-masked", "{0} is masked.".format(setup.unit))
    for path in facts.unwritable:
        yield Finding(
            "configuration-read-only",
            "{0} must be written, and lies on a file system that is mounted read-only.".format(path),
        )
    if not setup.installed:
        yield Finding("not-installed", "{0} is not installed.".format(setup.package))
        return
    for target in facts.keyless:
        message = "The key {0.sshkey} for {0.location} does not exist.".format(target)
        yield of_target(setup, target, Finding("target-key-missing", message))
    yield from _command_rules(setup)
    for file in setup.files:
        if not file.exists:
            yield Finding("configuration-missing", "{0} does not exist.".format(file.path))
        for problem in file.problems:
            yield Finding(
                "configuration-invalid", "{0} line {1}: {2}.".format(problem.path, problem.line, problem.message)
            )
        for refusal in file.refusals:
            yield Finding("configuration-refused", "{0} {1} {2}".format(file.path, refusal.message, refusal.remedy))
        for refusal in file.wanted_refusals:
            yield Finding(
                "policy-refused",
                "{0} as the policy wants it would be refused: {1} {2}".format(
                    file.path, refusal.message, refusal.remedy
                ),
            )
    if setup.files[0].exists:
        yield from _configuration_rules(setup)
        yield from _pinning_rules(facts)
    if facts.policy.analysis and not setup.symbols.vmlinux:
        yield Finding(
            "symbols-missing",
            "{0} is not installed; the repositories for it are: {1}.".format(
                setup.symbols.package, ", ".join(setup.symbols.repositories) or "the enabled ones"
            ),
        )
    if not setup.unit_masked and not setup.unit_enabled:
        yield Finding("service-disabled", "{0} is not enabled: nothing is loaded at boot.".format(setup.unit))


def _command_rules(setup: Setup) -> Iterator[Finding]:
    wanted, now = setup.commands_missing, setup.commands_missing_now
    for command in wanted + [one for one in now if one not in wanted]:
        finding = Finding("command-missing", "{0.name} (package {0.package}) is not installed.".format(command))
        if command in wanted and command in now:
            yield finding
        else:
            yield of_target(setup, setup.target if command in now else setup.wanted_target, finding)


def _pinning_rules(facts: Facts) -> Iterator[Finding]:
    """Package updates of kdumpctl give every entry its own default, unless the configuration forbids it."""
    setup, setting = facts.setup, "auto_reset_crashkernel"
    file = setup.files[0]
    if file.settings.get(setting, "no") == "no" or setting in file.differences():
        return
    if facts.policy.crashkernel == "default":  # a value of its own is another finding, and not wanted
        return
    pinned = " ".join(facts.boot.next_values or [])
    # Values with ranges may be a default of kdumpctl, which differ between its versions.
    own = bool(pinned) and pinned != "auto" and (facts.policy.pins_crashkernel or ":" not in pinned)
    if own:
        yield Finding(
            "crashkernel-overwritable",
            "{0} has {1}='{2}': the next update of {3} would replace '{4}' by its own default.".format(
                file.path, setting, file.settings[setting], setup.package, pinned
            ),
        )


def _configuration_rules(setup: Setup) -> Iterator[Finding]:
    told = set()  # settings with a finding of their own
    if not setup.switched_on:
        told.add(setup.switch_setting)
        file = setup.file_of(setup.switch_setting)
        yield Finding(
            "kdump-switched-off",
            "{0} has {1}='{2}': no capture kernel is loaded.".format(
                file.path, setup.switch_setting, file.settings[setup.switch_setting]
            ),
        )
    arguments = setup.capture_arguments.split()
    if setup.capture_unit and "systemd.unit=" + setup.capture_unit not in arguments:
        yield Finding(
            "capture-unit-missing",
            "The capture kernel would boot without {0}: its arguments are '{1}'.".format(
                setup.capture_unit, setup.capture_arguments
            ),
        )
    if setup.file_of(setup.arguments_setting).exists and not any(word.startswith("panic=") for word in arguments):
        told.add(setup.arguments_setting)
        yield Finding(
            "capture-hangs-on-panic",
            "If the capture kernel panics, the host hangs: '{0}' has no panic=.".format(setup.capture_arguments),
        )
    for file in setup.files:
        for name in file.differences() if file.exists else []:
            if name not in told:
                yield Finding("configuration-differs", _difference(file, name))
        for name, line in sorted(file.overridden.items()):
            secret = "another {0} than the policy".format(name)
            text = "{0}='{1}', the policy asks for '{2}'".format(name, file.settings[name], file.wanted[name])
            yield Finding(
                "configuration-overridden",
                "{0} line {1}, behind the block of kdump.fleet, has {2}.".format(
                    file.path, line, secret if "PASSWORD" in name else text
                ),
            )


def _difference(file: ConfigurationFile, name: str) -> str:
    value = file.settings.get(name, "")
    if "PASSWORD" in name:
        return "{0} has another {1} than the policy, or one that it does not name.".format(file.path, name)
    if name in file.left_over:
        return "{0} has {1}='{2}' in the block of kdump.fleet, and the policy does not name it.".format(
            file.path, name, value
        )
    return "{0} has {1}='{2}', the policy asks for '{3}'.".format(file.path, name, value, file.wanted[name])
