# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes what a host's files hold fit for messages and JSON, whatever bytes are in them."""

import re
from typing import Any, Match

# Surrogates stand for bytes that are not UTF-8 (Host.read) and cannot be written anywhere. Control characters, line
# breaks and tabs aside, would act on the terminal of the administrator who reads the message.
# Marks of direction change the order in which a terminal shows what follows, and others have no width: with them a text
# looks like another. They are written as escapes here too, so that this file can be read.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def _escaped(match: Match[str]) -> str:
    code = ord(match.group())
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00  # the byte that was read
    if code < 0x100:
        return "\\x{0:02x}".format(code)
    return "\\u{0:04x}".format(code) if code < 0x10000 else "\\U{0:08x}".format(code)


def printable(value: Any) -> Any:
    """I(value) with every unprintable character in its texts as C(\\xNN); dictionaries and lists are copied."""
    if isinstance(value, str):
        return _UNPRINTABLE.sub(_escaped, value)
    if isinstance(value, dict):
        return {printable(key): printable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [printable(item) for item in value]
    return value


def is_printable(text: str) -> bool:
    """Whether I(text) can stand in a message or a file as it is."""
    return _UNPRINTABLE.search(text) is None
