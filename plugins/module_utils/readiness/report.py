# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The answer of kdump_info: findings, readiness, and the facts behind them."""

from typing import Any, Dict, List, Optional, Tuple

from ..crash_memory import last_capture
from ..host import identity, managed_block, mounts
from ..host.machine import Host
from ..host.printable import printable
from ..target.obstacle import Obstacle
from ..tools.policy import Policy
from ..tools.records import Target
from . import proof, reboot_note, rules
from .codes import CODES, ROLLOUT, Finding
from .look import Facts, gather


def _summary(ready_now: bool, ready_next_boot: bool, found: List[Finding]) -> str:
    state = {
        (True, True): "ready",
        (True, False): "ready now, not after the next boot",
        (False, True): "not ready before a reboot",
        (False, False): "not ready",
    }[ready_now, ready_next_boot]
    codes = [finding.code for finding in found if finding.blocks or CODES[finding.code].severity == "error"]
    blocking = sorted(set(codes), key=codes.index)
    return "{0}: {1}".format(state, ", ".join(blocking)) if blocking else state


def _mended_by_rollout(finding: Finding, policy: Policy) -> bool:
    """Where a larger reservation is as good as the wanted one, the rollout makes one that is too small larger."""
    raised = finding.code == "crash-memory-below-need" and bool(policy.keep_larger)
    return raised or CODES[finding.code].mended_by == ROLLOUT


def _proof(facts: Facts) -> Optional[Dict[str, Any]]:
    if facts.proof is None:
        return None
    return dict(facts.proof, valid=not facts.proof_changes)


def _asked(
    host: Host, facts: Facts, probe: Optional[str], name: Optional[str]
) -> List[Tuple[Optional[Target], Obstacle]]:
    """What dump servers say. A host with targets of its own pays nothing, not even the import."""
    if not probe or not any(target.kind in ("ssh", "nfs") for target in facts.setup.targets):
        return []
    from ..target.probe import ask

    return ask(host, facts.setup, facts.dump_size, probe, name)


def report(
    host: Host, policy: Policy, fingerprint: bool = False, inspect: bool = False, probe: Optional[str] = None
) -> Dict[str, Any]:
    """Look at I(host) once and judge it against I(policy); gather() says what the longer looks are.

    With I(probe), read or write, dump servers are asked.
    """
    facts = gather(host, policy, fingerprint, longer=inspect)
    facts = facts._replace(servers=_asked(host, facts, probe, policy.host_name))
    found = rules.judge(facts)
    ready_now, ready_next_boot = rules.ready(found)
    setup = facts.setup
    place = next((place for place in facts.places if place.path == setup.target.directory), None)
    answer = {
        "ready": ready_now and ready_next_boot,
        "ready_now": ready_now,
        "ready_next_boot": ready_next_boot,
        "needs_rollout": any(_mended_by_rollout(finding, policy) for finding in found),
        "reboot_required": any(finding.code == "reboot-required" for finding in found),
        "summary": _summary(ready_now, ready_next_boot, found),
        "findings": [finding.as_dict() for finding in found],
        "crash_memory": facts.memory.as_dict(),
        "crashkernel_wanted": facts.wanted_crashkernel,
        "bootloader": {
            "name": facts.boot.loader,
            "error": facts.boot.error,
            "next_crashkernel": None if facts.boot.next_values is None else " ".join(facts.boot.next_values),
            "reboot_without_effect": facts.rebooted_in_vain,
        },
        "setup": {
            "tool": setup.tool,
            "package": setup.package,
            "installed": setup.installed,
            "packages_missing": sorted({command.package for command in setup.commands_missing}),
            "unit": setup.unit,
            "unit_working": setup.unit_working,
            "configuration": [
                {
                    "path": file.path,
                    "whole": file.whole,
                    "to_write": not file.exists or bool(file.differences()),
                    "lines": file.lines,
                    "differences": file.differences(),
                }
                for file in setup.files
            ],
            "capture_kernel": setup.capture_kernel,
            "capture_initrd": setup.capture_initrd,
            "keep_dumps": setup.keep_dumps,
        },
        "target": {
            "kind": setup.target.kind,
            "location": setup.target.location,
            "path": setup.target.path,
            "directory": setup.target.directory,
            "directory_wanted": setup.wanted_target.directory,
            "wanted": setup.wanted_target._asdict(),
            "free_bytes": place.free_bytes if place else None,
            "mount": {name: value for name, value in setup.mount._asdict().items() if name != "refusal"}
            if setup.mount
            else None,
            "export": dict(setup.export._asdict()) if setup.export else None,
            "in_fstab": bool(managed_block.inside(host.read(mounts.TABLE) or "")),
        },
        "proof": _proof(facts),
        "capture_measured": last_capture.measured(host),
        "symbols": dict(setup.symbols._asdict()),
        "recommended": dict(facts.recommended._asdict()) if facts.recommended else None,
        "selinux": facts.selinux,
        "fingerprint": facts.fingerprint if fingerprint else None,
        "proof_file": proof.RECORD,
        "reboot_note_file": reboot_note.PATH,
        "identity": identity.of(host),
    }
    return dict(printable(answer))
