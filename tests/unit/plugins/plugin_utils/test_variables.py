# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which variables are refused, and in which words; which are taken."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
import yaml

from ansible_collections.kdump.fleet.plugins.plugin_utils.known_variables import (
    FACTS,
    INVENTORY_VARIABLES,
    PLAYBOOK_VARIABLES,
    PREFIXES,
    ROLES,
    role_specifications,
    specifications,
)
from ansible_collections.kdump.fleet.plugins.plugin_utils.variable_rules import COMBINATIONS, RULES, Inventory
from ansible_collections.kdump.fleet.plugins.plugin_utils.variables import SHOWN, UNRESOLVED, faults, in_inventory_alone
from tests.checkout import ROOT, files

INVENTORY = Inventory(
    frozenset({"web1", "web2", "dump1"}),
    {"all": ["web1", "web2", "dump1"], "dump_servers": ["dump1"], "empty": []},
)
WAVES = "use numbers from 1 on and percentages from 1% to 100%, for instance [1, '10%'] or 1,10%"
NAMES = "it is not a list of names: write [web1, web2], or web1,web2 on the command line"
BOOL = "use true or false"
LIST = "use a list, for instance [a, b]"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKV6"


def judged(**variables: Any) -> list[str]:
    """What is said of one host with these variables."""
    return faults({"web1": variables}, INVENTORY)


WRONG: list[tuple[dict[str, Any], str]] = [
    # names
    ({"kdump_crashkernal": "256M"}, "Did you mean kdump_crashkernel?"),
    ({"kdump_reboot_okay": True}, "is not a variable of kdump.fleet. Did you mean kdump_reboot_ok?"),
    ({"kdump_audit_stric": True}, "Did you mean kdump_audit_strict?"),
    ({"crash_test_conform": "web1"}, "Did you mean crash_test_confirm?"),
    ({"dump_server_qouta_percent": 10}, "Did you mean dump_server_quota_percent?"),
    ({"kdump_xyz": 1}, "list it in kdump_allowed_variables"),
    ({"kdump_kdump_tools": {"USE_KDUMP": 1, "HOSTTAG": "ip"}}, 'Write in its place: kdump_options: {"HOSTTAG": "ip"}.'),
    (
        {
            "kdump_kdump_tools": {
                "KDUMP_COREDIR": "/var/crash",
                "MAKEDUMP_ARGS": "-c -d 31",
                "KDUMP_FAIL_CMD": "reboot -f",
            }
        },
        "kdump_path: '/var/crash'; kdump_core_collector: 'makedumpfile -c -d 31'; kdump_system_action: 'reboot'.",
    ),
    ({"kdump_kdump_tools": {"SSH": "a@b"}}, 'kdump_target: {"type": "ssh", "location": "a@b"}'),
    ({"kdump_sysconfig": {"KDUMP_SAVEDIR": "/x"}}, "for /etc/sysconfig/kdump. Hosts with that file are not managed"),
    # crashkernel
    ({"kdump_crashkernel": 512}, "it has no unit and would reserve 512 bytes. Did you mean 512M?"),
    ({"kdump_crashkernel": "512"}, "Did you mean 512M?"),
    ({"kdump_crashkernel": 16}, "it has no unit and would reserve 16 bytes. Did you mean 16M?"),
    ({"kdump_crashkernel": 15}, "16 MiB is the least"),
    ({"kdump_crashkernel": 1}, "16 MiB is the least"),
    ({"kdump_crashkernel": "1M"}, "16 MiB is the least"),
    ({"kdump_crashkernel": "1k"}, "16 MiB is the least"),
    ({"kdump_crashkernel": "64K"}, "16 MiB is the least"),
    ({"kdump_crashkernel": "0256M"}, "as an octal number, 174 MiB"),
    ({"kdump_crashkernel": "256MB"}, "not a number with one of K, M, G, T, P, E behind it"),
    ({"kdump_crashkernel": "-256M"}, "not a number"),
    ({"kdump_crashkernel": "256M; reboot"}, "not a number"),
    ({"kdump_crashkernel": "crashkernel=256M"}, "not a number"),
    ({"kdump_crashkernel": "4G-2G:256M"}, "the end is not above the start"),
    ({"kdump_crashkernel": "128M 256M"}, "only the last would count"),
    ({"kdump_crashkernel": "64M,low"}, "reserves nothing without"),
    ({"kdump_crashkernel": "Absent"}, "Or write 'default', 'absent' or an empty text"),
    ({"kdump_crashkernel": "b\u00e4nana"}, "not a number"),
    ({"kdump_crashkernel": True}, "use one text"),
    ({"kdump_crashkernel": ["256M"]}, "use one text"),
    ({"kdump_crashkernel": "absent", "kdump_memory_policy": "raise"}, "it contradicts kdump_crashkernel: absent"),
    # words and numbers
    ({"kdump_state": "Absent"}, "use present or absent"),
    ({"kdump_state": "abesnt"}, "use present or absent"),
    ({"kdump_state": None}, "null is no value for it: use present or absent, or leave the variable out"),
    ({"kdump_memory_policy": "grow"}, "use warn, fail or raise"),
    ({"kdump_memory_policy": "Raise"}, "use warn, fail or raise"),
    ({"kdump_reboot_ok": "sometimes"}, BOOL),
    ({"kdump_reboot_ok": "maybe"}, BOOL),
    ({"kdump_reboot_ok": "treu"}, BOOL),
    ({"kdump_audit_strict": "yess"}, BOOL),
    ({"kdump_reboot_ok": 2}, BOOL),
    ({"kdump_reboot_timeout": -1}, "use a number of 1 or more"),
    ({"kdump_reboot_timeout": "10m"}, "use a number of 1 or more"),
    ({"kdump_arm_timeout": 0}, "use a number of 1 or more"),
    ({"crash_test_timeout": 0}, "use a number of 1 or more"),
    ({"kdump_keep_dumps": "three"}, "use a number from 0 to 999999999"),
    ({"kdump_keep_dumps": -3}, "use a number from 0 to 999999999"),
    ({"kdump_keep_dumps": 10**30}, "use a number from 0 to 999999999"),
    ({"kdump_keep_dumps": True}, "use a number from 0 to 999999999"),
    ({"kdump_keep_dumps": 1.5}, "use a number from 0 to 999999999"),
    ({"kdump_system_action": "restart"}, "use reboot, halt, poweroff, shell or dump_to_rootfs"),
    ({"kdump_compression": "zstd"}, "use none, bzip2, gzip, lz4 or xz"),
    ({"kdump_probe": "writ"}, "use write, read or none"),
    ({"kdump_fallback": "remote"}, "use local or none"),
    ({"crash_test_trigger": "SysRq"}, "use sysrq or module"),
    ({"kdump_prove": "yes"}, "use none, canary or all"),
    ({"kdump_prove": True}, "use none, canary or all"),
    ({"kdump_prove": "Canary"}, "use none, canary or all"),
    # paths
    ({"kdump_path": "var/crash"}, "it is not absolute: write a path from /"),
    ({"kdump_path": "/"}, "it is a directory of the system"),
    ({"kdump_path": "/tmp"}, "it is a directory of the system: choose one of its own, for instance /srv/kdump"),
    ({"kdump_path": "/var"}, "it is a directory of the system: choose one of its own, for instance /var/crash"),
    ({"kdump_path": "/etc"}, "it is a directory of the system"),
    ({"kdump_path": "/var/my crash"}, "it holds ' '"),
    ({"kdump_path": "/var/$(id)"}, "it holds '$'"),
    ({"kdump_sshkey": "relative/key"}, "it is not absolute"),
    ({"kdump_core_collector": "makedumpfile -c -d 99"}, "makedumpfile refuses the level '99', which goes from 0 to 31"),
    ({"kdump_core_collector": "makedumpfile -c -d 31; reboot"}, "makedumpfile refuses 'reboot"),
    ({"kdump_core_collector": "makedumpfile -c\n-d 31"}, "it holds a line break"),
    ({"kdump_nfs_options": "soft, timeo=100"}, "it holds blanks or line breaks"),
    ({"kdump_dracut_args": "-v\n-f"}, "it holds a line break"),
    # the target
    (
        {"kdump_target": "ssh"},
        "use a dictionary with type and location, for instance {type: ssh, location: user@server}",
    ),
    ({"kdump_target": []}, "use a dictionary with type and location"),
    ({"kdump_target": {"typ": "ssh"}}, "it knows no key 'typ', only type and location. Did you mean type?"),
    (
        {"kdump_target": {"type": "ssh", "locaton": "a@b"}},
        "it knows no key 'locaton', only type and location. Did you mean",
    ),
    (
        {"kdump_target": {"location": "a@b"}},
        "it has no type: use one of local, btrfs, ext2, ext3, ext4, minix, nfs, raw",
    ),
    ({"kdump_target": {"type": "sftp"}}, "there is no type 'sftp'"),
    ({"kdump_target": {"type": "ssh", "location": 5}}, "its location is not text"),
    (
        {"kdump_target": {"type": "ssh"}},
        "the type ssh needs a location (user@server), kdump_dump_servers or kdump_ssh_server",
    ),
    ({"kdump_target": {"type": "nfs"}}, "the type nfs needs a location (server:/export) or kdump_dump_servers"),
    ({"kdump_target": {"type": "ext4"}}, "the type ext4 needs a location"),
    ({"kdump_target": {"type": "local", "location": "/dev/vdb"}}, "the type local takes no location"),
    ({"kdump_target": {"type": "ssh", "location": "server"}}, "the location of the type ssh is written user@server"),
    ({"kdump_target": {"type": "nfs", "location": "nfs.example.com"}}, "is written server:/export"),
    ({"kdump_mount_point": "/srv/dumps"}, "it needs a kdump_target that is a file system"),
    (
        {"kdump_mount_point": "/srv/dumps", "kdump_target": {"type": "ssh", "location": "a@b"}},
        "it needs a kdump_target that is a file system",
    ),
    (
        {"kdump_mount_point": "/srv", "kdump_target": {"type": "ext4", "location": "/dev/vdb"}},
        "a directory of the system",
    ),
    ({"kdump_ssh_server": "a@b"}, "it names a user: write the server alone, and the user into kdump_ssh_user"),
    ({"kdump_ssh_user": "a@b"}, "it is not a name of a user"),
    ({"kdump_dump_servers": "dump1"}, LIST),
    ({"kdump_dump_servers": None}, "null is no value for it"),
    ({"kdump_dump_servers": ["dump9"]}, "'dump9' is not a host of the inventory. Did you mean dump1?"),
    ({"kdump_dump_servers": [1]}, "not every item is a text"),
    # options
    ({"kdump_overwrite_device": "sdb"}, "it is not absolute"),
    ({"kdump_overwrite_device": "/srv/../srv/disk"}, "it is not a device: write its name below /dev"),
    ({"kdump_options": ["A"]}, "use a dictionary"),
    ({"kdump_options": "foo"}, "use a dictionary"),
    ({"kdump_options": {"USE_KDUMP": "0"}}, "'USE_KDUMP' cannot be set here: set kdump_state of role kdump instead"),
    ({"kdump_options": {"KDUMP_COREDIR": "/x"}}, "set kdump_path of role kdump instead"),
    ({"kdump_options": {"ssh": "a@b"}}, "set kdump_target of role kdump instead"),
    ({"kdump_options": {"KDUMP_CORDIR": "/x"}}, "no kdump tool reads it; did you mean KDUMP_COREDIR?"),
    ({"kdump_options": {"extra_bin": "/x"}}, "did you mean extra_bins?"),
    ({"kdump_options": {"KDUMP CORE DIR": "/x"}}, "it is not a name of a setting"),
    ({"kdump_options": {"HOSTTAG": ["ip"]}}, "give one text or number"),
    ({"kdump_options": {"HOSTTAG": None}}, "the value of 'HOSTTAG' is None: give one text or number"),
    ({"kdump_environment": {"A B": "1"}}, "'A B' is not a name of a variable"),
    ({"kdump_environment": {"KDUMP_IMG": None}}, "give one text or number"),
    ({"kdump_environment": {"KDUMP_IMG": ["vmlinuz"]}}, "the value of 'KDUMP_IMG' is ['vmlinuz']: give one text or"),
    # waves, crashes
    ({"kdump_waves": "all"}, WAVES),
    ({"kdump_waves": "ten%"}, WAVES),
    ({"kdump_waves": 0}, WAVES),
    ({"kdump_waves": "0"}, WAVES),
    ({"kdump_waves": "0%"}, WAVES),
    ({"kdump_waves": []}, WAVES),
    ({"kdump_waves": [1, "110%"]}, WAVES),
    ({"kdump_waves": [1, True]}, WAVES),
    ({"kdump_waves": {"first": 1}}, WAVES),
    ({"crash_test_at_once": "two"}, "use a number of 1 or more"),
    ({"crash_test_at_once": -1}, "use a number of 1 or more"),
    ({"crash_test_at_once": 0}, "use a number of 1 or more"),
    ({"crash_test_confirm": {"h1": False}}, NAMES),
    ({"crash_test_confirm": True}, NAMES),
    ({"crash_test_confirm": None}, "null is no value for it"),
    ({"crash_test_confirm": "all"}, "'all' is not a host of the inventory"),
    ({"crash_test_confirm": ["web3"]}, "'web3' is not a host of the inventory. Did you mean web"),
    ({"kdump_canaries": "web7"}, "'web7' is not a host of the inventory"),
    ({"kdump_hosts": None}, "null is no value for it"),
    ({"kdump_hosts": ""}, "it is not a pattern of hosts"),
    ({"kdump_hosts": [1]}, "it is not a pattern of hosts"),
    # dump servers
    ({"dump_server_user": "root"}, "root would be locked out of the server"),
    ({"dump_server_user": ""}, "it is not a name of a user"),
    ({"dump_server_user": "kdump\nroot"}, "it is not a name of a user"),
    ({"dump_server_user": "kdump,root"}, "it is not a name of a user"),
    ({"dump_server_user": "admin", "ansible_user": "admin"}, "Ansible logs in as this user (ansible_user)"),
    ({"dump_server_directory": "srv/kdump"}, "it is not absolute"),
    ({"dump_server_directory": "/"}, "it is a directory of the system"),
    ({"dump_server_directory": "/srv/../srv/"}, "it is a directory of the system"),
    ({"dump_server_directory": "/etc/kdump"}, "it is below /etc, which is not a place for dumps"),
    ({"dump_server_directory": "/srv/my dumps"}, "it holds ' '"),
    ({"dump_server_quota_percent": 250}, "use a number from 0 to 100"),
    ({"dump_server_quota_percent": -5}, "use a number from 0 to 100"),
    ({"dump_server_floor_bytes": "10G"}, "use a number of 0 or more"),
    ({"dump_server_keep": -1}, "use a number of 0 or more"),
    ({"dump_server_keep_days": -1}, "use a number of 0 or more"),
    ({"dump_server_entries": 0}, "use a number of 1 or more"),
    ({"dump_server_max_startups": "lots"}, "use start:rate:full of sshd_config(5)"),
    ({"dump_server_max_startups": "200:0:400"}, "use start:rate:full of sshd_config(5)"),
    ({"dump_server_max_startups": "200:101:400"}, "use start:rate:full of sshd_config(5)"),
    ({"dump_server_max_startups": "200:30:199"}, "use start:rate:full of sshd_config(5)"),
    ({"dump_server_max_startups": "0"}, "use start:rate:full of sshd_config(5)"),
    ({"dump_server_max_startups": "200:30:100"}, "use start:rate:full of sshd_config(5)"),
    ({"dump_server_collector_keys": KEY}, LIST),
    ({"dump_server_collector_keys": ["abc"]}, "'abc' is not a public key"),
    ({"dump_server_hosts": "web1"}, LIST),
    ({"dump_server_group": "nosuchgroup"}, "the inventory has no such group"),
    ({"dump_server_group": "dump_server"}, "Did you mean dump_servers?"),
    ({"dump_server_group": "empty"}, "that group has no hosts"),
    ({"dump_server_nfs": "perhaps"}, BOOL),
    ({"kdump_allowed_variables": "kdump_site_*"}, LIST),
]


@pytest.mark.parametrize(("variables", "message"), WRONG, ids=lambda value: repr(value)[:60])
def test_wrong_values_are_refused_once_and_by_name(variables: dict[str, Any], message: str) -> None:
    """The message names the variable, its value, the host, and what is allowed."""
    found = judged(**variables)
    assert len(found) == 1, found
    assert message in found[0]
    name = re.match(r"(\w+) \(web1\) is ", found[0])
    assert name and name[1] in variables


RIGHT: list[dict[str, Any]] = [
    {"kdump_crashkernel": value}
    for value in (
        *("256M", "default", "absent", "", None, "auto", "512M-2G:192M,2G-64G:256M,64G-:512M", "0-2G:0,2G-:256M"),
        *("512M,high 0,low", "256M@16M", 268435456, "0x10000000"),
    )
] + [
    {"kdump_reboot_ok": value} for value in (True, False, "yes", "true", "on", "no", "0", 1)
]  # as the command line gives them
RIGHT += [
    {"kdump_waves": value} for value in (1, "1", [1, "10%", "100%"], "1,10%,100%", "1, 10%", "100%", [4], ("1", "2"))
]
RIGHT += [
    {"kdump_target": None},
    *({"dump_server_max_startups": value} for value in ("1", "200:1:400", "200:100:200")),
    {"kdump_target": {"type": "local"}},
    {"kdump_target": {"type": "local", "location": ""}},
]
RIGHT += [
    {"kdump_target": {"type": "ssh", "location": "a@b"}},
    {"kdump_target": {"type": "nfs", "location": "[fd00::1]:/x"}},
    {"kdump_target": {"type": "ssh"}, "kdump_dump_servers": ["dump1"]},
    {"kdump_target": {"type": "nfs"}, "kdump_dump_servers": ["dump1"]},
    {"kdump_target": {"type": "ssh"}, "kdump_ssh_server": "vault.example.org"},
    {"kdump_target": {"type": "ext4", "location": "UUID=1"}, "kdump_mount_point": "/srv/dumps"},
    {"kdump_target": {"type": "ssh"}, "kdump_dump_servers": UNRESOLVED},  # it may name one
    {"kdump_target": UNRESOLVED, "kdump_mount_point": "/srv/dumps"},
    {
        "kdump_core_collector": "",
        "kdump_sshkey": "",
        "kdump_ssh_user": "",
        "kdump_ssh_server": "",
        "kdump_dracut_args": "",
    },
    {"kdump_core_collector": "makedumpfile -F -l --message-level 7 -d 31", "kdump_sshkey": "/root/.ssh/id"},
    {"kdump_core_collector": "scp", "kdump_path": None, "kdump_options": None, "kdump_system_action": None},
    {"kdump_options": {"HOSTTAG": "ip", "NFS_TIMEO": 600, "extra_bins": "", "FUTURE_SETTING": "1"}},
    {"kdump_environment": {"KDUMP_IMG": "vmlinuz"}, "kdump_keep_dumps": "3"},
    {"kdump_hosts": "rack1:!db1", "dump_server_group": "dump_servers"},
    {"crash_test_confirm": "web1, web2", "kdump_canaries": ["web1"]},
    {"crash_test_confirm": []},
    {"dump_server_user": "kdump", "ansible_user": "admin", "dump_server_max_startups": ""},
    {
        "dump_server_max_startups": "300",
        "dump_server_collector_keys": [KEY + " backup"],
        "dump_server_hosts": ["gone1"],
    },
    {"dump_server_address": "10.0.0.1", "dump_server_addresses": ["dump1.example.org"], "dump_server_python": None},
    {"kdump_site_owner": "x", "kdump_rack": 7, "kdump_allowed_variables": ["kdump_site_*", "kdump_rack"]},
    {"__kdump_private": 1, "other_variable": 2, "kdumpish": 3},
    dict.fromkeys(sorted(FACTS), "set by an earlier play"),
    {"kdump_waves": "", "kdump_prove": "", "kdump_canaries": "", "kdump_wave_max_fail": "", "kdump_audit_strict": ""},
    {"kdump_waves": None, "kdump_prove": None, "kdump_canaries": None, "kdump_prove_at_once": None},
    dict.fromkeys(specifications(), UNRESOLVED),
]


@pytest.mark.parametrize("variables", RIGHT, ids=lambda value: repr(value)[:60])
def test_right_values_are_taken(variables: dict[str, Any]) -> None:
    """In every form that the roles understand."""
    assert judged(**variables) == []


def test_why_a_crashkernel_value_cannot_be_used_follows_the_value() -> None:
    (found,) = judged(kdump_crashkernel="256MB")
    assert found.startswith("kdump_crashkernel (web1) is '256MB': the size is '256MB', not a number with one of")


def test_the_defaults_are_taken() -> None:
    """What argument specifications have as defaults stands up to the rules."""
    assert judged(**{name: spec["default"] for name, spec in specifications().items() if "default" in spec}) == []


def test_a_fault_is_told_once_for_all_its_hosts() -> None:
    """The first few by name and the rest as a number; of every host in no more words than of one."""
    fleet: dict[str, dict[str, Any]] = {f"h{number:03}": {"kdump_keep_dumps": 1} for number in range(800)}
    for number in range(100):
        fleet[f"h{number:03}"] = {"kdump_keep_dumps": -1, "kdump_path": f"/data/{number}"}
    assert faults(fleet, INVENTORY) == [
        "kdump_keep_dumps (h000, h001, h002 and 97 more hosts) is -1: use a number from 0 to 999999999."
    ]
    for variables in fleet.values():
        variables["kdump_colour"] = "red"
    first, _second = faults(fleet, INVENTORY)
    assert first.startswith("kdump_colour is not a variable")
    assert SHOWN == 3


def test_all_faults_come_together() -> None:
    """Not one a run."""
    found = faults({"web1": {"kdump_path": "x", "kdump_state": "off"}, "web2": {"kdump_waves": 0}}, INVENTORY)
    assert [fault.split()[0] for fault in found] == ["kdump_path", "kdump_state", "kdump_waves"]


def test_a_fleet_of_800_hosts_takes_no_time() -> None:
    """Hosts with equal values are judged once, and others fast enough."""
    common = {name: spec["default"] for name, spec in specifications().items() if spec.get("default") is not None}
    fleet = {f"h{number:03}": {**common, "kdump_path": f"/data/h{number}"} for number in range(800)}
    began = time.process_time()
    assert faults(fleet, INVENTORY) == []
    assert time.process_time() - began < 10  # the machine may be busy: it takes about one


def test_variables_that_the_play_reads_are_refused_in_the_inventory() -> None:
    """It would run with the defaults, without a word."""
    fleet: dict[str, dict[str, Any]] = {
        "web1": {"kdump_waves": [4], "kdump_path": "/x"},
        "web2": {"crash_test_at_once": 2},
    }
    (found,) = in_inventory_alone(fleet, {"kdump_hosts"}, "rollout")
    assert found.startswith("kdump_waves (web1) is set in the inventory, where it has no effect")
    assert "as an extra variable (-e '{\"kdump_waves\": ...}')" in found
    assert in_inventory_alone(fleet, {"kdump_waves"}, "rollout") == []
    (found,) = in_inventory_alone(fleet, set(), "crash_test")
    assert found.startswith("crash_test_at_once (web2) is set in the inventory")


def test_rules_are_those_of_known_variables() -> None:
    """No rule for a variable that was renamed, and no variable of a role without its range."""
    known = specifications()
    assert set(RULES) - set(known) == set()
    assert {name for names, _rule in COMBINATIONS for name in names} - set(known) == {"ansible_user"}
    unbounded = [name for name, spec in known.items() if spec["type"] == "int" and spec.get("least") is None]
    assert unbounded == []
    assert all(spec["type"] and spec["description"] for spec in known.values())
    assert all(name.startswith(PREFIXES) for name in known)


def test_every_variable_that_playbooks_and_roles_use_is_known() -> None:
    """A variable that a task reads and no table has would be refused by the check."""
    known = {*specifications(), *FACTS}
    own = re.compile(r"(?<![\w./'-])(?:kdump|crash_test|dump_server)_[a-z0-9_]+(?![\w.-]*[/(])")
    filters = {path.stem for path in files() if path.parts[:2] == ("plugins", "filter")}
    tags = {
        tag
        for path in files()
        if path.parts[0] == "roles" and path.suffix == ".yml" and "tasks" in path.parts
        for line in re.findall(r"tags: \[([^\]]*)\]", (ROOT / path).read_text())
        for tag in re.split(r", *", line)
    }
    set_here = {"kdump_fleet_waves", "kdump_fleet_panic"}
    used: dict[str, str] = {}
    for path in files():
        if path.parts[0] in ("playbooks", "roles") and path.suffix == ".yml" and "meta" not in path.parts:
            for expression in re.findall(r"\{\{.*?\}\}|when:.*|that:.*", (ROOT / path).read_text(), re.DOTALL):
                for name in own.findall(re.sub(r"'[^']*'|#.*", "", expression)):
                    used[name] = str(path)
    assert {name: path for name, path in used.items() if name not in known | filters | tags | set_here} == {}


def test_the_specifications_are_those_of_the_roles() -> None:
    """Read from the same file as Ansible reads."""
    for role in ROLES:
        points = yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text())["argument_specs"]
        assert set(points["main"]["options"]) <= set(role_specifications(role)) <= set(specifications())
    assert not set(PLAYBOOK_VARIABLES) & set(INVENTORY_VARIABLES)


def test_variables_of_playbooks_are_documented() -> None:
    """docs/playbooks.md has a row for each, and no other."""
    rows = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/playbooks.md").read_text(), re.MULTILINE)
    assert sorted(rows) == sorted(PLAYBOOK_VARIABLES)
