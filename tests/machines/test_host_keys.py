# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""New host keys for a dump server by the playbook itself, with a real sshd, whose hosts get through all the time.

Ansible runs in a namespace in which a directory of the test is /etc/ssh: paths and default host keys are the real ones.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.checkout import ROOT
from tests.lab.process import run
from tests.machines.sshd import USER, free_port, playbook_environment, running, settings, wrapper

SCRIPT = ROOT / "roles/dump_server/files/rotate-host-keys.sh"
TYPES = ("ecdsa", "ed25519")  # sshd's third default one is not there
HERE, AWAY = "n1", "n2"
BOTH = (HERE, AWAY)
# What this machine cannot be asked to do (packages, users, units), and what has tests of its own.
LEFT_OUT = "packages landing gate keys sshd nfs retention"
# In the place of systemd: ansible.builtin.service hands over to the module that it is told to use.
RELOAD = """\
#!/bin/sh
said() {{ grep -c 'Server listening on' {0}/sshd.log; }}
before=$(said)
kill -HUP "$(cat {0}/sshd.pid)"
tries=0
while [ "$(said)" = "$before" ] && [ $tries -lt 600 ]; do tries=$((tries + 1)); sleep 0.1; done
echo '{{"changed": true}}'
"""
PAUSE = 0.3  # seconds: the playbook wants a processor as well
LATER = re.compile(r"Connection (refused|reset|closed)|kex_exchange_identification")  # sshd begins again


class Site:
    """An inventory of a dump server and three hosts, all of them in one directory."""

    def __init__(self, directory: Path, *lines: str) -> None:
        self.directory = directory
        self.etc = directory / "etc"
        self.port = free_port()
        for name in ("etc/sshd_config.d", "modules"):
            (directory / name).mkdir(parents=True)
        for kind in TYPES:
            key = self.etc / f"ssh_host_{kind}_key"
            run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "former", "-f", str(key)])
        self.config = self.etc / "sshd_config"
        text = ["Include /etc/ssh/sshd_config.d/*.conf", *settings(self.port, directory / "authorized_keys"), *lines]
        self.config.write_text("\n".join(text) + "\n", encoding="utf-8")
        module = directory / "modules/reload_sshd"
        module.write_text(RELOAD.format(directory), encoding="utf-8")
        self.sshd = wrapper(directory, Path("/etc/ssh/sshd_config"))
        entries = []
        for host in BOTH:
            (directory / host).mkdir()
            run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(directory / host / "key")])
            entries.append(f'restrict,command="true" {(directory / host / "key.pub").read_text(encoding="ascii")}')
        (directory / "authorized_keys").write_text("".join(entries), encoding="ascii")

    def variables(self) -> dict[str, Any]:
        """What makes the playbook stay in the directory."""
        return {
            "ansible_become": False,
            "__dump_server_sshd": str(self.sshd),
            "__dump_server_service_manager": "reload_sshd",
            "__kdump_known_hosts": str(self.directory) + "/{{ inventory_hostname }}/known_hosts",
        }

    def play(self, *options: str, away: tuple[str, ...] = (), **variables: str) -> tuple[int, str, dict[str, int]]:
        """Run kdump.fleet.dump_server: its status, what it said, and how much it changed, by host."""
        wanted = {"location": f"{USER}@192.0.2.1", "sshkey": "{{ sandbox }}/{{ inventory_hostname }}/key"}
        audit = {"target": {"kind": "ssh", "wanted": wanted}, "setup": {"tool": "kdump-tools"}, "findings": []}
        clients = {"kdump_dump_servers": ["dump1"], "kdump_target": {"type": "ssh"}, "__kdump_audit": audit}
        unreachable = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 9}
        inventory = {
            "all": {
                "vars": {
                    "ansible_connection": "local",
                    "ansible_python_interpreter": "{{ ansible_playbook_python }}",
                    "sandbox": str(self.directory),
                },
                "children": {
                    "dump_servers": {"hosts": {"dump1": None}},
                    "clients": {"hosts": {**dict.fromkeys(BOTH), **dict.fromkeys(away, unreachable)}, "vars": clients},
                },
            }
        }
        path = self.directory / "inventory.yml"
        path.write_text(yaml.safe_dump(inventory), encoding="utf-8")
        command = ["ansible-playbook", "-i", str(path), "kdump.fleet.dump_server", "--skip-tags"]
        command.append(",".join(f"dump_server_{step}" for step in LEFT_OUT.split()))
        command += ["-e", json.dumps(self.variables()), *options]
        command += [word for name, value in variables.items() for word in ("-e", f"{name}={value}")]
        bound = f"mount --bind {shlex.quote(str(self.etc))} /etc/ssh && exec {shlex.join(command)}"
        environment = playbook_environment(self.sshd, self.directory / "modules")
        done = subprocess.run(
            ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", bound],
            cwd=self.directory,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        recap = dict(re.findall(r"^(\S+)\s+: ok=\d+\s+changed=(\d+)", done.stdout, re.M))
        return done.returncode, done.stdout + done.stderr, {host: int(count) for host, count in recap.items()}

    def script(self, step: str) -> str:
        """One step of the script alone, as an interrupted run leaves it."""
        words = ["/bin/sh", str(SCRIPT), "/etc/ssh/sshd_config", "write", step]
        bound = f"mount --bind {shlex.quote(str(self.etc))} /etc/ssh && exec {shlex.join(words)}"
        path = os.pathsep.join([str(self.sshd.parent), os.environ["PATH"]])
        return run(["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", bound], extra={"PATH": path})

    def keys(self, suffix: str = "") -> set[str]:
        """Types and contents of the host keys in /etc/ssh."""
        paths = sorted(self.etc.glob(f"ssh_host_*_key{suffix}"))
        return {" ".join(run(["ssh-keygen", "-y", "-P", "", "-f", str(path)]).split()[:2]) for path in paths}

    def pinned(self, host: str) -> set[str]:
        """What a host knows the server by."""
        lines = (self.directory / host / "known_hosts").read_text(encoding="utf-8").splitlines()
        return {" ".join(line.split()[1:3]) for line in lines if not line.startswith("#")}

    def state(self) -> dict[str, bytes]:
        """All that sshd and the hosts go by."""
        paths = [*self.etc.rglob("*"), *self.directory.glob("n?/*")]
        return {str(path.relative_to(self.directory)): path.read_bytes() for path in paths if path.is_file()}

    def login(self, host: str, *options: str, known: str = "") -> subprocess.CompletedProcess[str]:
        """Whether a host gets through, by what it has pinned."""
        path = self.directory / (known or f"{host}/known_hosts")
        words = ["ssh", "-F", "none", "-i", str(self.directory / host / "key"), "-p", str(self.port)]
        for option in (
            *("BatchMode=yes", "IdentitiesOnly=yes", "StrictHostKeyChecking=yes", f"UserKnownHostsFile={path}"),
            *("GlobalKnownHostsFile=none", "HostKeyAlias=dump1", *options),
        ):
            words += ["-o", option]
        words += [f"{USER}@127.0.0.1", "true"]
        return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)


class Logins(threading.Thread):
    """A client that logs in until it is told to stop, by what is pinned just then."""

    def __init__(self, site: Site, *options: str, known: str = "") -> None:
        super().__init__()
        self.site, self.options, self.known = site, options, known
        self.over = threading.Event()
        self.through = 0
        self.failed: list[str] = []

    def run(self) -> None:
        """Log in. While sshd reads its configuration it does not listen; a moment later it does."""
        while not self.over.wait(PAUSE):
            done = self.site.login(HERE, *self.options, known=self.known)
            self.through += done.returncode == 0
            if done.returncode != 0 and not LATER.search(done.stderr):
                self.failed.append(done.stderr)


@contextlib.contextmanager
def logging_in(*clients: Logins) -> Iterator[None]:
    """Clients that come all the time, during the block, and every time get through."""
    for client in clients:
        client.start()
    try:
        yield
    finally:
        for client in clients:
            client.over.set()
        for client in clients:
            client.join()
    assert [client.failed for client in clients] == [[]] * len(clients)
    assert all(client.through for client in clients)


def served(site: Site) -> set[str]:
    """What the running sshd shows to a client without any knowledge, of each type."""
    said = run(["ssh-keyscan", "-p", str(site.port), "-t", ",".join(TYPES), "127.0.0.1"])
    return {" ".join(line.split()[1:3]) for line in said.splitlines() if not line.startswith("#")}


def rotate(site: Site, *options: str, away: tuple[str, ...] = ()) -> tuple[int, str, dict[str, int]]:
    """The playbook with the variable as the command line gives it."""
    return site.play(*options, away=away, dump_server_rotate_host_keys="true")


@pytest.fixture(name="site", scope="module")
def a_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Two hosts that have pinned the host keys of a server, which are sshd's default ones."""
    site = Site(tmp_path_factory.mktemp("site"))
    with running(site.directory, site.port, Path("/etc/ssh/sshd_config")):
        status, said, _changed = site.play()
        assert status == 0, said
        assert [site.pinned(host) for host in BOTH] == [site.keys()] * 2
        yield site


def test_a_host_that_cannot_be_reached_keeps_the_former_keys_in_place(site: Site) -> None:
    """It is named, and both keys stay valid. Later the same new ones are put in place, by any run once it has begun."""
    previous = site.keys()
    with logging_in(Logins(site)):
        status, said, _changed = rotate(site, away=(AWAY,))
        assert status != 0
        assert f"by 1 of its hosts: {AWAY}. Run this again when they can be reached" in " ".join(said.split()), said
        new = site.keys(".new")
        assert len(new) == len(TYPES)
        assert site.keys() == served(site) == previous
        assert [site.pinned(host) for host in BOTH] == [previous | new, previous]
        assert site.login(AWAY).returncode == 0

        # Without the variable nothing is made and nothing is switched: a host that comes by pins both.
        status, said, changed = site.play()
        assert (status, changed) == (0, {"dump1": 0, HERE: 0, AWAY: 1}), said
        assert (site.pinned(AWAY), served(site)) == (previous | new, previous)

        # The new keys get into their places, and the controller goes away. A run fixes it, and makes no newer ones.
        site.script("switch")
        assert served(site) <= previous | new  # OpenSSH before 9.8 reads them for each connection, later ones once
        status, said, _changed = rotate(site)
    assert status == 0, said
    assert site.keys() == served(site) == new
    assert [site.pinned(host) for host in BOTH] == [new] * 2


def test_new_host_keys_in_one_run(site: Site) -> None:
    """Predicted, done, done with; who learns keys by OpenSSH's own mechanism has learned them before the switch."""
    previous, before, configuration = site.keys(), site.state(), site.config.read_bytes()
    status, said, predicted = rotate(site, "--check")
    assert (status, site.state()) == (0, before), said

    known = site.directory / "administrator"
    known.write_text("".join(f"dump1 {key}\n" for key in previous), encoding="utf-8")
    with logging_in(Logins(site), Logins(site, "UpdateHostKeys=yes", known=known.name)):
        status, said, changed = rotate(site)
    assert status == 0, said
    assert [changed[host] for host in BOTH] == [predicted[host] for host in BOTH] == [2, 2]
    assert predicted["dump1"] > 0

    new = site.keys()
    assert len(new) == len(TYPES)
    assert not new & previous
    assert served(site) == new
    assert [site.pinned(host) for host in BOTH] == [new] * 2
    assert {" ".join(line.split()[1:3]) for line in known.read_text(encoding="utf-8").splitlines()} == new
    # Nothing is left but keys and their public halves, as readable as they were.
    assert site.config.read_bytes() == configuration
    left = {path.name: path for path in site.etc.glob("ssh_host*")}
    assert set(left) == {f"ssh_host_{kind}_key{suffix}" for kind in TYPES for suffix in ("", ".pub")}
    public = [path for name, path in left.items() if name.endswith(".pub")]
    assert {" ".join(path.read_text(encoding="ascii").split()[:2]) for path in public} == new
    assert {path.stat().st_mode & 0o777 for path in left.values() if path not in public} == {0o600}

    after = site.state()
    status, said, changed = site.play()
    assert (status, changed, site.state()) == (0, {"dump1": 0, HERE: 0, AWAY: 0}, after), said


OWN = [f"HostKey /etc/ssh/ssh_host_{kind}_key" for kind in TYPES]
MATCH = ["Match User nobody", "    PermitTTY no"]


@pytest.mark.parametrize(
    ("lines", "drop_in"),
    [([], []), (OWN, []), ([*OWN, *MATCH], []), (MATCH, OWN)],
    ids=["defaults", "own", "own and match", "own in a drop-in"],
)
def test_sshd_serves_former_and_new(tmp_path: Path, lines: list[str], drop_in: list[str]) -> None:
    """Wherever host keys are named: the previous one of a type first, none twice, and clients learn the new ones."""
    site = Site(tmp_path, *lines)
    (site.etc / "sshd_config.d/10-site.conf").write_text("\n".join(drop_in) + "\n", encoding="utf-8")
    said = site.script("make")
    added = ["# BEGIN kdump.fleet host keys", "Match all", *re.findall("^line (.*)", said, re.M)]
    with site.config.open("a", encoding="utf-8") as config:
        config.write("\n".join([*added, "# END kdump.fleet host keys"]) + "\n")
    previous, new = site.keys(), site.keys(".new")
    assert len(new) == len(previous)
    (tmp_path / "known").write_text("".join(f"dump1 {key}\n" for key in previous), encoding="utf-8")
    with running(site.directory, site.port, Path("/etc/ssh/sshd_config")):
        assert served(site) == previous
        done = site.login(HERE, "UpdateHostKeys=yes", "LogLevel=DEBUG1", known="known")
    assert "duplicated" not in done.stderr
    assert {
        " ".join(line.split()[1:3]) for line in (tmp_path / "known").read_text(encoding="utf-8").splitlines()
    } == previous | new
