# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines that role dump_server gives sshd, in a real one: what a key can do before the gate is asked."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import jinja2
import pytest
import yaml

from ansible_collections.kdump.fleet.plugins.module_utils.dump_gate import unused
from tests.checkout import ROOT
from tests.machines.sshd import USER, Sshd, binary, serving

ROLE = ROOT / "roles/dump_server"
UNUSED = 3  # seconds
UNKNOWN = "Bad configuration option: UnusedConnectionTimeout"


def block(keys: Path, knows_unused: bool) -> list[str]:
    """The block of tasks/sshd.yml."""
    tasks = yaml.safe_load((ROLE / "tasks/sshd.yml").read_text(encoding="utf-8"))
    (text,) = [task["ansible.builtin.blockinfile"]["block"] for task in tasks if "ansible.builtin.blockinfile" in task]
    defaults = yaml.safe_load((ROLE / "defaults/main.yml").read_text(encoding="utf-8"))
    variables = {
        **defaults,
        "dump_server_user": USER,
        "__dump_server_keys_file": keys,
        "__dump_server_sshd_ends_unused": knows_unused,
        "__dump_server_unused_seconds": UNUSED,
    }
    rendered = (
        jinja2.Environment(trim_blocks=True, undefined=jinja2.StrictUndefined).from_string(text).render(variables)
    )
    return rendered.splitlines()


def knows_unused() -> bool:
    """As the role asks."""
    program, environment, _lines = binary()
    command = [str(program), "-T", "-f", "/dev/null", "-o", "UnusedConnectionTimeout=60"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return UNKNOWN not in done.stderr


@pytest.fixture(name="server", scope="module")
def an_ssh_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """With Debian's AcceptEnv before the role's lines, and keys that run a command in the place of the gate."""
    directory = tmp_path_factory.mktemp("confined")
    keys = directory / "authorized_keys"
    with keys.open("w", encoding="utf-8") as file:
        for command in ("env", "cat"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", directory / command], check=True)
            file.write(f'restrict,command="{command}" ' + (directory / f"{command}.pub").read_text(encoding="utf-8"))
    with serving(directory, keys, "AcceptEnv LANG LC_*", *block(keys, knows_unused())) as server:
        yield server


def test_no_environment_arrives(server: Sshd) -> None:
    """Neither what the distribution accepts from everybody nor anything else."""
    key = server.directory / "env"
    names = ("LC_EVIL", "LANG", "LD_PRELOAD", "PYTHONPATH", "KDUMP")
    command = ["ssh", "-q", "-o", "SetEnv=" + " ".join(f"{name}=evil" for name in names)]
    said = subprocess.run(
        [*command, *server.options(key), f"{USER}@127.0.0.1", "x"], capture_output=True, text=True, check=True
    ).stdout
    assert "SSH_ORIGINAL_COMMAND=x" in said
    assert "evil" not in said


def test_a_connection_that_nobody_uses_ends(server: Sshd) -> None:
    """ssh -N, of which the gate sees nothing; a session in which nothing comes for longer stays."""
    assert knows_unused()
    address = f"{USER}@127.0.0.1"
    quiet = subprocess.Popen(
        ["ssh", "-q", *server.options(server.directory / "cat"), address, "x"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    unused = [
        subprocess.Popen(["ssh", "-q", "-N", *server.options(server.directory / "cat"), address]) for _each in range(3)
    ]
    assert [process.wait(timeout=60) for process in unused] == [255] * 3
    time.sleep(2 * UNUSED)
    assert quiet.communicate(b"still there", timeout=60)[0] == b"still there"


def test_an_sshd_that_does_not_know_it_gets_no_such_line() -> None:
    """It would refuse all of its configuration."""
    assert "UnusedConnectionTimeout" not in "".join(block(Path("keys"), knows_unused=False))
    assert f"    UnusedConnectionTimeout {UNUSED}" in block(Path("keys"), knows_unused=True)


def below(process: int, found: list[unused.Process]) -> set[int]:
    """The processes that a process has started, and they in turn."""
    children = {each.pid for each in found if each.parent == process}
    return children.union(*(below(child, found) for child in children))


def test_an_older_sshd_has_a_service_that_ends_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It sees which processes of a real sshd have no session; one that receives something is not among them."""
    monkeypatch.setattr(unused, "AGE", 0)
    key, keys = tmp_path / "key", tmp_path / "authorized_keys"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    keys.write_text('restrict,command="cat" ' + key.with_suffix(".pub").read_text(encoding="utf-8"), encoding="utf-8")
    with serving(tmp_path, keys, *block(keys, knows_unused=False)) as server:
        login = ["ssh", "-q", *server.options(key)]
        quiet = subprocess.Popen([*login, f"{USER}@127.0.0.1", "x"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        idle = [subprocess.Popen([*login, "-N", f"{USER}@127.0.0.1"]) for _each in range(3)]
        listener = int((tmp_path / "sshd.pid").read_text(encoding="ascii"))
        pids: list[int] = []
        for _try in range(100):
            found = list(unused.processes())
            own = below(listener, found) | {listener}  # others may run a server, too
            pids = [pid for pid in unused.unused(found, os.getuid(), USER) if pid in own]
            if len(pids) == 3:
                break
            time.sleep(0.2)
        assert len(pids) == 3
        for pid in pids:
            os.kill(pid, signal.SIGTERM)
        assert [process.wait(timeout=60) for process in idle] == [255] * 3
        assert quiet.communicate(b"still there", timeout=60)[0] == b"still there"
