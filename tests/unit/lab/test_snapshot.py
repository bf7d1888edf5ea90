# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The boot that a snapshot is taken of may be tried twice, and no more."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lab import snapshot
from tests.lab.errors import LabError
from tests.lab.image import Image
from tests.lab.qemu import Hardware
from tests.lab.recipes import DEBIAN


@pytest.mark.parametrize(("failures", "tries"), [(0, 1), (1, 2), (2, 2)])
def test_a_boot_may_be_tried_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failures: int, tries: int) -> None:
    seen: list[Path] = []

    def save(image: Image, hardware: Hardware, workplace: Path) -> None:
        seen.append(workplace)
        if len(seen) <= failures:
            raise LabError("QEMU ended.")

    monkeypatch.setattr(snapshot, "save", save)
    image = Image(DEBIAN, tmp_path, "6.12", "6.12-1", "identity")
    if failures == 2:
        with pytest.raises(LabError, match="QEMU ended"):
            snapshot.build(image, Hardware("tcg", 1024, 2), tmp_path)
    else:
        snapshot.build(image, Hardware("tcg", 1024, 2), tmp_path)
    assert seen == [tmp_path] * tries
