# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of one file is read before judging it ends."""

from types import SimpleNamespace
from typing import Any, Callable

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.vmcore import base
from ansible_collections.kdump.fleet.plugins.module_utils.vmcore.base import LimitError, MeteredSource
from tests.unit.plugins.module_utils.vmcore.dumps import Memory, Sparse


def test_what_is_read_is_counted() -> None:
    """What lies beyond the end takes nothing."""
    source = MeteredSource(Memory(b"0123456789"))
    assert (source.size, source.reads, source.bytes_read) == (10, 0, 0)
    assert [source.read(*part) for part in ((4, 3), (8, 100), (10, 5), (20, 5))] == [b"456", b"89", b"", b""]
    assert (source.reads, source.bytes_read) == (4, 5)


def reads(source: MeteredSource) -> None:
    source.reads = 131071


def bytes_read(source: MeteredSource) -> None:
    source.bytes_read = 335544319


@pytest.mark.parametrize(
    ("nearly", "text"),
    [
        (reads, "more than 131072 places of it would have to be read"),
        (bytes_read, "more than 320 MiB of it would have to be read"),
    ],
)
def test_the_last_read_within_a_limit(nearly: Callable[[MeteredSource], None], text: str) -> None:
    source = MeteredSource(Sparse(1 << 40, [(0, b"12")]))
    nearly(source)
    assert source.read(0, 1) == b"1"
    with pytest.raises(LimitError, match=text):
        source.read(1, 1)


def test_a_minute_for_each_file(monkeypatch: pytest.MonkeyPatch) -> None:
    times = [1060.5, 1060.0, 1000.0]
    monkeypatch.setattr(base, "time", SimpleNamespace(monotonic=times.pop))
    source = MeteredSource(Memory(b"12"))
    assert source.read(0, 1) == b"1"
    with pytest.raises(LimitError, match="it took more than 60 seconds"):
        source.read(1, 1)


@pytest.mark.parametrize("length", [65534, 65535])
def test_64_kib_of_vmcoreinfo_are_read(length: int) -> None:
    found: Any = base.vmcoreinfo(b"A=" + b"x" * length)
    assert found == {"A": "x" * 65534}
