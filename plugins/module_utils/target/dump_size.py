# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much room a dump may need: by makedumpfile where that knows, else by a share of the memory."""

import re
from typing import NamedTuple, Optional, Tuple

from ..host import meminfo
from ..host.machine import CommandError, Host

GIB = 1 << 30
# It looks at every page, writes a bitmap of them into a temporary file, and reads those that belong to the kernel: on a
# host at work it has to stand back, and is not begun where it would take minutes.
MEMORY_USAGE = ("nice", "-n", "19", "makedumpfile", "--mem-usage", "/proc/kcore")
TIME_LIMIT = 60.0  # seconds
LARGEST = 64 * GIB  # of memory
EVERYTHING = 31  # the dump level that leaves out whatever makedumpfile(8) can leave out
SMALL = 16 * GIB  # of memory: the first part of the share
NOT_KERNEL = ("MemFree", "Buffers", "Cached", "AnonPages", "Hugetlb")  # in /proc/meminfo
# The bits of a dump level, and the rows of --mem-usage that they leave out: makedumpfile(8), "-d". The third bit leaves
# out what the second does as well.
LEFT_OUT = {1: ("ZERO",), 2: ("NON_PRI_CACHE",), 4: ("NON_PRI_CACHE", "PRI_CACHE"), 8: ("USER",), 16: ("FREE",)}
# Alone, or behind letters that take no argument: makedumpfile.c, getopt_long.
_LEVEL = re.compile(r"(?:^|\s)-[cDeEFfhlpRvXz]*d\s*([0-9]+)(?=[\s,]|$)")
_ROW = re.compile(r"^([A-Z_]+)[ \t]+([0-9]+)[ \t]+(?:yes|no)\b", re.MULTILINE)
_PAGE_SIZE = re.compile(r"^page size:[ \t]+([0-9]+)", re.MULTILINE)


class Need(NamedTuple):
    """Bytes that a dump may need, without compression, and what that was taken from."""

    bytes: int
    source: str


class DumpSize(object):
    """The room that a dump of this host may need."""

    def __init__(self, host: Host, memory: int, collector: str) -> None:
        self._host = host
        self._memory = memory  # bytes of RAM
        levels = _LEVEL.findall(collector)
        self._level = int(levels[-1]) & EVERYTHING if levels else 0  # the last one counts
        self._need = None  # type: Optional[Need]

    def beyond(self, free: int) -> Optional[Need]:
        """What a dump may need, where I(free) bytes may be too few for it; else None.

        A dump is no larger than the memory: makedumpfile is asked, once, where there is less room than that.
        """
        if free >= self._memory:
            return None
        if not self._level:
            return Need(self._memory, "all memory, as the core collector has no dump level")
        if self._need is None:
            self._need = self._told()
        return self._need if free < self._need.bytes else None

    def _told(self) -> Need:
        measured, why = self._measured()
        if measured is not None:
            return Need(min(measured, self._memory), "makedumpfile --mem-usage")
        if self._level != EVERYTHING:
            return Need(self._memory, "all memory, as {0}".format(why))
        return Need(self._share(), "a share of the memory, as {0}".format(why))

    def _share(self) -> int:
        """A quarter of the first 16 GiB and a sixteenth of the rest, or the kernel's part by /proc/meminfo, if larger.

        That part alone would be too little: MemTotal lacks what the kernel took before it counted, and a makedumpfile
        that is older than the kernel leaves out less than it could.
        """
        values = meminfo.parse(self._host.read("/proc/meminfo") or "")
        kernel = values.get("MemTotal", 0) - sum(values.get(name, 0) for name in NOT_KERNEL)
        return max(min(self._memory, SMALL) // 4 + max(self._memory - SMALL, 0) // 16, kernel)

    def _measured(self) -> Tuple[Optional[int], str]:
        """Bytes by makedumpfile, or None and why that does not know: it refuses while no crash memory is reserved."""
        if self._memory > LARGEST:
            return None, "makedumpfile is not asked for more than {0} GiB".format(LARGEST // GIB)
        if not self._host.which("makedumpfile"):
            return None, "makedumpfile is not installed"
        try:
            said = self._host.run(MEMORY_USAGE, TIME_LIMIT, accept=range(256))
        except CommandError:
            return None, "makedumpfile --mem-usage could not be run to its end within {0:.0f} s".format(TIME_LIMIT)
        pages = {name: int(count) for name, count in _ROW.findall(said.stdout)}
        size = _PAGE_SIZE.search(said.stdout)
        if said.rc or "KERN_DATA" not in pages or size is None:
            lines = [line for line in (said.stdout + said.stderr).split("\n") if line.strip()]
            return None, "makedumpfile --mem-usage says '{0}'".format(lines[0].strip() if lines else "")
        out = {name for bit, names in LEFT_OUT.items() if self._level & bit for name in names}
        return sum(count for name, count in pages.items() if name not in out) * int(size.group(1)), ""
