# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must be installed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.lab import apt, packages, sources
from tests.lab.errors import LabError
from tests.unit.lab.conftest import Fake


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2)", 10),
        ("QEMU emulator version 7.2.19 (Debian 1:7.2+dfsg-7)", 7),
        ("1:7.2+dfsg-7+deb12u18", 7),
        ("1:10.0.2+ds-2+deb13u1~bpo12+1", 10),
        ("(none)", 0),
    ],
)
def test_major(text: str, expected: int) -> None:
    assert packages.major(text) == expected


def test_an_old_qemu_is_told_with_the_remedy(fake: Fake) -> None:
    fake("qemu-system-x86_64", "echo 'QEMU emulator version 7.2.19 (Debian 1:7.2+dfsg-7)'")
    with pytest.raises(LabError, match=r"too old: QEMU emulator version 7\.2\.19.*bookworm-backports"):
        packages.qemu_version()


def test_no_qemu_is_told_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "found", lambda command: False)
    with pytest.raises(LabError, match=r"is not installed.*tests\.lab setup"):
        packages.qemu_version()


def test_missing_names_packages_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(packages, "found", lambda command: command not in ("ssh", "ssh-keygen", "mke2fs"))
    monkeypatch.setattr(packages, "qemu_version", lambda: "10")
    monkeypatch.setattr(packages, "SUITE_KEY", tmp_path / "none")
    monkeypatch.setattr(packages, "FILES", {tmp_path / "firmware.fd": "ovmf", tmp_path: "there"})
    assert packages.missing() == ["debian-archive-keyring", "e2fsprogs", "openssh-client", "ovmf"]


def test_an_old_qemu_is_missing_with_its_tools(monkeypatch: pytest.MonkeyPatch, fake: Fake, tmp_path: Path) -> None:
    fake("qemu-system-x86_64", "echo 'QEMU emulator version 7.2.19'")
    monkeypatch.setattr(packages, "found", lambda command: True)
    monkeypatch.setattr(packages, "SUITE_KEY", tmp_path)
    monkeypatch.setattr(packages, "FILES", {})
    assert packages.missing() == ["qemu-system-x86", "qemu-utils"]


def test_setup_does_nothing_when_all_is_there(monkeypatch: pytest.MonkeyPatch, fake: Fake) -> None:
    fake("apt-get", "exit 1")
    monkeypatch.setattr(packages, "missing", list)
    monkeypatch.setattr(packages, "qemu_version", lambda: "QEMU emulator version 10.0.2")
    packages.setup()


def test_setup_tells_what_it_could_not_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "missing", lambda: ["fdisk"])
    monkeypatch.setattr(packages, "install", lambda names: None)
    with pytest.raises(LabError, match="Still missing after installing: fdisk"):
        packages.setup()


@pytest.mark.parametrize(
    ("offered", "expected"),
    [
        ("1:7.2+dfsg-7", "-t bookworm-backports --yes --no-install-recommends install qemu-system-x86"),
        ("1:10.0.2+ds-2", "--yes --no-install-recommends install qemu-system-x86"),
    ],
)
def test_qemu_comes_from_backports_only_where_it_is_old(
    monkeypatch: pytest.MonkeyPatch, fake: Fake, tmp_path: Path, offered: str, expected: str
) -> None:
    asked = tmp_path / "asked"
    fake("apt-cache", f"echo 'qemu-system-x86:'; echo '  Candidate: {offered}'")
    fake("apt-get", f'echo "$@" >>{asked}')
    fake("sudo", '"$@"')
    monkeypatch.setattr(sources, "codename", lambda: "bookworm")
    monkeypatch.setenv("KDUMP_LAB_MIRROR", "http://told.test/debian")
    packages.install(["qemu-system-x86"])
    calls = asked.read_text().splitlines()
    assert calls[-1].endswith(expected)
    assert all("Dir::Etc::sourceparts=" in call for call in calls)


def test_a_separate_apt_sees_the_sources_given_and_no_others(fake: Fake, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    fake("apt-get", f'for word; do case $word in Dir::Etc::sourcelist=*) cp "${{word#*=}}" {seen};; esac; done')
    with apt.separate(["deb http://told.test/debian trixie main"], own_status=True) as options:
        directory = Path(options[1].partition("=")[2]).parent
        assert any(word.startswith("Dir::State::status=") for word in options)
    assert seen.read_text().endswith("http://told.test/debian trixie main\n")
    assert not directory.exists()


def test_installing_takes_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(packages, "found", lambda command: command == "sudo")
    assert packages.as_root(["true"]) == ["sudo", "true"]
    monkeypatch.setattr(packages, "found", lambda command: False)
    monkeypatch.setattr(packages, "missing", lambda: ["fdisk"])
    with pytest.raises(LabError, match=r"takes root or sudo.*fdisk"):
        packages.as_root(["true"])
