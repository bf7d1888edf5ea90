# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory in place of a host of the image rpm: the stand-ins for kdump-utils and grubby run there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from tests.lab.recipes import RPM
from tests.unit.lab.conftest import Fake

KDUMP = RPM.directory / "kdump-utils"
RELEASE = "7.2.12+deb14-cloud-amd64"
KERNEL = f"/boot/vmlinuz-{RELEASE}"
INITRD = f"/boot/initramfs-{RELEASE}kdump.img"
MACHINE = "0123456789abcdef0123456789abcdef"
RESCUE = f"0-rescue-{MACHINE}"
DEFAULT = "2G-64G:256M,64G-:512M"
LATER = 2_000_000_000  # seconds: newer than what else is there

# The devices of the machine that the fixture was made on: a root file system, /boot, and a disk that only fstab knows.
FINDMNT = """\
case $* in
*FSTYPE*) column=2 ;;
*SOURCE*) column=1 ;;
*TARGET*) column=3 ;;
*OPTIONS*) column=4 ;;
*) column=0 ;;
esac
rows='/dev/vda3 ext4 / rw,relatime
/dev/vda2 ext4 /boot rw,relatime
'"${MOUNTED-}"
case $* in *--fstab*) rows=$FSTAB ;; esac
for wanted; do :; done
[ "$column" != 0 ] || { echo "$rows" | cut -d " " -f 3 | grep -Fqx -- "$wanted"; exit; }
case $* in *--target*) wanted=/dev/vda3 ;; esac
echo "$rows" | awk -v device="$wanted" -v column=$column '$1 == device { print $column; n = 1 } END { exit !n }'
"""
BLKID = """\
case "$*" in
"-U 11111111-1111-4111-8111-111111111111") echo /dev/vda3 ;;
*"-o value /dev/vda3") echo 11111111-1111-4111-8111-111111111111 ;;
*"-o value "*) echo 22222222-2222-4222-8222-222222222222 ;;
*) exit 2 ;;
esac
"""
SSH = """\
case "$*" in
-G*@*) host=${2#*@}; echo "hostname $host" ;;
-G*) echo "hostname $2" ;;
*root@*) echo 'Permission denied (publickey).' >&2; exit 255 ;;
*mktemp*/srv/forbidden*) exit 1 ;;
*mktemp*) echo /var/crash/tmp.x ;;
*df*) echo Avail; echo 99999999 ;;
esac
"""
KEXEC = """\
printf '%s\\n' "$@" >>"$LAB_ROOT/kexec"
case " $* " in *" -u "*) state=0 ;; *) state=1 ;; esac
echo $state >"$LAB_ROOT/sys/kernel/kexec_crash_loaded"
"""
MAKEDUMPFILE = """\
case "$*" in
*nosuch*) echo "makedumpfile: unrecognized option '--nosuch'" >&2; exit 1 ;;
*99*) echo 'Dump_level(99) is invalid.' >&2; exit 1 ;;
*--check-params*) ;;
*--dump-dmesg*) echo 'the log' >"$3" ;;
*) for file; do :; done; echo "$*" >"$file" ;;
esac
"""
MOUNT = """\
case "$*" in
*nosuch*) echo 'mount.nfs: access denied by server while mounting 192.168.77.1:/nosuch' >&2; exit 32 ;;
esac
echo "$*" >>"$LAB_ROOT/mounts"
"""


class Host:
    """A directory in place of /, on which the stand-ins run."""

    def __init__(self, root: Path) -> None:
        self.root = root
        shutil.copytree(RPM.directory / "files" / "etc", root / "etc")
        (root / "usr/lib/kdump").mkdir(parents=True)
        shutil.copy(KDUMP / "kdump-lib.sh", root / "usr/lib/kdump")
        for name in ("boot/grub2", "boot/loader/entries", "var/crash", "run/lock", "tmp", "dev", "etc/sysconfig"):
            (root / name).mkdir(parents=True)
        shutil.copy(KDUMP / "kdump.sysconfig", root / "etc/sysconfig/kdump")
        self.files = {
            KERNEL: "",
            INITRD: "",
            "/etc/kdump.conf": (KDUMP / "kdump.conf").read_text(),
            "/sys/kernel/kexec_crash_loaded": "0\n",
            "/sys/kernel/kexec_crash_size": f"{256 << 20}\n",
            "/proc/cmdline": f"BOOT_IMAGE={KERNEL} root=LABEL=lab-root ro quiet console=ttyS0 crashkernel={DEFAULT}\n",
            "/proc/cpuinfo": "processor\t: 0\ninitial apicid\t: 0\n",
            "/proc/meminfo": "MemTotal:        2500000 kB\n",
            "/proc/modules": "virtio_blk 1572864 2 - Live 0x0\n",
            "/proc/iomem": (
                "00001000-0009fbff : System RAM\n00100000-9fffffff : System RAM\n"
                "  01000000-01ffffff : Kernel code\n  02000000-020fffff : Kernel data\n"
            ),
            "/boot/grub2/grubenv": f"# GRUB Environment Block\nsaved_entry={MACHINE}-{RELEASE}\n",
        }
        for version, ending in ((RELEASE, RELEASE), (RESCUE, "0-rescue")):
            self.files[f"/boot/loader/entries/{MACHINE}-{ending}.conf"] = (
                f"title Fedora Linux ({version}) 43\nversion {version}\nlinux /boot/vmlinuz-{version}\n"
                f"initrd /boot/initramfs-{version}.img\noptions root=LABEL=lab-root ro console=ttyS0 tsc=reliable\n"
            )
        for path, text in self.files.items():
            self.write(path, text)
        os.utime(root / INITRD[1:], (LATER, LATER))

    def write(self, path: str, text: str) -> None:
        (self.root / path[1:]).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path[1:]).write_text(text, encoding="utf-8")

    def read(self, path: str) -> str:
        return (self.root / path[1:]).read_text(encoding="utf-8")

    def configure(self, text: str) -> None:
        """A kdump.conf that is newer than the capture initrd."""
        self.write("/etc/kdump.conf", text)
        os.utime(self.root / "etc/kdump.conf", (LATER + 1, LATER + 1))

    def run(self, command: str, *arguments: str, **variables: str) -> tuple[int, str, str]:
        """The exit status and both outputs of a stand-in, with the paths of the machine."""
        environment = {**os.environ, "LAB_ROOT": str(self.root), "FSTAB": "", "LC_ALL": "C.UTF-8", **variables}
        words = [command, *arguments]
        done = subprocess.run(words, env=environment, text=True, capture_output=True, timeout=30, check=False)
        return done.returncode, done.stdout.replace(str(self.root), ""), done.stderr.replace(str(self.root), "")

    @property
    def loaded(self) -> bool:
        return self.read("/sys/kernel/kexec_crash_loaded").strip() == "1"

    def kdumpctl(self, *words: str, **variables: str) -> tuple[int, list[str]]:
        """The exit status and what is said, line by line."""
        status, output, complaint = self.run("kdumpctl", *words, **variables)
        return status, (output + complaint).splitlines()

    def entry(self, ending: str = RELEASE) -> str:
        """The command line of a boot entry."""
        match = re.search("^options (.*)$", self.read(f"/boot/loader/entries/{MACHINE}-{ending}.conf"), re.MULTILINE)
        assert match
        return match.group(1)


def make_host(tmp_path: Path, fake: Fake) -> Host:
    """A host that runs a kernel with a reservation, with nothing loaded yet."""
    for name, script in (
        ("uname", f"echo {RELEASE}"),
        ("hostname", "[ $# = 0 ] && echo host || echo 192.0.2.7"),
        *(("findmnt", FINDMNT), ("blkid", BLKID), ("ssh", SSH), ("kexec", KEXEC), ("mount", MOUNT), ("umount", "")),
        ("makedumpfile", MAKEDUMPFILE),
        ("lsinitrd", "case $* in *modules*) echo virtio_blk ;; esac"),
        ("dracut", 'printf "%s\\n" "$@" >"$LAB_ROOT/dracut"'),
        ("dmesg", "echo 'the capture kernel'"),
        ("sync", ""),
        ("grub2-editenv", 'sed -i "s/^saved_entry=.*/$3/" "$1"'),
    ):
        fake(name, script)
    for script_path in (KDUMP / "kdumpctl.sh", KDUMP / "mkdumprd.sh", RPM.directory / "grubby" / "grubby.sh"):
        (tmp_path / "bin" / script_path.stem).symlink_to(script_path)
    return Host(tmp_path / "root")
