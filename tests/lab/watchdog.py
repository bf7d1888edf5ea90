# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resets machines whose emulated processor has lost its timer, which no boot gets over: a boot may be tried twice.

The kernel itself says so, again and again, when nothing wakes its processor any more. Seen with TCG and UEFI, after a
reboot, on a computer with other work.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tests.lab.errors import LabError
from tests.lab.process import say
from tests.lab.qemu import Files
from tests.lab.qmp import Monitor

BOOT = b"Linux version "
LOST = b"Possible timer handling issue on cpu="
OFTEN = 2  # a computer that is much too busy can bring the kernel to say it once
INTERVAL = 10.0  # seconds

Find = Callable[[], Iterable[Path]]
Reset = Callable[[Path], None]


def lost(log: bytes) -> bool:
    """Whether the newest boot of a serial log has said often enough that its timer is lost."""
    return log.rpartition(BOOT)[2].count(LOST) >= OFTEN


def reset(serial: Path) -> None:
    """Reset the machine of a serial log, which begins a new boot there."""
    with Monitor(Files(serial.parent).monitor) as monitor:
        monitor.execute("system_reset")


class Watchdog:
    """What was reset, and in which boot: the log shows the next one only after a while."""

    def __init__(self, resetting: Reset = reset) -> None:
        self._resetting = resetting
        self._boots: dict[Path, int] = {}

    def look(self, serials: Iterable[Path]) -> None:
        """Reset those machines that need it, once a boot, and say so."""
        for serial in serials:
            with contextlib.suppress(OSError):  # the machine is gone
                log = serial.read_bytes()
                boots = log.count(BOOT)
                if lost(log) and boots != self._boots.get(serial):
                    self._boots[serial] = boots
                    say(f"{serial.parent.name}: its emulated processor has lost its timer, see {serial}. It is reset.")
                    with contextlib.suppress(LabError):  # it has ended by itself
                        self._resetting(serial)


@contextlib.contextmanager
def watching(find: Find, interval: float = INTERVAL, resetting: Reset = reset) -> Iterator[None]:
    """Look at the serial logs that I(find) gives, again and again, while the block runs."""
    over = threading.Event()
    watchdog = Watchdog(resetting)

    def watch() -> None:
        while not over.wait(interval):
            watchdog.look(find())

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
