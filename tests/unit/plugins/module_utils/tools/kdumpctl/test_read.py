# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of read.py: the set-up of Fedora, RHEL and their rebuilds, and how it is judged."""

import json
import os
import re
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kdump.fleet.plugins.module_utils.host.errors import KdumpError
from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import CommandResult
from ansible_collections.kdump.fleet.plugins.module_utils.readiness import reboot_note
from ansible_collections.kdump.fleet.plugins.module_utils.readiness.look import gather
from ansible_collections.kdump.fleet.plugins.module_utils.readiness.report import report
from ansible_collections.kdump.fleet.plugins.module_utils.tools.kdumpctl import conf
from ansible_collections.kdump.fleet.plugins.module_utils.tools.kdumpctl import read as kdumpctl
from ansible_collections.kdump.fleet.plugins.module_utils.tools.policy import Policy
from ansible_collections.kdump.fleet.plugins.module_utils.tools.records import Setup, Target
from tests.unit.plugins.module_utils.rpm_tree import (
    APPENDED,
    CONFIGURATION,
    DEFAULT,
    ENVIRONMENT,
    INITRD,
    RELEASE,
    WANTED_BY_BOOT,
    RpmTree,
    ready_rpm_host,
)
from tests.unit.plugins.module_utils.tools.one_file_host import OneFileHost

UUID = "12e3e25f-534e-4007-a40c-e7e080a933ad"


@pytest.fixture
def tree(tmp_path: Path) -> RpmTree:
    return ready_rpm_host(tmp_path / "host")


def setup_of(tree: RpmTree, **policy: Any) -> Setup:
    return kdumpctl.read(tree.host(), Policy.of(policy))


def codes(tree: RpmTree, **policy: Any) -> List[str]:
    return [finding["code"] for finding in report(tree.host(), Policy.of(policy))["findings"]]


def test_a_ready_host_is_as_it_should_be(tree: RpmTree) -> None:
    setup = setup_of(tree, path="/var/crash", crashkernel="default")
    assert (setup.tool, setup.installed, setup.commands_missing) == ("kdumpctl", True, [])
    assert (setup.unit, setup.unit_enabled, setup.unit_masked, setup.unit_working) == (
        "kdump.service",
        True,
        False,
        False,
    )
    assert [file.path for file in setup.files] == [CONFIGURATION, ENVIRONMENT]
    assert [file.differences() for file in setup.files] == [[], []]
    assert setup.target == setup.wanted_target == Target("local", "", "/var/crash", "/var/crash")
    assert setup.capture_arguments == APPENDED
    assert setup.capture_kernel == "/boot/vmlinuz-" + RELEASE
    assert setup.capture_initrd == INITRD
    assert setup.default_crashkernel == DEFAULT
    assert codes(tree, path="/var/crash", crashkernel="default") == ["proof-missing"]


def test_the_file_is_written_whole_and_keeps_what_the_policy_does_not_name(tree: RpmTree) -> None:
    tree.append(CONFIGURATION, "kdump_post /usr/bin/kdumpctl\nextra_modules a b\n")
    file = setup_of(tree, path="/data", failure_action="poweroff").files[0]
    assert (file.whole, file.differences(), file.refusals, file.wanted_refusals) == (
        True,
        ["failure_action", "path"],
        [],
        [],
    )
    assert file.lines == [
        "auto_reset_crashkernel yes",
        "path /data",
        "core_collector makedumpfile -l --message-level 7 -d 31",
        "kdump_post /usr/bin/kdumpctl",
        "extra_modules a b",
        "failure_action poweroff",
    ]


@pytest.mark.parametrize(
    ("policy", "wanted"),
    [
        ({}, {}),
        ({"path": "/data"}, {"path": "/data"}),
        ({"crashkernel": "512M"}, {"auto_reset_crashkernel": "no"}),
        ({"crashkernel": "default"}, {}),
        ({"crashkernel": "512M", "auto_reset_crashkernel": True}, {"auto_reset_crashkernel": "yes"}),
        ({"auto_reset_crashkernel": False}, {"auto_reset_crashkernel": "no"}),
        ({"failure_action": "halt"}, {"failure_action": "halt", "default": ""}),
        ({"dracut_args": "--omit x"}, {"dracut_args": "--omit x"}),
        ({"options": {"force_rebuild": True}}, {"force_rebuild": "1"}),
    ],
)
def test_the_policy_in_directives(tree: RpmTree, policy: Dict[str, Any], wanted: Dict[str, str]) -> None:
    assert setup_of(tree, **policy).files[0].wanted == wanted


@pytest.mark.parametrize(
    ("target", "line", "kind"),
    [
        ({"type": "ssh", "location": "kdump@server"}, "ssh kdump@server", "ssh"),
        ({"type": "nfs", "location": "server:/export"}, "nfs server:/export", "nfs"),
        ({"type": "raw", "location": "/dev/vdb"}, "raw /dev/vdb", "raw"),
        ({"type": "xfs", "location": UUID}, "xfs UUID=" + UUID, "filesystem"),
        ({"type": "ext4", "location": "LABEL=dumps"}, "ext4 LABEL=dumps", "filesystem"),
        ({"type": "virtiofs", "location": "dumps"}, "virtiofs dumps", "virtiofs"),
    ],
)
def test_a_target_of_the_policy_replaces_the_one_that_is_there(
    tree: RpmTree, target: Dict[str, str], line: str, kind: str
) -> None:
    tree.append(CONFIGURATION, "btrfs LABEL=old\n")
    setup = setup_of(tree, target=target)
    assert line in setup.files[0].lines
    assert "btrfs LABEL=old" not in setup.files[0].lines
    assert setup.wanted_target.kind == kind
    assert bool(setup.files[0].wanted_refusals) == (kind not in ("nfs", "ssh", "virtiofs"))


def test_the_packaged_collector_goes_with_its_target(tree: RpmTree) -> None:
    """mkdumprd refuses a stream without -F, and -F without a stream."""
    tree.write("/root/.ssh/kdump_id_rsa", "")
    file = setup_of(tree, target={"type": "ssh", "location": "kdump@server"}).files[0]
    assert "core_collector makedumpfile -F -l --message-level 7 -d 31" in file.lines
    assert file.wanted_refusals == []
    tree.write(CONFIGURATION, "\n".join(file.lines) + "\n")
    file = setup_of(tree, target={"type": "local"}).files[0]
    assert "core_collector makedumpfile -l --message-level 7 -d 31" in file.lines
    assert file.wanted_refusals == []


def test_a_collector_of_ones_own_is_judged_and_not_replaced(tree: RpmTree) -> None:
    tree.write("/root/.ssh/kdump_id_rsa", "")
    tree.write(CONFIGURATION, "path /var/crash\ncore_collector makedumpfile -c -d 31\n")
    file = setup_of(tree, target={"type": "ssh", "location": "kdump@server"}).files[0]
    assert "core_collector makedumpfile -c -d 31" in file.lines
    assert len(file.wanted_refusals) == 1
    assert "-F" in file.wanted_refusals[0].remedy


def test_a_policy_can_ask_for_the_root_file_system_again(tree: RpmTree) -> None:
    tree.append(CONFIGURATION, "nfs server:/export\n")
    setup = setup_of(tree, target={"type": "local"})
    assert (setup.target.kind, setup.wanted_target.kind) == ("nfs", "local")
    assert not any(line.startswith("nfs") for line in setup.files[0].lines)


@pytest.mark.parametrize(
    ("policy", "action"),
    [
        ({"target": {"type": "ssh", "location": "kdump@server"}, "fallback": "local"}, "dump_to_rootfs"),
        ({"target": {"type": "nfs", "location": "server:/export"}, "fallback": "local"}, "dump_to_rootfs"),
        ({"target": {"type": "nfs", "location": "server:/export"}, "fallback": "none"}, None),
        ({"target": {"type": "nfs", "location": "s:/e"}, "fallback": "local", "failure_action": "halt"}, "halt"),
        ({"target": {"type": "local"}, "fallback": "local"}, None),
        ({"fallback": "local"}, None),
    ],
)
def test_a_fallback_is_a_failure_action(tree: RpmTree, policy: Dict[str, Any], action: Optional[str]) -> None:
    assert setup_of(tree, **policy).files[0].wanted.get("failure_action") == action


@pytest.mark.parametrize(("kind", "package"), [("ssh", "openssh-clients"), ("nfs", "nfs-utils")])
def test_what_reaches_the_server_is_installed(tree: RpmTree, kind: str, package: str) -> None:
    location = {"ssh": "kdump@server", "nfs": "server:/export"}[kind]
    setup = setup_of(tree, target={"type": kind, "location": location})
    assert [command.package for command in setup.commands_missing] == [package]


def test_a_key_that_is_newer_than_the_capture_initrd_counts(tree: RpmTree) -> None:
    tree.append(CONFIGURATION, "ssh kdump@server\nsshkey /root/.ssh/other\n")
    setup = setup_of(tree)
    assert setup.target.sshkey == "/root/.ssh/other"
    assert setup.initrd_sources == [CONFIGURATION, "/boot/vmlinuz-" + RELEASE, "/root/.ssh/other"]


@pytest.mark.parametrize(
    "target", [{"type": "smb", "location": "x"}, {"type": "ssh"}, {"type": "local", "location": "x"}, {"type": ""}]
)
def test_a_target_that_is_none_is_refused(tree: RpmTree, target: Dict[str, str]) -> None:
    with pytest.raises(KdumpError, match="cannot be written to"):
        setup_of(tree, target=target)


def test_a_path_on_the_root_file_system_is_one_for_dumps(tree: RpmTree) -> None:
    with pytest.raises(KdumpError, match="directory of the system"):
        setup_of(tree, path="/var")
    with pytest.raises(KdumpError, match="not absolute"):
        setup_of(tree, path="var/crash")
    assert setup_of(tree, path="/", target={"type": "nfs", "location": "a:/b"}).wanted_target.path == "/"


def test_a_mounted_file_system_has_its_directory_here(tree: RpmTree) -> None:
    tree.write("/dev/vdb1", "")
    tree.link("/dev/disk/by-label/dumps", "../../vdb1")
    tree.write("/proc/self/mounts", "/dev/vdb1 /srv/dumps ext4 rw 0 0\n")
    tree.write("/etc/fstab", "LABEL=dumps /srv/dumps ext4 defaults 0 0\n")
    tree.directory("/srv/dumps/crash", 0o700)
    setup = setup_of(tree, target={"type": "ext4", "location": "LABEL=dumps"}, path="/crash")
    assert setup.wanted_target == Target("filesystem", "LABEL=dumps", "/crash", "/srv/dumps/crash")
    assert setup.files[0].wanted_refusals == []


def test_dracut_may_be_told_to_mount_the_target(tree: RpmTree) -> None:
    tree.write("/proc/self/mounts", "server:/export /mnt/dumps nfs4 rw 0 0\n")
    setup = setup_of(tree, dracut_args='--mount "server:/export /kdumproot nfs4 defaults"')
    assert setup.target.kind == "local"
    assert setup.wanted_target == Target("nfs", "server:/export", "/var/crash", "/mnt/dumps/var/crash")


def test_the_path_goes_with_the_target(tree: RpmTree) -> None:
    """The role's path has a default, and an administrator's target elsewhere has a path of its own."""
    tree.write(CONFIGURATION, "nfs server:/export\npath /dumps\n")
    assert setup_of(tree, path="/var/crash").files[0].wanted == {}
    wanted = setup_of(tree, path="/new", target={"type": "nfs", "location": "server:/export"}).files[0].wanted
    assert wanted["path"] == "/new"


def test_a_directory_with_other_users_is_not_closed_to_them(tree: RpmTree) -> None:
    tree.write("/dev/vdb1", "")
    tree.write("/proc/self/mounts", "/dev/vdb1 /mnt/shared ext4 rw 0 0\n")
    tree.write("/etc/fstab", "/dev/vdb1 /mnt/shared ext4 defaults 0 0\n")
    tree.directory("/mnt/shared/dumps", 0o755)
    tree.write(CONFIGURATION, "ext4 /dev/vdb1\npath /dumps\n")
    os.utime(str(tree.path(CONFIGURATION)), (1, 1))
    found = codes(tree)
    assert "target-shared" in found
    assert "target-readable-by-others" not in found


def test_an_export_is_not_looked_at_from_here(tree: RpmTree) -> None:
    """With a dead server, whatever looks at it would not come back."""
    tree.write("/proc/self/mounts", "server:/export /mnt/shared nfs4 rw 0 0\n")
    tree.directory("/mnt/shared/dumps", 0o755)
    tree.write(CONFIGURATION, "nfs server:/export\npath /dumps\n")
    facts = gather(tree.host(), Policy())
    assert facts.setup.target.directory == "/mnt/shared/dumps"
    assert facts.places == []


# ---- an older kdumpctl


def test_an_older_kdumpctl_gets_the_directives_that_it_knows(tree: RpmTree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conf, "accepted", lambda text: {"path", "core_collector", "default", "ssh"})
    wanted = setup_of(tree, failure_action="halt", crashkernel="512M").files[0].wanted
    assert wanted == {"default": "halt", "failure_action": ""}


# ---- sysconfig


def test_the_capture_kernel_gets_panic_when_it_has_none(tree: RpmTree) -> None:
    tree.write(ENVIRONMENT, 'KDUMP_COMMANDLINE_APPEND="irqpoll"\n')
    file = setup_of(tree).files[1]
    assert (file.whole, file.lines) == (False, ['KDUMP_COMMANDLINE_APPEND="irqpoll panic=10"'])
    assert codes(tree) == ["capture-hangs-on-panic", "proof-missing"]


def test_the_policy_reaches_sysconfig(tree: RpmTree) -> None:
    file = setup_of(tree, environment={"KEXEC_ARGS": "", "KDUMP_IMG": "vmlinuz"}).files[1]
    assert file.differences() == ["KDUMP_IMG", "KEXEC_ARGS"]
    assert file.lines == ['KDUMP_IMG="vmlinuz"', 'KEXEC_ARGS=""']


# ---- crashkernel


@pytest.mark.parametrize(
    ("release", "machine", "default"),
    [
        ("4.18.0-553.el8_10.x86_64", "x86_64", "auto"),
        ("5.14.0-570.el9_6.x86_64", "x86_64", "1G-4G:192M,4G-64G:256M,64G-:512M"),
        (RELEASE, "x86_64", DEFAULT),
        ("6.12.0-55.el10.aarch64", "aarch64", "2G-4G:256M,4G-64G:320M,64G-:576M"),
        (
            "6.12.0-55.el10.ppc64le",
            "ppc64le",
            "2G-4G:384M,4G-16G:512M,16G-64G:1G,64G-128G:2G,128G-:4G",
        ),
    ],
)
@pytest.mark.parametrize("installed", [False, True])
def test_without_an_answer_the_default_follows_from_the_kernel(
    tree: RpmTree, release: str, machine: str, default: str, installed: bool
) -> None:
    tree.default = ""
    if not installed:
        tree.remove("/usr/bin/kdumpctl")
    tree.write("/proc/sys/kernel/osrelease", release + "\n")
    tree.write("/proc/sys/kernel/arch", machine + "\n")
    assert setup_of(tree, crashkernel="default").default_crashkernel == default


def test_nobody_is_asked_while_the_service_works(tree: RpmTree) -> None:
    """It holds the lock of kdumpctl for minutes."""
    building(tree)
    setup = setup_of(tree, crashkernel="default")
    assert (setup.unit_working, setup.default_crashkernel) == (True, None)
    assert codes(tree, crashkernel="default") == ["capture-kernel-building", "proof-missing"]


def test_auto_of_el8_reserves_by_the_kernels_own_table(tree: RpmTree) -> None:
    tree.default = ""
    tree.write("/proc/sys/kernel/osrelease", "4.18.0-553.el8_10.x86_64\n")
    tree.entry("auto")
    found = report(tree.host(), Policy.of({"crashkernel": "default"}))
    assert found["crashkernel_wanted"] == "auto"
    assert "crashkernel-reserves-nothing" not in [finding["code"] for finding in found["findings"]]


# ---- inspection


LISTING = """\
Image: /boot/initramfs-x.img: 30M
========================================================================
drwxr-xr-x   3 root     root            0 Jan  1  1970 .
-rwxr-xr-x   1 root     root       444512 Jan  1  1970 usr/bin/makedumpfile
-rwxr-xr-x   1 root     root        60000 Jan  1  1970 usr/bin/mount
lrwxrwxrwx   1 root     root            7 Jan  1  1970 bin -> usr/bin
lrwxrwxrwx   1 root     root           23 Jan  1  1970 init -> usr/lib/systemd/systemd
crw-r--r--   1 root     root       1,   3 Jan  1  1970 dev/null
========================================================================
"""
ESTIMATE = "Reserved crashkernel:    256M\nRecommended crashkernel: {0}M\n\nKernel image size:   54M\n"


def inspecting(tree: RpmTree, listing: str = LISTING, recommended: int = 256) -> None:
    """What the commands of a longer look say."""

    def run(argv: List[str], timeout: float) -> CommandResult:
        if argv == ["kdumpctl", "estimate"]:
            return CommandResult(argv, 0, ESTIMATE.format(recommended), "")
        if argv == ["lsinitrd", INITRD]:
            return CommandResult(argv, 0, listing, "")
        return tree.answer(argv, timeout)

    tree.runner = run


def test_a_whole_initrd_and_enough_memory_are_no_finding(tree: RpmTree) -> None:
    inspecting(tree)
    answer = report(tree.host(), Policy(), inspect=True)
    assert [finding["code"] for finding in answer["findings"]] == ["proof-missing"]
    assert answer["recommended"] == {
        "bytes": 256 << 20,
        "source": "kdumpctl estimate",
        "reason": "kdumpctl estimate says so",
    }


# ---- findings


Change = Callable[[RpmTree], Any]


class Case(NamedTuple):
    """A change to a ready host, and the finding that it makes."""

    code: str
    change: Optional[Change]
    message: str
    policy: Dict[str, Any] = {}
    inspect: bool = False


def write(name: str, text: str) -> Change:
    return lambda tree: tree.write(name, text)


def newer(tree: RpmTree) -> None:
    os.utime(str(tree.path(INITRD)), (1, 1))


def newer_kernel(tree: RpmTree) -> None:
    for number, name in enumerate([CONFIGURATION, INITRD, "/boot/vmlinuz-" + RELEASE]):
        os.utime(str(tree.path(name)), (number, number))


def building(tree: RpmTree) -> None:
    tree.write("/sys/fs/cgroup/system.slice/kdump.service/cgroup.procs", "1\n")
    tree.write("/sys/kernel/kexec_crash_loaded", "0\n")


def bad_option(tree: RpmTree) -> None:
    tree.bad_options = ("--dry-run",)


CASES = [
    Case("not-installed", lambda tree: tree.remove("/usr/bin/kdumpctl"), "kdump-utils is not installed."),
    Case("command-missing", lambda tree: tree.remove("/usr/bin/dracut"), "dracut (package dracut) is not installed."),
    Case("configuration-missing", lambda tree: tree.remove(CONFIGURATION), "/etc/kdump.conf does not exist."),
    Case("service-disabled", lambda tree: tree.remove(WANTED_BY_BOOT), "kdump.service is not enabled"),
    Case(
        "configuration-refused",
        lambda tree: tree.append(CONFIGURATION, "blacklist nouveau\n"),
        "/etc/kdump.conf line 5: ",
    ),
    Case(
        "policy-refused",
        lambda tree: tree.append(CONFIGURATION, "blacklist nouveau\n"),
        "/etc/kdump.conf as the policy wants it would be refused: ",
    ),
    Case(
        "policy-refused",
        None,
        "/etc/kdump.conf as the policy wants it would be refused: ",
        {"core_collector": "nosuchtool"},
    ),
    Case(
        "policy-refused",
        bad_option,
        "/etc/kdump.conf as the policy wants it would be refused: line 3: core_collector makedumpfile --dry-run -d 31: "
        "makedumpfile refuses it: makedumpfile: unrecognized option '--dry-run'",
        {"core_collector": "makedumpfile --dry-run -d 31"},
    ),
    Case(
        "configuration-differs",
        None,
        "/etc/kdump.conf has path='/var/crash', the policy asks for '/data'.",
        {"path": "/data"},
    ),
    Case(
        "configuration-not-loaded",
        newer,
        "/etc/kdump.conf is newer than {0}: a capture would work with the previous settings.".format(INITRD),
    ),
    Case(
        "symbols-missing",
        None,
        "kernel-debuginfo-{0} is not installed; the repositories for it are: fedora-debuginfo.".format(RELEASE),
        {"analysis": True},
    ),
    Case("capture-kernel-building", building, "kdump.service is at work, most likely on the capture initrd."),
    Case(
        "capture-initrd-incomplete",
        lambda tree: inspecting(tree, LISTING.replace("makedumpfile", "something")),
        "{0} does not hold the core collector makedumpfile.".format(INITRD),
        inspect=True,
    ),
    Case(
        "crash-memory-below-need",
        lambda tree: inspecting(tree, recommended=300),
        "256 MiB are reserved, and 300 MiB are needed: kdumpctl estimate says so.",
        inspect=True,
    ),
    Case(
        "capture-initrd-outdated",
        newer_kernel,
        "/boot/vmlinuz-{0} is newer than the capture initrd {1}, whose modules may not match it.".format(
            RELEASE, INITRD
        ),
    ),
    Case(
        "crashkernel-overwritable",
        lambda tree: tree.entry("256M"),
        "/etc/kdump.conf has auto_reset_crashkernel='yes': the next update of kdump-utils would replace '256M' by its "
        "own default.",
    ),
    Case(
        "crashkernel-overwritable",
        lambda tree: tree.entry("1G-:256M"),
        "/etc/kdump.conf has auto_reset_crashkernel='yes': the next update of kdump-utils would replace '1G-:256M'",
        {"crashkernel": "1G-:256M", "auto_reset_crashkernel": True},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.code))
def test_a_change_makes_its_finding(tree: RpmTree, case: Case) -> None:
    if case.change:
        case.change(tree)
    found = report(tree.host(), Policy.of(case.policy), inspect=case.inspect)["findings"]
    messages = [finding["message"] for finding in found if finding["code"] == case.code]
    assert len(messages) == 1, found
    assert messages[0].startswith(case.message)


def test_a_larger_reservation_is_as_good_when_the_policy_says_so(tree: RpmTree) -> None:
    tree.entry("512M")
    tree.replace("/proc/cmdline", DEFAULT, "512M")
    tree.replace("/proc/iomem", "a8000000-b7ffffff", "98000000-b7ffffff")
    policy = {"crashkernel": "default"}
    assert "crashkernel-differs" in codes(tree, **policy)
    assert codes(tree, keep_larger=True, **policy) == ["proof-missing"]
    tree.entry("128M")
    assert "crashkernel-differs" in codes(tree, keep_larger=True, **policy)


@pytest.mark.parametrize(
    ("value", "policy"),
    [
        (DEFAULT, {}),
        ("1G-:256M", {}),  # for all that is known, the default of another kdumpctl
        ("auto", {}),
        ("256M", {"crashkernel": "256M"}),  # the rollout writes auto_reset_crashkernel no
        ("256M", {"crashkernel": "default"}),  # to be replaced anyway
        ("", {}),
    ],
)
def test_not_every_value_is_worth_keeping(tree: RpmTree, value: str, policy: Dict[str, Any]) -> None:
    tree.entry(value)
    assert "crashkernel-overwritable" not in codes(tree, **policy)


@pytest.mark.parametrize("known", [True, False])
def test_a_kdumpctl_that_resets_nothing_overwrites_nothing(
    tree: RpmTree, known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {"path", "core_collector"} | ({"auto_reset_crashkernel"} if known else set())
    monkeypatch.setattr(conf, "accepted", lambda text: names)
    tree.entry("256M")
    tree.write(CONFIGURATION, "path /var/crash\n")
    assert ("crashkernel-overwritable" in codes(tree)) == known


def test_an_audit_recommends_the_default_and_asks_nobody(tree: RpmTree) -> None:
    recommended = report(tree.host(), Policy())["recommended"]
    assert recommended == {
        "bytes": 256 << 20,
        "source": "default",
        "reason": "the default for this host is " + DEFAULT,
    }


# ---- whatever the file holds


@given(st.text("ab #\"'\n\t=/-_.@:0123\u00fc\udcff", max_size=80), st.sampled_from(["/data", "/var/crash"]))
def test_no_file_makes_it_fail(text: str, path: str) -> None:
    """A file of any bytes is judged, and what would be written is accepted or refused, never a surprise."""
    host: Any = OneFileHost(CONFIGURATION, lambda: text)
    try:
        file = kdumpctl.read(host, Policy.of({"path": path})).files[0]
    except KdumpError:
        return
    if not file.wanted_refusals:
        assert not [one for one in conf.check("\n".join(file.lines) + "\n") if one.severity == "error"]


def test_a_reboot_without_effect_is_remembered(tree: RpmTree) -> None:
    tree.entry("512M")
    assert "reboot-required" in codes(tree)
    tree.write(reboot_note.PATH, json.dumps({"staged": "512M", "running": DEFAULT}))
    assert "reboot-without-effect" in codes(tree)
    assert "reboot-required" not in codes(tree)
    tree.entry("448M")
    assert "reboot-required" in codes(tree)


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ({"options": {"path": "/b"}}, "The option 'path' cannot be written to /etc/kdump.conf: set kdump_path of role"),
        ({"options": {"ssh": ""}}, "set kdump_target of role kdump instead"),
        ({"options": {"default": "shell"}}, "set kdump_system_action of role kdump instead"),
        ({"sshkey": "keys/kdump"}, "The ssh key 'keys/kdump' is not absolute: write its path from /."),
    ],
)
def test_settings_that_belong_to_other_variables_are_refused(
    tree: RpmTree, policy: Dict[str, Any], message: str
) -> None:
    with pytest.raises(KdumpError, match=re.escape(message)):
        setup_of(tree, **policy)
