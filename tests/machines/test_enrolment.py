# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may send dumps to a server after the playbook kdump.fleet.dump_server, in a directory of this machine.

The real sshd judges its configuration; the NFS server and the service manager are stand-ins.
"""

from __future__ import annotations

import getpass
import json
import os
import pwd
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.lab.process import run
from tests.machines.sshd import playbook_environment, wrapper

HOSTS = [f"web{number:02}" for number in range(5)]
# An account that is here. The playbook refuses root's, and those that it has not made: it takes this one for its own.
USER = "nobody" if os.geteuid() == 0 else getpass.getuser()
LEFT_OUT = "packages landing gate retention"  # what this machine cannot be asked to do, and what has tests of its own
SERVER = ("--limit", "dump_servers", "--skip-tags")
KEYS = (*SERVER, "dump_server_sshd,dump_server_host_keys")
SSHD = (*SERVER, "dump_server_keys,dump_server_nfs,dump_server_host_keys")


class Site:
    """An inventory, and a server whose files all lie below one directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        for name in ("etc/sshd_config.d", "exports.d", "landing", "modules"):
            (directory / name).mkdir(parents=True)
        self.keys = directory / "keys/authorized_keys"
        self.exports = directory / "exports.d/kdump-fleet.exports"
        self.config = directory / "etc/sshd_config"
        self.drop_in = directory / "etc/sshd_config.d/50-kdump-fleet.conf"
        self.host_key = directory / "etc/elsewhere"
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.host_key)])
        self.configure("Include /etc/ssh/sshd_config.d/*.conf")
        self.sshd = wrapper(directory, Path("/etc/ssh/sshd_config"))
        self.program("bin/exportfs", "cat unresolved >&2")
        self.program("modules/no_service", """echo '{"changed": false}'""")
        (directory / "unresolved").touch()
        self.hosts = list(HOSTS)
        self.clients: dict[str, Any] = {"kdump_dump_servers": ["dump1"]}
        self.target: dict[str, str] = {}  # where the hosts are configured to dump to

    def program(self, name: str, body: str) -> None:
        """What stands in for a program."""
        path = self.directory / name
        path.write_text(f"#!/bin/sh\ncd {self.directory}\n{body}\n", encoding="utf-8")
        path.chmod(0o755)

    def configure(self, *lines: str) -> None:
        """The server's sshd_config."""
        text = [*lines[:1], f"HostKey {self.host_key}", "UsePAM no", *lines[1:]]
        self.config.write_text("\n".join(text) + "\n", encoding="utf-8")

    def play(self, *options: str, **variables: Any) -> tuple[int, str, int]:
        """Run the playbook: its status, what it said in one line, and how much it changed on the server."""
        key = "ssh-ed25519 AAAA{{ inventory_hostname }} x"
        wanted = {"kind": "ssh", "location": "kdump@192.0.2.1", "sshkey": "{{ sandbox }}/{{ inventory_hostname }}/key"}
        target = {"kind": "local", **self.target, "wanted": wanted}
        audit = {"target": target, "setup": {"tool": "kdump-tools"}, "findings": []}
        clients = {"kdump_ssh_public_keys": [key], "kdump_target": {"type": "ssh"}, "__kdump_audit": audit}
        inventory = {
            "all": {
                "vars": {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"},
                "children": {
                    "dump_servers": {"hosts": {"dump1": None}},
                    "clients": {"hosts": dict.fromkeys(self.hosts), "vars": {**clients, **self.clients}},
                },
            }
        }
        (self.directory / "inventory.yml").write_text(yaml.safe_dump(inventory), encoding="utf-8")
        own = getpass.getuser()
        sandbox = {
            "ansible_become": False,
            "sandbox": str(self.directory),
            "dump_server_user": USER,
            "__dump_server_comment": pwd.getpwnam(USER).pw_gecos,
            "dump_server_directory": str(self.directory / "landing"),
            "__dump_server_root": own,
            "__dump_server_program": str(self.directory / "libexec/kdump-gate"),
            "__dump_server_settings": str(self.directory / "gate.json"),
            "__dump_server_keys_directory": str(self.keys.parent),
            "__dump_server_exports": str(self.exports),
            "__dump_server_sshd": str(self.sshd),
            "__dump_server_sshd_config": str(self.config),
            "__dump_server_service_manager": "no_service",
            "__kdump_known_hosts": "{{ sandbox }}/{{ inventory_hostname }}/known_hosts",
            "__kdump_root": own,
            **variables,
        }
        command = ["ansible-playbook", "-i", "inventory.yml", "kdump.fleet.dump_server", "-e", json.dumps(sandbox)]
        command += ["--skip-tags", ",".join(f"dump_server_{step}" for step in LEFT_OUT.split()), *options]
        environment = playbook_environment(self.sshd, self.directory / "modules")
        done = subprocess.run(
            command, cwd=self.directory, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        recap = re.search(r"^dump1\s+: ok=\d+\s+changed=(\d+)", done.stdout, re.M)
        return done.returncode, " ".join((done.stdout + done.stderr).split()), int(recap[1]) if recap else 0

    def done(self, *options: str, **variables: Any) -> tuple[str, int]:
        """The same, where it has to end well."""
        status, said, changed = self.play(*options, **variables)
        assert status == 0, said
        return said, changed

    def refused(self, *options: str, **variables: Any) -> str:
        """What it says where it has to fail, and changes nothing that a host goes by."""
        before = self.state()
        status, said, _changed = self.play(*options, **variables)
        assert status != 0
        assert self.state() == before
        return said

    def state(self) -> list[bytes]:
        """What hosts go by."""
        return [path.read_bytes() if path.exists() else b"" for path in (self.keys, self.exports)]

    def enrolled(self) -> list[str]:
        """Who has a key, in the order of the file."""
        return re.findall(r'^restrict,command="\S+ (\S+) /var/crash" ssh-ed25519 \S+ \1$', self.keys.read_text(), re.M)

    def exported(self) -> list[str]:
        """Whose directory is exported to somebody."""
        return re.findall(rf"^{self.directory}/landing/(\S+) \S", self.exports.read_text(), re.M)


@pytest.fixture(name="enrolled", scope="module")
def a_server_with_its_hosts(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Enrolled, with exports. Made once."""
    site = Site(tmp_path_factory.mktemp("enrolled"))
    site.done(*KEYS, dump_server_nfs=True)
    assert site.enrolled() == site.exported() == HOSTS
    return site


@pytest.fixture(name="site")
def the_same_for_each_test(enrolled: Site, tmp_path: Path) -> Site:
    """As the run has left it, at another place."""
    site = Site(tmp_path)
    for path in (enrolled.keys, enrolled.exports):
        copy = tmp_path / path.relative_to(enrolled.directory)
        copy.parent.mkdir(exist_ok=True)
        copy.write_text(path.read_text(encoding="utf-8").replace(str(enrolled.directory), str(tmp_path)), "utf-8")
        copy.chmod(path.stat().st_mode & 0o777)
    for host in HOSTS:
        (tmp_path / "landing" / host).mkdir(mode=0o700)
        shutil.chown(tmp_path / "landing" / host, USER)
    return site


def test_a_host_that_left_the_inventory_loses_its_key_and_its_export(site: Site) -> None:
    """Without a question, predicted, and named; its directory stays. What a run has done the next one leaves alone."""
    site.hosts = HOSTS[1:]
    before = site.state()
    said, predicted = site.done(*KEYS, "--check", "--diff", dump_server_nfs=True)
    assert site.state() == before
    assert '-restrict,command="' in said
    assert "AAAAweb00 web00" in said
    said, changed = site.done(*KEYS, dump_server_nfs=True)
    assert f"1 of {len(HOSTS)} hosts that may send dumps to dump1 may not after this run: {HOSTS[0]}. Their" in said
    assert site.enrolled() == site.exported() == HOSTS[1:]
    assert (site.directory / "landing" / HOSTS[0]).is_dir()
    assert (predicted, changed) == (2, 2)  # keys and exports
    said, changed = site.done(*KEYS, dump_server_nfs=True)
    assert (changed, "may not after this run" in said) == (0, False)


def test_a_part_of_the_inventory_takes_no_keys_away(site: Site) -> None:
    """A job slice that has the server: refused with names, in check mode too. Who means it says so."""
    site.hosts = HOSTS[3:]
    for options in ((), ("--check",)):
        said = site.refused(*KEYS, *options, dump_server_nfs=True)
        assert (
            f"3 of the {len(HOSTS)} hosts that may send dumps to dump1 are not in the inventory: web00, web01, web02."
            in said
        )
        assert "-e dump_server_forget_many=true" in said
    site.done(*KEYS, dump_server_nfs=True, dump_server_forget_many="true")
    assert site.enrolled() == site.exported() == HOSTS[3:]


@pytest.mark.parametrize("servers", [["dump1", "dump2"], ["dunp1"], None], ids=["another", "misspelt", "none"])
def test_a_host_that_moved_keeps_its_key_until_it_has_been_told(site: Site, servers: list[str] | None) -> None:
    """And its export. A crash before the rollout still arrives at the previous server."""
    before = site.state()
    site.clients["kdump_dump_servers"] = servers
    _said, changed = site.done(*KEYS, dump_server_nfs=True)
    assert (site.state(), changed) == (before, 0)
    said, _changed = site.done(*KEYS, dump_server_nfs=True, dump_server_forget_moved="true")
    left = site.enrolled()
    assert site.exported() == left
    assert 0 < len(left) < len(HOSTS) if servers == ["dump1", "dump2"] else left == []
    assert f"may not after this run: {', '.join(sorted({*HOSTS} - {*left}))}. Their" in said


def test_a_name_that_is_not_in_the_inventory(site: Site) -> None:
    """In dump_server_hosts: it keeps its key and its export, and a new one is not an error."""
    before = site.state()
    site.hosts = HOSTS[2:]
    _said, changed = site.done(*KEYS, dump_server_nfs=True, dump_server_hosts=HOSTS)
    assert (site.state(), changed) == (before, 0)
    said, _changed = site.done(*KEYS, dump_server_nfs=True, dump_server_hosts=[*HOSTS, "ghost"])
    assert site.state() == before
    assert "have no key: ghost." in said


def test_what_was_changed_by_hand_is_mended(site: Site) -> None:
    """A line of somebody's, and a mode."""
    before = site.state()
    with site.keys.open("a", encoding="utf-8") as keys:
        keys.write("ssh-ed25519 AAAA somebody\n")
    _said, changed = site.done(*KEYS, dump_server_nfs=True)
    assert (site.state(), changed) == (before, 1)
    site.keys.chmod(0o600)
    _said, changed = site.done(*KEYS, dump_server_nfs=True)
    assert (site.keys.stat().st_mode & 0o777, changed) == (0o644, 1)


def test_a_client_that_cannot_be_resolved(site: Site) -> None:
    """In every run, until it can; and an address is not a list of letters."""
    (site.directory / "unresolved").write_text("exportfs: Failed to resolve web03\n", encoding="utf-8")
    for _run in range(2):
        assert "cannot resolve these names of hosts: web03. Give each such host" in site.refused(
            *KEYS, dump_server_nfs=True
        )
    site.clients["dump_client_addresses"] = "192.0.2.7"
    said = site.refused(*KEYS, dump_server_nfs=True)
    assert "dump_client_addresses is not a list on web00, web01" in said
    (site.directory / "unresolved").write_text("", encoding="utf-8")
    site.clients["dump_client_addresses"] = ["192.0.2.7", "192.0.2.8"]
    site.done(*KEYS, dump_server_nfs=True)
    assert re.search(
        r"/web03 192\.0\.2\.7\(rw,\S+\) 192\.0\.2\.8\(rw,\S+\)\n", site.exports.read_text(encoding="utf-8")
    )


def test_a_host_without_its_server_is_told_so(site: Site) -> None:
    """A limit that leaves the server out enrols nobody and pins nothing; the one that is named does."""
    said = site.refused("--limit", HOSTS[0])
    assert f"dump1, the dump server of {HOSTS[0]}, was not part of this run" in said
    assert f"--limit {HOSTS[0]}:dump_servers" in said
    assert not (site.directory / HOSTS[0] / "known_hosts").exists()
    site.done("--limit", f"{HOSTS[0]}:dump_servers")
    pins = (site.directory / HOSTS[0] / "known_hosts").read_text(encoding="utf-8")
    assert " ".join(site.host_key.with_suffix(".pub").read_text(encoding="utf-8").split()[:2]) in pins
    assert site.enrolled() == HOSTS
    site.clients["kdump_dump_servers"] = ["dunp1"]
    said = site.refused("--limit", f"{HOSTS[0]}:dump_servers")
    assert "'dunp1' is not a host of the inventory. Did you mean dump1?" in said


def test_a_host_that_moves_knows_both_servers(site: Site) -> None:
    """By their host keys, and with time limits for both, until it is configured for the new one."""
    home = site.directory / HOSTS[0]
    home.mkdir()
    previous = "192.0.2.9,old ssh-ed25519 AAAAFORMER"
    block = "# BEGIN kdump.fleet\n{}\n# END kdump.fleet\n"
    (home / "known_hosts").write_text(block.format(previous), encoding="utf-8")

    def known() -> tuple[int, bool, list[str]]:
        site.done("--limit", f"{HOSTS[0]}:dump_servers")
        pins = (home / "known_hosts").read_text(encoding="utf-8").splitlines()
        options = re.findall(
            r"^Match originalhost (\S+) user kdump$", (home / "config").read_text(encoding="utf-8"), re.M
        )
        return len(pins) - 2, previous in pins, options

    site.target = {"kind": "ssh", "location": "kdump@192.0.2.9"}
    assert known() == known() == (2, True, ["192.0.2.1", "192.0.2.9"])
    site.target = {"kind": "ssh", "location": "kdump@192.0.2.1"}
    assert known() == (1, False, ["192.0.2.1"])


def test_host_keys_are_not_switched_over_the_head_of_another_inventory(site: Site) -> None:
    """Who has a key on the server and is not in the inventory of this run has not pinned the new host keys."""
    site.hosts = HOSTS[:1]
    previous, rotate = site.host_key.read_bytes(), {"dump_server_rotate_host_keys": "true"}
    said = site.refused("--skip-tags", "dump_server_keys,dump_server_nfs,dump_server_sshd", **rotate)
    assert f"by {len(HOSTS) - 1} of its hosts: {', '.join(HOSTS[1:])}. Run this again" in said
    assert site.host_key.read_bytes() == previous


# ---- sshd


@pytest.mark.parametrize(
    ("lines", "drop_in"),
    [
        (["Include /etc/ssh/sshd_config.d/*.conf"], True),
        (["Include /etc/ssh/sshd_config.d/*.conf", "Match User nobody", "    PermitTTY no"], True),
        (["Port 22"], False),
        (["Port 22", "Match User nobody", "    PermitTTY no"], False),
    ],
    ids=["drop-in", "drop-in and match", "main file", "main file and match"],
)
def test_sshd_goes_by_the_role(tmp_path: Path, lines: list[str], drop_in: bool) -> None:
    """With the host key at a place of its own, and behind a Match block."""
    site = Site(tmp_path)
    site.configure(*lines)
    _said, predicted = site.done(*SSHD, "--check")
    assert (predicted > 0, site.drop_in.exists()) == (True, False)
    site.done(*SSHD)
    assert site.drop_in.exists() == drop_in
    words = "user={},host=localhost,addr=127.0.0.1,laddr=127.0.0.1,lport=22"
    settings = run([str(site.sshd), "-T", "-C", words.format(USER)]).splitlines()
    assert {"maxstartups 200:30:400", f"authorizedkeysfile {site.keys}", "permittty no"} <= set(settings)
    settings = run([str(site.sshd), "-T", "-C", words.format("daemon")]).splitlines()
    assert {"maxstartups 200:30:400", "permittty yes"} <= set(settings)
    assert site.done(*SSHD)[1] == 0
    assert site.done(*SSHD, "--check")[1] == 0


def test_another_line_that_outweighs_the_role_is_shown(tmp_path: Path) -> None:
    """In this and in every run, in check mode too, until somebody decides."""
    site = Site(tmp_path)
    site.configure("Include /etc/ssh/sshd_config.d/*.conf", "MaxStartups 10:30:60")
    for options in ((), ("--check",), ()):
        status, said, _changed = site.play(*SSHD, *options)
        assert status != 0
        assert "goes by MaxStartups 10:30:60, and dump_server_max_startups is 200:30:400" in said
        assert f"{site.config}:MaxStartups 10:30:60" in said
        assert f"{site.drop_in}:MaxStartups 200:30:400" in said
    site.done(*SSHD, dump_server_max_startups="")
    site.configure("Include /etc/ssh/sshd_config.d/*.conf")
    site.done(*SSHD, dump_server_max_startups=50)


def test_what_sshd_refuses_is_not_written(tmp_path: Path) -> None:
    """The previous drop-in stays, and sshd can be started."""
    site = Site(tmp_path)
    site.done(*SSHD)
    before = site.drop_in.read_bytes()
    status, said, _changed = site.play(*SSHD, __dump_server_unused_seconds="many")
    assert status != 0
    assert "failed to validate" in said
    assert site.drop_in.read_bytes() == before
