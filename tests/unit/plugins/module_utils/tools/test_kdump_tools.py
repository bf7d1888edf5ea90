# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of kdump_tools.py."""

import errno
from typing import Any, Dict, List, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kdump.fleet.plugins.module_utils.host.errors import KdumpError
from ansible_collections.kdump.fleet.plugins.module_utils.host.managed_block import BEGIN, END
from ansible_collections.kdump.fleet.plugins.module_utils.tools import kdump_tools
from ansible_collections.kdump.fleet.plugins.module_utils.tools.kdump_tools import APPEND, DEFAULTS, effective
from ansible_collections.kdump.fleet.plugins.module_utils.tools.policy import Policy
from ansible_collections.kdump.fleet.plugins.module_utils.tools.records import Setup, Target, TargetMount
from tests.unit.plugins.module_utils.host_tree import (
    CAPTURE_ARGUMENTS,
    CONFIGURATION,
    INITRD,
    KERNEL,
    WANTED_BY_BOOT,
    HostTree,
)
from tests.unit.plugins.module_utils.tools.one_file_host import OneFileHost

PACKAGED = "/usr/share/kdump-tools/kdump-tools.conf"
UNIT = "/etc/systemd/system/kdump-tools.service"


def setup_of(tree: HostTree, **policy: Any) -> Setup:
    return kdump_tools.read(tree.host(), Policy.of(policy))


# ---- settings


@pytest.mark.parametrize("name", sorted(DEFAULTS))
def test_an_empty_setting_means_the_default(name: str) -> None:
    assert effective({name: ""})[name] == DEFAULTS[name]
    assert effective({name: "x"})[name] == "x"
    assert effective({})[name] == DEFAULTS[name]


def test_settings_without_a_default_stay_as_they_are() -> None:
    assert effective({"SSH": "", "NFS": "a:/b"}) == dict(DEFAULTS, SSH="", NFS="a:/b")


def test_a_ready_host_is_as_it_should_be(tree: HostTree) -> None:
    setup = setup_of(tree)
    assert (setup.tool, setup.package, setup.unit) == ("kdump-tools", "kdump-tools", "kdump-tools.service")
    assert (setup.installed, setup.commands_missing) == (True, [])
    assert (setup.unit_enabled, setup.unit_masked, setup.switched_on) == (True, False, True)
    file = setup.files[0]
    assert (file.path, file.exists, file.whole, file.problems) == (CONFIGURATION, True, False, [])
    assert setup.configuration == CONFIGURATION
    assert setup.target == setup.wanted_target == Target("local", "", "/var/crash", "/var/crash")
    assert setup.capture_kernel == "/boot/vmlinuz-" + KERNEL
    assert setup.capture_initrd == INITRD
    assert setup.keep_dumps == 0
    assert setup.files[0].differences() == []
    assert setup.files[0].lines == [
        'KDUMP_CMDLINE_APPEND="{0} panic=10"'.format(CAPTURE_ARGUMENTS),
        'USE_KDUMP="1"',
    ]


def test_a_host_without_anything_is_described_all_the_same(tree: HostTree) -> None:
    tree.remove(CONFIGURATION, PACKAGED, WANTED_BY_BOOT, "/usr/sbin/kdump-config", "/usr/sbin/kexec", "/proc/meminfo")
    tree.remove("/usr/bin/makedumpfile", "/var/lib/kdump/vmlinuz", "/var/lib/kdump/initrd.img")
    setup = setup_of(tree)
    assert (setup.installed, setup.files[0].exists, setup.unit_enabled) == (False, False, False)
    assert setup.commands_missing == [("kexec", "kexec-tools"), ("makedumpfile", "makedumpfile")]
    assert (setup.capture_kernel, setup.capture_initrd) == (None, None)
    assert setup.switched_on is False
    assert setup.files[0].wanted[APPEND] == DEFAULTS[APPEND] + " panic=10"


@pytest.mark.parametrize(
    ("value", "on"), [("1", True), ("0", False), ("", False), ("yes", True), ("00", True), ("2", True)]
)
def test_anything_but_zero_switches_kdump_on(tree: HostTree, value: str, on: bool) -> None:
    """As its own script tests it."""
    tree.append(CONFIGURATION, "USE_KDUMP={0}\n".format(value))
    assert setup_of(tree).switched_on is on


@pytest.mark.parametrize(
    ("value", "kept"), [("", 0), ("5", 5), ("005", 5), ("-1", 0), ("many", 0), ("\u00b2", 0), ("9" * 5000, 0)]
)
def test_dumps_that_are_kept_are_counted(tree: HostTree, value: str, kept: int) -> None:
    tree.append(CONFIGURATION, 'KDUMP_NUM_DUMPS="{0}"\n'.format(value))
    assert setup_of(tree).keep_dumps == kept


@pytest.mark.parametrize(
    ("lines", "target"),
    [
        ("", Target("local", "", "/var/crash", "/var/crash")),
        ("KDUMP_COREDIR=\n", Target("local", "", "/var/crash", "/var/crash")),
        ("KDUMP_COREDIR=/data\n", Target("local", "", "/data", "/data")),
        ("KDUMP_COREDIR=/data//crash/\n", Target("local", "", "/data/crash", "/data/crash")),
        ("KDUMP_COREDIR=data/crash\n", Target("local", "", "/data/crash", "/data/crash")),
        ("SSH=kdump@server\n", Target("ssh", "kdump@server", "/var/crash", sshkey="/root/.ssh/kdump_id_rsa")),
        ("SSH=kdump@server\nSSH_KEY=/etc/key\n", Target("ssh", "kdump@server", "/var/crash", sshkey="/etc/key")),
        ("NFS=server:/export\nKDUMP_COREDIR=/mnt\n", Target("nfs", "server:/export", "/mnt")),
        ("FTP=server:/in\n", Target("ftp", "server:/in", "/var/crash")),
        ("SSH=\nNFS=''\n", Target("local", "", "/var/crash", "/var/crash")),
    ],
)
def test_the_target_is_found(tree: HostTree, lines: str, target: Target) -> None:
    tree.append(CONFIGURATION, lines)
    assert setup_of(tree).target == target


def test_the_target_of_the_policy_is_known_beforehand(tree: HostTree) -> None:
    setup = setup_of(tree, path="/data", target={"type": "ssh", "location": "kdump@server"})
    assert setup.target == Target("local", "", "/var/crash", "/var/crash")
    assert setup.wanted_target == Target("ssh", "kdump@server", "/data", sshkey="/root/.ssh/kdump_id_rsa")


def test_a_relative_path_is_a_problem_of_its_line(tree: HostTree) -> None:
    tree.append(CONFIGURATION, "HOSTTAG=ip\nKDUMP_COREDIR=crash\n")
    problems = setup_of(tree).files[0].problems
    assert [(problem.path, problem.line) for problem in problems] == [(CONFIGURATION, 14)]
    assert "KDUMP_COREDIR is 'crash'" in problems[0].message
    assert setup_of(tree, path="/var/crash").files[0].differences() == ["KDUMP_COREDIR"]


# ---- units


def test_units_are_found_by_their_links(tree: HostTree) -> None:
    tree.remove(WANTED_BY_BOOT)
    assert setup_of(tree).unit_enabled is False
    tree.link("/etc/systemd/system/multi-user.target.wants/kdump-tools.service", "/nowhere")
    assert setup_of(tree).unit_enabled is True


@pytest.mark.parametrize(("target", "masked"), [("/dev/null", True), ("/etc/other.service", False), (UNIT, False)])
def test_a_masked_unit_is_a_link_to_nothing(tree: HostTree, target: str, masked: bool) -> None:
    tree.link(UNIT, target)
    assert setup_of(tree).unit_masked is masked


# ---- what the policy asks for


@pytest.mark.parametrize(
    ("policy", "wanted"),
    [
        ({}, {}),
        ({"path": "/data/crash"}, {"KDUMP_COREDIR": "/data/crash"}),
        ({"path": "//data/./crash/"}, {"KDUMP_COREDIR": "/data/crash"}),
        ({"core_collector": "makedumpfile -c -d 31"}, {"MAKEDUMP_ARGS": "-c -d 31"}),
        ({"core_collector": " makedumpfile\t-l  -d 31 "}, {"MAKEDUMP_ARGS": "-l  -d 31"}),
        ({"core_collector": "makedumpfile"}, {"MAKEDUMP_ARGS": "-F"}),
        ({"compression": "none"}, {"KDUMP_COMPRESSION": ""}),
        ({"compression": "lz4"}, {"KDUMP_COMPRESSION": "lz4"}),
        ({"keep_dumps": 0}, {"KDUMP_NUM_DUMPS": "0"}),
        ({"keep_dumps": 10**20}, {"KDUMP_NUM_DUMPS": "100000000000000000000"}),
        (
            {"options": {"HOSTTAG": "hostname", "KDUMP_DUMP_DMESG": False}},
            {"HOSTTAG": "hostname", "KDUMP_DUMP_DMESG": "0"},
        ),
        ({"options": {"KDUMP_DUMP_DMESG": ""}}, {"KDUMP_DUMP_DMESG": "1"}),
        ({"options": {APPEND: "nr_cpus=2"}}, {APPEND: "nr_cpus=2 panic=10"}),
        ({"options": {APPEND: "nr_cpus=2 panic=-1"}}, {APPEND: "nr_cpus=2 panic=-1"}),
        ({"options": {APPEND: ""}}, {APPEND: DEFAULTS[APPEND] + " panic=10"}),
        ({"crashkernel": "256M"}, {}),
    ],
)
def test_the_policy_is_translated(tree: HostTree, policy: Dict[str, Any], wanted: Dict[str, str]) -> None:
    always = {"USE_KDUMP": "1", APPEND: CAPTURE_ARGUMENTS + " panic=10"}
    assert setup_of(tree, **policy).files[0].wanted == dict(always, **wanted)


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ({"path": "crash"}, "The dump path 'crash' is not absolute: write it from /."),
        ({"path": ""}, "The dump path '' is not absolute: write it from /."),
        ({"path": "/"}, "The dump path '/' is a directory of the system"),
        ({"path": "/tmp"}, "The dump path '/tmp' is a directory of the system"),
        ({"path": "/a\nb"}, "The value of KDUMP_COREDIR cannot be written: '/a\nb' holds a line break"),
        ({"path": "/a\0b"}, "The value of KDUMP_COREDIR cannot be written"),
        ({"path": "/a\ud800"}, "The value of KDUMP_COREDIR cannot be written"),
        ({"sshkey": "keys/kdump"}, "The ssh key 'keys/kdump' is not absolute: write its path from /."),
        ({"core_collector": ""}, "The core collector '' cannot be used here: kdump-tools always runs makedumpfile."),
        ({"core_collector": "cp"}, "The core collector 'cp' cannot be used here"),
        ({"core_collector": "makedumpfile -c\n-d 31"}, "The value of MAKEDUMP_ARGS cannot be written"),
        (
            {"core_collector": "makedumpfile -c -d 99"},
            "The core collector 'makedumpfile -c -d 99' cannot be used: makedumpfile refuses the level '99', which "
            "goes from 0 to 31.",
        ),
        (
            {"core_collector": "makedumpfile -c -d 31; reboot"},
            "The core collector 'makedumpfile -c -d 31; reboot' cannot be used: makedumpfile refuses 'reboot",
        ),
        (
            {"compression": "zip"},
            "The compression 'zip' is unknown to kdump-tools: use one of none, bzip2, gzip, lz4, xz.",
        ),
        ({"keep_dumps": -1}, "Cannot keep -1 dumps: use 0 (all) or more."),
        (
            {"options": {"bad name": "x"}},
            "The option 'bad name' cannot be written to /etc/default/kdump-tools: it is not a name of a setting",
        ),
        (
            {"options": {"USE_KDUMP": "0"}},
            "The option 'USE_KDUMP' cannot be written to /etc/default/kdump-tools: set kdump_state of role "
            "kdump instead.",
        ),
        ({"options": {"KDUMP_COREDIR": "/b"}}, "The option 'KDUMP_COREDIR' cannot be written"),
        (
            {"options": {"KDUMP_CORDIR": "/b"}},
            "The option 'KDUMP_CORDIR' cannot be written to /etc/default/kdump-tools: no kdump tool reads it; did you "
            "mean KDUMP_COREDIR?",
        ),
        ({"options": {"X": None}}, "The option X is None: give it one text or number"),
    ],
)
def test_a_wrong_policy_is_refused(tree: HostTree, policy: Dict[str, Any], message: str) -> None:
    with pytest.raises(KdumpError) as error:
        setup_of(tree, **policy)
    assert str(error.value).startswith(message)


def test_an_option_that_only_the_hosts_own_script_knows(tree: HostTree) -> None:
    """A later kdump-tools reads more than this collection knows."""
    tree.append("/usr/sbin/kdump-config", '[ -n "$KDUMP_NEXT" ] && exit\n')
    assert setup_of(tree, options={"KDUMP_NEXT": "1"}).files[0].wanted["KDUMP_NEXT"] == "1"
    with pytest.raises(KdumpError, match="no kdump tool reads it"):
        setup_of(tree, options={"KDUMP_NEX": "1"})


@pytest.mark.parametrize(
    ("own", "wanted"),
    [
        ("", CAPTURE_ARGUMENTS + " panic=10"),
        (APPEND + '="nr_cpus=2"\n', "nr_cpus=2 panic=10"),
        (APPEND + '="nr_cpus=2 panic=-1"\n', "nr_cpus=2 panic=-1"),
        (APPEND + "=\n", CAPTURE_ARGUMENTS + " panic=10"),
        (APPEND + '="nr_cpus=\udcff"\n', CAPTURE_ARGUMENTS + " panic=10"),
        (APPEND + '="$OTHER nr_cpus=2"\n', CAPTURE_ARGUMENTS + " panic=10"),
    ],
)
def test_the_hosts_own_capture_arguments_are_kept(tree: HostTree, own: str, wanted: str) -> None:
    tree.write(CONFIGURATION, own + BEGIN + "\n" + APPEND + '="from an earlier rollout"\n' + END + "\n")
    assert setup_of(tree).files[0].wanted[APPEND] == wanted


@pytest.mark.parametrize(
    ("packaged", "wanted"),
    [
        (None, DEFAULTS[APPEND]),
        ("", DEFAULTS[APPEND]),
        ("#{0}=\n".format(APPEND), DEFAULTS[APPEND]),
        ('#{0}="broken\n'.format(APPEND), DEFAULTS[APPEND]),
        ("# {0}=prose\n".format(APPEND), DEFAULTS[APPEND]),
        ('#{0}=""\n#{0}="nr_cpus=3"\n'.format(APPEND), "nr_cpus=3"),
    ],
)
def test_the_packages_own_default_is_found(tree: HostTree, packaged: Optional[str], wanted: str) -> None:
    tree.remove(PACKAGED, CONFIGURATION)
    if packaged is not None:
        tree.write(PACKAGED, packaged)
    assert setup_of(tree).files[0].wanted[APPEND] == wanted + " panic=10"


@given(
    st.dictionaries(
        st.sampled_from(["KDUMP_KEXEC_ARGS", "KDUMP_SYSCTL", "NFS_TIMEO", "HOSTTAG", "KDUMP_CMDLINE", "FTPPUT_ARGS"]),
        st.text("aZ09 /_-='\"\\$`#;&|()\u00fc\t", max_size=20),
    )
)
def test_what_was_written_is_no_difference_any_more(options: Dict[str, str]) -> None:
    """The second run of a rollout changes nothing, whatever the values are."""
    lines: List[str] = []

    host: Any = OneFileHost(CONFIGURATION, lambda: "HOSTTAG=ip\n{0}\n{1}\n{2}\n".format(BEGIN, "\n".join(lines), END))
    try:
        setup = kdump_tools.read(host, Policy.of({"options": options}))
    except KdumpError:  # a path that is none
        return
    lines.extend(setup.files[0].lines)
    again = kdump_tools.read(host, Policy.of({"options": options}))
    assert again.files[0].differences() == []
    assert again.files[0].problems == []
    assert again.files[0].lines == setup.files[0].lines


# ---- targets of the policy


@pytest.mark.parametrize(
    ("policy", "there", "missing"),
    [
        ({"target": {"type": "ssh", "location": "a@b"}, "fallback": "local"}, 0, 0),
        ({"target": {"type": "nfs", "location": "b:/c"}, "fallback": "local"}, 1, 1),
        ({"target": {"type": "nfs", "location": "b:/c"}, "fallback": "local"}, 2, None),
        ({"target": {"type": "nfs", "location": "b:/c"}, "fallback": "none"}, 0, None),
        ({"target": {"type": "nfs", "location": "b:/c"}}, 0, None),
        ({"target": {"type": "local"}, "fallback": "local"}, 0, None),
        ({"fallback": "local"}, 0, None),
    ],
)
def test_a_fallback_is_two_files(tree: HostTree, policy: Dict[str, Any], there: int, missing: Optional[int]) -> None:
    for name in kdump_tools.FALLBACK[:there]:
        tree.write(name, "")
    expected = None if missing is None else kdump_tools.FALLBACK[missing]
    assert setup_of(tree, **policy).fallback_missing == expected


@pytest.mark.parametrize(
    ("target", "wanted", "kind"),
    [
        ({"type": "local"}, {}, "local"),
        ({"type": "ssh", "location": "kdump@server"}, {"SSH": "kdump@server"}, "ssh"),
        ({"type": "nfs", "location": "server:/export"}, {"NFS": "server:/export"}, "nfs"),
    ],
)
def test_a_target_of_the_policy_replaces_the_one_that_is_there(
    tree: HostTree, target: Dict[str, str], wanted: Dict[str, str], kind: str
) -> None:
    tree.append(CONFIGURATION, "SSH=old@server\nNFS=old:/export\nFTP=old:/incoming\n")
    setup = setup_of(tree, target=target)
    assert {name: setup.files[0].wanted[name] for name in ("SSH", "NFS", "FTP")} == dict(
        {"SSH": "", "NFS": "", "FTP": ""}, **wanted
    )
    assert setup.files[0].differences() == ["FTP", "NFS", "SSH"]
    assert setup.wanted_target.kind == kind


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ({"type": "raw", "location": "/dev/vdb"}, "cannot dump to a target of type 'raw': it knows local, ssh, nfs"),
        ({"type": "ssh"}, "The target of type ssh needs a location, for instance user@server"),
        ({"type": "ssh", "location": "server"}, "write user@server, the server by name or IPv4 address."),
        ({"type": "ssh", "location": "kdump@::1"}, "cannot work with the target 'kdump@::1' of type ssh"),
        ({"type": "ssh", "location": "-oProxyCommand=x@y"}, "write user@server"),
        ({"type": "ssh", "location": "a@-b"}, "write user@server"),
        ({"type": "ssh", "location": "a b@c"}, "write user@server"),
        (
            {"type": "nfs", "location": "server"},
            "the target 'server' of type nfs: write server:/export.",
        ),
        ({"type": "nfs", "location": "::1:/export"}, "write server:/export."),
        ({"type": "nfs", "location": "-o:/export"}, "write server:/export."),
        ({"type": "local", "location": "x"}, "The target of type local takes no location"),
    ],
)
def test_a_target_that_it_does_not_know_is_refused(tree: HostTree, target: Dict[str, str], message: str) -> None:
    with pytest.raises(KdumpError, match=message):
        setup_of(tree, target=target)


def test_no_server_is_left_beside_a_file_system_of_its_own(tree: HostTree) -> None:
    tree.append(CONFIGURATION, "FTP=old:/incoming\n")
    mount = TargetMount("LABEL=dumps", "ext4", "/srv/dumps")
    policy = {"target": {"type": "ext4", "location": mount.device}, "mount_point": mount.directory}
    setup = kdump_tools.read(tree.host(), Policy.of(policy), mount)
    assert [setup.files[0].wanted[name] for name in kdump_tools.REMOTE] == [""] * 3
    assert setup.wanted_target.kind == "local"


def test_a_path_that_is_written_otherwise_is_written_anew(tree: HostTree) -> None:
    """The table of mounts, in which the fallback looks for the export, has it without spare slashes."""
    tree.append(CONFIGURATION, 'KDUMP_COREDIR="/var/crash/"\n')
    setup = setup_of(tree, path="/var/crash/")
    assert setup.files[0].differences() == ["KDUMP_COREDIR"]
    assert not setup.moves


def test_the_path_goes_with_the_target(tree: HostTree) -> None:
    """The role's path has a default, and an administrator's target elsewhere has a path of its own."""
    tree.replace(CONFIGURATION, 'KDUMP_COREDIR="/var/crash"', 'KDUMP_COREDIR="/dumps"\nNFS="server:/export"')
    assert "KDUMP_COREDIR" not in setup_of(tree, path="/var/crash").files[0].wanted
    wanted = setup_of(tree, path="/new", target={"type": "nfs", "location": "server:/export"}).files[0].wanted
    assert wanted["KDUMP_COREDIR"] == "/new"


def test_key_and_failure_action_have_names_of_their_own(tree: HostTree) -> None:
    wanted = setup_of(tree, sshkey="/root/.ssh/kdump", failure_action="poweroff").files[0].wanted
    assert (wanted["SSH_KEY"], wanted["KDUMP_FAIL_CMD"]) == ("/root/.ssh/kdump", "poweroff -f")
    with pytest.raises(KdumpError, match="cannot do 'shell' when a dump fails: use reboot, halt, poweroff"):
        setup_of(tree, failure_action="shell")


# ---- files


def test_links_are_followed_and_loops_end(tree: HostTree) -> None:
    tree.link("/var/lib/kdump/vmlinuz", "../../../boot/vmlinuz-" + KERNEL)
    tree.link("/var/lib/kdump/initrd.img", "initrd.img")
    setup = setup_of(tree)
    assert setup.capture_kernel == "/boot/vmlinuz-" + KERNEL
    assert setup.capture_initrd is None
    tree.link("/var/lib/kdump/vmlinuz", "/boot/gone")
    assert setup_of(tree).capture_kernel is None


def test_other_files_can_be_named(tree: HostTree) -> None:
    tree.write("/boot/crash/kernel", "")
    tree.append(CONFIGURATION, "KDUMP_KERNEL=/boot/crash/kernel\nKDUMP_INITRD=/boot/crash/initrd\n")
    setup = setup_of(tree)
    assert (setup.capture_kernel, setup.capture_initrd) == ("/boot/crash/kernel", None)
    tree.append(CONFIGURATION, "KDUMP_KERNEL=\n")
    assert setup_of(tree).capture_kernel == "/boot/vmlinuz-" + KERNEL


def test_a_directory_in_the_place_of_the_configuration_is_told(tree: HostTree) -> None:
    tree.remove(CONFIGURATION)
    tree.directory(CONFIGURATION)
    with pytest.raises(OSError) as error:
        setup_of(tree)
    assert error.value.errno == errno.EISDIR
    assert error.value.filename == str(tree.path(CONFIGURATION))


# ---- room for a dump
