# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings the boot entries of a host to the wanted crashkernel values: the work of the module crashkernel."""

from typing import Any, Dict, List, Optional

from ..crash_memory import crashkernel
from ..host import kernel
from ..host.machine import Host
from ..host.printable import printable
from . import kdumptool
from .apply import apply
from .base import (
    BootEntry,
    BootLoader,
    BootLoaderError,
    FileChange,
    differing,
    wanted_values,
)
from .detect import detect
from .lock import held


def ensure(host: Host, wanted: Optional[str], check_mode: bool = False) -> Dict[str, Any]:
    """Give every boot entry exactly the I(wanted) values (blank-separated; None: none), or foresee it."""
    if wanted is not None:
        release = kernel.release(host)
        crashkernel.check(wanted, auto_supported=crashkernel.knows_auto(release))
        wanted = " ".join(wanted_values(wanted))
    if check_mode:
        return _ensure(host, wanted, check_mode)
    with held(host):
        return _ensure(host, wanted, check_mode)


def _ensure(host: Host, wanted: Optional[str], check_mode: bool) -> Dict[str, Any]:
    loader = detect(host)
    before = loader.entries()
    _reach_next(loader, before, wanted_values(wanted))
    plan = loader.plan(wanted)
    plan = plan._replace(files=plan.files + kdumptool.changes(host, plan.wanted))
    after = plan.entries_after if check_mode else apply(host, loader, plan)
    running = crashkernel.values(host.read("/proc/cmdline") or "")
    result: Dict[str, Any] = printable(
        {
            "changed": not plan.is_empty,
            "value": wanted,
            "bootloader": {"name": loader.name, "evidence": loader.evidence},
            "entries_before": [_shown(entry) for entry in before],
            "entries_after": [_shown(entry) for entry in after],
            "reboot_required": staged(loader.next_entries(after), running),
            "diff": [_file_diff(change) for change in plan.files if change.before != change.after]
            + _entries_diff(before, after),
        }
    )
    return result


def staged(entries: List[BootEntry], running: List[str]) -> bool:
    """Whether a boot of one of I(entries) would have other crashkernel values than the I(running) kernel."""
    return bool(differing(entries, running))


def _reach_next(loader: BootLoader, entries: List[BootEntry], wanted: List[str]) -> None:
    """An entry that no setting reaches, and that boots next, would make all of this come to nothing."""
    known = {entry.id for entry in entries}
    for entry in differing(loader.next_entries(entries), wanted):
        if entry.id not in known:
            raise BootLoaderError(
                "The entry that boots next, '{0}', takes no arguments from the settings of {1} and has "
                "crashkernel values '{2}'. Write '{3}' into it by hand, or make another entry the default.".format(
                    entry.title,
                    loader.name,
                    " ".join(crashkernel.values(entry.arguments)) or "none",
                    " ".join("crashkernel=" + value for value in wanted) or "no crashkernel=",
                )
            )


def _shown(entry: BootEntry) -> Dict[str, Any]:
    return dict(entry._asdict(), crashkernel=crashkernel.values(entry.arguments))


def _file_diff(change: FileChange) -> Dict[str, str]:
    return {
        "before_header": change.path if change.before is not None else change.path + " (absent)",
        "after_header": change.path if change.after is not None else change.path + " (absent)",
        "before": change.before or "",
        "after": change.after or "",
    }


def _entries_diff(before: List[BootEntry], after: List[BootEntry]) -> List[Dict[str, str]]:
    texts = [
        "".join(
            "{0}: {1}\n".format(
                entry.title,
                " ".join("crashkernel=" + value for value in crashkernel.values(entry.arguments)) or "no crashkernel=",
            )
            for entry in entries
        )
        for entries in (before, after)
    ]
    if texts[0] == texts[1]:
        return []
    return [{"before_header": "boot entries", "after_header": "boot entries", "before": texts[0], "after": texts[1]}]
