# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Crash tests over several hosts: nobody is proven by another's dump, and nobody loses one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.readiness import proof
from tests.fleet.fleets import Fleet, Run
from tests.unit.plugins.module_utils.host_tree import CONFIGURATION, INITRD, KERNEL

SHARED = "/var/crash"
OLD = {
    "path": "/var/crash/web1-202501010000/dump.202501010000",
    "directory": "/var/crash/web1-202501010000",
    "host": "web1",
    "time": "2025-01-01T00:00:00Z",
    "kernel": KERNEL,
    "nodename": "web1",
    "size_bytes": 5,
    "complete": True,
    "incomplete_reason": None,
    "dmesg": None,
    "panic": None,
}


def set_target(fleet: Fleet, names: list[str], *lines: str) -> None:
    """What the hosts' configuration says of their target."""
    fleet.make()
    for name in names:
        tree = fleet.stub(name).tree
        tree.append(CONFIGURATION, "".join(line + "\n" for line in lines))
        tree.write("/root/.ssh/kdump_id_rsa", "key", 0o600)
        tree.program("/usr/bin/ssh")
        tree.program("/usr/sbin/mount.nfs")


def one_directory_for_all(fleet: Fleet, *names: str) -> None:
    """All hosts dump to kdump@vault:/var/crash, as with linux-system-roles/kdump."""
    fleet.host("vault", state="plain")
    set_target(fleet, list(names), 'SSH="kdump@vault"')


def crash(fleet: Fleet, *names: str, **extra: Any) -> Run:
    return fleet.playbook(
        "crash_test",
        kdump_hosts=",".join(names),
        crash_test_confirm=list(names),
        crash_test_at_once=len(names),
        **extra,
    )


def record(fleet: Fleet, name: str) -> Any:
    return json.loads(fleet.stub(name).read(proof.RECORD) or "null")


def paths(fleet: Fleet, name: str) -> list[str]:
    return [dump["path"] for dump in fleet.stub(name).script()["dumps"]]


def in_vault(name: str, **differing: Any) -> dict[str, Any]:
    return {"on": "vault", "directory": f"{SHARED}/{name}-202611221828", **differing}


def test_a_dump_of_a_third_host_proves_nobody(fleet: Fleet) -> None:
    """Both hosts were proven by made1's dump, which came from its own crash meanwhile."""
    made1 = in_vault("made1", host="made1", nodename="made1", log=["made1's own line"])
    fleet.hosts("web1", "web2", state="armed", dump=made1)
    one_directory_for_all(fleet, "web1", "web2")
    run = crash(fleet, "web1", "web2")
    assert run.status == 2
    assert run.crashed == ["web1", "web2"]
    assert record(fleet, "web1") is record(fleet, "web2") is None
    assert "does not have the line that web1 wrote into its own before the crash" in run.text
    assert "(host made1, " in run.text


def test_hosts_that_share_a_directory_prove_themselves(fleet: Fleet) -> None:
    for name in ("web1", "web2"):
        fleet.host(name, state="armed", dump=in_vault(name))
    one_directory_for_all(fleet, "web1", "web2")
    run = crash(fleet, "web1", "web2")
    assert run.status == 0, run.output
    for name in ("web1", "web2"):
        assert record(fleet, name)["dump"]["path"].startswith(f"vault:{SHARED}/{name}-202611221828/")
        assert (record(fleet, name)["evidence"], record(fleet, name)["format"]) == ("mark", proof.FORMAT)
    answers = fleet.playbook("audit").stats["kdump_audit"]
    assert answers["web1"]["proof"]["valid"] is answers["web2"]["proof"]["valid"] is True


@pytest.mark.parametrize("logs", [True, False])
def test_clones_do_not_prove_each_other(fleet: Fleet, logs: bool) -> None:
    """Two hosts of one image call themselves alike, and only one of them could dump."""
    log: dict[str, Any] = {} if logs else {"dmesg": None}
    fleet.host("web1", state="armed", nodename="image", dump=in_vault("image", **log))
    fleet.host("web2", state="armed", nodename="image", dump=None)
    one_directory_for_all(fleet, "web1", "web2")
    run = crash(fleet, "web1", "web2")
    assert run.status == 2
    assert record(fleet, "web2") is None
    assert (record(fleet, "web1") is not None) is logs
    said = (
        "does not have the line that web2 wrote" if logs else "it may be of web1 as well: that host has the same name"
    )
    assert said in run.text


def test_a_kernel_that_takes_no_lines_is_known_by_name_and_time(fleet: Fleet) -> None:
    """With printk.devkmsg=off, and without a log beside the dump."""
    fleet.host("web1", state="armed", takes_no_lines=True, dump=in_vault("web1", dmesg=None))
    one_directory_for_all(fleet, "web1")
    assert crash(fleet, "web1").status == 0
    assert record(fleet, "web1")["evidence"] == "identity"


@pytest.mark.parametrize("rebuilds", [True, False])
def test_a_host_that_builds_its_initrd_at_each_boot_stays_proven(fleet: Fleet, rebuilds: bool) -> None:
    """Else each night would crash it. On any other host another initrd ends the proof."""
    fleet.host("web1", state="armed", rebuilds_initrd=rebuilds)
    run = crash(fleet, "web1")
    assert run.status == 0, run.output
    assert record(fleet, "web1")["rebuilt_at_boot"] is rebuilds
    stub = fleet.stub("web1")
    assert stub.report({})["proof"]["valid"] is True
    stub.boot()
    assert stub.report({})["proof"]["valid"] is True
    stub.tree.write(INITRD, "of an update")
    assert stub.report({})["proof"]["valid"] is rebuilds


def test_no_dump_but_this_one_is_removed(fleet: Fleet) -> None:
    """A gate keeps dumps of a host directly in the host's directory: that one was removed, with all older ones."""
    fleet.host("web1", state="armed", dump={"on": "vault", "directory": SHARED, "dmesg": None})
    others = [OLD, {**OLD, "path": f"{SHARED}/vmcore", "directory": SHARED}]
    fleet.host("vault", state="plain", dumps=others)
    set_target(fleet, ["web1"], 'SSH="kdump@vault"')
    run = crash(fleet, "web1", crash_test_keep_dump=False)
    assert run.status == 0, run.output
    assert paths(fleet, "vault") == [dump["path"] for dump in others]
    removals = [call["args"]["argv"] for call in run.calls("command") if call["on"] == "vault"]
    assert removals == [["rm", "-f", "--", record(fleet, "web1")["dump"]["path"].partition(":")[2]]]
    assert run.calls("file", "Remove") == []


def test_the_directory_that_was_made_for_it_goes_when_it_is_empty(fleet: Fleet) -> None:
    fleet.host("web1", state="armed", dump=in_vault("web1"))
    one_directory_for_all(fleet, "web1")
    run = crash(fleet, "web1", crash_test_keep_dump=False)
    assert run.status == 0, run.output
    removals = [call["args"]["argv"] for call in run.calls("command") if call["on"] == "vault"]
    assert [words[0] for words in removals] == ["rm", "rmdir"]
    assert removals[1] == ["rmdir", "--ignore-fail-on-non-empty", "--", f"{SHARED}/web1-202611221828"]


def test_a_crash_that_is_refused_is_seen_at_once(fleet: Fleet) -> None:
    """insmod under Secure Boot: it took half an hour, and then the console was to be looked at."""
    fleet.host("web1", state="armed", crash_fails="insmod: ERROR: could not insert module: Key was rejected by service")
    run = crash(fleet, "web1", crash_test_trigger="module")
    assert run.status == 2
    assert "web1 has not crashed: insmod: ERROR: could not insert module: Key was rejected by service" in run.text
    assert record(fleet, "web1") is None


def test_the_module_is_built_for_the_running_kernel_each_time(fleet: Fleet) -> None:
    fleet.host("web1", state="armed")
    for _crash in range(2):
        run = crash(fleet, "web1", crash_test_trigger="module")
        assert run.status == 0, run.output
        (build,) = run.calls("command", "Build the module against")
        assert build["args"]["argv"][-2:] == [f"M=/var/lib/kdump-fleet/panic/{KERNEL}", "modules"]
        assert "creates" not in build["args"]
        (insmod,) = [call["args"]["argv"][-2] for call in run.calls("command", "Crash the kernel")]
        assert insmod == f"insmod /var/lib/kdump-fleet/panic/{KERNEL}/kdump_fleet_panic.ko"


def test_check_mode_mounts_nothing(fleet: Fleet) -> None:
    fleet.host("web1", state="armed")
    set_target(fleet, ["web1"], 'NFS="vault:/export"')
    run = fleet.playbook("crash_test", "--check", kdump_hosts="web1", crash_test_confirm=["web1"])
    assert run.status == 0, run.output
    looking = ("kdump_info", "vmcore_info", "crash_memory_info")
    assert [event["task"] for event in run.events if not event["check"] and event["module"] not in looking] == []
    assert [event["task"] for event in run.events if "ount" in event["task"] or "xport" in event["task"]] == []


# ---- what must be there before the crash


def test_a_host_whose_next_boot_voids_the_proof_is_not_crashed(fleet: Fleet) -> None:
    fleet.host("web1", state="armed")
    fleet.make()
    fleet.stub("web1").stage("320M")
    run = crash(fleet, "web1")
    assert (run.status, run.crashed) == (2, [])
    assert "a staged crashkernel= waits for a reboot (320M)" in run.text


def test_a_host_whose_dump_nobody_could_read_is_not_crashed(fleet: Fleet) -> None:
    closed = [{"path": "/var/crash", "reason": "Permission denied: run as root (become: true)."}]
    fleet.host("web1", state="armed", unreadable=closed)
    run = crash(fleet, "web1")
    assert (run.status, run.crashed) == (2, [])
    assert "/var/crash cannot be looked at. Permission denied" in run.text
    fleet.host("web1", unreadable=[{"path": "/var/crash", "reason": "It does not exist: no dump has been written."}])
    assert crash(fleet, "web1").status == 0


def test_a_host_on_which_no_proof_can_be_written_is_not_crashed(fleet: Fleet) -> None:
    full = {"module": "command", "task": "Require that the proof can be written", "failed": "No space left on device"}
    fleet.host("web1", state="armed", faults=[full])
    run = crash(fleet, "web1")
    assert (run.status, run.crashed) == (2, [])
