# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real OpenSSH server on a loopback port, for a user of its own, without installing or changing anything.

It runs in a user namespace in which whoever runs the tests is the user "kdump": root's sshd would need an account, a
directory in /run and a place in /etc.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.checkout import ROOT, collections_path
from tests.lab import apt, sources
from tests.lab.cache import artifact
from tests.lab.process import run, tail
from tests.lab.settings import cache_directory

USER = "kdump"
INSTALLED = Path("/usr/sbin/sshd")
PASSWD = f"root:x:0:0::/root:/bin/sh\n{USER}:x:1000:1000::/:/bin/sh\n"


def unpack(directory: Path) -> None:
    """Debian's openssh-server and what it needs that is not here, unpacked and no more: installed, it would start."""
    packages = directory / "packages"
    packages.mkdir()
    with apt.separate(sources.mirrors().lines(sources.codename())) as options:
        listed = run(["apt-get", *options, "--no-install-recommends", "--simulate", "install", "openssh-server"])
        names = [line.split()[1] for line in listed.splitlines() if line.startswith("Inst ")]
        run(["apt-get", *options, "-o", "APT::Sandbox::User=root", "download", *names], directory=packages)
    for package in sorted(packages.glob("*.deb")):
        run(["dpkg-deb", "--extract", str(package), str(directory)])
        package.unlink()


def binary() -> tuple[Path, dict[str, str], list[str]]:
    """The program, what its environment needs, and lines that tell it where its parts are."""
    if INSTALLED.exists():
        return INSTALLED, {}, []
    root = artifact(cache_directory() / "openssh-server" / sources.codename(), unpack)
    libraries = sorted({str(path.parent) for path in root.rglob("*.so.*")})
    parts = {"SshdSessionPath": "sshd-session", "SshdAuthPath": "sshd-auth"}  # since OpenSSH 9.8 and 10.0
    folder = root / "usr/lib/openssh"
    lines = [f"{name} {folder / part}" for name, part in parts.items() if (folder / part).exists()]
    return root / "usr/sbin/sshd", {"LD_LIBRARY_PATH": os.pathsep.join(libraries)}, lines


def wrapper(directory: Path, config: Path) -> Path:
    """The server as a program of its own: in its namespaces, with this configuration where no other is given.

    Where the directory has an "etc", that is its /etc/ssh.
    """
    program, environment, _lines = binary()
    (directory / "passwd").write_text(PASSWD, encoding="utf-8")
    path = directory / "bin/sshd"
    path.parent.mkdir(exist_ok=True)
    variables = [f"{name}={value}" for name, value in environment.items()]
    inner = shlex.join(["unshare", "--user", "--map-user=1000", "--map-group=1000", str(program), "-f", str(config)])
    binds = [
        (directory / "passwd", "/etc/passwd"),
        *([(directory / "etc", "/etc/ssh")] if (directory / "etc").exists() else []),
    ]
    mounts = " && ".join(f"mount --bind {shlex.quote(str(there))} {here}" for there, here in binds)
    outer = ["env", *variables, "unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    script = f'{mounts} && exec {inner} "$@"'
    path.write_text(f'#!/bin/sh\nexec {shlex.join([*outer, script, "sshd"])} "$@"\n', encoding="utf-8")
    path.chmod(0o755)
    return path


def playbook_environment(server: Path, modules: Path) -> dict[str, str]:
    """For a playbook whose server finds this sshd before any other, and these modules before Ansible's."""
    return {
        **os.environ,
        "PATH": os.pathsep.join([str(server.parent), os.environ["PATH"]]),
        "ANSIBLE_COLLECTIONS_PATH": str(collections_path()),
        "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
        "ANSIBLE_LIBRARY": str(modules),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_HOME": str(ROOT / ".ansible"),
    }


def free_port() -> int:
    """A port of the loopback interface that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Sshd:
    """A server that is up."""

    def __init__(self, directory: Path, port: int) -> None:
        self.directory = directory
        self.port = port

    def options(self, key: Path) -> list[str]:
        """Options of ssh, scp and rsync's ssh, but for the port."""
        known = self.directory / "known_hosts"
        return [
            *("-i", str(key), "-F", "none", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes"),
            *("-o", "StrictHostKeyChecking=yes", "-o", f"UserKnownHostsFile={known}", "-o", f"Port={self.port}"),
        ]

    @property
    def log(self) -> Path:
        """What it says."""
        return self.directory / "sshd.log"

    def ssh(self, key: Path, *words: str, data: bytes = b"", limit: float = 120) -> subprocess.CompletedProcess[bytes]:
        """One command, as the capture kernels send it."""
        command = ["ssh", "-q", *self.options(key), f"{USER}@127.0.0.1", *words]
        return subprocess.run(command, input=data, capture_output=True, timeout=limit, check=False)

    def rsh(self, key: Path) -> str:
        """The transport for rsync."""
        return shlex.join(["ssh", *self.options(key)])


def settings(port: int, authorized_keys: Path) -> list[str]:
    """Lines of sshd_config, but for the host keys."""
    return [
        *(f"Port {port}", "ListenAddress 127.0.0.1", "PidFile none", "UsePAM no", "StrictModes no"),
        *(f"AuthorizedKeysFile {authorized_keys}", "AuthenticationMethods publickey", "PermitUserRC no"),
        *("Subsystem sftp /usr/lib/openssh/sftp-server", *binary()[2]),
    ]


@contextlib.contextmanager
def running(directory: Path, port: int, config: Path) -> Iterator[Sshd]:
    """A server for the block, as this configuration has it; its process is noted in sshd.pid."""
    server = Sshd(directory, port)
    with server.log.open("wb") as log:
        process = subprocess.Popen(
            [wrapper(directory, config), "-D", "-e"], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    (directory / "sshd.pid").write_text(f"{process.pid}\n", encoding="ascii")
    try:
        for _try in range(100):
            if process.poll() is not None or b"listening on" in server.log.read_bytes():
                break
            time.sleep(0.1)
        assert process.poll() is None, tail(server.log)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=20)


@contextlib.contextmanager
def serving(directory: Path, authorized_keys: Path, *lines: str) -> Iterator[Sshd]:
    """A server for the block, with a host key made for it and further lines of sshd_config."""
    key, port, config = directory / "host_key", free_port(), directory / "sshd_config"
    if not key.exists():
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)])
    public = key.with_suffix(".pub").read_text(encoding="utf-8")
    (directory / "known_hosts").write_text(f"[127.0.0.1]:{port} {public}", encoding="utf-8")
    text = "\n".join([*settings(port, authorized_keys), f"HostKey {key}", *lines])
    config.write_text(text + "\n", encoding="utf-8")
    with running(directory, port, config) as server:
        yield server
