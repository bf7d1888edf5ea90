# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the value of a directive, as it is told of a file."""

from typing import List, Optional, Tuple

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.tools.kdumpctl.conf import check
from tests.unit.plugins.module_utils.tools.kdumpctl.problem_case import SSH, Case, assert_reported


def errors(text: str) -> List[str]:
    """The codes of the errors in a text."""
    return [problem.code for problem in check(text) if problem.severity == "error"]


CASES = [
    Case(
        "two-targets", 1, 'dracut_args --mount "a b c" --mount "d e f"\n', "more than one target", "Keep one --mount."
    ),
    Case("ssh-target", 1, "ssh host\n", "ssh host: the user is missing", "Write 'ssh user@host'."),
    Case("ssh-target", 1, "ssh -l@host\n", "ssh -l@host: there is no user", "Write 'ssh user@host'."),
    Case("ssh-target", 1, "ssh root@Host.Example\n", "ssh spells this name", "in dump_server_address."),
    Case("ssh-target", 1, "ssh root@Host.Example\n", "ssh spells this name", "Write 'ssh root@host.example'."),
    Case("ssh-target", 1, "ssh root@[2001:db8::1]\n", "ssh root@[2001:db8::1]: ", "Write 'ssh root@2001:db8::1'."),
    Case("ssh-target", 1, "ssh root@host:2222\n", "'host:2222'", "Write 'ssh root@host'."),
    Case("ssh-target", 1, "ssh ssh://root@::1\n", "ssh ssh://root@::1: ", "Write 'ssh user@::1'."),
    Case("ssh-target", 1, 'dracut_args --mount "host /m ssh rw"\n', "the user is missing", "Write 'ssh user@host'."),
    Case("nfs-target", 1, "nfs host\n", "nfs host: this is not an export", "Write 'nfs server:/export'"),
    Case("nfs-target", 1, 'dracut_args --mount "host:x /m nfs"\n', "'host:x' is not an export", "device directory"),
    Case("mount-argument", 1, 'dracut_args --mount="/dev/a /m xfs"\n', "cannot find the target", "one blank behind"),
    Case("mount-argument", 1, 'dracut_args --mount "/dev/a /m"\n', "cannot find the target", "device directory type"),
    Case("action-unknown", 1, "failure_action explode\n", "failure_action explode: ", "shell, dump_to_rootfs."),
    Case("action-unknown", 1, "final_action shell\n", "final_action shell: ", "Write one of: reboot, halt, poweroff."),
    Case("action-unknown", 1, "default ask\n", "default ask: ", "shell, dump_to_rootfs."),
    Case("switch-unknown", 1, "force_rebuild yes\n", "force_rebuild yes: ", "Write 'force_rebuild 1'"),
    Case("switch-unknown", 1, "force_no_rebuild 01\n", "force_no_rebuild 01: ", "Write 'force_no_rebuild 1'"),
    Case("collector-flattened", 2, SSH + "core_collector makedumpfile -l\n", "the target ssh", "makedumpfile -F -l"),
    Case(
        "collector-flattened", 1, "core_collector makedumpfile -lF\nraw /dev/x\n", "the target raw", "makedumpfile -F"
    ),
    Case(
        "collector-options", 1, "core_collector makedumpfile -F -l\n", "-F for a target with files", "makedumpfile -l"
    ),
    Case("collector-options", 1, "core_collector makedumpfile -l -d 99\n", "'99', which goes from 0", "-d 31'."),
    Case("collector-options", 1, "core_collector makedumpfile -R\n", "'vmcore dumpfile' behind its options", "-l"),
    Case("collector-options", 1, "core_collector makedumpfile -F a\n", "'a vmcore dumpfile' behind", "-l"),
    Case("collector-options", 1, "core_collector makedumpfile --m 7\n", "'--m', which is ambiguous", "-l"),
    Case("collector-options", 1, "core_collector makedumpfile --nosuch\n", "'--nosuch', which is not an option", "-l"),
    Case("quotes", 1, "path /'x'\n", "path /'x': ", "without quotes"),
    Case("quotes", 1, 'core_collector makedumpfile -l --work-dir="/x"\n', "a part of the value", "without quotes"),
    Case("quotes", 1, "dracut_args --omit 'a b\n", "dracut_args --omit 'a b: ", "Close the quotes."),
    Case("renamed-directive", 1, "default shell\n", "default shell: ", "Write 'failure_action shell'."),
    Case("relative-path", 1, "path var/crash\n", "path var/crash: ", "begins with '/'"),
    Case("relative-path", 2, SSH + "sshkey ~/.ssh/id_rsa\n", "sshkey ~/.ssh/id_rsa: ", "begins with '/'"),
    Case("relative-path", 1, "kdump_post post.sh\n", "kdump_post post.sh: ", "begins with '/'"),
    Case("relative-path", 1, "extra_bins /bin/a b\n", "b is not an absolute path", "begins with '/'"),
    Case("path-blanks", 1, "kdump_pre /x -v\n", "kdump_pre /x -v: ", "Write a path alone."),
    Case("path-blanks", 1, "path /var /crash\n", "path /var /crash: ", "Write a path alone."),
    Case("list-commas", 1, "fence_kdump_nodes a,b\n", "fence_kdump_nodes a,b: ", "Separate with blanks."),
    Case("list-commas", 1, "extra_modules a,b\n", "extra_modules a,b: ", "Separate with blanks."),
    Case("device-form", 1, "xfs sda1\n", "xfs sda1: ", "Write 'xfs /dev/...'."),
    Case("device-form", 1, "ext4 /dev/sda1 /var/crash\n", "ext4 /dev/sda1 /var/crash: ", "Write 'ext4 /dev/...'."),
    Case("device-form", 1, "raw UUID=1\n", "raw UUID=1: ", "Write 'raw /dev/...'."),
    Case("ssh-user", 1, "ssh ssh://root@host\n", "'ssh://root' is not a usual name", "Use letters"),
    Case("switch-not-no", 1, "auto_reset_crashkernel No\n", "everything but 'no'", "Write 'yes' or 'no'."),
    Case("mount-unquoted", 1, "dracut_args --mount /dev/a /m xfs\n", "first letter", "device directory type"),
    Case("mount-unquoted", 1, 'dracut_args --mount  "/dev/a /m xfs"\n', "first letter", "one blank behind"),
    Case("collector-unfit", 2, SSH + "core_collector cp\n", "the dump of cp", "makedumpfile -F -l"),
    Case("collector-unfit", 1, "core_collector cat\n", "the dump of cat", "makedumpfile -l"),
    Case("collector-unfit", 2, "raw /dev/x\ncore_collector scp\n", "the dump of scp", "makedumpfile -F -l"),
    Case("collector-cut", 2, SSH + "core_collector makedumpfile -Fl -d 31\n", "cuts '-F' out", "Write -F by itself."),
    Case("collector-cut", 1, "core_collector makedumpfile -x /boot/a-Fb\n", "cuts '-F' out", "Write -F by itself."),
    Case("collector-compressions", 1, "core_collector makedumpfile -c -l\n", "the last one counts", "Write one"),
    Case("collector-level", 1, "core_collector makedumpfile -l -d max\n", "-d max: ", "Write -d 31."),
    Case("collector-no-dump", 1, "core_collector makedumpfile --dump-dmesg\n", "no dump", "makedumpfile -l"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: "{0}: {1!r}".format(case.code, case.text))
def test_a_problem_is_told_with_its_line_and_its_remedy(case: Case) -> None:
    assert_reported(case)


@pytest.mark.parametrize(
    ("host", "refused"),
    [
        ("host", False),
        ("a-b.example.com", False),
        ("under_score", False),
        ("cafe", False),
        ("host.", False),
        ("10.0.0.1", False),
        ("::1", False),
        ("2001:db8::1", False),
        ("FE80::1", False),  # ssh ignores the case of addresses, not their form
        ("2001:DB8:0::1", True),
        ("0:0:0:0:0:0:0:1", True),
        ("010.0.0.1", True),
        ("10.1", True),
        ("1", True),
        ("0x7f.1", True),
        ("999.1.1.1", True),
        ("[::1]", True),
        ("fe80::1%eth0", True),
        ("Host", True),
        ("", True),
        ("-x", True),
        ("a b", True),
        ("a;b", True),
        ("a@b", True),
        ("Host:22", True),
        ("10.1:22", True),
        ("host:/x", True),
        ("h\xe9", True),
    ],
)
def test_hosts_of_ssh(host: str, refused: bool) -> None:
    text = "ssh root@{0}\n".format(host)
    assert errors(text) == ["ssh-target"] * refused
    for problem in check(text):
        assert errors(problem.remedy.split("'")[1]) == []


@pytest.mark.parametrize(
    ("export", "refused"),
    [
        ("host:/x", False),
        ("Host:/x y", False),
        ("host:/", False),
        ("10.0.0.1:/x", False),
        ("[2001:db8::1]:/x", False),
        ("host", True),
        ("host:", True),
        ("host:x", True),
        (":/x", True),
        ("2001:db8::1:/x", True),
        ("[::1]/x", True),
        ("[::1:/x", True),
        ("nfs://host/x", True),
        ("host:/a:/b", True),
        ("a,b:/x", True),
    ],
)
def test_exports_of_nfs(export: str, refused: bool) -> None:
    assert errors("nfs {0}\n".format(export)) == ["nfs-target"] * refused


@pytest.mark.parametrize(("server", "refused"), [("host", False), ("root@host", False), ("root@-x", True)])
def test_an_export_that_dracut_mounts(server: str, refused: bool) -> None:
    """kdumpctl takes a user from its server."""
    assert errors('dracut_args --mount "{0}:/x /m nfs"\n'.format(server)) == ["nfs-target"] * refused


# Options, and whether makedumpfile --check-params 1.7.2 refuses them for files and for -F.
OPTIONS: List[Tuple[str, Optional[bool], Optional[bool]]] = [
    ("", False, False),
    ("-l -d 31", False, False),
    ("-lcd 17", False, False),
    ("-ld31", False, False),
    ("-d 0,31", False, False),
    ("-d 31,", False, False),
    ("-d 32", True, True),
    ("-d -1", True, True),
    ("-d 1,32", True, True),
    ("-d 4294967327", False, False),  # 31 in 32 bits
    ("-d 99999999999999999999", True, True),
    ("-d 9223372036854775813", True, True),  # more than 63 bits are -1
    ("--reassemble -d -9223372041149743103", False, True),  # and 0
    ("-d", True, True),  # takes a file for its value
    ("-b", True, True),
    ("--message-level 7", False, False),
    ("--message-level=31", False, False),
    ("--message-level=7,99", False, False),
    ("--message-level 32", True, True),
    ("--message", True, True),
    ("--mess 1", False, False),
    ("--m 7", True, True),
    ("--help=1", True, True),
    ("--nosuch", True, True),
    ("-W", True, True),
    ("-l-c", True, True),
    ("foo", True, True),
    ("-", True, True),
    ("-- -d 31", True, True),
    ("--", False, False),
    ("-c -E", True, True),
    ("-i a -x b", True, True),
    ("--dry-run --dump-dmesg", True, True),
    ("--partial-dmesg", True, True),
    ("--dump-dmesg --partial-dmesg", False, False),
    ("--num-threads 2", False, False),
    ("--num-threads 2 -E", True, True),
    ("--num-threads 0 -E", False, False),
    ("--num-threads 2 --split", True, True),
    ("--split", True, True),
    ("--split a", False, True),
    ("--split a b", False, True),
    ("--split a b c d", False, True),
    ("--diskset=a", True, False),
    ("--diskset=a --split", False, True),
    ("--config a", True, True),
    ("--config a -x b", False, False),
    ("-e", True, True),
    ("-e --work-dir /tmp", False, False),
    ("--mem-usage", False, False),
    ("--mem-usage -b", False, True),
    ("--reassemble", False, True),
    ("--reassemble -d 0", False, True),
    ("--reassemble -d 1", True, True),
    ("-R", True, True),
    ("-g a", True, True),
    ("-h --split", False, False),
    ("-L 10M", False, False),
    ("-L 0x10k", False, False),
    ("-L 0", True, True),
    ("-L 5x", True, True),
]


@pytest.mark.parametrize(("options", "refused", "refused_in_a_stream"), OPTIONS)
def test_options_of_makedumpfile(options: str, refused: bool, refused_in_a_stream: bool) -> None:
    assert errors("core_collector makedumpfile {0}\n".format(options)) == ["collector-options"] * refused
    stream = errors(SSH + "core_collector makedumpfile -F {0}\n".format(options))
    assert stream == ["collector-options"] * refused_in_a_stream
