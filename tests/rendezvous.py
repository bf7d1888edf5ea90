# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many processes that really run at the same time."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path


class Rendezvous:
    """A place where processes wait until all of them are there, so that none has ended before the last one begins."""

    def __init__(self, directory: Path) -> None:
        self.arrived = directory / "arrived"
        self.gate = directory / "gate"
        os.mkfifo(self.gate)

    def wait(self, name: str) -> str:
        """What a shell does to arrive and to wait: opening a pipe that nobody writes to takes no processor."""
        return f"touch {self.arrived}/{name} && : <{self.gate}"

    @contextlib.contextmanager
    def of(self, count: int) -> Iterator[None]:
        """During the block the processes go on when this many have arrived; at its end those that wait for others."""
        shutil.rmtree(self.arrived, ignore_errors=True)
        self.arrived.mkdir()
        over, opened = threading.Event(), []

        def watch() -> None:
            while not over.wait(0.1):
                if len(os.listdir(self.arrived)) >= count:
                    break
            opened.append(os.open(self.gate, os.O_RDWR))

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()
            for descriptor in opened:
                os.close(descriptor)
