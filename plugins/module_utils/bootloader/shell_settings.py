# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings files that a shell sources, such as /etc/default/grub: reading variables and editing crashkernel= in them.

Only what stands on a line of its own as C(NAME=value) is understood, with the value in one pair of quotes or in none.
"""

import re
from typing import Dict, Iterator, List, Match, NamedTuple, Optional, Tuple

from ..crash_memory import crashkernel
from .base import BootLoaderError

ADDED = "# Added by kdump.fleet\n"
SUBSTITUTION = r"""\$\((?:[^()"']|"[^"]*"|'[^']*')*\)|`[^`]*`"""
ASSIGNMENT = re.compile(r"^[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<append>\+?)=", re.MULTILINE)
WORD = re.compile(
    r"""(?: "(?P<double>(?:[^"\\$`]|\\.|\$(?!\()|{0})*)"
          | '(?P<single>[^']*)'
          | (?P<bare>(?:[A-Za-z0-9_.,:/=@%+-]|\\[ ]|\$[A-Za-z_]|\$\{{[A-Za-z0-9_]+\}})*) )
        (?=[ \t]*(?:[\n;]|\Z)|[ \t]+\#)""".format(SUBSTITUTION),
    re.VERBOSE | re.DOTALL,
)
ESCAPE_OR_SUBSTITUTION = re.compile(r"\\(.)|" + SUBSTITUTION, re.DOTALL)
TO_ESCAPE = re.compile(r"""\\(?:[^"]|(?="|\Z))|"|\0([0-9]+)\0""", re.DOTALL)
EXPANDED = re.compile(r"""\\([$`"\\\n])|\$([A-Za-z_][A-Za-z0-9_]*)|\$\{([A-Za-z_][A-Za-z0-9_]*)\}""")
SETS_CRASHKERNEL = re.compile(r"^[^#\n]*\bcrashkernel=", re.MULTILINE)


class Assignment(NamedTuple):
    """C(NAME=value) in a file. I(start) and I(end) are where the value stands; I(word) is None when it is not
    understood, in which case the value is taken to reach to the end of the line."""

    name: str
    append: bool
    start: int
    end: int
    word: Optional[Match[str]]


def assignments(text: str) -> Iterator[Assignment]:
    """Every assignment in I(text), in order."""
    position = 0
    while True:
        found = ASSIGNMENT.search(text, position)
        if found is None:
            return
        word = WORD.match(text, found.end())
        position = word.end() if word else (text + "\n").index("\n", found.end())
        yield Assignment(found.group("name"), bool(found.group("append")), found.end(), position, word)


def evaluate(text: str, variables: Dict[str, str]) -> None:
    """Do to I(variables) what sourcing I(text) would do, as far as plain assignments go.

    Commands are not run: what they would print stays as the text of the command.
    """
    for one in assignments(text):
        value = _value(text, one, variables)
        variables[one.name] = variables.get(one.name, "") + value if one.append else value


def _value(text: str, one: Assignment, variables: Dict[str, str]) -> str:
    if one.word is None:
        return text[one.start : one.end]
    if one.word.group("single") is not None:
        return one.word.group("single")

    def expand(match: Match[str]) -> str:
        escaped, plain, braced = match.groups()
        if escaped is not None:
            return escaped.replace("\n", "")
        return variables.get(plain or braced, "")

    if one.word.group("double") is not None:
        return EXPANDED.sub(expand, one.word.group("double"))
    return EXPANDED.sub(expand, one.word.group("bare").replace("\\ ", " "))


def sets_crashkernel(text: str) -> bool:
    """Whether C(crashkernel=) stands in a line of I(text), comments left out."""
    return SETS_CRASHKERNEL.search(text) is not None


def edit(text: str, wanted: Optional[str], variable: str, others: Tuple[str, ...], name: str) -> str:
    """I(text) with the I(wanted) crashkernel values in the last assignment to I(variable), and in no other place.

    They are taken out of the assignments to I(others) as well. Everything else stays to the byte, and taking out what
    was put in gives back the same bytes. I(name) is the file's name, for errors.
    """
    if "\0" in text:
        raise BootLoaderError(
            "{0} holds NUL bytes: it is damaged or not a text file. Restore it, and run again.".format(name)
        )
    found = [one for one in assignments(text) if one.name == variable or one.name in others]
    own = [one for one in found if one.name == variable]
    for one in reversed(found):
        here = wanted if own and one is own[-1] else None
        if one.word is not None:
            new = _edit_word(one.word, here)
            text = text[: one.start] + new + text[one.end :]
        elif here is not None or sets_crashkernel(text[one.start : one.end]):
            raise BootLoaderError(
                "Line {0} of {1} sets {2} in a way that cannot be edited: {3}. "
                "Put the whole value into one pair of double quotes, and run again.".format(
                    text.count("\n", 0, one.start) + 1, name, one.name, text[one.start : one.end].strip() or "no value"
                )
            )
    empty = '{0}{1}=""\n'.format(ADDED, variable)
    if wanted is None:
        return text[len(empty) :] if text.startswith(empty) else text
    # At the top: there it cannot undo anything that the file itself does.
    return text if own else '{0}{1}="{2}"\n'.format(ADDED, variable, crashkernel.replace("", wanted)) + text


def _edit_word(word: Match[str], wanted: Optional[str]) -> str:
    """The word with the wanted values, in the quotes that it has."""
    if word.group("single") is not None:
        return "'{0}'".format(crashkernel.replace(word.group("single"), wanted))
    if word.group("double") is None:
        return crashkernel.replace(word.group("bare").replace("\\ ", " "), wanted).replace(" ", "\\ ")
    hidden: List[str] = []

    def reveal(match: Match[str]) -> str:
        """Show quotes as the kernel will see them, and hide commands, whose quotes and blanks are their own."""
        if match.group(1) is None:
            hidden.append(match.group())
            return "\0{0}\0".format(len(hidden) - 1)
        return '"' if match.group(1) == '"' else match.group()

    def escape(match: Match[str]) -> str:
        if match.group(1) is not None:
            return hidden[int(match.group(1))]
        # A lone backslash comes about when the word behind it was taken out.
        return {'"': '\\"', "\\": "\\\\"}.get(match.group(), match.group())

    inner = crashkernel.replace(ESCAPE_OR_SUBSTITUTION.sub(reveal, word.group("double")), wanted)
    return '"{0}"'.format(TO_ESCAPE.sub(escape, inner))
