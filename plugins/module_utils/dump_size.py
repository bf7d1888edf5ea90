# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much room a dump may need: by makedumpfile where that can tell, else by a share of the memory."""

import re
from typing import NamedTuple, Optional

from ansible_collections.kdump.fleet.plugins.module_utils import meminfo
from ansible_collections.kdump.fleet.plugins.module_utils.host import CommandError, Host

# It looks at every page, and reads those that belong to the kernel: on a host at work it has to stand back.
MEMORY_USAGE = ("nice", "-n", "19", "makedumpfile", "--mem-usage", "/proc/kcore")
TIME_LIMIT = 60.0  # seconds
ALL = 31  # the dump level that leaves out whatever makedumpfile(8) can leave out
SHARE = 4  # one part in four of the memory, where makedumpfile cannot be asked
NOT_KERNEL = ("MemFree", "Buffers", "Cached", "AnonPages", "Hugetlb")  # in /proc/meminfo
# The bits of a dump level, and the rows of --mem-usage that they leave out: makedumpfile(8), "-d". The third bit leaves
# out what the second does as well.
LEFT_OUT = {1: ("ZERO",), 2: ("NON_PRI_CACHE",), 4: ("NON_PRI_CACHE", "PRI_CACHE"), 8: ("USER",), 16: ("FREE",)}
_LEVEL = re.compile(r"(?:^|\s)-d\s*([0-9]+)(?=[\s,]|$)")
_ROW = re.compile(r"^([A-Z_]+)[ \t]+([0-9]+)[ \t]+(?:yes|no)\b", re.MULTILINE)
_PAGE_SIZE = re.compile(r"^page size:[ \t]+([0-9]+)", re.MULTILINE)


class Need(NamedTuple):
    """Bytes that a dump may need, without compression, and by what that was told."""

    bytes: int
    source: str


class DumpSize(object):
    """The room that a dump of this host may need."""

    def __init__(self, host: Host, memory: int, collector: str) -> None:
        self._host = host
        self._memory = memory  # bytes of RAM
        match = _LEVEL.search(collector)
        self._level = int(match.group(1)) if match else 0
        self._need = None  # type: Optional[Need]

    def beyond(self, free: int) -> Optional[Need]:
        """What a dump may need, where I(free) bytes may be too few for it; else None.

        A dump is no larger than the memory: makedumpfile is asked, once, where there is less room than that.
        """
        if free >= self._memory:
            return None
        if self._level & ALL == 0:
            return Need(self._memory, "all memory, as the core collector has no dump level")
        if self._need is None:
            self._need = self._measured() or self._share()
        return self._need if free < self._need.bytes else None

    def _share(self) -> Need:
        """By /proc/meminfo: all memory, or with dump level 31 what is neither free, nor cache, nor a program's.

        That is no less than a share of the memory: MemTotal lacks what the kernel took before it counted, and a
        makedumpfile that is older than the kernel leaves out less than it could.
        """
        if self._level & ALL != ALL:
            return Need(self._memory, "all memory, as makedumpfile cannot tell")
        values = meminfo.parse(self._host.read("/proc/meminfo") or "")
        kernel = values.get("MemTotal", 0) - sum(values.get(name, 0) for name in NOT_KERNEL)
        if kernel > self._memory // SHARE:
            return Need(kernel, "the kernel's memory by /proc/meminfo")
        return Need(self._memory // SHARE, "a quarter of the memory, as makedumpfile cannot tell")

    def _measured(self) -> Optional[Need]:
        """By makedumpfile, which refuses while no crash memory is reserved, and may take too long."""
        if not self._host.which("makedumpfile"):
            return None
        try:
            said = self._host.run(MEMORY_USAGE, TIME_LIMIT).stdout
        except CommandError:
            return None
        pages = {name: int(count) for name, count in _ROW.findall(said)}
        size = _PAGE_SIZE.search(said)
        if "KERN_DATA" not in pages or size is None:
            return None
        out = {name for bit, names in LEFT_OUT.items() if self._level & bit for name in names}
        kept = sum(count for name, count in pages.items() if name not in out)
        return Need(min(kept * int(size.group(1)), self._memory), "makedumpfile --mem-usage")
