# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What role dump_server installs by Ansible itself: a program that runs, and settings that it reads."""

from __future__ import annotations

import getpass
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.kdump.fleet.plugins.module_utils.dump_gate import settings
from ansible_collections.kdump.fleet.plugins.module_utils.dump_gate.landing import Limits
from ansible_collections.kdump.fleet.plugins.module_utils.dump_gate.retention import Policy
from tests.checkout import ROOT

ROLE = ROOT / "roles/dump_server"
PLAY = """\
- hosts: localhost
  gather_facts: false
  vars_files: [{role}/defaults/main.yml, {role}/vars/main.yml]
  tasks:
    - ansible.builtin.import_tasks: {role}/tasks/gate.yml
"""


def install(directory: Path, *options: str, **variables: Any) -> str:
    """Run the role's tasks of the gate, with everything below a directory; what Ansible says."""
    play = directory / "play.yml"
    play.write_text(PLAY.format(role=ROLE), encoding="utf-8")
    paths = {
        "__dump_server_program": str(directory / "libexec/kdump-gate"),
        "__dump_server_settings": str(directory / "gate.json"),
        "dump_server_python": sys.executable,
        "ansible_python_interpreter": sys.executable,
    }
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", "-c", "local", str(play)]
    done = subprocess.run(
        [*command, *options, "-e", json.dumps({**paths, **variables})],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


FLEET = """\
- hosts: dump1
  gather_facts: false
  tasks:
    - ansible.builtin.import_role:
        name: kdump.fleet.dump_server
        tasks_from: keys
- hosts: clients
  gather_facts: false
  tasks:
    - ansible.builtin.import_tasks: requirements.yml
"""


def test_hosts_that_cannot_be_enrolled_stop_no_other(tmp_path: Path) -> None:
    """One key of two hosts, one that is not a key, a name that is not a directory's: each fails alone, and is named."""
    (tmp_path / "landing").mkdir()
    inventory = {
        "all": {
            "vars": {
                "ansible_connection": "local",
                "ansible_python_interpreter": sys.executable,
                "kdump_dump_servers": ["dump1"],
            },
            "hosts": {"dump1": {"dump_server_host_keys": []}},
            "children": {
                "clients": {
                    "hosts": {
                        "web1": {"kdump_ssh_public_key": "ssh-ed25519 AAAA1"},
                        "clone": {"kdump_ssh_public_key": "ssh-ed25519 AAAA1"},
                        "web2": {"kdump_ssh_public_key": "ssh-ed25519 AAAA2"},
                        "odd": {"kdump_ssh_public_key": "ssh-ed25519 AA;id"},
                        "web~9": {"kdump_ssh_public_key": "ssh-ed25519 AAAA9"},
                    }
                }
            },
        }
    }
    (tmp_path / "hosts.json").write_text(json.dumps(inventory), encoding="utf-8")
    (tmp_path / "play.yml").write_text(FLEET, encoding="utf-8")
    # What follows on these would be done to this machine.
    tasks = yaml.safe_load((ROOT / "playbooks/tasks/pin.yml").read_text(encoding="utf-8"))
    (tmp_path / "requirements.yml").write_text(yaml.safe_dump(tasks[:2]), encoding="utf-8")
    assert ["ansible.builtin.fail" in task for task in tasks] == [True, True, False]
    gate = "/usr/local/libexec/kdump-gate"
    lines = [f'restrict,command="{gate} {host} /var/crash" ssh-ed25519 {key} {host}' for host, key in FOUND]
    (tmp_path / "authorized_keys").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    paths = {
        "dump_server_user": getpass.getuser(),
        "dump_server_directory": str(tmp_path / "landing"),
        "__dump_server_root": getpass.getuser(),
        "__dump_server_keys_directory": str(tmp_path),
        "__dump_server_exports": str(tmp_path / "exports"),
    }
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    command = [program, "-i", "hosts.json", "play.yml", "-e", json.dumps(paths)]
    done = subprocess.run(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    said = " ".join(done.stdout.split())
    assert re.findall(r"kdump-gate (\S+) ", (tmp_path / "authorized_keys").read_text()) == ["web1", "web2"], said
    assert sorted(path.name for path in (tmp_path / "landing").iterdir()) == ["clone", "odd", "web1", "web2"]
    assert "clone, because the public key that it gives is that of web1; odd, because The public key of odd" in said
    for host, reason in (
        ("clone", "the public key that it gives is that of web1. Nothing was pinned."),
        ("odd", "The public key of odd is 'ssh-ed25519 AA;id', which is not a line of an OpenSSH .pub file"),
        ("web~9", "'web~9' with kdump_path '/var/crash' cannot have a directory on a dump server"),
    ):
        assert f"dump1, the dump server of {host}, did not enrol it: {reason}" in said
    assert "the dump server of web1, did not" not in said and "the dump server of web2, did not" not in said


FOUND = [("web1", "AAAA1")]


def written(directory: Path, **variables: Any) -> settings.Settings:
    """The settings that the gate reads with these variables of the role."""
    install(directory, **variables)
    return settings.read(str(directory / "gate.json"))


def test_the_defaults(tmp_path: Path) -> None:
    """A quarter of the file system for each host, the floor, and no dump removed within a month."""
    assert written(tmp_path) == settings.Settings(
        area="/srv/kdump",
        limits=Limits(quota=0, quota_percent=25, floor=10 << 30, entries=1000),
        journal="/var/log/kdump-gate/journal",
        sessions="/var/log/kdump-gate/sessions",
        policy=Policy(keep=5, keep_days=30, incomplete_days=7),
    )


def test_numbers_as_the_command_line_gives_them(tmp_path: Path) -> None:
    """C(-e) makes texts of them."""
    found = written(
        tmp_path,
        dump_server_quota_percent="0",
        dump_server_quota_bytes="1099511627776",
        dump_server_keep_days="0",
        dump_server_incomplete_days="3",
    )
    assert found.limits == Limits(quota=1 << 40, quota_percent=0, floor=10 << 30, entries=1000)
    assert found.policy == Policy(keep=5, keep_days=0, incomplete_days=3)


def test_the_program_runs_as_one_file(tmp_path: Path) -> None:
    """As sshd starts it: an empty environment but for the request, and no sources beside it. The second run is idle."""
    landing = {"dump_server_directory": str(tmp_path), "__dump_server_journal_directory": str(tmp_path)}
    (tmp_path / "web1").mkdir()
    foreseen = install(tmp_path, "--check", **landing)
    assert "changed=2 " in foreseen
    assert not (tmp_path / "libexec").exists()
    install(tmp_path, **landing)
    assert "changed=0 " in install(tmp_path, **landing)
    gate = tmp_path / "libexec/kdump-gate"
    assert (gate.stat().st_mode & 0o7777, [file.name for file in gate.parent.iterdir()]) == (0o755, ["kdump-gate"])
    for request, status, said in (
        (f"mkdir -p {tmp_path}/web1/dump", 0, ""),
        ("cat /etc/passwd", 1, "kdump-gate: refused: "),
    ):
        done = subprocess.run(
            [str(gate), "web1"],
            cwd="/",
            env={"SSH_ORIGINAL_COMMAND": request},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr.startswith(said)) == (status, "", True)
    assert (tmp_path / "web1/dump").is_dir()
    assert not list(tmp_path.rglob("__pycache__"))


def test_a_change_is_shown(tmp_path: Path) -> None:
    """The lines that differ, of the program and of the settings."""
    install(tmp_path)
    gate = tmp_path / "libexec/kdump-gate"
    gate.write_text(gate.read_text().replace("The gate: what sshd runs", "The gate: what ssh0 runs"))
    said = install(tmp_path, "--diff", dump_server_keep=9)
    assert '-    "keep": 5,' in said
    assert '+    "keep": 9,' in said
    assert f"+++ after: {gate}\n" in said
    assert len(re.findall(r"^[+-] ", said, re.M)) == 4
