# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the filter audit_table."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from ansible_collections.kdump.fleet.plugins.filter import audit_table as module
from ansible_collections.kdump.fleet.plugins.filter.audit_table import FilterModule, audit_table
from ansible_collections.kdump.fleet.plugins.module_utils.readiness import proof
from tests.unit.plugins.filter.conftest import Answering
from tests.unit.plugins.module_utils.host_tree import CONFIGURATION, INITRD, VALUE, HostTree

HEADER = "HOST  READY  RESERVED  USED     RECOMMENDED  TARGET      PROOF       FINDINGS"
PROVEN = (
    "n1 proven 2026-11-22T18:28:00Z: /var/crash/202611221828/dump.202611221828 (90 MiB), "
    "Kernel panic - not syncing: sysrq triggered crash, back after 148 s"
)


def test_a_ready_and_proven_host(answer_of: Answering) -> None:
    assert audit_table({"n1": answer_of()}) == [
        HEADER,
        "n1    yes    192 MiB   123 MiB  160 MiB      /var/crash  2026-11-22  -",
        "1 of 1 hosts would capture a crash, 1 proven",
        "192 MiB of 1024 MiB RAM (18.8 %) given up for it; 32 MiB could be given back (1 host measured)",
        PROVEN,
    ]


def bare(tree: HostTree) -> None:
    tree.remove("/usr/sbin/kdump-config", proof.RECORD)
    tree.nothing_reserved()
    tree.running(None)
    tree.menu(None)


def remote(tree: HostTree) -> None:
    tree.append(CONFIGURATION, "SSH=kdump@server\n")
    tree.program("/usr/bin/ssh")
    tree.write("/root/.ssh/kdump_id_rsa", "")


def test_what_a_host_or_its_server_says_moves_no_cursor(answer_of: Answering) -> None:
    answer = answer_of(bare)
    answer["findings"][0]["message"] = "\x1b]0;x\x07\u202e"
    lines = audit_table({"n1": answer, "n2": {"unreachable": True, "msg": "\x1b[2J"}})
    assert any("\\x1b]0;x\\x07\\u202e" in line for line in lines) and lines[2].endswith("\\x1b[2J")
    assert "\x1b" not in "".join(lines)


@pytest.mark.parametrize("name", ["crash_memory", "target", "findings", "ready_now"])
@pytest.mark.parametrize("odd", ["missing", None, "text"])
def test_a_host_that_answers_something_else_hides_no_other(answer_of: Answering, name: str, odd: Any) -> None:
    answer = answer_of(bare)
    answer[name] = odd
    if odd == "missing":
        del answer[name]
    lines = audit_table({"n1": answer_of(), "odd": answer})
    assert lines[1].startswith("n1    yes") and PROVEN in lines
    if name != "ready_now" or odd == "missing":
        assert lines[2].split()[:2] == ["odd", "FAILED"]
        assert lines[2].endswith("its answer is not that of kdump_info: look at the host")


@pytest.mark.parametrize(
    "odd",
    [
        {"crash_memory": {"reserved_bytes": 0}},
        {"findings": [{"severity": "error", "code": "masked"}]},
        {"proof": {"valid": True, "time": "2026-11-22T18:28:00Z"}},
    ],
    ids=lambda odd: next(iter(odd)),
)
def test_a_host_that_leaves_something_out_hides_no_other(answer_of: Answering, odd: dict[str, Any]) -> None:
    lines = audit_table({"n1": answer_of(), "odd": {**answer_of(bare), **odd}})
    assert lines[1].startswith("n1    yes") and PROVEN in lines
    assert lines[2].split()[:2] == ["odd", "FAILED"]
    assert lines[2].endswith("its answer is not that of kdump_info: look at the host")


def test_a_mixed_fleet(answer_of: Answering) -> None:
    answers: dict[str, Any] = {
        "n3": {"unreachable": True, "msg": "Failed to connect to the host via ssh:\n  no route\n", "changed": False},
        "n10": {"failed": True, "msg": "Only root can judge a host."},
        "n2": answer_of(bare),
        "n1": answer_of(),
        "n4": {},
        "n5": answer_of(remote),
        "n6": answer_of(lambda tree: tree.menu(VALUE, None)),
        "n7": answer_of(lambda tree: tree.write("/sys/kernel/kexec_crash_loaded", "0\n")),
        "n8": None,
        "n9": {"failed": True},
    }
    lines = audit_table(answers)
    assert lines[:15] == [
        "HOST  READY         RESERVED  USED     RECOMMENDED  TARGET                   PROOF       FINDINGS",
        "n1    yes           192 MiB   123 MiB  160 MiB      /var/crash               2026-11-22  -",
        "n10   FAILED        -         -        -            -                        -           "
        "Only root can judge a host.",
        "n2    NO            -         -        192 MiB      /var/crash               -           "
        "not-installed, crashkernel-not-staged, memory-not-reserved",
        "n3    UNREACHABLE   -         -        -            -                        -           "
        "Failed to connect to the host via ssh: no route",
        "n4    UNREACHABLE   -         -        -            -                        -           -",
        "n5    yes           192 MiB   123 MiB  192 MiB      kdump@server:/var/crash  expired     -",
        "n6    now only      192 MiB   123 MiB  160 MiB      /var/crash               2026-11-22  "
        "crashkernel-not-staged",
        "n7    after reboot  192 MiB   123 MiB  160 MiB      /var/crash               2026-11-22  "
        "capture-kernel-not-loaded",
        "n8    UNREACHABLE   -         -        -            -                        -           -",
        "n9    FAILED        -         -        -            -                        -           -",
        "2 of 10 hosts would capture a crash, 3 proven",
        "768 MiB of 5118 MiB RAM (15.0 %) given up for it; 96 MiB could be given back (3 hosts measured)",
        PROVEN,
        PROVEN.replace("n1 proven", "n6 proven"),
    ]
    assert [line.split(":")[0] for line in lines[16:]] == [
        "n2 error not-installed",
        "n2 error crashkernel-not-staged",
        "n2 error memory-not-reserved",
        "n6 error crashkernel-not-staged",
        "n7 error capture-kernel-not-loaded",
    ]


def test_each_finding_has_its_message_and_remedy(answer_of: Answering) -> None:
    lines = audit_table({"n1": answer_of(lambda tree: tree.path("/var/crash").chmod(0o755))})
    assert lines[-1] == (
        "n1 warning target-readable-by-others: /var/crash has mode 0755: dumps in it can be read by others than root. "
        "Run the rollout, or chmod 0700: dumps hold secrets."
    )


def test_findings_of_one_code_are_named_once_in_the_table(answer_of: Answering) -> None:
    lines = audit_table({"n1": answer_of(lambda tree: tree.remove("/usr/sbin/kexec", "/usr/bin/makedumpfile"))})
    assert lines[1].endswith("  command-missing")
    assert len([line for line in lines if line.startswith("n1 error command-missing:")]) == 2


def test_information_is_no_finding_of_the_table(answer_of: Answering) -> None:
    lines = audit_table({"n1": answer_of(lambda tree: tree.write(INITRD, "another"))})
    assert lines[1].split()[-2:] == ["expired", "-"]
    assert len(lines) == 4


def without_panic(tree: HostTree) -> None:
    record = tree.record()
    record["dump"]["panic"] = None
    tree.write_record(record)


def test_a_dump_without_a_panic_message_is_said(answer_of: Answering) -> None:
    assert ", no panic message, back after 148 s" in audit_table({"n1": answer_of(without_panic)})[-1]


@pytest.mark.parametrize("answers", [{}, {"n1": {}}])
def test_an_empty_fleet_has_a_table_too(answers: dict[str, Any]) -> None:
    lines = audit_table(answers)
    assert lines[0].startswith("HOST  ")
    assert lines[-2:] == [
        f"0 of {len(answers)} hosts would capture a crash, 0 proven",
        "0 MiB of 0 MiB RAM (0.0 %) given up for it; no capture was measured",
    ]


@pytest.mark.parametrize(
    ("hosts", "reserved", "ram", "line"),
    [
        (1, 256, 1 << 10, "256 MiB of 1024 MiB RAM (25.0 %)"),
        (1, (10 << 10) - 1, 100 << 10, "10239 MiB of 100.0 GiB RAM (10.0 %)"),
        (1, 10 << 10, 10 << 20, "10.0 GiB of 10.0 TiB RAM (0.1 %)"),
        (1, 256, 0, "256 MiB of 0 MiB RAM (0.0 %)"),
        (50, 256, 4 << 10, "12.5 GiB of 200.0 GiB RAM (6.2 %)"),
        (20_000, 512, 256 << 10, "10000.0 GiB of 5000.0 TiB RAM (0.2 %)"),
        (40_000, 512, 256 << 10, "19.5 TiB of 10000.0 TiB RAM (0.2 %)"),
    ],
)
def test_a_fleet_is_told_what_it_gives_up(answer_of: Answering, hosts: int, reserved: int, ram: int, line: str) -> None:
    memory = {"reserved_bytes": reserved << 20, "physical_ram_bytes": ram << 20, "capture": None}
    answer = dict(answer_of(), crash_memory=memory, recommended=None, proof=None, findings=[])
    lines = audit_table({f"n{number}": answer for number in range(hosts)})
    assert lines[-1] == f"{line} given up for it; no capture was measured"


def test_only_what_is_more_than_recommended_could_be_given_back(answer_of: Answering) -> None:
    def needing(size: int, source: str) -> dict[str, Any]:
        return dict(answer_of(), recommended={"bytes": size << 20, "source": source, "reason": ""})

    answers = {
        "n1": needing(160, "measured capture"),
        "n2": needing(256, "measured capture"),
        "n3": needing(64, "default"),
    }
    line = audit_table(answers)[5]
    assert line.endswith(" given up for it; 32 MiB could be given back (2 hosts measured)")


def test_the_documentation_shows_the_table_as_it_is(answer_of: Answering) -> None:
    sample = yaml.safe_load(module.RETURN)["_value"]["sample"]
    assert sample == audit_table({"web1": answer_of()})[:4]
    assert FilterModule().filters() == {"audit_table": audit_table}
