# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Boot entries as systemd-boot reads them: loader/entries/*.conf, their names, and which of them is the default.

It is more tolerant than GRUB: several C(options) lines are joined, a key without a value is skipped, and a pair of
quotes around a whole value is taken off.
"""

import fnmatch
import re
from typing import List, NamedTuple, Optional

from ..crash_memory import crashkernel
from ..host.kernel_arguments import SPACES
from .base import BootLoaderError

LINE = re.compile(r"[^\r\n]+")
PAIR = re.compile(r"[ \t]*(?P<key>[^ \t#][^ \t]*)[ \t]+(?P<value>[^ \t].*?)[ \t]*\Z", re.DOTALL)
COUNTER = re.compile(r"\+[0-9]+(?:-[0-9]+)?(?=\.(?:conf|efi)\Z)", re.IGNORECASE)
BLANKS = " \t"
SUFFIX = re.compile(r"\.(?:conf|efi)\Z", re.IGNORECASE)


class Line(NamedTuple):
    """A line with a key and a value; the value stands between I(start) and I(end), the line ends at I(stop)."""

    key: str
    value: str
    begin: int
    start: int
    end: int
    stop: int


class Entry(NamedTuple):
    """An entry that starts Linux. I(arguments) are its options as the kernel gets them."""

    title: str
    kernel: str
    arguments: str


def lines(text: str) -> List[Line]:
    """What systemd-boot reads in I(text): of an entry, or of loader.conf."""
    found = []
    for line in LINE.finditer(text):
        pair = PAIR.match(line.group())
        if pair:
            start, end = line.start() + pair.start("value"), line.start() + pair.end("value")
            if _is_quoted(text[start:end]):
                start, end = start + 1, end - 1
            found.append(Line(pair.group("key"), text[start:end], line.start(), start, end, line.end()))
    return found


def _is_quoted(value: str) -> bool:
    value = value.strip(BLANKS)
    return len(value) > 1 and value[0] in "\"'" and value[0] == value[-1]


def last(text: str, key: str) -> Optional[str]:
    """The value of a key of which the last one counts."""
    return next((line.value for line in reversed(lines(text)) if line.key == key), None)


def read_entry(text: str, path: str) -> Optional[Entry]:
    """The entry in the text of the file I(path); None when it starts something else, or nothing."""
    if "\0" in text:
        raise _error(path, "it holds NUL bytes")
    kernel = last(text, "linux")
    if kernel is None:
        return None
    title = last(text, "title") or last(text, "version") or identity(path)
    return Entry(title, kernel, " ".join(line.value for line in _options(text)))


def edit(text: str, path: str, wanted: Optional[str]) -> str:
    """I(text) with exactly the wanted values in its options; every other byte stays.

    Taking out what was put in gives back the same bytes, also where there was no line for it.
    """
    options = _options(text)
    joined = " ".join(line.value for line in options)
    if crashkernel.replace(joined, wanted) == joined:
        return text
    if len(options) > 1 and any(line.value.count('"') % 2 for line in options):
        raise _error(path, "a quote that one of its 'options' lines opens is closed in another")
    if not options:
        kernel = next(line for line in lines(text) if line.key == "linux")
        return "{0}\noptions {1}{2}".format(text[: kernel.stop], crashkernel.replace("", wanted), text[kernel.stop :])
    having = [line for line in options if crashkernel.values(line.value)]
    target = having[0] if having else options[-1]
    for line in reversed(options):
        new = crashkernel.replace(line.value, wanted if line is target else None)
        if new.strip(SPACES):
            if text[line.start - 1] in BLANKS and _is_quoted(new):
                new = new.strip(BLANKS)[0] + new + new.strip(BLANKS)[0]  # the pair that is taken off
            text = text[: line.start] + new + text[line.end :]
        elif line.begin:
            text = text[: line.begin - 1] + text[line.stop :]
        else:
            text = text[line.stop + 1 :]
    return text


def _options(text: str) -> List[Line]:
    return [line for line in lines(text) if line.key == "options" and line.value.strip(SPACES)]


def _error(path: str, what: str) -> BootLoaderError:
    return BootLoaderError(
        "{0} is not a boot entry that can be worked with: {1}. Repair the file, or remove it if its kernel is gone, "
        "and run again.".format(path, what)
    )


def identity(path: str) -> str:
    """What systemd-boot knows the entry in this file by: its name without the counter of attempts to boot it."""
    return COUNTER.sub("", path.rpartition("/")[2])


def chosen(pattern: str, names: List[str]) -> List[str]:
    """The I(names) that a default, which may be a pattern, can mean. Older releases left out the suffix."""
    pattern = pattern.lower()
    exact = [name for name in names if fnmatch.fnmatchcase(name.lower(), pattern)]
    return exact or [name for name in names if fnmatch.fnmatchcase(SUFFIX.sub("", name).lower(), pattern)]


def variable(content: str) -> str:
    """The text in an EFI variable that was read from efivarfs: four bytes of attributes, then UTF-16."""
    data = content.encode("utf-8", "surrogateescape")
    return data[4:].decode("utf-16-le", "replace").partition("\0")[0]
