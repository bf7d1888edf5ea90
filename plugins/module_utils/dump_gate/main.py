# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate: what sshd runs in place of the command that a host sends."""

import contextlib
import os
import pwd
import signal
import sys
import time
from typing import List, NoReturn

from . import clock, collector, grammar, retention, scp, sessions, settings, unused
from .grammar import quoted
from .journal import Journal
from .landing import Landing
from .refusal import RefusedError
from .scp import Streams
from .sftp import Sftp
from .upload import receive, upload

COLLECT = "--collect"
WHOSE = "kdump-gate:"  # no path begins so, where df has that of a file system: the name of the host follows
RETAIN = "--retain"  # not requests: what the server's timer and its service run
END_UNUSED = "--end-unused"
_JUMPED = (
    "no run between {0} and {1} UTC: this time counts in no age, because the clock may have jumped. If the server was "
    "on, check its clock"
)


class LostError(Exception):
    """The session was ended from outside."""


class Gate:
    """One request of one host."""

    def __init__(self, values: settings.Settings, names: List[str], streams: Streams, journal: Journal) -> None:
        self.host, paths = names[0], names[1:]
        self.streams = streams
        self.log = journal.say
        # What the host calls its own directory: the path in its kdump.conf, and where it really is.
        self.homes = [*paths, "{0}/{1}".format(values.area.rstrip("/"), self.host)]
        self.landing = Landing(values.area, self.host, values.limits)

    def serve(self, command: str) -> None:
        """Do what I(command) asks for, or refuse it."""
        request = grammar.parse(command)
        places = [grammar.parts(path, self.homes) for path in request.paths]
        place = places[0] if places else ()
        if request.verb == "nothing":
            return
        if request.verb == "mkdir":
            self.landing.mkdir(place)
        elif request.verb in ("avail", "whose", "df"):
            self._df(place, request.verb)
        elif request.verb == "mktemp":
            self._say("{0}/{1}\n".format(request.paths[0].rstrip("/"), self.landing.mktemp(place)))
        elif request.verb == "rmdir":
            self.landing.rmdir(place)
        elif request.verb == "receive":
            self._receive(place)
        elif request.verb == "finish":
            size = self.landing.finish(place, places[1])
            self.log("finished {0}: {1} bytes".format("/".join(places[1]), size))
        elif request.verb == "scp":
            scp.serve(self.streams, self.landing, place, self.log)
        else:
            Sftp(self.streams, self.landing, self.homes, self.log).serve()

    def _receive(self, place: grammar.Parts) -> None:
        # When the connection breaks, this side sees an end like any other. Only the host can say that all was sent, by
        # the new name that it asks for next.
        if not place or not grammar.is_incomplete(place[-1]):
            raise RefusedError(
                "{0} must have 'incomplete' in its name while it is received; mv gives it the final name".format(
                    self.landing.path(place)
                )
            )
        with upload(self.landing, place, self.log) as file:
            receive(self.streams.read, file)

    def _df(self, place: grammar.Parts, verb: str) -> None:
        with self.landing.folder(place):
            left = str(self.landing.room().size // 1024)
        width = max(5, len(left))
        if verb == "df":
            self._say("Filesystem 1024-blocks Used Available Capacity Mounted on\n- {0} 0 {0} 0% /\n".format(left))
        elif verb == "whose":
            text = "{0} Mounted on\n{1} {2}{3}\n"
            self._say(text.format("Avail".rjust(width), left.rjust(width), WHOSE, self.host))
        else:
            self._say("{0}\n{1}\n".format("Avail".rjust(width), left.rjust(width)))

    def _say(self, text: str) -> None:
        self.streams.write(text.encode("ascii"))


def _retain(values: settings.Settings, journal: Journal, now: float) -> None:
    record = os.path.join(os.path.dirname(values.journal), "retention.json")
    found = clock.look(record, values.area, now)
    if found.jumped:
        journal.say(_JUMPED.format(*(time.strftime("%Y-%m-%d %H:%M", time.gmtime(end)) for end in found.gaps[-1])))
    clock.note(record, found)
    for removed in retention.retain(values.area, values.policy, now, found, values.limits.entries):
        journal.say("removed {0}".format(quoted(removed)))


def _end_unused(journal: Journal) -> None:
    """Until the service is stopped."""
    user = os.geteuid()
    name = pwd.getpwuid(user).pw_name
    with contextlib.suppress(LostError):
        while True:
            for pid in unused.unused(list(unused.processes()), user, name):
                with contextlib.suppress(OSError):  # it has just ended
                    os.kill(pid, signal.SIGTERM)
                    text = "ended a connection of {0} without a session, process {1} of sshd; its log says from where"
                    journal.say(text.format(name, pid))
            time.sleep(unused.EVERY)


def main(arguments: List[str], command: str, streams: Streams, path: str) -> int:
    """Serve one request; the exit status. I(arguments) are the host and the paths that it may call its directory."""
    journal = Journal("", "?")
    try:
        values = settings.read(path)
        if arguments == [RETAIN]:
            journal = Journal(values.journal, "retention")
            _retain(values, journal, time.time())
            return 0
        if arguments == [END_UNUSED]:
            _end_unused(Journal(values.journal, "connections"))
            return 0
        journal = Journal(values.journal, "collector" if arguments == [COLLECT] else settings.host(arguments[:1]))
        if arguments == [COLLECT]:
            journal.say("reads {0}".format(quoted(command)))
            collector.serve(command, values.area)
        with sessions.session(values.sessions, journal.host, journal.say):
            Gate(values, arguments, streams, journal).serve(command)
        return 0
    except (RefusedError, LostError) as error:
        reason = str(error)
    except OSError as error:
        reason = ": ".join(str(part) for part in (error.filename, error.strerror) if part) or "the connection was lost"
    except Exception as error:  # the last resort: no request of a host may end in a traceback
        reason = "{0!r} is an error in the gate itself; report it to kdump.fleet".format(error)
    journal.say("REFUSED {0}: {1}".format(quoted(command), reason))
    with contextlib.suppress(OSError, ValueError):  # nobody listens any more
        sys.stderr.write("kdump-gate: refused: {0}\n".format(reason))
        sys.stderr.flush()
    return 1


def run(path: str, source: int = 0, sink: int = 1) -> int:
    """The program that the role installs, between two open files."""

    def lost(number: int, _frame: object) -> NoReturn:
        raise LostError("ended by signal {0}".format(number))

    def idle(_number: int, _frame: object) -> NoReturn:
        raise LostError("nothing was received for {0} seconds, which ends a session".format(sessions.IDLE))

    def read(size: int) -> bytes:
        signal.alarm(sessions.IDLE)  # also for an answer that nobody fetches
        return os.read(source, size)

    def write(data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(sink, view) :]

    os.umask(0o077)
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lost)
    signal.signal(signal.SIGALRM, idle)
    streams = Streams(read, write)
    try:
        return main(sys.argv[1:], os.environ.get("SSH_ORIGINAL_COMMAND", ""), streams, path)
    finally:
        signal.alarm(0)
