# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The symbols of an image's kernel."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lab import symbols
from tests.lab.errors import LabError, UnavailableError
from tests.lab.image import Image
from tests.lab.recipes import DEBIAN
from tests.unit.lab.conftest import Fake

DOWNLOAD = """
for word; do
    case $word in
        download) download=yes ;;
        linux-image-6.12-dbg=6.12-1) test "$download" && touch one.deb ;;
    esac
done
exit 0
"""


@pytest.fixture
def image(monkeypatch: pytest.MonkeyPatch, fake: Fake, tmp_path: Path) -> Image:
    monkeypatch.setenv("KDUMP_LAB_MIRROR", "http://told.test/debian")
    fake("apt-get", DOWNLOAD)
    fake("apt-cache", "echo 'linux-image-6.12-dbg | 6.12-1 | http://told.test/debian trixie/main amd64 Packages'")
    tree = tmp_path / "package" / "usr/lib/debug/boot"
    tree.mkdir(parents=True)
    (tree / "vmlinux-6.12").write_text("symbols")
    fake("dpkg-deb", f'test "$1" = --fsys-tarfile && tar -c -C {tmp_path}/package ./usr')
    return Image(DEBIAN, tmp_path, "6.12", "6.12-1", "identity")


def test_the_vmlinux_is_downloaded_once(image: Image, fake: Fake) -> None:
    path = symbols.ensure(image)
    assert path.name == "vmlinux-6.12"
    assert path.read_text() == "symbols"
    assert [found.name for found in path.parent.iterdir() if found.is_file()] == ["vmlinux-6.12"]
    fake("apt-get", "exit 1")
    assert symbols.ensure(image) == path


def test_another_version_of_the_kernel_is_not_enough(image: Image) -> None:
    with pytest.raises(UnavailableError, match=r"no linux-image-6\.12-dbg of version 6\.12-2 \(it has: 6\.12-1\)"):
        symbols.ensure(image._replace(version="6.12-2"))


def test_a_mirror_without_symbols(image: Image, fake: Fake) -> None:
    fake("apt-cache", "exit 0")
    with pytest.raises(UnavailableError, match="it has: none"):
        symbols.ensure(image)


def test_a_download_that_leaves_nothing(image: Image, fake: Fake) -> None:
    fake("apt-get", "exit 0")
    with pytest.raises(LabError, match="left 0 packages"):
        symbols.ensure(image)
