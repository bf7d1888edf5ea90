# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The second disk of a machine."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from tests.lab import disk, qmp
from tests.lab.errors import LabError


class Monitor:
    """Notes what QEMU is asked for, and refuses one thing."""

    def __init__(self, refused: str = "") -> None:
        self.refused = refused
        self.asked: list[tuple[str, dict[str, object]]] = []

    def execute(self, command: str, **arguments: object) -> None:
        self.asked.append((command, arguments))
        if command == self.refused:
            raise LabError(f"QEMU refused '{command}'")


def test_the_disk_is_empty_and_takes_no_room(tmp_path: Path) -> None:
    monitor, path = Monitor(), tmp_path / "second.raw"
    disk.plug(cast(qmp.Monitor, monitor), path)
    (first, backend), (second, device) = monitor.asked
    assert (first, second) == ("blockdev-add", "device_add")
    assert backend["file"] == {"driver": "file", "filename": str(path)}
    assert device["drive"] == backend["node-name"]
    assert f"virtio-{device['serial']} " in disk.ARRIVED
    assert (path.stat().st_size, path.stat().st_blocks) == (disk.SIZE, 0)


@pytest.mark.parametrize("refused", ["blockdev-add", "device_add"])
def test_a_disk_that_is_refused_leaves_nothing(tmp_path: Path, refused: str) -> None:
    path = tmp_path / "second.raw"
    with pytest.raises(LabError, match=f"refused '{refused}'"):
        disk.plug(cast(qmp.Monitor, Monitor(refused)), path)
    assert list(tmp_path.iterdir()) == []
