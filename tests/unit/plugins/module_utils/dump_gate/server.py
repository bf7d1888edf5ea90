# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A dump server in a directory, with two hosts, links that should not be there, and something outside to protect."""

import io
import json
import os
import stat
import struct
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Tuple

from ansible_collections.kdump.fleet.plugins.module_utils.dump_gate import main, received
from ansible_collections.kdump.fleet.plugins.module_utils.dump_gate.scp import Streams

Snapshot = Dict[str, Tuple[int, bytes]]


class Answer(NamedTuple):
    """What a host gets back."""

    status: int
    output: bytes


def marked(path: Path) -> None:
    """Mark a file or a directory as the gate marks what it has received."""
    fds = [os.open(str(place), os.O_RDONLY) for place in (path, path.parent)]
    received.mark(*fds)
    assert received.is_marked(*fds)
    for fd in fds:
        os.close(fd)


class Server:
    """The gate is called as sshd calls it, but for the process."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.area = directory / "area"
        self.mine = self.area / "web1"
        self.settings = directory / "gate.json"
        self.journal = directory / "journal"
        self.sessions = directory / "sessions"
        for path in ("area/web1/done", "area/web2/secret", "outside"):
            (directory / path).mkdir(parents=True)
        self.set()
        (self.mine / "done/vmcore").write_bytes(b"kept: whole")
        (self.mine / "done/vmcore-incomplete").write_bytes(b"half")
        (self.area / "web2/secret/vmcore").write_bytes(b"kept: secret")
        (directory / "outside/passwd").write_bytes(b"kept: root")
        for path in ("done", "done/vmcore", "done/vmcore-incomplete"):
            marked(self.mine / path)

    def set(self, **limits: int) -> None:
        """Other limits, and other terms of retention."""
        places = {"area": str(self.area), "journal": str(self.journal), "sessions": str(self.sessions)}
        numbers = dict(quota=0, quota_percent=0, floor=0, entries=100, keep=3, keep_days=0, incomplete_days=7)
        assert set(limits) <= set(numbers)
        self.settings.write_text(json.dumps(dict(places, **dict(numbers, **limits))))

    def plant_links(self) -> None:
        """Links that lead out, by each kind of name that a host could ask for."""
        outside = str(self.directory / "outside")
        for name, target in (
            ("out", outside),
            ("neighbour", "../web2/secret"),
            ("up", ".."),
            ("done/out", outside),
            ("done/link-incomplete", outside + "/passwd"),
            ("done/new-incomplete", outside + "/new"),
            ("done/taken", outside + "/new"),
            ("tmp.AAAAAAAAAA", outside),
        ):
            (self.mine / name).symlink_to(target)

    def run(self, command: str, data: bytes = b"", names: Optional[List[str]] = None) -> Answer:
        """What the gate answers to web1."""
        output = io.BytesIO()
        streams = Streams(io.BytesIO(data).read, lambda answer: [output.write(answer)].clear())
        status = main.main(["web1", "/var/crash"] if names is None else names, command, streams, str(self.settings))
        return Answer(status, output.getvalue())

    def snapshot(self, below: str = "") -> Snapshot:
        """Everything on the disk below a directory, but for the gate's own files."""
        found = {}
        root = self.directory / below
        for path, folders, files in os.walk(str(root)):
            for name in folders + files:
                entry = Path(path) / name
                if entry not in (self.journal, self.settings, root / "retention.json") and self.sessions not in (
                    entry,
                    entry.parent,
                ):
                    mode = entry.lstat().st_mode
                    content = entry.read_bytes() if stat.S_ISREG(mode) else b""
                    target = os.readlink(str(entry)).encode() if stat.S_ISLNK(mode) else b""
                    found[str(entry.relative_to(root))] = (mode, content + target)
        return found

    def said(self) -> str:
        """The journal."""
        return self.journal.read_text() if self.journal.exists() else ""


def packet(kind: int, *payload: object) -> bytes:
    """A packet of the SFTP protocol; texts are strings, numbers have 32 bits."""
    data = b""
    for item in payload:
        if isinstance(item, int):
            data += struct.pack(">I", item)
        elif isinstance(item, str):
            data += struct.pack(">I", len(item)) + item.encode("utf-8")
        else:
            assert isinstance(item, bytes)
            data += item
    return struct.pack(">IB", len(data) + 1, kind) + data


HELLO = packet(1, 3)
