# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of mount.py, and of the findings about file systems for dumps (readiness/rules_for_mount.py)."""

import re
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.host import mounts
from ansible_collections.kdump.fleet.plugins.module_utils.host.errors import KdumpError
from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import CommandError, CommandResult
from ansible_collections.kdump.fleet.plugins.module_utils.readiness.report import report
from ansible_collections.kdump.fleet.plugins.module_utils.target.configured import setup_of
from ansible_collections.kdump.fleet.plugins.module_utils.tools.policy import Policy
from ansible_collections.kdump.fleet.plugins.module_utils.tools.records import Setup, Target, TargetMount
from tests.unit.plugins.module_utils import rpm_tree
from tests.unit.plugins.module_utils.host_tree import CONFIGURATION, HostTree, ready_host

UUID = "92ebbaa5-321a-432b-92e9-127710720f1e"
NAME = "UUID=" + UUID
ROOT = "/dev/vda2 / ext4 rw,relatime 0 0\n"
MOUNTED = ROOT + "/dev/vdb /srv/dumps ext4 rw,nosuid,nodev,noexec,relatime 0 0\n"
OPTIONS = "nosuid,nodev,noexec,nofail,x-systemd.device-timeout=180s"
ORDER = ",x-systemd.before=kdump-tools-dump.service"
LINE = "{0} /srv/dumps ext4 {1}{2} 0 0".format(NAME, OPTIONS, ORDER)
BLOCK = "# BEGIN kdump.fleet\n{0}\n# END kdump.fleet\n".format(LINE)
TABLE = "/dev/vda2 / ext4 errors=remount-ro 0 1\n"
POLICY = {"target": {"type": "ext4", "location": NAME}, "mount_point": "/srv/dumps", "path": "/var/crash"}
TO_IT = 'KDUMP_COREDIR="/srv/dumps/var/crash"\nNFS=""\nSSH=""\n'


def blkid(fstype: str, status: int = 0) -> Callable[[List[str], float], CommandResult]:
    """A runner that knows one command, and what it says of the second disk."""

    def run(argv: List[str], timeout: float) -> CommandResult:
        assert argv == ["blkid", "-p", "-o", "value", "-s", "TYPE", "/dev/vdb"]
        if status not in (0, 2):
            raise CommandError("'blkid' failed with exit status {0}: {1}".format(status, fstype))
        return CommandResult(argv, status, fstype + "\n" if fstype else "", "")

    return run


def with_disk(tree: HostTree) -> HostTree:
    """A second disk with a file system, neither mounted nor in the table."""
    tree.write("/dev/vda2", "")
    tree.write("/dev/vdb", "")
    tree.link("/dev/disk/by-uuid/" + UUID, "../../vdb")
    tree.write("/proc/self/mounts", ROOT)
    tree.write("/etc/fstab", TABLE)
    tree.prove()
    tree.runner = blkid("ext4")
    return tree


@pytest.fixture
def tree(tmp_path: Path) -> HostTree:
    """A host with kdump-tools, armed, whose dumps go to the root file system."""
    return with_disk(ready_host(tmp_path / "host"))


@pytest.fixture
def rolled_out(tree: HostTree) -> HostTree:
    """The same after the rollout."""
    tree.write("/proc/self/mounts", MOUNTED)
    tree.append("/etc/fstab", BLOCK)
    tree.directory("/srv/dumps/var/crash", 0o700)
    tree.replace(CONFIGURATION, "# END kdump.fleet\n", TO_IT + "# END kdump.fleet\n")
    tree.prove()
    tree.runner = no_commands
    return tree


def no_commands(argv: List[str], timeout: float) -> CommandResult:
    raise AssertionError("ran {0}".format(argv))


def mount_of(tree: HostTree, **policy: Any) -> TargetMount:
    found = setup_of(tree.host(), Policy.of(dict(POLICY, **policy))).mount
    assert found is not None
    return found


def findings(tree: HostTree, **policy: Any) -> List[Tuple[str, str, List[str]]]:
    answer = report(tree.host(), Policy.of(dict(POLICY, **policy)))
    return [(one["code"], one["message"], one["blocks"]) for one in answer["findings"]]


# ---- what there is


def test_nothing_is_mounted_unless_it_is_asked_for(tree: HostTree) -> None:
    setup = setup_of(tree.host(), Policy.of({"path": "/var/crash"}))
    assert setup.mount is None
    answer = report(tree.host(), Policy())
    assert (answer["target"]["mount"], answer["target"]["in_fstab"], answer["findings"]) == (None, False, [])


def test_before_the_roll_out(tree: HostTree) -> None:
    assert mount_of(tree) == TargetMount(NAME, "ext4", "/srv/dumps", False, False, LINE, "", None)
    answer = report(tree.host(), Policy.of(POLICY))
    assert answer["needs_rollout"] is True
    assert answer["target"]["directory"] == "/var/crash"
    assert answer["target"]["directory_wanted"] == "/srv/dumps/var/crash"
    assert answer["target"]["free_bytes"] > 0
    # Dumps go to the root file system until the rollout: nothing is lost.
    assert findings(tree)[0] == (
        "target-not-mounted",
        NAME + " is not mounted at /srv/dumps, and /etc/fstab has no line for it.",
        [],
    )
    # One cause: what is below the bare mount point is not judged.
    assert [code for code, _message, _blocks in findings(tree)] == ["target-not-mounted"] + ["configuration-differs"]
    assert answer["ready"] is True


def test_after_the_roll_out_nothing_is_left_to_do_and_no_command_is_run(rolled_out: HostTree) -> None:
    answer = report(rolled_out.host(), Policy.of(POLICY))
    assert (answer["findings"], answer["ready"], answer["needs_rollout"]) == ([], True, False)
    assert answer["target"]["mount"] == {
        "device": NAME,
        "fstype": "ext4",
        "directory": "/srv/dumps",
        "mounted": True,
        "configured": True,
        "line": LINE,
        "written": LINE,
    }
    assert answer["target"]["in_fstab"] is True
    assert answer["target"]["directory"] == "/srv/dumps/var/crash"
    # Without the variable it is a directory like any other.
    answer = report(rolled_out.host(), Policy())
    assert (answer["findings"], answer["ready"], answer["target"]["in_fstab"]) == ([], True, True)


@pytest.mark.parametrize(
    ("path", "mount_point", "directory"),
    [
        ("/var/crash", "/srv/dumps", "/srv/dumps/var/crash"),
        (None, "/srv/dumps", "/srv/dumps/var/crash"),
        ("/", "/srv/dumps", "/srv/dumps"),
        ("/crash/", "//srv//dumps/", "/srv/dumps/crash"),
    ],
)
def test_dumps_go_to_the_path_inside_it(tree: HostTree, path: Optional[str], mount_point: str, directory: str) -> None:
    setup = setup_of(tree.host(), Policy.of(dict(POLICY, path=path, mount_point=mount_point)))
    assert setup.files[0].wanted["KDUMP_COREDIR"] == directory
    assert setup.wanted_target == Target("local", "", directory, directory)
    assert setup.mount and setup.mount.directory == "/srv/dumps"


def test_a_server_is_left_for_it(tree: HostTree) -> None:
    tree.append(CONFIGURATION, "NFS=dump1:/export\n")
    setup = setup_of(tree.host(), Policy.of(POLICY))
    assert (setup.target.kind, setup.wanted_target.kind) == ("nfs", "local")
    assert (setup.files[0].wanted["NFS"], setup.files[0].wanted["SSH"]) == ("", "")


def test_a_label_may_hold_blanks(tree: HostTree) -> None:
    tree.link("/dev/disk/by-label/my\\x20dumps", "../../vdb")
    found = mount_of(tree, target={"type": "ext4", "location": "LABEL=my dumps"}, mount_point="/srv/my dumps")
    assert found.refusal is None
    assert found.line.startswith("LABEL=my\\040dumps /srv/my\\040dumps ext4 ")
    assert mounts.parse(found.line)[0][:3] == ("LABEL=my dumps", "/srv/my dumps", "ext4")


def test_a_bare_uuid_is_one(tree: HostTree) -> None:
    assert mount_of(tree, target={"type": "ext4", "location": UUID}).device == NAME


# ---- an administrator's mounts and lines


@pytest.mark.parametrize("name", [NAME, "/dev/vdb"])
def test_a_line_of_an_administrator_is_used_as_it_is(tree: HostTree, name: str) -> None:
    tree.append("/etc/fstab", name + " /srv/dumps ext4 defaults 0 2\n")
    found = mount_of(tree)
    assert (found.mounted, found.configured, found.line, found.refusal) == (False, True, "", None)
    assert findings(tree)[0] == ("target-not-mounted", NAME + " is not mounted at /srv/dumps.", [])


def test_a_mount_of_an_administrator_is_used_and_gets_a_line(rolled_out: HostTree) -> None:
    rolled_out.write("/etc/fstab", TABLE)
    rolled_out.prove()
    assert findings(rolled_out) == [
        (
            "target-not-mounted",
            NAME + " is mounted at /srv/dumps now, but /etc/fstab has no line for it.",
            ["now", "next_boot"],
        )
    ]


def test_a_line_of_ours_beside_the_administrator_s_is_taken_out(rolled_out: HostTree) -> None:
    rolled_out.append("/etc/fstab", NAME + " /srv/dumps ext4 defaults 0 2\n")
    assert findings(rolled_out) == [
        ("configuration-differs", "/etc/fstab has '" + LINE + "', the rollout writes ''.", [])
    ]


def test_a_former_line_of_ours_is_written_anew(rolled_out: HostTree) -> None:
    rolled_out.replace("/etc/fstab", ",nofail", "")
    rolled_out.prove()
    found = findings(rolled_out)
    assert [code for code, _message, _blocks in found] == ["configuration-differs"]
    assert found[0][1].endswith("', the rollout writes '" + LINE + "'.")


def test_a_line_of_ours_for_another_place_goes_where_nothing_is_mounted(tree: HostTree) -> None:
    tree.append("/etc/fstab", BLOCK.replace("/srv/dumps", "/srv/old"))
    found = mount_of(tree)
    assert (found.configured, found.refusal, found.line) == (False, None, LINE)
    assert found.written.startswith(NAME + " /srv/old ")


# ---- what is refused


class Case(NamedTuple):
    """A change to a host that was rolled out, and the finding that it makes."""

    code: str
    change: Callable[[HostTree], Any]
    message: str
    policy: Dict[str, Any] = {}
    used: bool = True  # whether dumps go there


def unmounted(change: Callable[[HostTree], Any]) -> Callable[[HostTree], None]:
    def both(tree: HostTree) -> None:
        tree.write("/proc/self/mounts", ROOT)
        tree.path("/srv/dumps/var/crash").rmdir()
        tree.path("/srv/dumps/var").rmdir()
        tree.runner = blkid("ext4")
        change(tree)

    return both


def says(fstype: str, status: int = 0) -> Callable[[HostTree], None]:
    def change(tree: HostTree) -> None:
        tree.runner = blkid(fstype, status)

    return unmounted(change)


def mount(line: str) -> Callable[[HostTree], Any]:
    return unmounted(lambda tree: tree.append("/proc/self/mounts", line))


def file_there(tree: HostTree) -> None:
    tree.path("/srv/dumps").rmdir()
    tree.write("/srv/dumps", "")


def link_there(tree: HostTree) -> None:
    tree.path("/srv/dumps").rmdir()
    tree.directory("/data")
    tree.link("/srv/dumps", "../data")


def litter(tree: HostTree) -> None:
    """What kdump-config leaves at a boot without the disk."""
    tree.write("/srv/dumps/var/crash/kdump_lock", "")
    tree.write("/srv/dumps/var/crash/kexec_cmd", "/sbin/kexec -p ...\n")


def no_place(tree: HostTree) -> None:
    tree.path("/srv/dumps").rmdir()


REFUSED = "{0} cannot be mounted at /srv/dumps for dumps: ".format(NAME)
CASES = [
    Case("target-not-mounted", unmounted(lambda tree: None), NAME + " is not mounted at /srv/dumps."),
    Case("target-not-mounted", unmounted(no_place), NAME + " is not mounted at /srv/dumps."),
    Case(
        "target-mount-refused",
        unmounted(lambda tree: tree.remove("/dev/vdb")),
        REFUSED + "there is no such device. Name a device, UUID= or LABEL= that blkid shows.",
    ),
    Case(
        "target-mount-refused",
        says("", 2),
        REFUSED + "there is no file system on it. Make one with mkfs; the rollout never does.",
    ),
    Case("target-mount-refused", says(""), REFUSED + "there is no file system on it."),
    Case("target-mount-refused", says("crypto_LUKS"), REFUSED + "what is on it is crypto_LUKS. Correct the type or "),
    Case(
        "target-mount-refused",
        says("ambivalent", 8),
        REFUSED + "what is on it cannot be determined: 'blkid' failed with exit status 8: ambivalent",
    ),
    Case(
        "target-mount-refused",
        lambda tree: None,
        REFUSED + "what is on it is ext4. Correct the type",
        {"target": {"type": "xfs", "location": NAME}},
    ),
    Case(
        "target-mount-refused",
        mount("/dev/vdb /mnt ext4 rw 0 0\n"),
        REFUSED + "it is mounted at /mnt. Set kdump_mount_point to /mnt, or unmount it and take its line out.",
    ),
    Case(
        "target-mount-refused",
        lambda tree: None,
        "{0} cannot be mounted at /srv/new for dumps: it is mounted at /srv/dumps. Set".format(NAME),
        {"mount_point": "/srv/new"},
        used=False,
    ),
    Case(
        "target-mount-refused",
        unmounted(lambda tree: tree.append("/etc/fstab", "/dev/vdb /data ext4 noauto 0 0\n")),
        REFUSED + "it has a line in /etc/fstab for /data. Set kdump_mount_point to /data, or ",
    ),
    Case(
        "target-mount-refused",
        mount("tmpfs /srv/dumps tmpfs rw 0 0\n"),
        REFUSED + "tmpfs is mounted at /srv/dumps. Choose another kdump_mount_point.",
    ),
    Case(
        "target-mount-refused",
        unmounted(lambda tree: tree.append("/etc/fstab", "LABEL=x /srv/dumps ext4 defaults 0 0\n")),
        REFUSED + "LABEL=x has a line in /etc/fstab for /srv/dumps. Choose another",
    ),
    Case(
        "target-mount-refused",
        unmounted(lambda tree: tree.write("/srv/dumps/var/crash/202611281940/dump.202611281940", "dump")),
        REFUSED + "/srv/dumps is not empty, and what is in it would be hidden, for instance "
        "var/crash/202611281940/dump.202611281940. See whether there are dumps",
    ),
    Case("target-not-mounted", unmounted(litter), NAME + " is not mounted at /srv/dumps."),
    Case("target-mount-refused", unmounted(file_there), REFUSED + "/srv/dumps is not a directory. Choose another"),
    Case(
        "target-mount-refused",
        unmounted(link_there),
        REFUSED + "/srv/dumps is reached through a symbolic link. Write kdump_mount_point without links.",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=["{0}-{1}".format(case.code, number) for number, case in enumerate(CASES)])
def test_each_cause_is_one_finding(rolled_out: HostTree, case: Case) -> None:
    case.change(rolled_out)
    found = findings(rolled_out, **case.policy)
    assert [code for code, _message, _blocks in found if code != "configuration-differs"] == [case.code]
    assert case.message in found[0][1]
    # A dump that would go there now goes elsewhere, or nowhere; one that goes elsewhere is safe.
    assert found[0][2] == (["now", "next_boot"] if case.used else [])


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ({"target": None}, "There is nothing to mount at '/srv/dumps': kdump_mount_point goes with"),
        ({"target": {"type": "nfs", "location": "server:/x"}}, "it is of type 'nfs' at 'server:/x'."),
        ({"target": {"type": "raw", "location": "/dev/vdb"}}, "it is of type 'raw' at '/dev/vdb'."),
        ({"target": {"type": "local"}}, "it is of type 'local' at ''."),
        ({"target": {"type": "ext4"}}, "it is of type 'ext4' at ''."),
        ({"target": {"type": "ext4", "location": "LABEL=\x1b"}}, "There is nothing to mount"),
        ({"mount_point": "/srv"}, "cannot be mounted at '/srv': choose a directory of its own"),
        ({"mount_point": "srv/dumps"}, "cannot be mounted at 'srv/dumps': choose a directory of its own"),
        ({"mount_point": ""}, "cannot be mounted at '': choose a directory of its own"),
        ({"mount_point": "/srv/\x1b"}, "choose a directory of its own and write it from /"),
        ({"path": "/srv/dumps"}, "The dump path '/srv/dumps' would be /srv/dumps/srv/dumps"),
        ({"path": "/srv/dumps/crash"}, "Write it from there, for instance /var/crash."),
    ],
)
def test_a_policy_that_makes_no_sense_is_an_error(tree: HostTree, policy: Dict[str, Any], message: str) -> None:
    with pytest.raises(KdumpError, match=re.escape(message)):
        mount_of(tree, **policy)


def test_without_a_mount_point_kdump_tools_knows_no_file_systems(tree: HostTree) -> None:
    with pytest.raises(KdumpError, match="For a file system of its own, set kdump_mount_point, or mount it through"):
        setup_of(tree.host(), Policy.of({"target": POLICY["target"]}))


# ---- a file system that the capture kernel may not find


def test_a_path_on_a_mount_without_a_line_is_told(rolled_out: HostTree) -> None:
    """Nobody asked for a mount: an administrator made it by hand."""
    rolled_out.write("/etc/fstab", TABLE)
    rolled_out.replace(CONFIGURATION, TO_IT, "KDUMP_COREDIR=/srv/dumps/var/crash\n")
    rolled_out.prove()
    answer = report(rolled_out.host(), Policy.of({"path": "/srv/dumps/var/crash"}))
    assert [(one["code"], one["message"]) for one in answer["findings"]] == [
        (
            "target-not-mounted-at-boot",
            "/srv/dumps/var/crash lies on /dev/vdb, mounted at /srv/dumps, and /etc/fstab has no line for it.",
        )
    ]
    assert (answer["ready"], answer["needs_rollout"]) == (True, False)


def test_a_file_system_that_should_be_mounted_is_missed_without_a_policy_too(rolled_out: HostTree) -> None:
    unmounted(litter)(rolled_out)
    rolled_out.path("/srv/dumps/var/crash").chmod(0o700)
    answer = report(rolled_out.host(), Policy())
    assert [(one["code"], one["message"]) for one in answer["findings"]] == [
        (
            "target-not-mounted-at-boot",
            "/srv/dumps/var/crash is for " + NAME + ", which /etc/fstab mounts at /srv/dumps, and which is not mounted "
            "now.",
        )
    ]


def test_an_administrator_s_line_has_to_come_before_the_dump(rolled_out: HostTree) -> None:
    rolled_out.write("/etc/fstab", TABLE + NAME + " /srv/dumps ext4 nofail 0 2\n")
    rolled_out.prove()
    assert [code for code, _message, _blocks in findings(rolled_out)] == ["target-not-mounted-at-boot"]


# ---- kdumpctl


@pytest.fixture
def rpm(tmp_path: Path) -> rpm_tree.RpmTree:
    made = rpm_tree.ready_rpm_host(tmp_path / "rpm")
    with_disk(made)
    return made


def rpm_setup(tree: HostTree) -> Setup:
    return setup_of(tree.host(), Policy.of(dict(POLICY, path="/crash")))


def test_with_kdumpctl_the_path_is_inside_it(rpm: HostTree) -> None:
    setup = rpm_setup(rpm)
    assert setup.files[0].wanted["ext4"] == NAME
    assert setup.files[0].wanted["path"] == "/crash"
    assert setup.files[0].wanted_refusals == []
    assert setup.target == Target("local", "", "/var/crash", "/var/crash")
    assert setup.wanted_target == Target("filesystem", NAME, "/crash", "/srv/dumps/crash")
    assert setup.mount and setup.mount.line == "{0} /srv/dumps ext4 {1},x-systemd.before=kdump.service 0 0".format(
        NAME, OPTIONS
    )


def test_with_kdumpctl_one_cause_is_one_finding(rpm: rpm_tree.RpmTree) -> None:
    rpm.write(rpm_tree.CONFIGURATION, "ext4 {0}\npath /crash\n".format(NAME))
    answer = report(rpm.host(), Policy.of(dict(POLICY, path="/crash")))
    assert [(one["code"], one["blocks"]) for one in answer["findings"] if one["code"].startswith("target")] == [
        ("target-not-mounted", ["now", "next_boot"])
    ]
    assert "configuration-refused" not in answer["summary"]
    rpm.write("/proc/self/mounts", MOUNTED)
    rpm.directory("/srv/dumps/crash", 0o700)
    answer = report(rpm.host(), Policy.of(dict(POLICY, path="/crash")))
    assert [(one["code"], one["blocks"]) for one in answer["findings"] if one["code"].startswith("target")] == [
        ("target-not-mounted", ["next_boot"])
    ]


def test_with_kdumpctl_an_administrator_s_cause_stays_refused(rpm: HostTree) -> None:
    rpm.runner = blkid("xfs")
    answer = report(rpm.host(), Policy.of(POLICY))
    first = answer["findings"][0]
    assert (first["code"], first["mended_by"], first["blocks"]) == ("target-mount-refused", "administrator", [])
    assert "what is on it is xfs" in first["message"]
    rpm.runner = no_commands
    answer = report(rpm.host(), Policy.of({"target": POLICY["target"]}))
    assert "it is neither mounted, nor noauto in /etc/fstab" in answer["findings"][0]["message"]
    assert answer["findings"][0]["code"] == "policy-refused"


def test_of_many_files_the_first_by_name_is_the_instance(tree: HostTree) -> None:
    """So that two looks say the same."""
    for number in reversed(range(30)):
        tree.write("/srv/dumps/{0:02d}/dump".format(number), "")
    mount = setup_of(tree.host(), Policy.of(POLICY)).mount
    assert mount is not None
    assert mount.refusal is not None
    assert mount.refusal.message.endswith("for instance 00/dump")
