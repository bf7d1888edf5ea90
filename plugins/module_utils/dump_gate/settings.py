# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the administrator of the dump server has set: a JSON file that hosts can neither read nor write."""

import json
import re
from typing import Any, Dict, List, NamedTuple

from .grammar import quoted
from .landing import Limits
from .refusal import RefusedError
from .retention import Policy

_HOST = re.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}")


class Settings(NamedTuple):
    """The settings by name."""

    area: str  # the landing area, with one directory for each host
    limits: Limits
    journal: str
    sessions: str  # a directory of locks, one for each session of a host
    policy: Policy


def read(path: str) -> Settings:
    """The settings in a file."""
    try:
        with open(path, encoding="utf-8") as file:
            values: Dict[str, Any] = json.load(file)
        return Settings(
            area=str(values["area"]),
            limits=Limits(**{name: int(values[name]) for name in Limits._fields}),
            journal=str(values["journal"]),
            sessions=str(values["sessions"]),
            policy=Policy(**{name: int(values[name]) for name in Policy._fields}),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RefusedError("the server's settings {0} cannot be used ({1!r})".format(path, error)) from error


def host(arguments: List[str]) -> str:
    """The name of the host that an entry in authorized_keys is for: it is the name of a directory."""
    if not arguments or not _HOST.fullmatch(arguments[0]):
        raise RefusedError(
            "the entry of this key in authorized_keys is wrong: {0} does not begin with the name of a host".format(
                quoted(" ".join(arguments))
            )
        )
    return arguments[0]
