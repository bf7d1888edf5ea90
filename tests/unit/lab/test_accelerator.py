# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which accelerator is used, and why."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.lab import accelerator
from tests.lab.accelerator import Choice
from tests.lab.errors import LabError
from tests.unit.lab.conftest import Fake

VERSION = 'if [ "$1" = --version ]; then echo "QEMU emulator version 10.0.2"; exit; fi; '
SERIAL = "for word; do case $word in file:*) serial=${word#file:};; esac; done; "


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A kernel, and a /dev/kvm that may be opened."""
    for name in ("kvm", "vmlinuz"):
        (tmp_path / name).write_text("x")
    monkeypatch.setattr(accelerator, "KVM", tmp_path / "kvm")
    monkeypatch.setattr(accelerator, "PROBE_LIMIT", 0.5)
    return tmp_path / "vmlinuz"


def test_the_environment_decides(kernel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KDUMP_LAB_ACCEL", "kvm")
    assert accelerator.choose(kernel) == Choice("kvm", "KDUMP_LAB_ACCEL asks for it")
    monkeypatch.setenv("KDUMP_LAB_ACCEL", "warp")
    with pytest.raises(LabError, match="KDUMP_LAB_ACCEL is 'warp'; it can be kvm or tcg"):
        accelerator.choose(kernel)


def test_no_kvm(kernel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert accelerator.choose(kernel).reason.endswith("is not open to this user; its group usually is kvm")
    accelerator.KVM.unlink()
    assert accelerator.choose(kernel).reason.startswith("there is no ")


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (f"echo '[ 1.2] {accelerator.REACHED}: no root' >$serial", None),
        ("echo 'Linux version 6.12' >$serial; sleep 5", "a kernel printed its first lines only"),
        ("exec sleep 5", "a kernel printed nothing"),
        ("echo 'error: failed to set MSR 0x38d' >&2; exit 1", "QEMU ended: error: failed to set MSR 0x38d"),
        ("exit 1", "QEMU ended: status 1"),
    ],
)
def test_kvm_has_to_run_a_kernel(fake: Fake, kernel: Path, script: str, expected: str | None) -> None:
    fake("qemu-system-x86_64", VERSION + SERIAL + script)
    reason = accelerator.kvm_runs(kernel)
    assert reason == expected or (expected and reason and reason.endswith(expected))
    assert accelerator.choose(kernel).name == ("tcg" if expected else "kvm")


def test_the_answer_is_remembered_until_something_changes(fake: Fake, kernel: Path, own_cache: Path) -> None:
    fake("qemu-system-x86_64", VERSION + SERIAL + f"echo '{accelerator.REACHED}' >$serial")
    assert accelerator.choose(kernel).name == "kvm"
    fake("qemu-system-x86_64", VERSION + "exit 1")
    assert accelerator.choose(kernel).name == "kvm"
    kernel.write_text("another")
    assert accelerator.choose(kernel).name == "tcg"
    (own_cache / "accelerator.json").write_text("{")
    assert accelerator.choose(kernel).name == "tcg"
    assert os.listdir(own_cache) == ["accelerator.json"]


def test_the_processor_that_a_snapshot_saw() -> None:
    assert accelerator.host_identity() == accelerator.host_identity()
