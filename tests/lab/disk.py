# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An empty second disk, plugged into a machine that is up: machines with and without it come from the same snapshot.

It stays over reboots and crashes: the capture kernel finds it too.
"""

from __future__ import annotations

from pathlib import Path

from tests.lab.qemu import PORT
from tests.lab.qmp import Monitor

SIZE = 2 << 30  # bytes, of which only what is written takes room
SERIAL = "second"  # by which the machine names it: /dev/disk/by-id/virtio-second
ARRIVED = f"""\
for try in $(seq 300); do
    [ -b /dev/disk/by-id/virtio-{SERIAL} ] && exit 0
    sleep 0.2
done
lsblk >&2
exit 1
"""


def plug(monitor: Monitor, path: Path) -> None:
    """Put the disk into a running machine; I(path) is made. There is one place, which the network's card takes too."""
    try:
        with path.open("xb") as stream:
            stream.truncate(SIZE)
        file = {"driver": "file", "filename": str(path)}
        # Nobody needs it after a power cut.
        backend = {"driver": "raw", "node-name": SERIAL, "cache": {"no-flush": True}, "file": file}
        monitor.execute("blockdev-add", **backend)
        disk = {"driver": "virtio-blk-pci", "id": f"{SERIAL}-disk", "drive": SERIAL, "bus": PORT, "serial": SERIAL}
        monitor.execute("device_add", **disk)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
