# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host whose dumps go to a server: armed, known there, and confined to its own directory."""

from __future__ import annotations

from typing import Any

from testinfra.host import Host

testinfra_hosts = ["ansible://clients"]
KEY = "/root/.ssh/kdump_id_rsa"


def test_capture_kernel_is_loaded(host: Host) -> None:
    assert host.file("/sys/kernel/kexec_crash_loaded").content_string.strip() == "1"


def test_dumps_go_to_the_server(host: Host) -> None:
    names = "$SSH ${SSH_KEY:-unset} $KDUMP_COREDIR [$KDUMP_COMPRESSION] $MAKEDUMP_ARGS"
    said = host.check_output(f". /etc/default/kdump-tools; echo {names}")
    assert said == "kdump@192.0.2.1 unset /var/crash [] -l -d 31"  # kdump-tools' own key is the one that was enrolled


def test_everything_that_a_capture_needs_is_granted(host: Host) -> None:
    """Asked of the real server: a directory made and removed there, and its room."""
    answer: dict[str, Any] = host.ansible("kdump.fleet.kdump_info", "probe=write", check=False, become=False)
    assert answer["ready"], answer["findings"]
    assert [finding["code"] for finding in answer["findings"] if finding["severity"] != "info"] == []


def test_pins_are_the_servers_own_keys(host: Host) -> None:
    """For its name and for its address, and no others."""
    served = host.check_output("ssh-keyscan -q 192.0.2.1").splitlines()
    keys = sorted(line.partition(" ")[2] for line in served)
    pinned = [line for line in host.file("/root/.ssh/known_hosts").content_string.splitlines() if line[0] != "#"]
    assert sorted(line.partition(" ")[2] for line in pinned) == keys
    assert keys
    for line in pinned:
        assert {"192.0.2.1", "dump1"} <= set(line.partition(" ")[0].split(","))


def test_the_key_opens_no_shell(host: Host) -> None:
    for command in ("", "ls", "cat /etc/passwd", "mkdir -p /tmp/n1", "mkdir -p /var/crash/../n2"):
        done = host.run(f"ssh -i {KEY} -o BatchMode=yes kdump@192.0.2.1 '{command}' </dev/null")
        assert done.rc != 0, command
        assert done.stdout == "", command


def test_the_key_is_root_s_alone(host: Host) -> None:
    assert host.file(KEY).mode == 0o600
