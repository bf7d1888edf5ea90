# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting and ending QEMU, here a script that behaves like it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.lab import qemu
from tests.lab.errors import LabError
from tests.lab.qemu import Files, Hardware
from tests.unit.lab.conftest import Fake

TCG = Hardware("tcg", 1024, 2)
# Reads the pidfile's path from its command line, which its child keeps, and goes to the background. The parent ends
# when the child stands: in the middle of exec a process has no command line to be known by.
QEMU = """
words="$*"
if [ -n "$CHILD" ]; then
    trap "$CHILD" TERM
    : >"$READY"
    while :; do sleep 0.05; done
fi
while [ "$1" != -pidfile ]; do shift; done
READY="$2.ready" CHILD="{reaction}" setsid "$0" $words >/dev/null 2>&1 </dev/null &
echo $! >"$2"
while [ ! -e "$2.ready" ]; do sleep 0.05; done
"""


@pytest.fixture
def files(tmp_path: Path) -> Files:
    directory = tmp_path / "m1"
    directory.mkdir()
    return Files(directory)


def test_the_machine_that_is_asked_for() -> None:
    words = " ".join(qemu.hardware_arguments(TCG))
    assert "-accel tcg,thread=multi -cpu" in words
    assert "-m 1024 -smp 2" in words
    assert "-no-reboot" not in words
    assert f"pcie-root-port,id={qemu.PORT}," in words
    assert "-accel kvm -cpu host" in " ".join(qemu.hardware_arguments(Hardware("kvm", 512, 1)))


def test_firmware_is_qemu_s_own_unless_another_is_asked_for() -> None:
    efi = Hardware("tcg", 1024, 2, "efi")
    assert qemu.firmware_arguments(TCG, Path("v")) == []
    words = " ".join(qemu.firmware_arguments(efi, Path("/a,b/v")))
    assert "readonly=on,file=/usr/share/OVMF/" in words
    assert "format=qcow2" in words
    assert "file=/a,,b/v" in words
    assert "drive=disk,bootindex=0" in " ".join(qemu.hardware_arguments(efi)), "it would wait for the network"
    assert "bootindex" not in " ".join(qemu.hardware_arguments(TCG))


def test_commas_in_paths_are_not_options() -> None:
    assert qemu.drive_argument("/a,b/disk").endswith("file=/a,,b/disk")


@pytest.mark.parametrize("reaction", ["exit 0", ":"])
def test_a_machine_starts_and_ends(fake: Fake, files: Files, reaction: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fake("qemu-system-x86_64", QEMU.format(reaction=reaction))
    monkeypatch.setattr(qemu, "END_LIMIT", 1)
    qemu.start(files, "m1", TCG, snapshot=True)
    process = qemu.pid(files)
    assert b"-loadvm" in Path(f"/proc/{process}/cmdline").read_bytes()
    qemu.stop(files)
    assert qemu.pid(files) is None
    assert not files.pidfile.exists()
    qemu.stop(files)


def test_a_refusal_is_told(fake: Fake, files: Files) -> None:
    fake("qemu-system-x86_64", "echo 'qemu: no such device' >&2; exit 1")
    with pytest.raises(LabError, match=r"(?s)QEMU did not start machine m1\..*qemu: no such device"):
        qemu.start(files, "m1", TCG, snapshot=False)


def test_another_process_with_the_same_number_is_left_alone(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    killed: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda *words: killed.append(words))
    files.pidfile.write_text(f"{os.getpid()}\n")
    assert qemu.pid(files) is None
    qemu.stop(files)
    assert killed == []
    assert not files.pidfile.exists()


@pytest.mark.parametrize("text", ["", "x", "999999999"])
def test_a_pidfile_without_a_process(files: Files, text: str) -> None:
    files.pidfile.write_text(text)
    assert qemu.pid(files) is None


def test_a_process_that_does_not_end_is_told(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []
    monkeypatch.setattr(qemu, "END_LIMIT", 0)
    monkeypatch.setattr(qemu, "pid", lambda _: 4711)
    monkeypatch.setattr(os, "kill", lambda _, number: sent.append(number))
    with pytest.raises(LabError, match="4711, does not end"):
        qemu.stop(files)
    assert sent == [signal.SIGTERM, signal.SIGKILL]


def boot(tmp_path: Path) -> None:
    qemu.boot_kernel(
        tmp_path, tmp_path / "disk", TCG, tmp_path / "vmlinuz", tmp_path / "initrd.img", ["ro"], "lab-setup: done"
    )


SERIAL = 'for word; do case $word in file:*) printf "%b" "{text}" >"${{word#file:}}";; esac; done'


def test_the_first_boot_of_an_image(fake: Fake, tmp_path: Path) -> None:
    fake("qemu-system-x86_64", SERIAL.format(text=r"Linux\r\nlab-setup: done\r\n"))
    boot(tmp_path)


@pytest.mark.parametrize("text", [r"Linux\r\nlab-setup: failed\r\n", ""])
def test_a_first_boot_that_fails_shows_its_serial_log(fake: Fake, tmp_path: Path, text: str) -> None:
    fake("qemu-system-x86_64", SERIAL.format(text=text))
    with pytest.raises(LabError, match="did not end well"):
        boot(tmp_path)
