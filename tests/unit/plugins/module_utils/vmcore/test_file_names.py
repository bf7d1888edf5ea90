# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What names and the files beside a dump say, as the capture scripts of the distributions write them."""

from pathlib import Path
from typing import Dict, List, Optional

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.vmcore import file_names
from ansible_collections.kdump.fleet.plugins.module_utils.vmcore.file_names import Beside
from tests.unit.plugins.module_utils.vmcore.dumps import raw


@pytest.mark.parametrize(
    "name",
    [
        "vmcore",
        "vmcore.flat",
        "vmcore-incomplete",
        "vmcore.202611221828",
        "vmcore1",
        "vmcore.gz",
        "vmcore.part",
        "vmcore.flat.part",
        "dump.202611221828",
        "dump.20261122182805",
        "dump.202611221828.gz",
        "dump.202611221828.lz4",
        "dump-incomplete",
        "dump-incomplete.xz",
        "10.0.0.7-dump.202611221828",
        "web1-dump.202611221828.bz2",
    ],
)
def test_names_of_dumps(name: str) -> None:
    assert file_names.is_dump(name)


@pytest.mark.parametrize(
    "name",
    [
        "vmcore-dmesg.txt",
        "vmcore-dmesg-incomplete.txt",
        "vmcore-creation.status",
        "vmcore.sha256",
        "vmcore.txt",
        "dmesg.202611221828",
        "dump",
        "dump.sql",
        "kexec-dmesg.log",
        "kexec_cmd",
        "kdump_lock",
        "README.txt",
        "my-vmcore",
        "",
    ],
)
def test_names_of_other_files(name: str) -> None:
    assert not file_names.is_dump(name)


def test_firmware_leaves_cores_of_its_own() -> None:
    assert file_names.is_other("opalcore")
    assert file_names.is_other("opalcore-incomplete")
    assert not file_names.is_other("vmcore")


@pytest.mark.parametrize(
    ("name", "beside", "log"),
    [
        ("vmcore", ["vmcore-dmesg.txt", "kexec-dmesg.log"], "vmcore-dmesg.txt"),
        ("vmcore.flat", ["vmcore-dmesg-incomplete.txt"], "vmcore-dmesg-incomplete.txt"),
        ("vmcore", ["README.txt", "dmesg"], "dmesg"),
        ("vmcore", ["dmesg.txt"], "dmesg.txt"),
        ("vmcore", ["kexec-dmesg.log"], None),
        ("dump.202611221828", ["dmesg.202611221828"], "dmesg.202611221828"),
        ("dump.202611221828.gz", ["dmesg.202611221828"], "dmesg.202611221828"),
        ("vmcore.202611221828", ["dmesg.202611221828"], "dmesg.202611221828"),
        ("dump.202611221828", ["dmesg.202611221828", "dmesg.202611221900"], "dmesg.202611221828"),
        ("dump.202611221828", ["dmesg.202611221900"], None),
        ("dump-incomplete", ["dmesg.202611221828"], "dmesg.202611221828"),
        ("dump-incomplete", ["dmesg.202611221828", "dmesg.202611221900"], None),
        ("10.0.0.7-dump.202611221828", ["10.0.0.7-dmesg.202611221828"], "10.0.0.7-dmesg.202611221828"),
        ("10.0.0.7-dump.202611221828", ["10.0.0.8-dmesg.202611221828"], None),
        ("anything", ["vmcore-dmesg.txt"], "vmcore-dmesg.txt"),
        ("vmcore", [], None),
    ],
)
def test_the_log_of_a_dump(name: str, beside: List[str], log: Optional[str]) -> None:
    assert Beside(b"/nowhere", [name] + beside).log(name) == log


@pytest.mark.parametrize(
    ("name", "above", "nodename", "host"),
    [
        ("vmcore", ["127.0.0.1-2026-11-22-18:48:37"], "web1", "web1"),
        ("vmcore", ["127.0.0.1-2026-11-22-18:48:37"], None, None),
        ("vmcore.flat", ["10.0.0.7-2026-11-22-18:48:37"], "web1", "web1"),
        ("vmcore.flat", ["10.0.0.7-2026-11-22-18:48:37"], None, "10.0.0.7"),
        ("vmcore.flat", ["fe80::5054:ff%eth0-2026-11-22-18:48:37"], None, "fe80::5054:ff%eth0"),
        ("vmcore.flat", ["web1.example.com-2026-11-22-18:48:37"], "web1", "web1.example.com"),
        ("dump.202611221828", ["202611221828"], "web1", "web1"),
        ("dump.202611221828", ["202611221828"], None, None),
        ("dump.202611221828", ["web-1-202611221828"], None, "web-1"),
        ("vmcore", ["2026-11-22-18-48"], "web1", "web1"),
        ("vmcore", ["2026-11-22-18:48"], "web1", "web1"),
        ("vmcore", ["web1-2026-11-22-18-48"], "other", "web1"),
        ("vmcore", ["web1", "127.0.0.1-2026-11-22-18:48:37"], "localhost", "web1"),
        ("vmcore", ["web1"], "localhost", "web1"),
        ("vmcore", ["kdump-test-1795373292-123456789"], "web1", "web1"),
        ("vmcore", [], "web1", "web1"),
        ("vmcore", [], None, None),
        ("web1-dump.202611221828", [], None, "web1"),
        ("10.0.0.7-dump.202611221828", [], None, "10.0.0.7"),
        ("10.0.0.7-dump.202611221828", [], "web1", "web1"),
    ],
)
def test_whose_dump_it_is(name: str, above: List[str], nodename: Optional[str], host: Optional[str]) -> None:
    assert file_names.host(name, above, nodename) == host


SUSE_BEFORE = """This file will be overwritten when the dump is finished.
If you see this text the crash dump is likely incomplete.

Dump time: 2026-11-22T18:48:37
"""
SUSE_AFTER = """Kernel crashdump
----------------
dmesg status: saved successfully
vmcore status: {0}
Kernel version: 6.4.0-default
"""


@pytest.mark.parametrize(
    ("name", "files", "reason"),
    [
        ("vmcore", {}, None),
        ("dump.202611221828", {}, None),
        ("vmcore-incomplete", {}, "Its name says that it was not written to its end."),
        ("dump-incomplete.gz", {}, "Its name says that it was not written to its end."),
        ("vmcore.part", {}, "Its name says that it was not written to its end."),
        (".vmcore.Xy12zA", {}, "Its name says that it was not written to its end."),
        ("vmcore-incomplete", {"kexec-dmesg.log": ""}, "Its name says that it was not written to its end."),
        (
            "vmcore-incomplete",
            {
                "kexec-dmesg.log": "Nov 22 18:48:38 web1 kdump[416]: saving vmcore\n"
                "Nov 22 18:48:40 web1 kdump.sh[417]: Can't write the dump file. No space left on device\n"
                "Nov 22 18:48:41 web1 kdump[421]: saving vmcore failed, exitcode:1\n"
            },
            "Its name says that it was not written to its end, "
            'and kexec-dmesg.log says "saving vmcore failed, exitcode:1".',
        ),
        (
            "vmcore-incomplete",
            {"kexec-dmesg.log": raw("kdumpctl-local.kexec-dmesg.log").decode()},
            "Its name says that it was not written to its end.",
        ),
        ("vmcore", {"README.txt": SUSE_AFTER.format("saved successfully")}, None),
        (
            "vmcore",
            {"README.txt": SUSE_AFTER.format("error while saving, return code: 1")},
            'README.txt says "vmcore status: error while saving, return code: 1".',
        ),
        (
            "vmcore",
            {"README.txt": SUSE_BEFORE},
            "README.txt was left as it is written before a capture, which therefore did not end.",
        ),
        (
            "vmcore",
            {"README.txt": SUSE_AFTER.format("x" * 201)},
            'README.txt says "vmcore status: {0}".'.format("x" * 200),
        ),
        (
            "vmcore-incomplete",
            {"kexec-dmesg.log": "saving vmcore failed".ljust(201, "!")},
            'Its name says that it was not written to its end, and kexec-dmesg.log says "{0}".'.format(
                "saving vmcore failed".ljust(200, "!")
            ),
        ),
        ("vmcore", {"README.txt": "About these dumps: ask the storage team."}, None),
        ("vmcore", {"vmcore-creation.status": "success kdump_test_id=1795373292-1\n"}, None),
        (
            "vmcore",
            {"vmcore-creation.status": "fail kdump_test_id=1795373292-1\n"},
            'vmcore-creation.status says "fail": the capture of "kdumpctl test" did not end.',
        ),
        ("vmcore", {"README.txt": "", "vmcore-creation.status": ""}, None),
    ],
)
def test_a_capture_that_did_not_end_well(
    name: str, files: Dict[str, str], reason: Optional[str], tmp_path: Path
) -> None:
    for one, text in files.items():
        (tmp_path / one).write_text(text)
    assert Beside(str(tmp_path).encode(), [name] + list(files)).unfinished(name) == reason


def test_files_that_vanish_say_nothing(tmp_path: Path) -> None:
    names = ["vmcore", "README.txt", "vmcore-creation.status"]
    assert Beside(str(tmp_path).encode(), names).unfinished("vmcore") is None


@pytest.mark.parametrize("said", ["\n" * (2 << 20), "vmcore status:" + " " * (2 << 20) + "x", " \n" * (1 << 20)])
def test_a_readme_of_blanks_takes_one_look(said: str, tmp_path: Path) -> None:
    """A search that begins again at each line break takes hours for this."""
    (tmp_path / "README.txt").write_text(said)
    found = Beside(str(tmp_path).encode(), ["vmcore", "README.txt"]).unfinished("vmcore")
    assert (found is None) is ("status" not in said)
