# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of dump_size.py."""

from pathlib import Path
from typing import List, Optional

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import CommandError, CommandResult, Host
from ansible_collections.kdump.fleet.plugins.module_utils.target.dump_size import MEMORY_USAGE, TIME_LIMIT, DumpSize
from tests.unit.plugins.module_utils.host_tree import HostTree

GIB = 1 << 30
USAGE = (Path(__file__).parents[3] / "fixtures/makedumpfile/mem-usage.txt").read_text()
REFUSED = "No memory is reserved for crashkernel!\n\nmakedumpfile Failed.\n"


class Makedumpfile:
    """What answers to makedumpfile --mem-usage."""

    def __init__(self, stdout: str = USAGE, rc: int = 0, late: bool = False) -> None:
        self.stdout, self.rc, self.late = stdout, rc, late
        self.ran: List[List[str]] = []

    def __call__(self, argv: List[str], timeout: float) -> CommandResult:
        self.ran.append(argv)
        assert timeout == TIME_LIMIT
        if self.late:
            raise CommandError("It had not ended after 60 seconds and was stopped.")
        return CommandResult(argv, self.rc, self.stdout, "")


@pytest.fixture
def tree(tmp_path: Path) -> HostTree:
    made = HostTree(tmp_path)
    made.program("/usr/bin/makedumpfile")
    made.write("/proc/meminfo", "MemTotal: 900000 kB\nMemFree: 500000 kB\nCached: 100000 kB\nAnonPages: 200000 kB\n")
    return made


def dump_size(tree: HostTree, answers: Makedumpfile, collector: str = "makedumpfile -c -d 31") -> DumpSize:
    return DumpSize(Host(str(tree.root), answers), GIB, collector)


@pytest.mark.parametrize(
    ("collector", "pages"),
    [
        ("makedumpfile -l --message-level 7 -d 31", 114352),
        ("-d31 -F", 114352),
        ("-c -d 31,17", 114352),
        ("-cd31", 114352),
        ("-ld 31 --message-level 7", 114352),
        ("-d 1 -c -d 31", 114352),
        ("-d 31 -d 1", 145879),
        ("-d 15", 114352),
        ("-d 1", 145879),
        ("-d 17", 145879),
        ("-d 2", 250923),
        ("-d 4", 245807),
        ("-d 9", 141867),
    ],
)
def test_makedumpfile_tells_what_each_dump_level_leaves(tree: HostTree, collector: str, pages: int) -> None:
    answers = Makedumpfile()
    size = dump_size(tree, answers, collector)
    need = size.beyond(pages * 4096 - 1)
    assert need is not None
    assert need == (pages * 4096, "makedumpfile --mem-usage")
    assert size.beyond(pages * 4096) is None
    assert answers.ran == [list(MEMORY_USAGE)], "it is asked once"


@pytest.mark.parametrize(("level", "pages"), [(31, 0), (17, 31527), (15, 1000), (1, 32527)])
def test_free_pages_are_left_out_by_their_own_bit(tree: HostTree, level: int, pages: int) -> None:
    """As a makedumpfile that knows the kernel counts them."""
    answers = Makedumpfile(USAGE.replace("FREE\t\t0 ", "FREE\t\t1000 "))
    need = dump_size(tree, answers, "-d {0}".format(level)).beyond(0)
    assert need is not None
    assert need.bytes == (114352 + pages) * 4096


@pytest.mark.parametrize("collector", ["makedumpfile -c -d 31", "cp", ""])
def test_room_for_all_memory_is_room_enough(tree: HostTree, collector: str) -> None:
    answers = Makedumpfile()
    assert dump_size(tree, answers, collector).beyond(GIB) is None
    assert answers.ran == []


@pytest.mark.parametrize("collector", ["-c", "", "cp", "-d", "31 -d", "-d 0", "--message-d 31", "-d x31", "-id 31"])
def test_all_memory_is_dumped_without_a_level(tree: HostTree, collector: str) -> None:
    answers = Makedumpfile()
    assert dump_size(tree, answers, collector).beyond(GIB - 1) == (
        GIB,
        "all memory, as the core collector has no dump level",
    )
    assert answers.ran == []


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        (Makedumpfile("\n" + REFUSED), "makedumpfile --mem-usage says 'No memory is reserved for crashkernel!'"),
        (Makedumpfile(rc=1), "makedumpfile --mem-usage says 'The kernel version is not supported.'"),
        (Makedumpfile("KERN_DATA\t\tmany\tno\n\npage size:\t4096\n"), "says 'KERN_DATA\t\tmany\tno'"),
        (Makedumpfile("KERN_DATA\t\t5\tno\n"), "says 'KERN_DATA\t\t5\tno'"),
        (Makedumpfile(""), "makedumpfile --mem-usage says ''"),
        (Makedumpfile(late=True), "makedumpfile --mem-usage could not be run to its end within 60 s"),
        (None, "makedumpfile is not installed"),
    ],
    ids=["refuses", "fails", "nonsense", "no-page-size", "silent", "late", "not-installed"],
)
def test_where_makedumpfile_cannot_tell_it_is_a_share(
    tree: HostTree, answers: Optional[Makedumpfile], why: str
) -> None:
    if answers is None:
        tree.path("/usr/bin/makedumpfile").unlink()
    for collector, size, source in (
        ("-d 31", GIB // 4, "a share of the memory, as "),
        ("-d 17", GIB, "all memory, as "),
    ):
        tool = dump_size(tree, answers or Makedumpfile(), collector)
        need = tool.beyond(size - 1)
        assert need is not None
        assert need.bytes == size
        assert need.source.startswith(source)
        assert need.source.endswith(why)
        assert tool.beyond(size) is None


@pytest.mark.parametrize(
    ("meminfo", "size"),
    [
        ("MemTotal: 1000000 kB\nMemFree: 600000 kB\n", 400000 << 10),
        ("MemTotal: 1000000 kB\nHugetlb: 900000 kB\nMemFree: 50000 kB\n", GIB // 4),
        ("MemTotal: 5 kB\nMemFree: 50 kB\n", GIB // 4),
        ("nonsense", GIB // 4),
    ],
)
def test_the_kernel_may_have_more_than_the_share(tree: HostTree, meminfo: str, size: int) -> None:
    tree.write("/proc/meminfo", meminfo)
    tree.path("/usr/bin/makedumpfile").unlink()
    need = dump_size(tree, Makedumpfile()).beyond(0)
    assert need is not None
    assert need.bytes == size


@pytest.mark.parametrize(("memory", "share"), [(1, 0.25), (16, 4), (64, 7), (65, 7.0625), (512, 35), (6144, 387)])
def test_the_share_is_smaller_of_much_memory(tree: HostTree, memory: int, share: float) -> None:
    """makedumpfile would take minutes there, and is not asked."""
    answers = Makedumpfile()
    need = DumpSize(Host(str(tree.root), answers), memory * GIB, "-d 31").beyond(0)
    assert need is not None
    if memory > 64:
        assert need == (int(share * GIB), "a share of the memory, as makedumpfile is not asked for more than 64 GiB")
        assert answers.ran == []
    else:
        assert need.source == "makedumpfile --mem-usage"
        tree.path("/usr/bin/makedumpfile").unlink()
        assert DumpSize(Host(str(tree.root), answers), memory * GIB, "-d 31").beyond(0) == (
            int(share * GIB),
            "a share of the memory, as makedumpfile is not installed",
        )
