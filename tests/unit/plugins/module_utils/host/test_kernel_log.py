# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines and call traces of kernel logs, in the forms that kernels and tools write them."""

import re
from typing import List, Optional

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.host import kernel_log
from ansible_collections.kdump.fleet.plugins.module_utils.host.kernel_log import Line


@pytest.mark.parametrize(
    ("raw", "caller", "text"),
    [
        ("text", None, "text"),
        ("[    0.000000] text", None, "text"),
        ("[12345.678901] text\r", None, "text"),
        ("<4>[    1.234567]  text", None, " text"),
        ("<4>text", None, "text"),
        ("[  165.474974] [   T2494] text", "T2494", "text"),
        ("[  165.474974][   T2494] text", "T2494", "text"),
        ("[  165.474974] [    C3] text", "C3", "text"),
        ("[Sun Nov 22 18:48:12 2026] text", None, "text"),
        ("Nov 22 18:48:12 web1 kernel: [  165.474974] text", None, "text"),
        ("Nov  2 18:48:12 web1 kernel: text", None, "text"),
        ("[<ffffffff810e1f21>] function+0x1/0x2", None, "[<ffffffff810e1f21>] function+0x1/0x2"),
        ("[c00000000bd3fb50] [c00800000a1b4a44] f+0x1/0x2", None, "[c00000000bd3fb50] [c00800000a1b4a44] f+0x1/0x2"),
        ("", None, ""),
        ("x" * 5000, None, "x" * kernel_log.LONGEST),
    ],
)
def test_what_printk_puts_in_front_of_a_line(raw: str, caller: Optional[str], text: str) -> None:
    assert kernel_log.lines(raw) == [Line(caller, text)]


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [("T1", "T1", True), ("T1", "T2", False), ("T1", "C1", False), (None, "T1", True), ("T1", None, True)],
)
def test_who_wrote_a_line(one: Optional[str], other: Optional[str], together: bool) -> None:
    assert Line(one, "").written_with(Line(other, "")) is together


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("vfs_write", "vfs_write"),
        ("__handle_sysrq.cold", "__handle_sysrq"),
        ("__handle_sysrq.cold.12", "__handle_sysrq"),
        ("bar.isra.0.constprop.1", "bar"),
        ("bar.part.0.cold", "bar"),
        ("bar.llvm.1234567890", "bar"),
        (".sys_close", "sys_close"),
        ("__x64_sys_close", "sys_close"),
        ("__arm64_compat_sys_close", "sys_close"),
        ("__s390x_sys_close", "sys_close"),
        ("ksys_write", "ksys_write"),
        ("colder.coldness", "colder.coldness"),
    ],
)
def test_the_name_of_a_function(name: str, function: str) -> None:
    assert kernel_log.function(name) == function


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (" f+0x1a/0x20", ["f"]),
        (" f+0x1a/0x20 [module]", ["f"]),
        (" f+0x1a/0x20 [module 1f2e3d]", ["f"]),
        (" f+0x1a/0x20 (P)", ["f"]),
        (" [<ffffffffa0001144>] f+0x1a/0x20", ["f"]),
        (" [<0000015710cda7fe>] f+0x1a/0x20 ", ["f"]),
        ("[c00000000bd3fc10] [c00800000a1b4c44] f+0x1a/0x20 [module]", ["f"]),
        (" ? f+0x1a/0x20", []),
        ("([<0000015710cda7fa>] f+0x1a/0x20)", []),
        ("[c00000000bd3fb50] [c00800000a1b4a44] f+0x1a/0x20 (unreliable)", []),
        (" <IRQ>", []),
        ("RIP: 0033:0x7f42adef53a7", []),
        ("lr : f+0x1a/0x20", []),
        (" 0x0", []),
        (" f+0x1a/0x20: more to say", []),
    ],
)
def test_a_frame(line: str, found: List[str]) -> None:
    log = kernel_log.lines("cause\nCall Trace:\n{0}\n g+0x1/0x2\n---[ end trace\n h+0x1/0x2".format(line))
    assert kernel_log.trace(log, 0, None) == found + ["g"]


@pytest.mark.parametrize(
    "line",
    [
        "RIP: 0010:f+0x21/0x60 [module]",
        "RIP: 0010:[<ffffffffa0001021>]  [<ffffffffa0001021>] f+0x21/0x60 [module]",
        "IP: [<ffffffffa0001021>] f+0x21/0x60",
        "EIP: f+0x21/0x60",
        "NIP [c00800000a1b4a90] f+0x38/0x120",
        "pc : f+0x1c/0x58",
        "PC is at f+0x1c/0x58",
        "epc : f+0x16/0x40",
        "Krnl PSW : 0704c00180000000 0000015710cda7fe (f+0xfe/0x128 [module])",
    ],
)
def test_where_the_processor_was(line: str) -> None:
    assert kernel_log.trace(kernel_log.lines("cause\n" + line), 0, None) == ["f"]
    assert kernel_log.trace(kernel_log.lines("cause\n{0}\n{0}".format(line)), 0, None) == ["f"]


def test_where_a_trace_ends() -> None:
    log = kernel_log.lines("cause\nRIP: 0010:f+0x1/0x2\nstop here\nCall Trace:\n g+0x1/0x2")
    assert kernel_log.trace(log, 0, re.compile("stop")) == ["f"]
    assert kernel_log.trace(log, 0, None) == ["f", "g"]
    late = kernel_log.lines("cause\n" + "more\n" * kernel_log.TRACE_LINES + "Call Trace:\n g+0x1/0x2")
    assert kernel_log.trace(late, 0, None) == []


def test_the_first_frame_beside_the_heading() -> None:
    assert kernel_log.trace(kernel_log.lines("cause\nCall Trace: [<ffffffff81>] f+0x1/0x2\n g+0x1/0x2"), 0, None) == [
        "f",
        "g",
    ]


def test_the_last_line_in_which_a_trace_is_looked_for() -> None:
    for more, found in ((2, ["g"]), (1, [])):
        log = kernel_log.lines("cause\n" + "more\n" * (kernel_log.TRACE_LINES - more) + "Call Trace:\n g+0x1/0x2")
        assert kernel_log.trace(log, 0, None) == found


def test_what_others_write_in_between_is_passed_over() -> None:
    log = kernel_log.lines("[1.0] [ T1] cause\n[1.0] [ T2] other\n[1.0] [ T1] Call Trace:\n[1.0] [ T1]  g+0x1/0x2")
    assert kernel_log.trace(log, 0, None) == ["g"]


def test_what_the_watchdog_interrupted_was_running() -> None:
    log = kernel_log.lines("cause\nCall Trace:\n <NMI>\n watchdog+0x1/0x2\n </NMI>\n g+0x1/0x2")
    assert kernel_log.trace(log, 0, None) == ["g"]
