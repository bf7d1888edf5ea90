# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Would a dump get through to its server? Asked step by step, and the first step that fails is the one obstacle.

Imported for hosts with an ssh or nfs target alone. The commands on an ssh server are those of kdumpctl's own check
(mkdumprd of kdump-utils 1.0.61), so a server that is restricted to a capture's commands answers them.
"""

import errno
import os
import shlex
import time
from typing import Callable, Iterator, List, Optional, Sequence, Tuple

from ..crash_memory.sizes import mebibytes
from ..host.machine import CommandError, CommandResult, Host
from ..tools.records import Setup, Target, server_of
from . import ssh_failure
from .dump_size import DumpSize
from .obstacle import Obstacle
from .server_address import connect, is_this_host, words_of

READ, WRITE = "read", "write"
OF_SERVER = ("target-name-unresolved", "target-unreachable", "target-is-this-host")  # whichever way dumps go to it
WHOSE = "kdump-gate:"  # the gate of role dump_server says so whose key this is
PORTS = {"ssh": 22, "nfs": 2049}
ADDRESSES = 4  # of one name; more are not tried
CONNECT_LIMIT = 5.0  # seconds, for each address
COMMAND_LIMIT = 20.0
TOTAL_LIMIT = 60.0
# Without the last one ssh would write into known_hosts what the server says of its keys.
SSH_OPTIONS = (
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "IdentitiesOnly=yes",
    "ConnectTimeout=10",
    "UpdateHostKeys=no",
)
# Soft, with short limits: a server that does not answer is an error, not a command that hangs. Without a lock daemon,
# which would live on where it was started.
MOUNT_OPTIONS = "soft,timeo=50,retrans=2,retry=0,nolock,nosuid,nodev,noexec"
MOUNT_POINT = "/mnt"
NOT_MOUNTED = 32  # as mount(8) has it
NO_DIRECTORY = 33  # there is none yet
# A file is written in $1 and removed. In a command of its own, because a dead server would hold this process.
INSIDE = (
    '[ -e "$1" ] || exit {0}; made=$(mktemp -p "$1" .kdump-fleet-XXXXXX) || exit; status=0; '
    'echo probe | dd of="$made" conv=fsync status=none || status=$?; '
    'rm "$made" && [ "$status" = 0 ] && df --output=avail "$1"'
).format(NO_DIRECTORY)
# The same on an export, for unshare(1): the mount ends with the command, whatever ends that. The host never sees it.
MOUNTED = 'mount --make-rslave / && mount -t nfs -o "$2" "$3" "$4" || exit {0}; {1}'.format(NOT_MOUNTED, INSIDE)
Connect = Callable[[str, int, float], None]


class StepError(Exception):
    """What a step found; there is no use in the steps behind it."""

    def __init__(self, code: str, message: str) -> None:
        Exception.__init__(self, message)
        self.obstacle = Obstacle(code, message)


def ask(
    host: Host, setup: Setup, dump_size: DumpSize, how: str, name: Optional[str] = None
) -> List[Tuple[Optional[Target], Obstacle]]:
    """Ask the server in use and, where that is another target, the one of the policy. They share the time.

    A server that both go to and that cannot be reached is one obstacle, of no target.
    """
    targets = [target for target in setup.targets if target.kind in PORTS]
    found = []  # type: List[Tuple[Optional[Target], Obstacle]]
    for target in targets:
        # kdump-tools mounts an export at the path; kdumpctl has the path inside it.
        path = "/" if (setup.tool, target.kind) == ("kdump-tools", "nfs") else target.path
        probe = Probe(host, target, path, dump_size, how, share=len(targets), name=name)
        found += [(target, obstacle) for obstacle in probe.findings()]
    causes = {(server_of(target), obstacle.code): obstacle for target, obstacle in found if target}
    if len(causes) < len(found) and all(obstacle.code in OF_SERVER for obstacle in causes.values()):
        return [(None, obstacle) for obstacle in causes.values()]
    return found


class Probe(object):
    """One look from a host at its dump server."""

    def __init__(
        self,
        host: Host,
        target: Target,
        path: str,
        dump_size: DumpSize,
        how: str,
        connecting: Connect = connect,
        share: int = 1,
        name: Optional[str] = None,
    ) -> None:
        self.host = host
        self.target = target
        self.path = path  # of the dumps, on the server or inside the export
        self.dump_size = dump_size
        self.how = how
        self.name = name  # by which a dump server of ours knows this host
        self._connect = connecting
        self._end = time.monotonic() + TOTAL_LIMIT / share

    def findings(self) -> List[Obstacle]:
        """What keeps a dump from getting through: nothing, or the first thing, or too little room."""
        try:
            return list(self._ssh() if self.target.kind == "ssh" else self._nfs())
        except StepError as stop:
            return [stop.obstacle]

    def _run(self, argv: Sequence[str], accept: Sequence[int] = tuple(range(256))) -> CommandResult:
        return self.host.run(argv, max(min(COMMAND_LIMIT, self._end - time.monotonic()), 1.0), accept)

    # ---- the network

    def _reach(self, name: str, port: int) -> None:
        """Name, route and port."""
        addresses = self._addresses(name)
        said = []  # type: List[Tuple[str, OSError]]
        for address in addresses[:ADDRESSES]:
            try:
                self._connect(address, port, CONNECT_LIMIT)
                return
            except OSError as error:
                said.append((address, error))
        refused = [address for address, error in said if error.errno == errno.ECONNREFUSED]
        if refused:
            raise StepError(
                "target-port-closed",
                "{0} ({1}) refuses connections to port {2}.".format(name, ", ".join(refused), port),
            )
        raise StepError(
            "target-unreachable",
            "No connection to port {0} of {1}: {2}.".format(
                port,
                name,
                "; ".join("{0}: {1}".format(address, words_of(error).rstrip(".")) for address, error in said),
            ),
        )

    def _addresses(self, name: str) -> List[str]:
        """By getent, as every program of the host resolves it, but with a time limit."""
        try:
            answer = self._run(["getent", "ahosts", name])
            found = [line.split()[0] for line in answer.stdout.splitlines() if line.split()]
            reason = "no address is known for it"
        except CommandError as error:
            found, reason = [], str(error).rstrip(".")
        if not found:
            raise StepError(
                "target-name-unresolved",
                "The server {0} of the target {1} cannot be resolved: {2}.".format(name, self.target.location, reason),
            )
        own = [address for address in found if is_this_host(address)]
        if own:
            raise StepError(
                "target-is-this-host",
                "The server {0} of the target {1} is this host itself: it has the address {2}.".format(
                    name, self.target.location, own[0]
                ),
            )
        return sorted(set(found), key=found.index)

    # ---- ssh

    def _ssh(self) -> Iterator[Obstacle]:
        program = self.host.which("ssh")
        name, port, direct = server_of(self.target), PORTS["ssh"], True
        if program:
            name, port, direct = self._as_ssh_sees_it(program, name)
        if not program or not self.host.exists(self.target.sshkey):  # findings of their own report it
            if direct:
                self._reach(name, port)
            return
        # The port is left to ssh: sshd counts connections that end without a word, and locks their address out.
        if direct:
            self._addresses(name)
        self._on_server(program, "mkdir", "-p", self.path)
        if self.how == WRITE:
            made = self._on_server(program, "mktemp", "-dqp", self.path).stdout.strip()
            if not made.startswith("/") or len(made.split()) != 1:
                raise StepError("target-path-not-writable", "mktemp -dqp {0} answered '{1}'.".format(self.path, made))
            self._on_server(program, "rmdir", made)
        answer = self._whose(program) if self.name else None
        yield from self._free(answer or self._on_server(program, "df", "--output=avail", self.path))

    def _whose(self, program: str) -> Optional[CommandResult]:
        """The room, with whose key this is; None where the gate is of an older release, which refuses the question."""
        try:
            answer = self._on_server(program, "df", "--output=avail,target", self.path)
        except StepError:
            return None
        words = answer.stdout.split()
        other = words[-1][len(WHOSE) :] if words and words[-1].startswith(WHOSE) else self.name
        if other != self.name:
            raise StepError(
                "target-key-of-another-host",
                "{0} takes {1} for {2}: the key {3} belongs to {2} there, so dumps of this host would land among those "
                "of {2}.".format(self.target.location, self.name, other, self.target.sshkey),
            )
        return answer

    def _as_ssh_sees_it(self, program: str, name: str) -> Tuple[str, int, bool]:
        """The server, its port, and whether it is reached directly: ssh_config(5) may say otherwise."""
        try:
            text = self._run([program, "-G", self.target.location], (0,)).stdout
        except CommandError:  # a very old ssh
            return name, PORTS["ssh"], True
        values = dict(line.partition(" ")[::2] for line in text.splitlines())
        port = values.get("port", "")
        direct = all(values.get(key, "none") == "none" for key in ("proxycommand", "proxyjump"))
        return values.get("hostname", name), int(port) if port.isdigit() else PORTS["ssh"], direct

    def _on_server(self, program: str, *words: str) -> CommandResult:
        argv = [program, "-n", "-i", self.target.sshkey]
        for option in SSH_OPTIONS:
            argv += ["-o", option]
        argv += [self.target.location] + [shlex.quote(word) for word in words]
        try:
            answer = self._run(argv)
        except CommandError as error:
            raise StepError(
                "target-unreachable", "{0} did not answer: {1}".format(self.target.location, error)
            ) from None
        if answer.rc == 0:
            return answer
        raise StepError(*ssh_failure.cause(self.target, words, answer))

    # ---- nfs

    def _nfs(self) -> Iterator[Obstacle]:
        self._reach(server_of(self.target), PORTS["nfs"])
        if self.how != WRITE:
            return
        if self.target.directory is not None:  # the host has mounted it
            answer = self._on_export(["sh", "-c", INSIDE, "sh", self.host.path(self.target.directory)])
        elif self.host.which("mount.nfs"):  # a finding of its own reports it
            inside = os.path.join(MOUNT_POINT, self.path.strip("/"))
            location = self.target.location
            answer = self._on_export(
                ["unshare", "--mount", "sh", "-c", MOUNTED, "sh", inside, MOUNT_OPTIONS, location, MOUNT_POINT]
            )
        else:
            return
        yield from self._free(answer)

    def _on_export(self, argv: List[str]) -> CommandResult:
        try:
            answer = self._run(argv)
        except CommandError as error:
            said = str(error).replace("'{0}'".format(" ".join(argv)), "writing a file on it")
            raise StepError("target-unreachable", "{0}: {1}".format(self.target.location, said)) from None
        if answer.rc == NOT_MOUNTED:
            message = "{0} cannot be mounted: {1}.".format(self.target.location, ssh_failure.said(answer))
            raise StepError("target-path-not-writable", message)
        if answer.rc == NO_DIRECTORY:
            raise StepError("target-missing", "{0} does not exist on {1}.".format(self.path, self.target.location))
        if answer.rc:
            raise StepError(
                "target-path-not-writable",
                "root of this host cannot write to {0} of {1}: {2}.".format(
                    self.path, self.target.location, ssh_failure.said(answer)
                ),
            )
        return answer

    # ---- room

    def _free(self, answer: CommandResult) -> Iterator[Obstacle]:
        """Judge the room that df reports."""
        words = (answer.stdout.splitlines() or [""])[-1].split()
        if words and words[0].isdigit():
            yield from self._room(int(words[0]) * 1024)

    def _room(self, free: int) -> Iterator[Obstacle]:
        need = self.dump_size.beyond(free)
        if need:
            yield Obstacle(
                "target-space-low",
                "{0}:{1} has {2} free; a dump of this host may need {3} ({4}).".format(
                    self.target.location, self.path, mebibytes(free), mebibytes(need.bytes), need.source
                ),
            )
