# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a kernel crashed, read from real logs and from the forms that other architectures and kernels write."""

import gzip
import os
import re
import time
from typing import List

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.kdump.fleet.plugins.module_utils.vmcore import panic

FIXTURES = os.path.join(
    os.path.dirname(os.path.abspath(__file__)), os.pardir, os.pardir, os.pardir, "fixtures", "vmcore"
)
REAL = ["kdump-tools-local", "kdumpctl-local", "kdumpctl-nfs", "kdumpctl-ssh"]
FATAL = "Kernel panic - not syncing: Fatal exception"


def real(name: str) -> str:
    with gzip.open(os.path.join(FIXTURES, name + ".dmesg.gz"), "rt", encoding="utf-8") as stream:
        return stream.read()


def known(text: str) -> str:
    """The signature of a log that has one."""
    signature = panic.signature(text)
    assert signature is not None
    return signature


@pytest.mark.parametrize("name", REAL)
def test_a_real_log_of_a_crash_by_sysrq(name: str) -> None:
    text = real(name)
    assert panic.message(text) == "Kernel panic - not syncing: sysrq triggered crash"
    frames = [frame for frame in panic.frames(text) if frame not in ("dump_stack_lvl", "vpanic", "panic")]
    assert frames == [
        "sysrq_handle_crash",
        "__handle_sysrq",
        "write_sysrq_trigger",
        "proc_reg_write",
        "vfs_write",
        "ksys_write",
        "do_syscall_64",
        "entry_SYSCALL_64_after_hwframe",
    ]


def test_the_same_crash_on_four_hosts_and_two_kernels_has_one_signature() -> None:
    signatures = {known(real(name)) for name in REAL}
    assert len(signatures) == 1
    assert re.match("^[0-9a-f]{16}$", signatures.pop())


X86_OOPS = """\
[  100.000001] BUG: kernel NULL pointer dereference, address: 0000000000000018
[  100.000002] #PF: supervisor read access in kernel mode
[  100.000003] #PF: error_code(0x0000) - not-present page
[  100.000004] Oops: Oops: 0000 [#1] PREEMPT SMP NOPTI
[  100.000005] CPU: 1 UID: 0 PID: 77 Comm: worker Kdump: loaded Tainted: G           OE      6.12.0-55.el10.x86_64 #1
[  100.000006] RIP: 0010:queue_pop.isra.0+0x21/0x60 [shop]
[  100.000007] Code: 48 89 fa <48> 8b 40 18
[  100.000008] RSP: 0018:ffffb0e4c0a3fd90 EFLAGS: 00010246
[  100.000009] Call Trace:
[  100.000010]  <TASK>
[  100.000011]  ? __die_body.cold+0x19/0x27
[  100.000012]  ? asm_exc_page_fault+0x26/0x30
[  100.000013]  queue_drain+0x44/0x90 [shop 1f2e3d4c5b6a79880123456789abcdef01234567]
[  100.000014]  __x64_sys_close+0x3c/0x70
[  100.000015]  do_syscall_64+0x7d/0x160
[  100.000016]  entry_SYSCALL_64_after_hwframe+0x76/0x7e
[  100.000017] RIP: 0033:0x7f3a1c2fd8a7
[  100.000018]  </TASK>
[  100.000019] Modules linked in: shop(OE) xfs
[  100.000020] ---[ end trace 0000000000000000 ]---
[  100.000021] RIP: 0010:queue_pop.isra.0+0x21/0x60 [shop]
"""
X86_FRAMES = ["queue_pop", "queue_drain", "sys_close", "do_syscall_64", "entry_SYSCALL_64_after_hwframe"]

EL7_OOPS = """\
<1>[  100.000001] BUG: unable to handle kernel NULL pointer dereference at           (null)
<1>[  100.000002] IP: [<ffffffffa0001021>] queue_pop+0x21/0x60 [shop]
<4>[  100.000003] PGD 0
<4>[  100.000004] Oops: 0000 [#1] SMP
<4>[  100.000005] RIP: 0010:[<ffffffffa0001021>]  [<ffffffffa0001021>] queue_pop+0x21/0x60 [shop]
<4>[  100.000006] Call Trace:
<4>[  100.000007]  [<ffffffffa0001144>] queue_drain+0x44/0x90 [shop]
<4>[  100.000008]  [<ffffffff810e1f21>] ? mutex_lock+0x12/0x2f
<4>[  100.000009]  [<ffffffff812003fc>] SyS_close+0x3c/0x70
<4>[  100.000010] RIP  [<ffffffffa0001021>] queue_pop+0x21/0x60 [shop]
<0>[  100.000011] Kernel panic - not syncing: Fatal exception
"""

EL8_SYSRQ = """\
[  200.000001] sysrq: SysRq : Trigger a crash
[  200.000002] BUG: unable to handle kernel NULL pointer dereference at 0000000000000000
[  200.000003] Oops: 0002 [#1] SMP PTI
[  200.000004] RIP: 0010:sysrq_handle_crash+0x12/0x20
[  200.000005] Call Trace:
[  200.000006]  __handle_sysrq.cold.12+0x48/0xfb
[  200.000007]  write_sysrq_trigger+0x2b/0x30
[  200.000008]  proc_reg_write+0x3c/0x60
[  200.000009]  vfs_write+0xa5/0x1a0
[  200.000010]  ksys_write+0x4f/0xb0
"""

ARM64_OOPS = """\
[  300.000001][  T412] Unable to handle kernel NULL pointer dereference at virtual address 0000000000000018
[  300.000002][  T412] Mem abort info:
[  300.000003][    C3] Call trace:
[  300.000003][    C3]  other_cpu+0x1c/0x28
[  300.000004][  T412] Internal error: Oops: 0000000096000004 [#1] SMP
[  300.000005][  T412] pstate: 60400005 (nZCv daif +PAN -UAO -TCO -DIT -SSBS BTYPE=--)
[  300.000006][  T412] pc : queue_pop+0x1c/0x58 [shop]
[  300.000007][  T412] lr : queue_drain+0x3c/0x88 [shop]
[  300.000008][  T412] Call trace:
[  300.000009][  T412]  queue_pop+0x1c/0x58 [shop] (P)
[  300.000010][  T412]  queue_drain+0x3c/0x88 [shop]
[  300.000011][  T412]  __arm64_sys_close+0x3c/0x70
[  300.000012][  T412]  el0_svc+0x2c/0xe0
[  300.000013][  T412] Code: d503201f (f9400c00)
[  300.000014][  T412] ---[ end trace 0000000000000000 ]---
[  300.000015][  T412] Kernel panic - not syncing: Oops: Fatal exception
[  300.000016][  T412] SMP: stopping secondary CPUs
"""

PPC64LE_OOPS = """\
[  400.000001] Kernel attempted to read user page (18) - exploit attempt? (uid: 0)
[  400.000002] BUG: Kernel NULL pointer dereference on read at 0x00000018
[  400.000003] Faulting instruction address: 0xc00800000a1b4a90
[  400.000004] Oops: Kernel access of bad area, sig: 11 [#1]
[  400.000005] NIP [c00800000a1b4a90] queue_pop+0x38/0x120 [shop]
[  400.000006] LR [c00800000a1b4a44] queue_drain+0x44/0x120 [shop]
[  400.000007] Call Trace:
[  400.000008] [c00000000bd3fb50] [c00800000a1b4a44] queue_drain+0x44/0x120 [shop] (unreliable)
[  400.000009] [c00000000bd3fc10] [c00800000a1b4c44] queue_drain+0x44/0x120 [shop]
[  400.000010] [c00000000bd3fd10] [c000000000525a30] .sys_close+0x40/0x80
[  400.000011] ---[ end trace 0000000000000000 ]---
"""

S390X_BUG = """\
[  500.000001] ------------[ cut here ]------------
[  500.000002] kernel BUG at shop/queue.c:62!
[  500.000003] monitor event: 0040 ilc:2 [#1]SMP
[  500.000004] Krnl PSW : 0704c00180000000 0000015710cda7fe (queue_pop+0xfe/0x128 [shop])
[  500.000005]            R:0 T:1 IO:1 EX:1 Key:0 M:1 W:0 P:0 AS:3 CC:0 PM:0 RI:0 EA:3
[  500.000006] Call Trace:
[  500.000007]  [<0000015710cda7fe>] queue_pop+0xfe/0x128 [shop]
[  500.000008] ([<0000015710cda7fa>] queue_pop+0xfa/0x128 [shop])
[  500.000009]  [<0000015710c00516>] queue_drain+0xf6/0x128 [shop]
[  500.000010] Last Breaking-Event-Address:
[  500.000011]  [<0000015711481e58>] _printk+0x78/0x88
[  500.000012] Kernel panic - not syncing: Fatal exception: panic_on_oops
"""

RISCV_OOPS = """\
[  600.000001] Unable to handle kernel paging request at virtual address ffffffe1dead0000
[  600.000002] Oops [#1]
[  600.000003] epc : queue_pop+0x16/0x40 [shop]
[  600.000004]  ra : queue_drain+0x2c/0x60 [shop]
[  600.000005] [<ffffffff0160c016>] queue_pop+0x16/0x40 [shop]
[  600.000006] Kernel panic - not syncing: Fatal exception in interrupt
"""

SOFT_LOCKUP = """\
[  700.000001] watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [kworker/3:1:123]
[  700.000002] RIP: 0010:queue_spin+0x14/0x20 [shop]
[  700.000003] Call Trace:
[  700.000004]  <TASK>
[  700.000005]  queue_wait+0x12/0x30 [shop]
[  700.000006]  </TASK>
[  700.000007] Kernel panic - not syncing: softlockup: hung tasks
[  700.000008] CPU: 3 PID: 123 Comm: kworker/3:1 Kdump: loaded
[  700.000009] Call Trace:
[  700.000010]  <IRQ>
[  700.000011]  dump_stack_lvl+0x5d/0x80
[  700.000012]  panic+0x118/0x2db
[  700.000013]  watchdog_timer_fn.cold+0x3d/0x3d
"""

HARD_LOCKUP = """\
[  800.000001] NMI watchdog: Watchdog detected hard LOCKUP on cpu 2
[  800.000002] Kernel panic - not syncing: Hard LOCKUP
[  800.000003] Call Trace:
[  800.000004]  <NMI>
[  800.000005]  panic+0x118/0x2db
[  800.000006]  watchdog_overflow_callback+0x6c/0x70
[  800.000007]  </NMI>
[  800.000008]  <TASK>
[  800.000009]  queue_spin+0x14/0x20 [shop]
[  800.000010]  </TASK>
"""

HUNG_TASK = """\
[  900.000001] INFO: task shop worker:412 blocked for more than 120 seconds.
[  900.000002]       Not tainted 6.12.0 #1
[  900.000003] task:shop worker     state:D stack:0     pid:412
[  900.000004] Call Trace:
[  900.000005]  <TASK>
[  900.000006]  __schedule+0x2f5/0x740
[  900.000007]  schedule+0x27/0x80
[  900.000008]  queue_lock+0x21/0x40 [shop]
[  900.000009]  </TASK>
[  900.000010] Kernel panic - not syncing: hung_task: blocked tasks
[  900.000011] Call Trace:
[  900.000012]  panic+0x118/0x2db
[  900.000013]  watchdog+0x1/0x2
"""

RCU_STALL = """\
[ 1000.000001] rcu: INFO: rcu_preempt self-detected stall on CPU
[ 1000.000002] RIP: 0010:queue_spin+0x14/0x20 [shop]
[ 1000.000003] Kernel panic - not syncing: RCU Stall
[ 1000.000004] Call Trace:
[ 1000.000005]  panic+0x118/0x2db
"""

OUT_OF_MEMORY = """\
[ 1100.000001] shop invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0
[ 1100.000002] Call Trace:
[ 1100.000003]  dump_header+0x4a/0x1f0
[ 1100.000004] Kernel panic - not syncing: Out of memory: compulsory panic_on_oom is set
[ 1100.000005] Call Trace:
[ 1100.000006]  panic+0x118/0x2db
[ 1100.000007]  out_of_memory.cold+0x5e/0x7f
"""

MACHINE_CHECK = """\
[ 1200.000001] mce: [Hardware Error]: CPU 2: Machine Check Exception: 5 Bank 4: b200000000070f0f
[ 1200.000002] Kernel panic - not syncing: Fatal machine check
"""

NMI = "[ 1300.000001] Kernel panic - not syncing: NMI: Not continuing\n"

SURVIVED = """\
[   10.000001] BUG: Bad page state in process shop  pfn:12345
[   10.000002] Call Trace:
[   10.000003]  bad_page+0x70/0x110
[   20.000001] traps: shop[12] general protection fault ip:7f01 sp:7f02 error:0 in libshop.so[7f00+1000]
[   20.000002] traps: shop[12] trap invalid opcode ip:7f01 sp:7f02 error:0
[   30.000001] WARNING: shop/queue.c:12 at queue_warn+0x12/0x34, CPU#1: worker/77
[   30.000002] Call Trace:
[   30.000003]  queue_warn+0x12/0x34
"""

WARNED = (
    SURVIVED
    + """\
[   30.000004] Kernel panic - not syncing: kernel: panic_on_warn set ...
[   30.000005] Call Trace:
[   30.000006]  panic+0x118/0x2db
"""
)

SANITIZER = """\
[ 1400.000001] BUG: KASAN: slab-use-after-free in queue_pop+0x21/0x60 [shop]
[ 1400.000002] Read of size 8 at addr ffff888103a4c018 by task worker/77
[ 1400.000003] Call Trace:
[ 1400.000004]  <TASK>
[ 1400.000005]  dump_stack_lvl+0x5d/0x80
[ 1400.000006]  print_report+0xd1/0x640
[ 1400.000007]  kasan_report+0xce/0x100
[ 1400.000008]  queue_pop+0x21/0x60 [shop]
[ 1400.000009]  </TASK>
[ 1400.000010] Kernel panic - not syncing: kasan.fault=panic set ...
"""

INIT_KILLED = "[    5.000001] Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b\n"

SYSLOG = """\
Nov 22 18:48:12 shop1 kernel: [  165.474974] [   T2494] kernel BUG at shop/queue.c:62!
Nov 22 18:48:12 shop1 kernel: [  165.474975] [   T2494] RIP: 0010:queue_pop+0x21/0x60
"""

HUMAN_TIME = "[Sun Nov 22 18:48:12 2026] Kernel panic - not syncing: shop: no goods\n"


@pytest.mark.parametrize(
    ("text", "kind", "message", "frames"),
    [
        (X86_OOPS, "null-pointer", "BUG: kernel NULL pointer dereference, address: 0000000000000018", X86_FRAMES),
        (
            SURVIVED + X86_OOPS,
            "null-pointer",
            "BUG: kernel NULL pointer dereference, address: 0000000000000018",
            X86_FRAMES,
        ),
        (
            X86_OOPS + "[  100.1] Kernel panic - not syncing: Fatal exception in interrupt",
            "null-pointer",
            "BUG: kernel NULL pointer dereference, address: 0000000000000018",
            X86_FRAMES,
        ),
        (
            EL7_OOPS,
            "null-pointer",
            "BUG: unable to handle kernel NULL pointer dereference at (null)",
            ["queue_pop", "queue_drain", "SyS_close"],
        ),
        (
            EL8_SYSRQ,
            "sysrq",
            "sysrq: SysRq : Trigger a crash",
            [
                "sysrq_handle_crash",
                "__handle_sysrq",
                "write_sysrq_trigger",
                "proc_reg_write",
                "vfs_write",
                "ksys_write",
            ],
        ),
        (
            ARM64_OOPS,
            "null-pointer",
            "Unable to handle kernel NULL pointer dereference at virtual address 0000000000000018",
            ["queue_pop", "queue_drain", "sys_close", "el0_svc"],
        ),
        (
            PPC64LE_OOPS,
            "null-pointer",
            "BUG: Kernel NULL pointer dereference on read at 0x00000018",
            ["queue_pop", "queue_drain", "sys_close"],
        ),
        (S390X_BUG, "kernel-bug", "kernel BUG at shop/queue.c:62!", ["queue_pop", "queue_drain"]),
        (
            RISCV_OOPS,
            "page-fault",
            "Unable to handle kernel paging request at virtual address ffffffe1dead0000",
            ["queue_pop"],
        ),
        (
            SOFT_LOCKUP,
            "soft-lockup",
            "watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [kworker/3:1:123]",
            ["queue_spin", "queue_wait"],
        ),
        (HARD_LOCKUP, "hard-lockup", "NMI watchdog: Watchdog detected hard LOCKUP on cpu 2", ["queue_spin"]),
        (
            HUNG_TASK,
            "hung-task",
            "INFO: task shop worker:412 blocked for more than 120 seconds.",
            ["__schedule", "schedule", "queue_lock"],
        ),
        (RCU_STALL, "rcu-stall", "rcu: INFO: rcu_preempt self-detected stall on CPU", ["queue_spin"]),
        (
            OUT_OF_MEMORY,
            "out-of-memory",
            "Kernel panic - not syncing: Out of memory: compulsory panic_on_oom is set",
            ["panic", "out_of_memory"],
        ),
        (MACHINE_CHECK, "machine-check", "Kernel panic - not syncing: Fatal machine check", []),
        (NMI, "nmi", "Kernel panic - not syncing: NMI: Not continuing", []),
        (
            WARNED,
            "warning",
            "WARNING: shop/queue.c:12 at queue_warn+0x12/0x34, CPU#1: worker/77",
            ["queue_warn"],
        ),
        (
            SANITIZER,
            "sanitizer",
            "BUG: KASAN: slab-use-after-free in queue_pop+0x21/0x60 [shop]",
            ["dump_stack_lvl", "print_report", "kasan_report", "queue_pop"],
        ),
        (
            INIT_KILLED,
            "init-killed",
            "Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b",
            [],
        ),
        (SYSLOG, "kernel-bug", "kernel BUG at shop/queue.c:62!", ["queue_pop"]),
        (HUMAN_TIME, "panic", "Kernel panic - not syncing: shop: no goods", []),
        ("Kernel panic - not syncing", "panic", "Kernel panic - not syncing", []),
        (FATAL, "oops", FATAL, []),
    ],
)
def test_the_cause_of_a_crash(text: str, kind: str, message: str, frames: List[str]) -> None:
    crash = panic.analyse(text)
    assert crash is not None
    assert (crash.kind, crash.message, crash.frames) == (kind, message, frames)
    assert panic.message(text) == message
    assert panic.frames(text) == frames


@pytest.mark.parametrize("line", [line for text in (X86_OOPS, EL7_OOPS) for line in text.splitlines()])
def test_any_part_of_a_report_alone_is_read(line: str) -> None:
    message = panic.message(line)
    assert message is None or message in " ".join(line.split())


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("general protection fault, probably for non-canonical address 0x1: 0000 [#1] SMP", "protection-fault"),
        ("Oops: general protection fault: 0000 [#1] SMP", "protection-fault"),
        ("BUG: unable to handle page fault for address: ffffc90000a3fd90", "page-fault"),
        ("traps: PANIC: double fault, error_code: 0x0", "double-fault"),
        ("BUG: TASK stack guard page was hit at 0000000012345678", "double-fault"),
        ("invalid opcode: 0000 [#1] SMP", "trap"),
        ("divide error: 0000 [#1] SMP", "trap"),
        ("int3: 0000 [#1] SMP", "trap"),
        ("Oops: 0000 [#1] SMP", "oops"),
        ("Internal error: synchronous external abort: 0000000096000210 [#1] SMP", "oops"),
    ],
)
def test_the_kinds_of_oops(line: str, kind: str) -> None:
    crash = panic.analyse(line + "\nRIP: 0010:queue_pop+0x21/0x60\n")
    assert crash is not None
    assert (crash.kind, crash.message, crash.frames) == (kind, line, ["queue_pop"])


@pytest.mark.parametrize("text", ["", "\n", SURVIVED, "Oops, wrong door", "all is well"])
def test_a_log_without_a_crash(text: str) -> None:
    assert panic.analyse(text) is None
    assert panic.message(text) is None
    assert panic.frames(text) == []
    assert panic.signature(text) is None


def test_a_report_long_before_is_not_the_cause_of_the_death_of_init() -> None:
    text = X86_OOPS + "[ 200.0] something else\n" * 300 + INIT_KILLED
    assert panic.message(text) == INIT_KILLED[15:].strip()


@pytest.mark.parametrize(
    ("report", "reason", "lines"),
    [
        ("Oops: 0000 [#1] SMP", "Fatal exception", 1000),
        ("Oops: 0000 [#1] SMP", "Aiee, killing interrupt handler!", 200),
        ("Oops: 0000 [#1] SMP", "Attempted to kill init! exitcode=0x0000000b", 200),
        ("watchdog: BUG: soft lockup - CPU#3 stuck for 22s!", "softlockup: hung tasks", 20000),
        ("Watchdog detected hard LOCKUP on cpu 2", "Hard LOCKUP", 20000),
        ("INFO: task shop:412 blocked for more than 120 seconds.", "hung_task: blocked tasks", 20000),
        ("rcu: INFO: rcu_preempt self-detected stall on CPU", "RCU Stall", 20000),
        ("WARNING: CPU: 1 PID: 77 at shop/queue.c:12", "kernel: panic_on_warn set ...", 1000),
        ("BUG: KASAN: slab-use-after-free in queue_pop+0x21/0x60", "kasan.fault=panic set ...", 1000),
    ],
)
def test_how_far_before_a_panic_its_cause_may_stand(report: str, reason: str, lines: int) -> None:
    last = "Kernel panic - not syncing: " + reason
    assert panic.message(report + "\n" + "quiet\n" * (lines - 1) + last) == report
    assert panic.message(report + "\n" + "quiet\n" * lines + last) == last


@pytest.mark.parametrize(("lines", "is_one"), [(49, True), (50, False), (100, False)])
def test_reports_far_from_each_other_are_two(lines: int, is_one: bool) -> None:
    first = "BUG: unable to handle page fault for address: ffffc90000a3fd90"
    text = first + "\n" + "quiet\n" * lines + X86_OOPS
    assert panic.message(text) == (first if is_one else panic.message(X86_OOPS))


def test_control_characters_do_not_reach_the_message() -> None:
    text = "Kernel panic - not syncing: \x1b[31mred\x07 \udcff"
    assert panic.message(text) == "Kernel panic - not syncing: \\x1b[31mred\\x07 \\xff"


def test_a_message_has_a_limit() -> None:
    assert len(panic.message("Kernel panic - not syncing: " + "x" * 5000) or "") == 300


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (X86_OOPS, X86_OOPS.replace("queue_pop.isra.0+0x21/0x60", "queue_pop+0x33/0x80").replace("PID: 77", "PID: 4")),
        (EL8_SYSRQ, real("kdumpctl-local")),
        (SOFT_LOCKUP, SOFT_LOCKUP.replace("CPU#3", "CPU#11").replace("kworker/3:1:123", "shop:9")),
        (HUNG_TASK, HUNG_TASK.replace("412", "8").replace("shop worker", "other")),
        (MACHINE_CHECK, MACHINE_CHECK.replace("1200.", "7.")),
        (INIT_KILLED, INIT_KILLED.replace("0b", "0f")),
        (
            "INFO: task a:1 blocked for more than 120 seconds.\nKernel panic - not syncing: hung_task: blocked tasks",
            "INFO: task bc:2 blocked for more than 240 seconds.\nKernel panic - not syncing: hung_task: blocked tasks",
        ),
    ],
)
def test_the_same_trouble_has_the_same_signature(one: str, other: str) -> None:
    assert known(one) == known(other)


def test_other_trouble_has_another_signature() -> None:
    logs = [X86_OOPS, EL8_SYSRQ, S390X_BUG, RISCV_OOPS, SOFT_LOCKUP, HARD_LOCKUP, HUNG_TASK, RCU_STALL, OUT_OF_MEMORY]
    logs += [MACHINE_CHECK, NMI, WARNED, SANITIZER, INIT_KILLED, SYSLOG, HUMAN_TIME]
    signatures = [known(text) for text in logs]
    # The same call of BUG() on two architectures differs in what the traces show of it.
    assert len(set(signatures)) == len(signatures)


@given(
    st.sampled_from(
        [real(name)[-8000:] for name in REAL] + [X86_OOPS, ARM64_OOPS, PPC64LE_OOPS, S390X_BUG, SOFT_LOCKUP]
    ),
    st.integers(min_value=0, max_value=999999),
    st.integers(min_value=1, max_value=4194304),
    st.integers(min_value=0, max_value=8191),
    st.integers(min_value=0, max_value=2**64 - 1),
)
def test_addresses_processes_cpus_and_times_are_not_in_the_signature(
    text: str, seconds: int, pid: int, cpu: int, address: int
) -> None:
    other = re.sub(r"\[ *\d+\.", "[{0:5d}.".format(seconds), text)
    other = re.sub(r"PID: \d+", "PID: {0}".format(pid), other)
    other = re.sub(r"\[ *T\d+\]", "[{0:>8}]".format("T{0}".format(pid)), other)
    other = re.sub(r"CPU: \d+", "CPU: {0}".format(cpu), other)
    other = re.sub(r"CPU#\d+", "CPU#{0}".format(cpu), other)
    other = re.sub(r"\b[0-9a-f]{16}\b", "{0:016x}".format(address), other)
    other = re.sub(r"\+0x[0-9a-f]+/0x[0-9a-f]+", "+0x{0:x}/0x{1:x}".format(address % 4096, pid), other)
    assert known(other) == known(text)


@given(
    st.text() | st.lists(st.sampled_from((X86_OOPS + HARD_LOCKUP + S390X_BUG).splitlines()) | st.text()).map("\n".join)
)
@example("\x00" * 4096)
@example("Call Trace:\n Kernel panic - not syncing\n Call Trace:")
def test_any_text_is_read(text: str) -> None:
    crash = panic.analyse(text)
    assert crash is None or (crash.message != "" and len(panic.signature_of(crash)) == 16)


@pytest.mark.parametrize(
    "line",
    [
        "INFO: task " * 90,
        "WARNING: " * 113,
        "Oops" * 256,
        "rcu" * 340,
        "[" + "1" * 1023,
        "a" * 1024,
        "sysrq " * 170 + "trigger a crash",
        "Unable to handle " * 60,
        "x+0x1/0x2" * 113,
    ],
)
def test_no_line_takes_long(line: str) -> None:
    text = "Kernel panic - not syncing\nCall Trace:\n" + (line + "\n") * 300
    begun = time.process_time()
    panic.analyse(text)
    panic.analyse(text.replace("Kernel panic", "kernel pancake"))
    assert time.process_time() - begun < 2
