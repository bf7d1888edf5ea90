# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
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
DEEPEST = 4  # folders below the host's own: kdump.conf's path, the dump, and some room

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
        raise RefusedError("the command is longer than {0} characters".format(LONGEST_COMMAND))
    for verb, shape in _SHAPES:
        match = shape.fullmatch(command)
        if match:
            return Request(verb, [path.strip("'") for path in match.groups()])
    raise RefusedError("not a command that a capture needs" if command else "there is no shell here")


def parts(path: str, homes: Sequence[str]) -> Parts:
    """The folders and the name of a path below the host's own folder, which goes by the names in I(homes)."""
    wanted = _split(path)
    for home in sorted((_split(home) for home in homes), key=len, reverse=True):
        if wanted[: len(home)] == home:
            return _checked(wanted[len(home) :])
    raise RefusedError("the path is outside of {0}".format(" and ".join(homes)))


def _split(path: str) -> Parts:
    return tuple(part for part in path.split("/") if part)


def _checked(below: Parts) -> Parts:
    for part in below:
        name(part)
    if len(below) > DEEPEST:
        raise RefusedError("the path is deeper than {0} folders".format(DEEPEST))
    return below


def name(text: str) -> str:
    """I(text), if a file or a folder may have this name."""
    if len(text) > LONGEST_NAME:
        raise RefusedError("a name is longer than {0} characters".format(LONGEST_NAME))
    if not _NAME.fullmatch(text) and not is_temporary(text):
        raise RefusedError("a name begins with a dot or a dash, or has a character that no dump's name has")
    return text


def is_temporary(text: str) -> bool:
    """Whether this is a name that mktemp gives."""
    return _TEMPORARY.fullmatch(text) is not None


def is_incomplete(text: str) -> bool:
    """Whether a name says that its file is not whole yet: both tools put the word into it."""
    return "incomplete" in text
