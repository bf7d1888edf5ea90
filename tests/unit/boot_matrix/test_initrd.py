# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The RAM disk: an archive that the kernel reads, and a busybox that is downloaded once."""

from __future__ import annotations

import gzip
import stat
from pathlib import Path

import pytest

from tests.boot_matrix import initrd
from tests.lab.errors import LabError
from tests.unit.lab.conftest import Fake


def unpacked(data: bytes) -> dict[str, tuple[int, bytes]]:
    """Mode and data of every entry, read back by the format's own lengths."""
    found = {}
    while data:
        assert data[:6] == b"070701"
        fields = [int(data[6 + 8 * number : 14 + 8 * number], 16) for number in range(13)]
        size, length = fields[6], fields[11]
        name = data[110 : 110 + length - 1].decode()
        begin = (110 + length + 3) // 4 * 4
        found[name] = (fields[1], data[begin : begin + size])
        data = data[(begin + size + 3) // 4 * 4 :]
    return found


def test_the_archive_holds_both_programs() -> None:
    archive = initrd.archive(b"\x7fELFbusybox", b"#!/bin/sh\n")
    assert archive == initrd.archive(b"\x7fELFbusybox", b"#!/bin/sh\n")
    found = unpacked(gzip.decompress(archive))
    assert list(found)[-1] == "TRAILER!!!"
    assert found["bin/busybox"] == (stat.S_IFREG | 0o755, b"\x7fELFbusybox")
    assert found["init"] == (stat.S_IFREG | 0o755, b"#!/bin/sh\n")
    assert found["bin/sh"] == (stat.S_IFLNK | 0o777, b"busybox")
    assert stat.S_ISCHR(found["dev/console"][0])
    assert {name for name, (mode, _data) in found.items() if stat.S_ISDIR(mode)} == {"bin", "dev", "proc", "sys"}


@pytest.fixture
def mirror(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KDUMP_LAB_MIRROR", "http://told.test/debian")
    fake("apt-get", 'case "$*" in *download*) touch busybox-static_1_amd64.deb ;; esac')
    fake("dpkg-deb", 'mkdir -p "$3/usr/bin" && echo program >"$3/usr/bin/busybox"')


@pytest.mark.usefixtures("mirror")
def test_busybox_is_downloaded_once(fake: Fake, tmp_path: Path) -> None:
    path = initrd.busybox()
    assert path.read_text() == "program\n"
    assert [found.name for found in path.parent.iterdir()] == ["busybox"]
    fake("apt-get", "exit 1")
    assert initrd.busybox() == path
    initrd.write(tmp_path / "initrd.gz")
    assert unpacked(gzip.decompress((tmp_path / "initrd.gz").read_bytes()))["bin/busybox"][1] == b"program\n"


@pytest.mark.usefixtures("mirror")
def test_a_package_without_busybox(fake: Fake) -> None:
    fake("dpkg-deb", 'mkdir -p "$3"')
    with pytest.raises(LabError, match=r"busybox-static_1_amd64\.deb holds none of usr/bin/busybox, bin/busybox"):
        initrd.busybox()


@pytest.mark.usefixtures("mirror")
def test_a_download_that_leaves_nothing(fake: Fake) -> None:
    fake("apt-get", "exit 0")
    with pytest.raises(LabError, match="left 0 packages"):
        initrd.busybox()
