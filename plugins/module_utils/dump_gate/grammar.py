# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands that a host may send, shape by shape.

They are the ones of kdump-utils (kdump.sh, mkdumprd, kdumpctl) and of Debian's kdump-tools, byte for byte. No shell
reads them: a text that is not one of these shapes as a whole is refused.
"""

import re
from typing import List, NamedTuple, Sequence, Tuple

from .refusal import RefusedError

LONGEST_COMMAND = 1024
LONGEST_NAME = 128
DEEPEST = 4  # directories below the host's own: kdump.conf's path, the dump, and some room

Parts = Tuple[str, ...]


class Request(NamedTuple):
    """What a host asks for."""

    verb: str
    paths: List[str]  # as they were sent, without their quotes


_PATH = "('/[A-Za-z0-9_@%+=:,./-]*'|/[A-Za-z0-9_@%+=:,./-]*)"
_UMASK = "(?:umask 0077 && )?"
_SHAPES = [
    (verb, re.compile(shape.replace("PATH", _PATH)))
    for verb, shape in (
        ("nothing", "exit|true"),  # what ssh-copy-id and a check of the key send
        ("mkdir", "mkdir -p PATH"),
        ("avail", "df --output=avail PATH"),
        ("whose", "df --output=avail,target PATH"),  # of kdump_info: the same, and whose key this is
        ("df", "df -P PATH"),  # before kdump-utils had --output
        ("mktemp", "mktemp -dqp PATH"),
        ("rmdir", "rmdir PATH"),
        ("receive", _UMASK + "dd (?:bs=512 )?of=PATH"),
        ("receive", _UMASK + "cat > PATH"),
        ("finish", "mv PATH PATH"),
        ("scp", "scp(?: -[dpv]){0,3} -t (?:-- )?PATH"),
        # A subsystem arrives as the command that sshd_config names for it.
        ("sftp", "(?:internal-sftp|/usr/(?:lib|libexec)/(?:openssh|ssh)/sftp-server)(?: -[fl] [A-Z0-9]+){0,2}"),
    )
]
_NAME = re.compile("[A-Za-z0-9_@%+=:,][A-Za-z0-9_@%+=:,.-]*")
_TEMPORARY = re.compile(r"tmp\.[A-Za-z0-9]{10}")


def parse(command: str) -> Request:
    """The request that a command text makes."""
    if len(command) > LONGEST_COMMAND:
        text = "the command {0} is {1} characters long, of {2} at most"
        raise RefusedError(text.format(quoted(command, 60), len(command), LONGEST_COMMAND))
    for verb, shape in _SHAPES:
        match = shape.fullmatch(command)
        if match:
            return Request(verb, [path.strip("'") for path in match.groups()])
    if not command:
        raise RefusedError("interactive login is not allowed with this key, which may only send crash dumps")
    raise RefusedError("{0} is not a command that a capture of a crash dump needs".format(quoted(command, 160)))


def parts(path: str, homes: Sequence[str]) -> Parts:
    """The directories and the name of a path below the host's own directory, which has the names in I(homes)."""
    wanted = _split(path)
    for home in sorted((_split(home) for home in homes), key=len, reverse=True):
        if wanted[: len(home)] == home:
            return _checked(path, wanted[len(home) :])
    raise RefusedError("{0} is outside of {1}".format(quoted(path), " and ".join(homes)))


def _split(path: str) -> Parts:
    return tuple(part for part in path.split("/") if part)


def _checked(path: str, below: Parts) -> Parts:
    for part in below:
        name(part, path)
    if len(below) > DEEPEST:
        raise RefusedError(
            "{0} is {1} levels below the host's directory, of {2} at most".format(quoted(path), len(below), DEEPEST)
        )
    return below


def name(text: str, path: str = "") -> str:
    """I(text), if a file or a directory may have this name; I(path) is where it was sent."""
    where = " in {0}".format(quoted(path)) if path else ""
    if len(text) > LONGEST_NAME:
        raise RefusedError(
            "the name {0}{1} is {2} characters long, of {3} at most".format(
                quoted(text), where, len(text), LONGEST_NAME
            )
        )
    if not _NAME.fullmatch(text) and not is_temporary(text):
        raise RefusedError(
            "the name {0}{1} is not allowed: names of dumps consist of letters, digits and _@%+=:,.- and begin with "
            "neither a dot nor a dash".format(quoted(text), where)
        )
    return text


def quoted(text: str, longest: int = 300) -> str:
    """I(text) on one line, in ASCII, and not endless."""
    return ascii(text if len(text) <= longest else text[:longest] + "...")


def is_temporary(text: str) -> bool:
    """Whether this is a name that mktemp gives."""
    return _TEMPORARY.fullmatch(text) is not None


def is_incomplete(text: str) -> bool:
    """Whether a name says that its file is incomplete: both tools put the word into it."""
    return "incomplete" in text
