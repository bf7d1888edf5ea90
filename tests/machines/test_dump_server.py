# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A dump server in a directory of this machine: two hundred hosts enrolled, and dumps through a real sshd."""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import re
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.checkout import ROOT, collections_path
from tests.machines.sshd import USER, Sshd, serving
from tests.rendezvous import Rendezvous

HOSTS = 200
DUMP = 256 * 1024  # bytes
PLAY = """
- name: A key on each host, all at the same time
  hosts: clients
  gather_facts: false
  tasks:
    - name: Make it
      ansible.builtin.raw: >-
        {{ waiting }} && { test -e {{ key }} || ssh-keygen -t ed25519 -N "" -f {{ key }}; }
      vars:
        key: "{{ sandbox }}/keys/{{ inventory_hostname }}"
      register: made
      changed_when: made.stdout | length > 0

- name: The server
  hosts: dump1
  gather_facts: false
  tasks:
    - name: Look at it
      ansible.builtin.setup:
        gather_subset: ["!all", "!min", python]
    - name: Gate
      ansible.builtin.include_role:
        name: kdump.fleet.dump_server
        tasks_from: gate
    - name: Keys
      ansible.builtin.include_role:
        name: kdump.fleet.dump_server
        tasks_from: keys
"""


class Sandbox:
    """An inventory, and a server whose files all lie below one directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.area = directory / "landing"
        self.keys = directory / "authorized_keys"
        for name in ("keys", "landing", "journal"):
            (directory / name).mkdir()
        self.rendezvous = Rendezvous(directory)
        (directory / "play.yml").write_text(PLAY, encoding="utf-8")
        self.hosts = [f"host{number:03}" for number in range(HOSTS)]
        key = "{{ lookup('ansible.builtin.file', sandbox ~ '/keys/' ~ inventory_hostname ~ '.pub') }}"
        self.clients = {"kdump_dump_servers": ["dump1"], "kdump_ssh_public_keys": [key]}
        user = getpass.getuser()
        self.variables: dict[str, Any] = {
            "sandbox": str(directory),
            "waiting": self.rendezvous.wait("{{ inventory_hostname }}"),
            "dump_server_user": user,
            "dump_server_directory": str(self.area),
            "dump_server_floor_bytes": 0,
            "__dump_server_root": user,
            "__dump_server_program": str(directory / "libexec/kdump-gate"),
            "__dump_server_settings": str(directory / "gate.json"),
            "__dump_server_journal_directory": str(directory / "journal"),
            "__dump_server_keys_directory": str(directory),
        }

    def enrol(self, *options: str, hosts: int = HOSTS) -> dict[str, dict[str, int]]:
        """Run the playbook, with this many hosts at work at the same time; what it did, by host."""
        inventory = {
            "all": {
                "vars": {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"},
                "children": {
                    "dump_servers": {"hosts": {"dump1": None}},
                    "clients": {"hosts": dict.fromkeys(self.hosts), "vars": self.clients},
                },
            }
        }
        (self.directory / "inventory.yml").write_text(yaml.safe_dump(inventory), encoding="utf-8")
        command = [
            "ansible-playbook",
            "-i",
            "inventory.yml",
            "play.yml",
            "-f",
            str(HOSTS),
            "-e",
            json.dumps(self.variables),
        ]
        environment = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(collections_path()),
            "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_HOME": str(ROOT / ".ansible"),
        }
        with self.rendezvous.of(hosts):
            done = subprocess.run(
                [*command, *options],
                cwd=self.directory,
                env=environment,
                capture_output=True,
                text=True,
                timeout=900,
                check=False,
            )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
        recap = done.stdout.rpartition("PLAY RECAP")[2]
        return {
            line.split()[0]: {name: int(count) for name, count in re.findall(r"(\w+)=(\d+)", line)}
            for line in recap.splitlines()
            if ": ok=" in line.replace("    ", "")
        }

    def enrolled(self) -> set[str]:
        """The hosts with an entry."""
        return set(
            re.findall(r'^restrict,command="\S+ (\S+) /var/crash" ssh-ed25519 \S+ \1$', self.keys.read_text(), re.M)
        )


@pytest.fixture(name="sandbox", scope="module")
def a_server_with_two_hundred_hosts(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """Made once: the keys alone take a while."""
    return Sandbox(tmp_path_factory.mktemp("dump-server"))


def changed(recap: dict[str, dict[str, int]]) -> int:
    """How many tasks changed something, over all hosts."""
    return sum(counts["changed"] for counts in recap.values())


def test_two_hundred_hosts_are_enrolled(sandbox: Sandbox) -> None:
    """200 of 200 at once, twice in a row; the second run changes nothing."""
    assert changed(sandbox.enrol()) > HOSTS
    assert sandbox.enrolled() == set(sandbox.hosts)
    first = sandbox.keys.read_bytes()
    recap = sandbox.enrol()
    assert len(recap) == HOSTS + 1
    assert changed(recap) == 0
    assert sandbox.keys.read_bytes() == first
    assert sorted(path.name for path in sandbox.area.iterdir()) == sandbox.hosts


@pytest.fixture(name="server", scope="module")
def an_ssh_server(sandbox: Sandbox) -> Iterator[Sshd]:
    """With the keys and the gate that the role has written."""
    if not sandbox.keys.exists():
        sandbox.enrol()
    defaults = yaml.safe_load((ROOT / "roles/dump_server/defaults/main.yml").read_text(encoding="utf-8"))
    # How long a login may last is not what is tested: two hundred of them share the processors of this machine.
    lines = [f"MaxStartups {defaults['dump_server_max_startups']}", "LoginGraceTime 600"]
    with serving(sandbox.directory, sandbox.keys, *lines) as server:
        yield server


def test_a_dump_through_sshd(sandbox: Sandbox, server: Sshd, tmp_path: Path) -> None:
    """What kdump.sh does with ssh and scp, with a dump of 50 MiB."""
    key, core = sandbox.directory / "keys/host007", os.urandom(50 * 1024 * 1024)
    dump = "/var/crash/192.0.2.7-2026-11-22-18:48:37"
    log = tmp_path / "kexec-dmesg.log"
    log.write_bytes(b"log\n")

    def ssh(*words: str, data: bytes = b"") -> str:
        done = server.ssh(key, *words, data=data)
        assert (done.returncode, done.stderr) == (0, b""), words
        return done.stdout.decode()

    assert ssh("mkdir", "-p", "/var/crash") == ""
    temporary = ssh("mktemp", "-dqp", "/var/crash").strip()
    assert temporary.startswith("/var/crash/tmp.")
    ssh("rmdir", temporary)
    assert int(ssh("df", "--output=avail", "/var/crash").splitlines()[-1]) > 0
    ssh("mkdir", "-p", dump)
    ssh(f"umask 0077 && dd of='{dump}/vmcore-dmesg-incomplete.txt'", data=b"dmesg\n")
    ssh("mv", f"{dump}/vmcore-dmesg-incomplete.txt", f"{dump}/vmcore-dmesg.txt")
    ssh(f"umask 0077 && dd bs=512 of='{dump}/vmcore-incomplete'", data=core)
    ssh(f"mv '{dump}/vmcore-incomplete' '{dump}/vmcore.flat'")
    for mode, name in (("-s", "kexec-dmesg.log"), ("-O", "old.log")):
        command = ["scp", "-q", mode, *server.options(key), str(log), f"{USER}@127.0.0.1:{dump}/{name}"]
        subprocess.run(command, check=True, timeout=60)
    landed = sandbox.area / "host007" / Path(dump).name
    assert {path.name: path.read_bytes() for path in landed.iterdir()} == {
        "vmcore-dmesg.txt": b"dmesg\n",
        "vmcore.flat": core,
        "kexec-dmesg.log": b"log\n",
        "old.log": b"log\n",
    }


def test_what_ssh_itself_offers_is_refused(sandbox: Sandbox, server: Sshd, tmp_path: Path) -> None:
    """No shell, no terminal, no tunnel, nothing to read; and no other host's key opens the door of one that left."""
    key = sandbox.directory / "keys/host008"
    (sandbox.area / "host008/vmcore").write_bytes(b"kept")
    address = f"{USER}@127.0.0.1"
    assert server.ssh(key).returncode == 1
    assert b"interactive login is not allowed with this key" in server.ssh(key).stderr
    assert server.ssh(key, "-tt", "sh").returncode != 0
    for command in (
        ["scp", "-q", *server.options(key), f"{address}:/var/crash/vmcore", str(tmp_path)],
        ["scp", "-q", "-O", *server.options(key), f"{address}:/var/crash/vmcore", str(tmp_path)],
        ["rsync", "-e", server.rsh(key), f"{address}:/var/crash/vmcore", str(tmp_path)],
        ["rsync", "-e", server.rsh(key), str(sandbox.keys), f"{address}:/var/crash/vmcore"],
        ["ssh", "-q", *server.options(key), "-o", "ExitOnForwardFailure=yes", "-R", "0:127.0.0.1:9", address, "true"],
        ["ssh", "-q", *server.options(key), "-W", f"127.0.0.1:{server.port}", address],
    ):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
        assert done.returncode != 0, command
    assert list(tmp_path.iterdir()) == []
    assert [path.name for path in (sandbox.area / "host008").iterdir()] == ["vmcore"]
    assert (sandbox.area / "host008/vmcore").read_bytes() == b"kept"


def test_a_client_that_dies_in_the_middle(sandbox: Sandbox, server: Sshd) -> None:
    """The file is called incomplete, and the journal has the bytes that came."""
    key, landed = sandbox.directory / "keys/host009", sandbox.area / "host009/vmcore-incomplete"
    command = ["ssh", "-q", *server.options(key), f"{USER}@127.0.0.1", "dd of=/var/crash/vmcore-incomplete"]
    client = subprocess.Popen(command, stdin=subprocess.PIPE)
    assert client.stdin is not None
    client.stdin.write(b"x" * (3 * 1024 * 1024))
    client.stdin.flush()
    wait_for(lambda: landed.exists() and landed.stat().st_size > 1024 * 1024)
    client.kill()
    client.wait()
    with contextlib.suppress(BrokenPipeError):
        client.stdin.close()
    journal = sandbox.directory / "journal/journal"
    wait_for(lambda: "host009" in journal.read_text(encoding="utf-8"))
    size = landed.stat().st_size
    assert re.search(rf"host009 (received|INCOMPLETE).*\b{size} bytes", journal.read_text(encoding="utf-8"))
    assert [path.name for path in landed.parent.iterdir()] == ["vmcore-incomplete"]


def test_the_collector_reads_and_writes_nothing(sandbox: Sandbox, server: Sshd, tmp_path: Path) -> None:
    """With the key of its own, through real rsync."""
    key = tmp_path / "collector"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    (sandbox.area / "host010/dump1").mkdir(parents=True)
    (sandbox.area / "host010/dump1/vmcore").write_bytes(b"core")
    entry = f'restrict,command="{sandbox.variables["__dump_server_program"]} --collect" '
    with sandbox.keys.open("a", encoding="utf-8") as keys:
        keys.write(entry + key.with_suffix(".pub").read_text(encoding="utf-8"))
    place = f"{USER}@127.0.0.1:{sandbox.area}/host010/"
    command = ["rsync", "-a", "--partial", "-e", server.rsh(key)]
    subprocess.run([*command, place, tmp_path / "got/"], check=True, timeout=60)
    assert (tmp_path / "got/dump1/vmcore").read_bytes() == b"core"
    for refused in (
        [*command, str(sandbox.keys), place],
        [*command, f"{USER}@127.0.0.1:/etc/passwd", str(tmp_path / "got")],
    ):
        assert subprocess.run(refused, capture_output=True, timeout=60, check=False).returncode != 0
    assert [path.name for path in (sandbox.area / "host010").iterdir()] == ["dump1"]


def test_all_hosts_crash_at_the_same_time(sandbox: Sandbox, server: Sshd) -> None:
    """None of them tries twice, as kdumpctl's capture kernel does not, and every dump lands whole."""
    folder = "/var/crash/192.0.2.1-2026-11-23-00:00:00"
    cores, clients = {}, {}
    with sandbox.rendezvous.of(len(sandbox.hosts)):
        for host in sandbox.hosts:
            cores[host] = sandbox.directory / f"{host}.core"
            cores[host].write_bytes(os.urandom(DUMP))
            login = shlex.join(["ssh", *server.options(sandbox.directory / "keys" / host), f"{USER}@127.0.0.1"])
            script = [
                sandbox.rendezvous.wait(host),
                f"{login} mkdir -p {folder}",
                f"{login} 'umask 0077 && dd bs=512 of={folder}/vmcore-incomplete' <{cores[host]}",
                f"{login} mv {folder}/vmcore-incomplete {folder}/vmcore.flat",
            ]
            clients[host] = subprocess.Popen(
                ["sh", "-c", " && ".join(script)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
        said = {host: client.communicate(timeout=600)[0] for host, client in clients.items()}
    refused = {host: said[host] for host, client in clients.items() if client.returncode != 0}
    landed = {host: sandbox.area / host / Path(folder).name / "vmcore.flat" for host in sandbox.hosts}
    whole = [host for host, path in landed.items() if path.exists() and path.read_bytes() == cores[host].read_bytes()]
    assert (len(whole), refused) == (len(sandbox.hosts), {})


def test_a_host_that_is_gone_has_no_key_any_more(sandbox: Sandbox) -> None:
    """Its dumps stay. What is known of hosts that are not in this run stays, too."""
    if not sandbox.keys.exists():
        sandbox.enrol()
    before = sandbox.keys.read_bytes()
    gone = sandbox.hosts.pop()
    assert changed(sandbox.enrol("--check", "--limit", "host000,dump1")) == 1
    assert sandbox.keys.read_bytes() == before
    assert changed(sandbox.enrol("--limit", "host000,dump1", hosts=1)) == 1
    assert sandbox.enrolled() == set(sandbox.hosts)
    assert (sandbox.area / gone).is_dir()


def wait_for(condition: Callable[[], bool]) -> None:
    """Until it holds, a minute at most."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
