# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading and editing the words of a kernel command line; every byte that is not asked for stays.

Words end at white space outside double quotes, as in C(next_arg()) of the kernel's lib/cmdline.c: a quote can stand
anywhere in a word, cannot be escaped, and one that is never closed reaches to the end of the line.
"""

from typing import List, NamedTuple, Optional, Sequence

SPACES = " \t\n\v\f\r"  # the kernel's isspace(); Python's own also takes characters that UTF-8 text may hold


class Word(NamedTuple):
    """A word of a command line and where it stands."""

    start: int
    end: int
    text: str


def words(arguments: str) -> List[Word]:
    """The words of I(arguments), with the quotes that they are written with."""
    found: List[Word] = []
    start = -1  # of the word that is being read, or -1 between words
    quoted = False
    for position, character in enumerate(arguments):
        if character in SPACES and not quoted:
            if start >= 0:
                found.append(Word(start, position, arguments[start:position]))
                start = -1
        else:
            if start < 0:
                start = position
            if character == '"':
                quoted = not quoted
    if start >= 0:
        found.append(Word(start, len(arguments), arguments[start:]))
    return found


def split_values(text: str) -> List[str]:
    """The parts of I(text) between runs of white space; quotes mean nothing."""
    for space in SPACES[1:]:
        text = text.replace(space, " ")
    return [part for part in text.split(" ") if part]


def _value(word: Word, name: str) -> Optional[str]:
    """What the word gives to the parameter, or None when it is another parameter's word.

    Quotes stay in the value: some parameters, crashkernel among them, are read without any notion of quotes.
    """
    text = word.text[1:] if word.text.startswith('"') else word.text
    return text[len(name) + 1 :] if text.startswith(name + "=") else None


def values(arguments: str, name: str, past_dashes: bool = False) -> List[str]:
    """The values of every C(name=) word, in order.

    What follows a word C(--) goes to init; it counts only with I(past_dashes).
    """
    found: List[str] = []
    for word in words(arguments):
        if word.text == "--" and not past_dashes:
            break
        value = _value(word, name)
        if value is not None:
            found.append(value)
    return found


def replace(arguments: str, name: str, wanted: Sequence[str]) -> str:
    """I(arguments) with exactly the I(wanted) values of C(name=), on both sides of a C(--).

    The new words stand where the first old one stood, else at the end of the kernel's own arguments. Removing what
    was inserted gives back the same bytes: a word goes with the one white space character in front of it, and only a
    word at the very beginning goes with the one behind it.
    """
    if values(arguments, name, past_dashes=True) == list(wanted):
        return arguments
    everything = words(arguments)
    old = [word for word in everything if _value(word, name) is not None]
    new = " ".join("{0}={1}".format(name, value) for value in wanted)
    if not old:
        return _insert(arguments, everything, new)
    keep_first = bool(new) and not _is_after_dashes(everything, old[0])
    for word in reversed(old[1:] if keep_first else old):
        arguments = _remove(arguments, word)
    if keep_first:
        return arguments[: old[0].start] + new + arguments[old[0].end :]
    return _insert(arguments, words(arguments), new) if new else arguments


def _is_after_dashes(everything: List[Word], word: Word) -> bool:
    return any(other.text == "--" and other.start < word.start for other in everything)


def _remove(arguments: str, word: Word) -> str:
    if word.start > 0:
        return arguments[: word.start - 1] + arguments[word.end :]
    rest = arguments[word.end :]
    return rest[1:] if rest.strip(SPACES) else rest


def _insert(arguments: str, everything: List[Word], new: str) -> str:
    """Put I(new) behind the last word in front of C(--), or of a word whose quote is never closed."""
    last: Optional[Word] = None
    for word in everything:
        if word.text == "--" or word.text.count('"') % 2:
            break
        last = word
    if last is not None:
        return arguments[: last.end] + " " + new + arguments[last.end :]
    return new + (" " if everything else "") + arguments
