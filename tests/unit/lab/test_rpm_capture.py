# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The image rpm's stand-in for the capture service leaves what the real one leaves."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.unit.lab.conftest import Fake
from tests.unit.lab.rpm_host import KDUMP, Host, make_host


@pytest.fixture
def host(tmp_path: Path, fake: Fake) -> Host:
    return make_host(tmp_path, fake)


def capture(host: Host, conf: str) -> list[Path]:
    """What the capture kernel leaves below the root file system."""
    host.write("/etc/kdump.conf", conf)
    host.write("/etc/fstab", "/dev/disk/by-uuid/1 /kdumproot/ ext4 rw 0 2\n")
    host.write("/proc/vmcore", "")
    host.run(str(KDUMP / "kdump-capture.sh"))
    return sorted((host.root / "kdumproot").rglob("*/*"))


def test_a_dump_is_whole_and_private(host: Host) -> None:
    found = capture(host, "path /var/crash\ncore_collector makedumpfile -F -l -d 31\n")
    dump, *files = [path for path in found if "127.0.0.1" in str(path)]
    assert re.fullmatch(r"127\.0\.0\.1-\d{4}-\d\d-\d\d-\d\d:\d\d:\d\d", dump.name)
    assert dump.parent == host.root / "kdumproot/var/crash"
    assert [path.name for path in files] == ["kexec-dmesg.log", "vmcore", "vmcore-dmesg.txt"]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    collector = host.read(f"/kdumproot/var/crash/{dump.name}/vmcore").split()
    assert collector[:3] == ["-l", "-d", "31"], "a file takes no flattened dump"
    assert host.read("/proc/sysrq-trigger") == "b\n"


def test_a_dump_that_fails_keeps_its_name(host: Host, fake: Fake) -> None:
    fake("makedumpfile", 'for file; do :; done; echo part >"$file"; exit 1')
    names = {path.name for path in capture(host, "failure_action poweroff\n")}
    assert {"vmcore-incomplete", "vmcore-dmesg-incomplete.txt"} < names
    assert not {"vmcore", "vmcore-dmesg.txt"} & names
    assert host.read("/proc/sysrq-trigger") == "o\n"


def test_hooks_of_a_dump(host: Host) -> None:
    for name, script in (("pre", "exit 0"), ("post", 'echo "$1" >"$LAB_ROOT/post-status"')):
        host.write(f"/etc/{name}.sh", f"#!/bin/sh\n{script}\n")
        (host.root / f"etc/{name}.sh").chmod(0o755)
    assert capture(host, "kdump_pre /etc/pre.sh\nkdump_post /etc/post.sh\nfinal_action poweroff\n")
    assert host.read("/post-status") == "0\n"
    assert host.read("/proc/sysrq-trigger") == "o\n"
    shutil.rmtree(host.root / "kdumproot")
    host.write("/etc/pre.sh", "#!/bin/sh\nexit 1\n")
    assert capture(host, "kdump_pre /etc/pre.sh\n") == []
    assert host.read("/proc/sysrq-trigger") == "b\n"


def test_a_target_that_the_stand_in_cannot_save_to_is_told(host: Host) -> None:
    assert capture(host, "nfs server:/dumps\n") == []
    assert "stand-in cannot save to a target of type nfs" in host.read("/dev/kmsg")
