# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a kernel crashed, from its log: the message, the functions that were running, and a signature.

The first cause counts: of "BUG: ...", "Oops: ..." and "Kernel panic - not syncing: Fatal exception", which one crash
writes one after the other, the first says what happened and the last only that it was fatal. A panic with a reason of
its own, as that of sysrq, is its own cause.
"""

import hashlib
import re
from typing import FrozenSet, List, NamedTuple, Optional, Pattern, Tuple

from ..host import kernel_log
from ..host.kernel_log import Line
from ..host.printable import printable

FRAMES_IN_SIGNATURE = 5
LONGEST_MESSAGE = 300

# What the kernel reports before it gives up; the first that fits a line names its kind. Processes that get a signal for
# a trap of their own are reported too, as "traps: name[1] general protection fault ip:...": that is not the kernel's.
_CAUSES: Tuple[Tuple[str, Pattern[str]], ...] = tuple(
    (kind, re.compile(text))
    for kind, text in (
        ("sysrq", r"(?i:\bsysrq ?:.{0,40}trigger a crash)"),
        ("sanitizer", r"BUG: K(?:A|F|C|M)[A-Z]{3,4}:"),
        ("soft-lockup", r"BUG: soft lockup"),
        ("hard-lockup", r"detected hard LOCKUP"),
        ("hung-task", r"INFO: task .{1,64}:\d+ blocked .{0,64}for more than \d+ seconds"),
        ("rcu-stall", r"rcu.{0,64} (?:detected (?:expedited )?stalls? on|self-detected stall)"),
        ("null-pointer", r"NULL pointer dereference"),
        ("page-fault", r"[Uu]nable to handle (?:page fault|kernel )"),
        ("protection-fault", r"general protection fault[,:]"),
        ("double-fault", r"double fault[,:]|kernel stack overflow|stack guard page was hit"),
        ("kernel-bug", r"[Kk]ernel BUG at "),
        ("trap", r"(?:invalid opcode|divide error|stack segment|int3|alignment check|control protection fault): "),
        ("oops", r"(?:Oops|Internal error)\b[^#]{0,160}\[#\d+\]"),
        ("warning", r"WARNING: (?:CPU: \d+ PID: \d+ at |[^,]{1,200}, CPU#\d+)"),
        ("bug", r"BUG: "),
    )
)
# One of these stands in every line that fits; nearly no line of a log has any, so most are done with here.
_HINTS: Tuple[str, ...] = ("rigger a crash", "BUG", "LOCKUP", "blocked", "stall", "NULL pointer", "nable to handle")
_HINTS += ("protection fault", "double fault", "kernel stack overflow", "stack guard page", "invalid opcode")
_HINTS += ("divide error", "stack segment", "int3", "alignment check", "Oops", "Internal error", "WARNING")
CLOSE = 50  # lines: reports this close, with no call trace between them, belong to one trouble
_DIED: FrozenSet[str] = frozenset(
    ["sysrq", "null-pointer", "page-fault", "protection-fault", "double-fault", "kernel-bug", "trap", "oops"]
)

_TRACED = re.compile(r"\s*Call [Tt]race:|---\[ end trace")
_PANIC = re.compile(r"\s*Kernel panic - not syncing(?:: ?(?P<reason>.*))?")
_ITS_OWN: Tuple[FrozenSet[str], int] = (frozenset(), 0)
# What a panic is about; with kinds: it only follows from a report of one of these within so many lines before it.
_REASONS: Tuple[Tuple[str, str, Tuple[FrozenSet[str], int]], ...] = (
    ("sysrq", r"(?i:sysrq triggered crash)", _ITS_OWN),
    ("oops", r"[Ff]atal exception|^Oops|Fatal trap", (_DIED, 1000)),
    ("oops", r"Aiee, killing interrupt handler|Attempted to kill the idle task", (_DIED, 200)),
    ("init-killed", r"Attempted to kill init", (_DIED, 200)),
    ("soft-lockup", r"softlockup", (frozenset(["soft-lockup"]), 20000)),
    ("hard-lockup", r"(?i:hard lockup)", (frozenset(["hard-lockup"]), 20000)),
    ("hung-task", r"hung_task", (frozenset(["hung-task"]), 20000)),
    ("rcu-stall", r"RCU Stall", (frozenset(["rcu-stall"]), 20000)),
    ("warning", r"panic_on_warn", (frozenset(["warning", "sanitizer", "bug", "rcu-stall"]), 1000)),
    ("sanitizer", r"k[acfm]s?an|kfence", (frozenset(["sanitizer"]), 1000)),
    ("out-of-memory", r"(?i:out of memory|panic_on_oom|deadlocked on memory)", _ITS_OWN),
    ("machine-check", r"(?i:machine check|hardware error|\bMCE\b|uncorrect)", _ITS_OWN),
    ("nmi", r"\bNMI\b", _ITS_OWN),
    ("stack-corruption", r"stack-protector|corrupted stack end", _ITS_OWN),
    ("no-root-file-system", r"Unable to mount root fs|No working init|Requested init", _ITS_OWN),
)

# How a crash is reported, and how a task comes to sleep: the same in every trace, so it distinguishes no crashes.
_MACHINERY = re.compile(
    r"(?:dump_stack(?:_lvl)?|show_(?:stack|regs).*|v?panic|nmi_panic|crash_kexec|__crash_kexec|bust_spinlocks"
    r"|(?:__)?die(?:_body|_kernel_fault|_addr)?|oops_(?:end|begin)|page_fault_oops|no_context|_*bad_area\w*"
    r"|bad_page_fault|_*bad_kernel_fault|kernelmode_fixup_or_oops|do_user_addr_fault|_*do_page_fault|_*do_kernel_fault"
    r"|(?:asm_|async_)?(?:exc_)?page_fault|\w*exc_(?:invalid_op|general_protection|divide_error|double_fault)"
    r"|do_(?:error_)?trap|do_invalid_op|(?:do_)?general_protection|handle_bug|report_bug|bug_handler|brk_handler"
    r"|do_(?:mem_abort|translation_fault|debug_exception|dat_exception)|_*do_pgm_check|pgm_check_handler"
    r"|el1\w*_(?:sync|abort|dbg)\w*|(?:data|instruction)_access\w*|hash__do_page_fault|program_check\w*"
    r"|_*warn(?:_printk|_slowpath_\w+)?|__report_bug|check_panic_on_warn|end_report|kasan_\w+|print_(?:report|address_\w+)"
    r"|_*schedule(?:_\w+)?|_*io_schedule\w*|context_switch|preempt_schedule\w*)$"
)
# What differs in the same message from one host to the next: addresses, numbers, and the names of processes.
_VARIABLE = re.compile(r"0x[0-9a-f]+|\b[0-9a-f]{8,16}\b|\d+|\[.*\]|(?<=INFO: task ).*(?= blocked)|CPU#.*")


class Crash(NamedTuple):
    """What a kernel log says of a crash."""

    kind: str
    message: str
    frames: List[str]


class _Report(NamedTuple):
    """A line that says why: where it stands and what kind of trouble it reports."""

    line: int
    kind: str


def _kind(text: str) -> Optional[str]:
    """The kind of trouble that a line reports, or None."""
    if not any(hint in text for hint in _HINTS):
        return None
    return next((kind for kind, cause in _CAUSES if cause.search(text)), None)


def _reports(log: List[Line], end: int) -> List[_Report]:
    """The troubles reported before line I(end), each by its first line: a call trace parts one from the next."""
    found: List[_Report] = []
    latest = None  # the latest line of a report whose call trace has not come yet
    for index, line in enumerate(log[:end]):
        kind = _kind(line.text)
        if kind:
            if latest is None or index - latest > CLOSE:
                found.append(_Report(index, kind))
            latest = index
        elif latest is not None and _TRACED.match(line.text) and line.written_with(log[latest]):
            latest = None
    return found


def _last(reports: List[_Report], kinds: FrozenSet[str], earliest: int) -> Optional[_Report]:
    return next((one for one in reversed(reports) if one.kind in kinds and one.line >= earliest), None)


def _cause(log: List[Line]) -> Optional[_Report]:
    """The line of I(log) that says why the kernel crashed."""
    for index, line in enumerate(log):
        panic = _PANIC.match(line.text)
        if not panic:
            continue
        reports = _reports(log, index)
        for kind, text, (kinds, distance) in _REASONS:
            if re.search(text, panic.group("reason") or ""):
                return _last(reports, kinds, index - distance) or _Report(index, kind)
        return _Report(index, "panic")
    # With a capture kernel armed, an x86 kernel starts it straight from the oops, and the word panic is never written.
    return _last(_reports(log, len(log)), _DIED, 0)


def analyse(text: str) -> Optional[Crash]:
    """Why the kernel that wrote the log I(text) crashed, or None when the log does not say."""
    log = kernel_log.lines(text)
    cause = _cause(log)
    if cause is None:
        return None
    said: str = printable(" ".join(log[cause.line].text.split()))
    return Crash(cause.kind, said[:LONGEST_MESSAGE], kernel_log.trace(log, cause.line, _PANIC))


def message(text: str) -> Optional[str]:
    """The line of a kernel log that says why it crashed, as "Kernel panic - not syncing: sysrq triggered crash"."""
    crash = analyse(text)
    return crash.message if crash else None


def frames(text: str) -> List[str]:
    """The functions that were running at the crash, innermost first, without the kernel's guesses."""
    crash = analyse(text)
    return crash.frames if crash else []


def signature_of(crash: Crash) -> str:
    """16 hexadecimal digits that are the same for the same trouble in the same functions.

    Hosts, kernel builds, addresses, offsets, processes and CPUs do not count. A crash without a trace is known by
    its message, in which every number is the same number.
    """
    top = list(crash.frames)
    while top and _MACHINERY.match(top[0]):
        top.pop(0)
    parts = top[:FRAMES_IN_SIGNATURE] or [_VARIABLE.sub("N", crash.message)]
    return hashlib.sha256("\n".join([crash.kind] + parts).encode("utf-8", "replace")).hexdigest()[:16]


def signature(text: str) -> Optional[str]:
    """The signature of the crash that a kernel log reports; see C(signature_of)."""
    crash = analyse(text)
    return signature_of(crash) if crash else None
