# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of NAME=value that a shell sources and systemd reads (EnvironmentFile=): /etc/default/kdump-tools.

Values are read as the shell reads them, because the tool's own script has the last word.
"""

import re
from typing import Dict, List, NamedTuple, Optional, Tuple

from . import managed_block
from .errors import KdumpError, Problem
from .printable import is_printable, printable

_NAME = "[A-Za-z_][A-Za-z0-9_]*"
_WHOLE_NAME = re.compile(_NAME + r"\Z")
_ASSIGNMENT = re.compile(r"[ \t]*(?:export[ \t]+)?(" + _NAME + ")=")
_SPACED = re.compile(r"[ \t]*(?:export[ \t]+)?(" + _NAME + r")(?:[ \t]+=|=[ \t]+[^\s#])")
# One piece of a word: '...', "...", \x, or characters that mean nothing to a shell.
_PIECE = re.compile(
    r"""'([^']*)' | "([^"\\]*(?:\\.[^"\\]*)*)" | \\(.) | ((?:\$\(|[^ \t\n'"\\;&|<>()]+)+)""", re.VERBOSE | re.DOTALL
)
_ESCAPE = re.compile(r'\\([$`"\\\n])')
_EXPANSION = re.compile(r"(?<!\\)(?:\\\\)*(`|\$(?:[A-Za-z_][A-Za-z0-9_]*|[0-9({@*#?$!-]))")
_HOME = re.compile("(?:^|:)(~)")
_REST = re.compile(r"(?:[ \t]+#|[ \t]*(?=\n|\Z))")
_TO_ESCAPE = re.compile(r'(["$`\\])')


class Parsed(NamedTuple):
    """The assignments of a file, the lines they stand in, and what does not do what its author meant."""

    values: Dict[str, str]
    lines: Dict[str, int]
    problems: List[Problem]


def parse(text: str, path: str) -> Parsed:
    """Read every assignment; the last one of a name wins. Never raises."""
    result = Parsed({}, {}, [])
    position = 0
    line = 1
    while position < len(text):
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        stop, problem = _read_line(text, position, end, line, result)
        if problem:
            result.problems.append(Problem(path, line, printable(problem)))
        line += text.count("\n", position, stop) + 1
        position = stop + 1
    return result


def left_over(text: str, path: str, asked: Dict[str, str]) -> List[str]:
    """The names in the block of kdump.fleet that a previous policy has set, and the present one, I(asked), has not."""
    return sorted(set(parse(managed_block.inside(text), path).values) - set(asked))


def overriding(text: str, path: str, asked: Dict[str, str]) -> Dict[str, int]:
    """The lines behind the block of kdump.fleet that set another value than the block does, which is as I(asked)."""
    written = parse(managed_block.inside(text), path).values
    whole = parse(text, path)
    end = managed_block.last_line(text)
    return {
        name: whole.lines[name]
        for name, value in asked.items()
        if written.get(name) == value and whole.lines[name] > end and whole.values[name] != value
    }


def _read_line(text: str, position: int, end: int, line: int, result: Parsed) -> Tuple[int, Optional[str]]:
    """Read what begins at I(position); answers where its last line ends, and what is wrong with it."""
    bare = text[position:end].strip()
    if not bare or bare.startswith("#"):
        return end, None
    spaced = _SPACED.match(text, position, end)
    if spaced:
        return end, "blanks around '=' make a shell run '{0}' as a command: write {0}=value".format(spaced.group(1))
    found = _ASSIGNMENT.match(text, position, end)
    if not found:
        return end, "not an assignment NAME=value: systemd ignores the line"
    name = found.group(1)
    value, stop, problem = _word(text, found.end())
    if problem:
        return end, "the value of {0} {1}".format(name, problem)
    if not _REST.match(text, stop):
        reached = "blank" if text[stop] in " \t" else "'{0}'".format(text[stop])
        return end, "the value of {0} ends at the first {1}: put it in double quotes".format(name, reached)
    if "\0" in value:
        return end, "the value of {0} holds a NUL byte: the file is damaged".format(name)
    result.values[name] = value
    result.lines[name] = line
    end = text.find("\n", stop)
    return (len(text) if end < 0 else end), _oddity(name, value)


def _oddity(name: str, value: str) -> Optional[str]:
    """What is strange about a value that counts all the same."""
    if value.endswith("\r"):
        return "the value of {0} ends with a carriage return: convert the file to Unix line ends".format(name)
    if "\n" in value:
        return "the value of {0} goes on in the next line: close the quotes if that is not meant".format(name)
    if not is_printable(value):
        return "the value of {0} holds control characters or bytes that are not UTF-8: '{1}'".format(name, value)
    return None


def _word(text: str, position: int) -> Tuple[str, int, Optional[str]]:
    """The value of the shell word at I(position), where it ends, and why there is none."""
    parts: List[str] = []
    while True:
        piece = _PIECE.match(text, position)
        if piece is None:
            if text[position : position + 1] in ("'", '"', "\\"):
                return "", position, "cannot be read: it ends inside quotes or behind a backslash"
            return "".join(parts), position, None
        single, double, escaped, bare = piece.groups()
        open_to_shell = double if double is not None else bare
        replaced = _EXPANSION.search(open_to_shell or "") or _HOME.search(bare or "")
        if replaced:
            return (
                "",
                position,
                "is known to a shell only, which replaces '{0}': write it out".format(replaced.group(1)),
            )
        if double is not None:
            parts.append(_ESCAPE.sub(lambda match: match.group(1).strip("\n"), double))
        else:
            parts.append(bare or single or (escaped or "").strip("\n"))
        position = piece.end()


def assignment(name: str, value: str) -> str:
    """One line that a shell and systemd both read back as I(value)."""
    if not _WHOLE_NAME.match(name):
        raise KdumpError(
            "'{0}' is not a name of a setting: use letters, digits and _, and no digit in front.".format(name)
        )
    if "\n" in value or not is_printable(value):
        raise KdumpError(
            "The value of {0} cannot be written: '{1}' holds a line break, a control character or bytes that are not "
            "UTF-8. Write it in one line of text.".format(name, value)
        )
    return '{0}="{1}"'.format(name, _TO_ESCAPE.sub(r"\\\1", value))
