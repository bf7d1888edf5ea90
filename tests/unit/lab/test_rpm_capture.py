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


ROOT = "/dev/disk/by-uuid/1 /kdumproot/ ext4 rw 0 2\n"
FALLBACK = "/dev/disk/by-uuid/1 /sysroot ext4 rw 0 2\n"
RECORD = """\
printf '%s\\n' "${0##*/} $*" >>"$LAB_ROOT/sent"
case "$*" in
*" ${REFUSED:-nothing of it}"*) exit 1 ;;
*dd*) cat >>"$LAB_ROOT/received" ;;
esac
"""
COLLECTOR = """\
case "$*" in
*--dump-dmesg*) echo log >"$3" ;;
*-F*vmcore-incomplete) echo 'Commandline parameter is invalid.' >&2; exit 1 ;;
*-F*) echo flat ;;
*) for file; do :; done; echo "$*" >"$file" ;;
esac
"""


def capture(host: Host, conf: str, fstab: str = ROOT, below: str = "kdumproot", **variables: str) -> list[Path]:
    """What the capture kernel leaves below a mount point."""
    host.write("/etc/kdump.conf", conf)
    host.write("/etc/fstab", fstab)
    host.write("/proc/vmcore", "")
    host.run(str(KDUMP / "kdump.sh"), **variables)
    return sorted((host.root / below).rglob("*/*"))


@pytest.fixture
def network(host: Host, fake: Fake) -> Host:
    """A capture kernel whose network comes up; ssh and scp write down what they were told."""
    networkd = "/usr/lib/systemd/systemd-networkd"
    host.write(networkd, '#!/bin/sh\n: >"$LAB_ROOT/up"\n')
    (host.root / networkd[1:]).chmod(0o755)
    fake("getent", 'echo "192.0.2.1 STREAM $2"')
    fake("ip", '[ ! -e "$LAB_ROOT/up" ] || echo "192.0.2.1 dev eth1 src 192.0.2.7 uid 0"')
    fake("sleep", '[ "$1" = 1 ]')
    for name in ("ssh", "scp"):
        fake(name, RECORD)
    fake("makedumpfile", COLLECTOR)
    return host


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


SSH = "ssh kdump@server\npath /var/crash\ncore_collector makedumpfile -F -l -d31\n"
COLLECT_DUMP = Path(__file__).parents[3] / "roles/kdump/files/collect-dump.sh"
WORDS = "-q -i /root/.ssh/kdump_id_rsa -o BatchMode=yes -o StrictHostKeyChecking=yes"
STAMP = r"192\.0\.2\.7-\d{4}-\d\d-\d\d-\d\d:\d\d:\d\d"


def recorded() -> list[str]:
    """The commands of kdump-utils' own functions for one dump, but for the look beforehand and the opalcore."""
    lines = (Path(__file__).parents[1] / "fixtures/dump_gate/kdump-utils.txt").read_text().splitlines()
    dump = [line for line in lines[4:] if "opalcore" not in line]
    dump.remove("/usr/lib/openssh/sftp-server")  # that of the opalcore; the other one is scp's
    return dump


def test_a_dump_over_ssh_says_what_kdump_utils_says(network: Host) -> None:
    assert capture(network, SSH) == []
    sent = [re.sub(STAMP, "192.0.2.7-2026-11-22-18:48:37", line) for line in network.read("/sent").splitlines()]
    *commands, log = sent
    assert log.startswith(f"scp {WORDS} ")
    assert log.endswith("/tmp/kexec-dmesg.log kdump@server:/var/crash/192.0.2.7-2026-11-22-18:48:37/")
    assert [line.removeprefix(f"ssh {WORDS} kdump@server ") for line in commands] == recorded()[:-1]
    assert network.read("/received") == "log\nflat\n"
    assert network.read("/proc/sysrq-trigger") == "b\n"


def test_a_dump_over_nfs_is_one_in_a_file_system(network: Host) -> None:
    conf = "nfs server:/srv/dumps\npath /crash\nfinal_action poweroff\n"
    dump, *files = capture(network, conf, "server:/srv/dumps /kdumproot nfs defaults 0 0\n")
    assert re.fullmatch(STAMP, dump.name)
    assert dump.parent == network.root / "kdumproot/crash"
    assert [path.name for path in files] == ["kexec-dmesg.log", "vmcore", "vmcore-dmesg.txt"]
    assert network.read("/mounts").startswith("-t nfs -o defaults server:/srv/dumps ")
    assert network.read("/proc/sysrq-trigger") == "o\n"


def test_a_server_that_dies_during_a_dump_over_nfs_is_left_alone(network: Host, fake: Fake) -> None:
    """Its mount is soft: what is asked of it fails. The dump is saved here, and only that is unmounted."""
    fake("umount", 'echo "${1#"$LAB_ROOT"}" >>"$LAB_ROOT/unmounted"')
    fake("sync", "case $* in *server-export*) exit 1 ;; esac")
    fstab = "server:/srv/dumps /kdumproot/mnt/server-export nfs soft,timeo=100 0 0\n" + FALLBACK
    conf = "nfs server:/srv/dumps\npath /var/crash\nfailure_action dump_to_rootfs\n"
    dump, *files = capture(network, conf, fstab, "sysroot/var")
    assert dump.parent == network.root / "sysroot/var/crash"
    assert [path.name for path in files] == ["kexec-dmesg.log", "vmcore", "vmcore-dmesg.txt"]
    (there,) = (network.root / "kdumproot/mnt/server-export/var/crash").iterdir()
    assert {path.name for path in there.iterdir()} == {"kexec-dmesg.log", "vmcore-incomplete", "vmcore-dmesg.txt"}
    assert network.read("/mounts").startswith("-t nfs -o soft,timeo=100 server:/srv/dumps ")
    assert network.read("/unmounted") == "/sysroot\n"
    assert network.read("/proc/sysrq-trigger") == "b\n"


@pytest.mark.parametrize("refused", ["mkdir", "umask 0077 && dd bs=512", "mv '"])
def test_a_dump_that_the_server_does_not_take_goes_to_the_root_file_system(network: Host, refused: str) -> None:
    """By role kdump's collector: makedumpfile itself is given -F, as by kdump-utils 1.0.61, and refuses that."""
    conf = SSH.replace("makedumpfile -F", str(COLLECT_DUMP)) + "failure_action dump_to_rootfs\n"
    dump, *files = capture(network, conf, FALLBACK, "sysroot/var", REFUSED=refused)
    assert dump.parent == network.root / "sysroot/var/crash"
    assert re.fullmatch(STAMP, dump.name)
    assert [path.name for path in files] == ["kexec-dmesg.log", "vmcore", "vmcore-dmesg.txt"]
    assert network.read("/proc/sysrq-trigger") == "b\n"
    shutil.rmtree(network.root / "sysroot")
    found = capture(network, SSH + "failure_action dump_to_rootfs\n", FALLBACK, "sysroot/var", REFUSED=refused)
    assert "vmcore" not in {path.name for path in found}


def test_without_a_network_the_failure_action_is_taken(network: Host) -> None:
    (network.root / "usr/lib/systemd/systemd-networkd").write_text("#!/bin/sh\nexit 1\n")
    found = capture(network, SSH + "failure_action dump_to_rootfs\n", FALLBACK, "sysroot/var")
    assert found[0].name.startswith("127.0.0.1-")
    assert "no way to server" in network.read("/dev/kmsg")
    assert not (network.root / "sent").exists()


def test_a_target_that_the_stand_in_cannot_save_to_is_told(host: Host) -> None:
    assert capture(host, "raw /dev/vdb\n") == []
    assert "stand-in cannot save to a target of type raw" in host.read("/dev/kmsg")
