# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which dumps of a host stay."""

import os
from typing import List, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kdump.fleet.plugins.module_utils.dump_gate.retention import Dump, retain, surplus
from tests.unit.plugins.module_utils.dump_gate.server import Server

PLANS = [
    ("C", 1, ""),
    ("CC", 1, "0"),
    ("CCC", 2, "0"),
    ("CIC", 1, "01"),
    ("ICI", 1, "0"),  # what is newer than the newest complete one stays
    ("III", 1, ""),
    ("IIC", 2, ""),  # fewer complete ones than wanted: nothing goes
    ("CCCC", 0, ""),
    ("CCCC", -1, ""),
    ("", 1, ""),
]


@pytest.mark.parametrize("dumps, keep, gone", PLANS)
def test_what_can_go(dumps: str, keep: int, gone: str) -> None:
    """C is complete, I is not; the oldest first."""
    found = [Dump(float(time), (str(time),), kind == "C") for time, kind in enumerate(dumps)]
    assert "".join(dump.path[0] for dump in surplus(found, keep)) == gone


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans())), st.integers(1, 5))
def test_never_the_only_complete_one(dumps: List[Tuple[int, bool]], keep: int) -> None:
    """As many complete ones as wanted are left, if there were so many."""
    found = [Dump(float(time), (str(number),), complete) for number, (time, complete) in enumerate(dumps)]
    left = set(found) - set(surplus(found, keep))
    complete = sum(dump.complete for dump in found)
    assert sum(dump.complete for dump in left) >= min(keep, complete)


def test_folders_that_go(server: Server) -> None:
    """With their files; whatever is not of a dump, and every other host, stays. Links are not followed."""
    server.plant_links()
    for number, name in enumerate(("old", "half", "mid", "new")):
        folder = server.mine / "path" / name
        folder.mkdir(parents=True)
        core = folder / ("vmcore-incomplete" if name == "half" else "vmcore.flat")
        core.write_bytes(b"x")
        (folder / "vmcore-dmesg.txt").write_bytes(b"x")
        for file in folder.iterdir():
            os.utime(str(file), (2e9 + number, 2e9 + number))
    (server.mine / "path/half/more").mkdir()
    (server.area / "a file").write_bytes(b"x")
    assert server.run("", names=["--retain"]).status == 0
    removed = ["web1/done"]
    assert [line.rpartition("removed ")[2] for line in server.said().splitlines()] == [repr(name) for name in removed]
    assert retain(str(server.area), 1) == ["web1/path/old", "web1/path/half", "web1/path/mid"]
    assert sorted(path.name for path in (server.mine / "path").iterdir()) == ["half", "new"]
    assert sorted(path.name for path in (server.mine / "path/half").iterdir()) == ["more"]
    assert sorted(path.name for path in (server.directory / "outside").iterdir()) == ["passwd"]
    assert (server.area / "web2/secret/vmcore").exists()
    assert retain(str(server.area), 1) == []
