# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of a kernel log: its lines without what printk puts in front of them, and the call traces in it.

Traces of x86, arm64, ppc64le, s390x and riscv are read; frames that the kernel itself calls guesses are left out.
"""

import re
from typing import List, NamedTuple, Optional, Pattern

LONGEST = 1024  # characters of a line that are looked at; the kernel writes less
TRACE_LINES = 250  # lines after the cause of a crash within which its call trace begins and ends

_PREFIX = re.compile(
    r"(?:[A-Z][a-z]{2} [ 0-9]\d \d\d:\d\d:\d\d \S{1,255} kernel: ?)?"  # syslog's
    r"(?:<\d{1,3}>)?"  # the log level
    r"(?:\[[ \w:+-]{0,24}\d[.:]\d[ \w:+-]{0,24}\] ?)?"  # the time, in seconds or, from "dmesg -T", in words
    r"(?:\[ *(?P<caller>[TC]\d+)\] ?)?"  # the task or CPU that wrote the line (CONFIG_PRINTK_CALLER)
)
_SYMBOL = r"(?P<name>[A-Za-z_.][\w.$]*)\+0x[0-9a-f]+/0x[0-9a-f]+"
_FRAME = re.compile(r"\s*(?:\[[0-9a-f]{8,16}\]\s+){0,2}(?:\[<[0-9a-fx]+>\]\s+)?" + _SYMBOL + r"(?P<rest>(?:\s.*)?)$")
_POINTER = re.compile(
    r"\s*(?:RIP\s*: [0-9a-f]{4}:|RIP\s+|EIP: |IP: |NIP |pc : |epc : |PC is at |Krnl PSW : [0-9a-f]{16} [0-9a-f]{16} \()"
    r"(?:\[<?[0-9a-fx]+>?\]\s*){0,2}" + _SYMBOL
)
_TRACE = re.compile(r"\s*Call [Tt]race:\s*(?P<first>.*)$")
_END = re.compile(
    r"---\[ end|Kernel panic|Modules linked in|Last Breaking-Event|Kernel Offset|Rebooting in|</TASK>|Call [Tt]race:"
)
_NMI = re.compile(r"\s*<(?P<close>/?)NMI>")
# What a compiler appends to a function's name differs from build to build.
_SUFFIX = re.compile(r"\.(?:cold|isra|constprop|part|llvm|lto_priv|localalias|const)\b.*$")
_SYSCALL = re.compile(r"^__(?:x64|ia32|x32|arm64|s390x?|riscv|se|do)_(?:compat_)?sys_")


class Line(NamedTuple):
    """One line of a kernel log: who wrote it, if the log says so, and what."""

    caller: Optional[str]
    text: str

    def written_with(self, other: "Line") -> bool:
        """Whether both may come from the same task or CPU: others write in between."""
        return self.caller == other.caller or not self.caller or not other.caller


def lines(text: str) -> List[Line]:
    """The lines of a kernel log, without level, time and caller."""
    found = []
    for raw in text.split("\n"):
        raw = raw[:LONGEST].rstrip()
        prefix = _PREFIX.match(raw)
        # Every part of the prefix is optional, so it always matches.
        found.append(Line(prefix.group("caller"), raw[prefix.end() :]) if prefix else Line(None, raw))
    return found


def function(name: str) -> str:
    """A function's name as the source has it: without the compiler's suffix and an architecture's wrapper."""
    return _SYSCALL.sub("sys_", _SUFFIX.sub("", name.lstrip(".")))


def trace(log: List[Line], start: int, stop: Optional[Pattern[str]]) -> List[str]:
    """The functions that were running, innermost first, as reported after line I(start).

    I(stop) recognises the report of another crash, at which the search ends.
    """
    found: List[str] = []
    tracing = watchdog = False
    for line in log[start + 1 : start + 1 + TRACE_LINES]:
        if not line.written_with(log[start]):
            continue
        text = line.text
        begins = _TRACE.match(text)
        if begins and not tracing:
            tracing = True
            text = begins.group("first")  # old kernels write the first frame beside it
        elif tracing and _END.search(text):
            break
        if not tracing:
            if stop and found and stop.search(text):
                break
            pointer = _POINTER.match(text)
            if pointer and not found:
                found.append(function(pointer.group("name")))
            continue
        nmi = _NMI.match(text)
        if nmi:
            watchdog = not nmi.group("close")  # how the watchdog came by the news is not what was running
        frame = _FRAME.match(text)
        if frame and not watchdog and "unreliable" not in frame.group("rest"):
            name = function(frame.group("name"))
            if not found or found[-1] != name:
                found.append(name)
    return found
