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
from ansible_collections.kdump.fleet.plugins.module_utils import proof
from tests.unit.plugins.filter.conftest import Answering
from tests.unit.plugins.module_utils.host_tree import CONFIGURATION, INITRD, VALUE, HostTree

HEADER = "HOST  READY  RESERVED  USED     TARGET      PROOF       FINDINGS"
PROVEN = (
    "n1 proven 2026-11-22T18:28:00Z: /var/crash/202611221828/dump.202611221828 (90 MiB), "
    "Kernel panic - not syncing: sysrq triggered crash, back after 148 s"
)


def test_a_ready_and_proven_host(answer_of: Answering) -> None:
    assert audit_table({"n1": answer_of()}) == [
        HEADER,
        "n1    yes    192 MiB   123 MiB  /var/crash  2026-11-22  -",
        "1 of 1 hosts would capture a crash, 1 proven; 192 MiB of memory reserved in all",
        PROVEN,
    ]


def bare(tree: HostTree) -> None:
    tree.remove("/usr/sbin/kdump-config", proof.RECORD)
    tree.nothing_reserved()
    tree.running(None)
    tree.menu(None)


def remote(tree: HostTree) -> None:
    tree.append(CONFIGURATION, "SSH=kdump@server\n")


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
    assert lines[:14] == [
        "HOST  READY         RESERVED  USED     TARGET                   PROOF       FINDINGS",
        "n1    yes           192 MiB   123 MiB  /var/crash               2026-11-22  -",
        "n10   FAILED        -         -        -                        -           Only root can judge a host.",
        "n2    NO            -         -        /var/crash               -           "
        "not-installed, crashkernel-not-staged, memory-not-reserved",
        "n3    UNREACHABLE   -         -        -                        -           "
        "Failed to connect to the host via ssh: no route",
        "n4    UNREACHABLE   -         -        -                        -           -",
        "n5    yes           192 MiB   123 MiB  kdump@server:/var/crash  expired     -",
        "n6    now only      192 MiB   123 MiB  /var/crash               2026-11-22  crashkernel-not-staged",
        "n7    after reboot  192 MiB   123 MiB  /var/crash               2026-11-22  capture-kernel-not-loaded",
        "n8    UNREACHABLE   -         -        -                        -           -",
        "n9    FAILED        -         -        -                        -           -",
        "2 of 10 hosts would capture a crash, 3 proven; 768 MiB of memory reserved in all",
        PROVEN,
        PROVEN.replace("n1 proven", "n6 proven"),
    ]
    assert [line.split(":")[0] for line in lines[15:]] == [
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
        "Run the roll-out, or chmod 0700: dumps hold secrets."
    )


def test_findings_of_one_code_are_named_once_in_the_table(answer_of: Answering) -> None:
    lines = audit_table({"n1": answer_of(lambda tree: tree.remove("/usr/sbin/kexec", "/usr/bin/makedumpfile"))})
    assert lines[1].endswith("  command-missing")
    assert len([line for line in lines if line.startswith("n1 error command-missing:")]) == 2


def test_information_is_no_finding_of_the_table(answer_of: Answering) -> None:
    lines = audit_table({"n1": answer_of(lambda tree: tree.write(INITRD, "another"))})
    assert lines[1].split()[-2:] == ["expired", "-"]
    assert len(lines) == 3


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
    assert lines[-1] == f"0 of {len(answers)} hosts would capture a crash, 0 proven; - of memory reserved in all"


def test_the_documentation_shows_the_table_as_it_is(answer_of: Answering) -> None:
    sample = yaml.safe_load(module.RETURN)["_value"]["sample"]
    assert sample == audit_table({"web1": answer_of()})[:3]
    assert FilterModule().filters() == {"audit_table": audit_table}
