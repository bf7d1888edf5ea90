# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host after the role kdump: armed by the kernel's own word, configured, and not rebooted by the second run."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from testinfra.host import Host

WANTED = "512M-2G:192M,2G-64G:256M,64G-:512M"


def content(host: Host, path: str) -> str:
    """The text of a file on the host."""
    return str(host.file(path).content_string)


def test_more_than_one_processor_will_crash(host: Host) -> None:
    """Those that did not panic must be stopped: the other machines of Debian have one."""
    assert host.check_output("nproc") == "2"


def test_memory_is_reserved(host: Host) -> None:
    assert int(content(host, "/sys/kernel/kexec_crash_size")) == 192 << 20
    assert "Crash kernel" in content(host, "/proc/iomem")


def test_capture_kernel_is_loaded(host: Host) -> None:
    assert content(host, "/sys/kernel/kexec_crash_loaded").strip() == "1"


def test_booted_with_the_value_once(host: Host) -> None:
    values = [word for word in content(host, "/proc/cmdline").split() if word.startswith("crashkernel=")]
    assert values == [f"crashkernel={WANTED}"]


def test_every_boot_entry_has_the_value(host: Host) -> None:
    lines = [line for line in content(host, "/boot/grub/grub.cfg").split("\n") if line.strip().startswith("linux\t")]
    assert lines
    assert [line.split().count(f"crashkernel={WANTED}") for line in lines] == [1] * len(lines)


def test_service_starts_at_boot(host: Host) -> None:
    assert host.service("kdump-tools").is_enabled


def test_settings_of_the_policy(host: Host) -> None:
    names = "$USE_KDUMP $KDUMP_COREDIR $KDUMP_NUM_DUMPS [$KDUMP_COMPRESSION] $MAKEDUMP_ARGS"
    assert host.check_output(f". /etc/default/kdump-tools; echo {names}") == "1 /srv/dumps/var/crash 3 [] -c -d 31"
    assert host.check_output(". /etc/default/kdump-tools; echo $KDUMP_CMDLINE_APPEND").endswith("panic=10")


def test_settings_of_the_package_are_still_there(host: Host) -> None:
    text = content(host, "/etc/default/kdump-tools")
    assert "KDUMP_KERNEL=/var/lib/kdump/vmlinuz" in text.partition("# BEGIN kdump.fleet")[0]


def test_dumps_are_for_root_alone(host: Host) -> None:
    directory = host.file("/srv/dumps/var/crash")
    assert (directory.user, directory.mode) == ("root", 0o700)


def test_dumps_have_a_file_system_of_their_own(host: Host) -> None:
    """The reboot has mounted it again, by the line of the role."""
    words = host.check_output("findmnt --noheadings --output SOURCE,FSTYPE,OPTIONS /srv/dumps").split()
    assert words[:2] == ["/dev/vdb", "ext4"]
    assert {"nosuid", "nodev", "noexec"} <= set(words[2].split(","))
    text = content(host, "/etc/fstab")
    assert text.partition("# BEGIN kdump.fleet\n")[2].startswith("LABEL=dumps /srv/dumps ext4 ")


def test_kdump_info_agrees(host: Host) -> None:
    answer: dict[str, Any] = host.ansible("kdump.fleet.kdump_info", check=False, become=False)
    assert answer["ready"], answer["findings"]
    assert [finding["code"] for finding in answer["findings"] if finding["severity"] != "info"] == []
    assert "proof-missing" in [finding["code"] for finding in answer["findings"]]


def test_room_for_a_dump_is_asked_of_makedumpfile(host: Host) -> None:
    """Where there is less of it than memory, as on a disk that is nearly full."""
    host.check_output(
        "fallocate -l $(($(df --output=avail -B1 /srv/dumps | tail -n 1) - 200 * 1024 * 1024)) /srv/dumps/filler"
    )
    try:
        answer: dict[str, Any] = host.ansible("kdump.fleet.kdump_info", check=False, become=False)
    finally:
        host.check_output("rm /srv/dumps/filler")
    found = {finding["code"]: finding["message"] for finding in answer["findings"]}
    assert answer["ready"], answer["findings"]
    assert found["target-space-low"].endswith(" MiB (makedumpfile --mem-usage).")
    free, needed = (int(number) for number in re.findall("([0-9]+) MiB", found["target-space-low"]))
    assert 200 <= free < needed < 1024


def test_second_run_did_not_reboot(host: Host) -> None:
    name = host.ansible.get_variables()["inventory_hostname"]
    first = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], f"boot-id-{name}").read_text(encoding="ascii")
    assert content(host, "/proc/sys/kernel/random/boot_id").strip() == first.strip()
