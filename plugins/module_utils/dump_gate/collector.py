# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collector's key: rsync, reading, below the landing area, and nothing else."""

import os
import re
from typing import List, Tuple

from .grammar import LONGEST_COMMAND, parts, quoted
from .landing import FOLDER
from .refusal import RefusedError

# rsync's one-letter options that only say what is sent and how, then "e" with the client's abilities. Among those that
# are left out: s (more arguments would come unseen), L, k, K, R (links, and paths above the one that is named).
_SHAPE = re.compile(
    "rsync --server --sender -[vlogDtprcnHSWz]+(?:e[0-9]*[.][A-Za-z0-9.]*)?"
    "((?: --(?:partial|numeric-ids|bwlimit=[0-9.]+[kmgKMG]?|timeout=[0-9]+|append))*) [.] (/[A-Za-z0-9_@%+=:,./-]*)"
)


def parse(command: str, area: str) -> Tuple[List[str], Tuple[str, ...], bool]:
    """The options for rsync, the directories and the name that it may read, and whether its contents are meant."""
    match = _SHAPE.fullmatch(command) if len(command) <= LONGEST_COMMAND else None
    if not match:
        raise RefusedError(
            "{0} is not allowed: the collector's key reads files below {1} with rsync, and does nothing else".format(
                quoted(command), area
            )
        )
    flags = command.split(" ")[3]
    return [flags, *match.group(1).split()], parts(match.group(2), [area]), match.group(2).endswith("/")


def serve(command: str, area: str) -> None:
    """Become rsync, in the directory that it may read, with a path that has no way out of it."""
    options, wanted, contents = parse(command, area)
    folders = wanted if contents else wanted[:-1]
    fd = os.open(area, FOLDER)
    for depth, part in enumerate(folders, 1):
        try:
            inner = os.open(part, FOLDER, dir_fd=fd)
        except OSError as error:
            raise RefusedError(
                "{0} is not a directory that can be read: {1}".format(
                    "/".join((area, *folders[:depth])), error.strerror
                )
            ) from error
        os.close(fd)
        fd = inner
    os.fchdir(fd)
    name = "./" if contents or not wanted else wanted[-1]
    os.execvp("rsync", ["rsync", "--server", "--sender", *options, ".", name])
