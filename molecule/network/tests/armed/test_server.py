# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A dump server after its role: one key, one directory, one export, and the settings of sshd."""

from __future__ import annotations

from testinfra.host import Host

testinfra_hosts = ["ansible://dump_servers"]


def test_the_hosts_key_may_run_the_gate_alone(host: Host) -> None:
    lines = host.file("/etc/ssh/kdump-fleet/authorized_keys").content_string.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith('restrict,command="/usr/local/libexec/kdump-gate n1 /var/crash" ssh-ed25519 ')


def test_sshd_was_told(host: Host) -> None:
    told = host.check_output("/usr/sbin/sshd -T -C user=kdump,host=n1,addr=192.0.2.2").splitlines()
    for line in (
        "maxstartups 200:30:400",
        "persourcepenaltyexemptlist 192.0.2.0/24",
        "authorizedkeysfile /etc/ssh/kdump-fleet/authorized_keys",
        "disableforwarding yes",
        "permittty no",
    ):
        assert line in told


def test_nothing_of_it_touches_other_users(host: Host) -> None:
    told = host.check_output("/usr/sbin/sshd -T -C user=root,host=n1,addr=192.0.2.2").splitlines()
    assert "authorizedkeysfile .ssh/authorized_keys .ssh/authorized_keys2" in told
    assert "permittty yes" in told


def test_the_folder_is_the_dump_users(host: Host) -> None:
    folder = host.file("/srv/kdump/n1")
    assert (folder.user, folder.mode) == ("kdump", 0o700)


def test_the_folder_is_exported_to_its_host_alone(host: Host) -> None:
    exports = host.check_output("exportfs -s").splitlines()
    assert len(exports) == 1
    path, options = exports[0].split()
    assert path == "/srv/kdump/n1"
    assert options.startswith("192.0.2.2(")
    assert {"rw", "all_squash", f"anonuid={host.user('kdump').uid}"} <= set(options[:-1].partition("(")[2].split(","))


def test_retention_is_due_every_day(host: Host) -> None:
    assert host.check_output("systemctl is-active kdump-gate-retain.timer") == "active"
    assert host.service("kdump-gate-retain.timer").is_enabled
