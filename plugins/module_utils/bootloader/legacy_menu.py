# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The menu of GRUB Legacy (menu.lst, grub.conf): reads it, and edits crashkernel= in it; every other byte stays.

Lines are read as stage2 of GRUB 0.97 reads them, the options of Debian's update-grub as that script finds them.
"""

import re
from typing import Iterator, List, NamedTuple, Optional, Sequence, Tuple

from ..crash_memory import crashkernel
from .base import BootLoaderError

# A backslash at the end of a line, comments included, takes the next line along; carriage returns count for nothing.
LINE = re.compile(r"(?:[^\n]*\\\r*\n)*[^\n]*")
BLANK = r"(?:[ \t\r\n]|\\(?=\r*\n))"
COMMAND = re.compile(
    BLANK + r"*(?P<name>(?:[^ \t\r\n=#\\]|\\(?!\r*\n))(?:[^ \t\r\n=\\]|\\(?!\r*\n))*)(?:=|" + BLANK + ")*"
)
LOOSE_END = re.compile(r"\\\r*\Z")
CONTINUED = re.compile(r"\\\r*\n")
BLANKS = re.compile(r"[ \t\r]+")
OPTION = re.compile(r"--[^ \t\r\n]*(?:[ \t\r]+|\Z)")
LINUX_TYPES = ("--type=linux", "--type=biglinux")
LINUX_FILE = re.compile(r"/(?:vmlinu|bzimage|linux|kernel-)[^/]*\Z", re.IGNORECASE)
ROOT = re.compile(r"(?:^|[ \t])root=(?!device:)")  # with "device:" it is the Hurd's
# What update-grub looks for. Only lines in the options' part count, but for altoptions, which it greps.
LIST = re.compile(r"^### BEGIN AUTOMAGIC KERNELS LIST$", re.MULTILINE)
LIST_END = re.compile(r"^### END DEBIAN AUTOMAGIC KERNELS LIST$", re.MULTILINE)
OPTIONS = re.compile(r"^## ## Start Default Options ##$(?P<lines>.*?)^## ## End Default Options ##$", re.M | re.S)
KOPT = "kopt"
DEFOPTIONS = "defoptions"
MAGIC = re.compile(r"^# (?P<name>kopt|kopt_[A-Za-z0-9_]+|defoptions|altoptions)=(?P<value>[^\n]*)", re.MULTILINE)


class Item(NamedTuple):
    """An entry. I(spans) are where its C(kernel) lines have the kernel's file and the arguments."""

    title: str
    kernel: str
    arguments: str
    is_linux: bool
    spans: List[Tuple[int, int]]


class Menu(NamedTuple):
    """A complete menu. I(default) is the text of its last C(default) command, None without one."""

    items: List[Item]
    default: Optional[str]


class Magic(NamedTuple):
    """A commented line from which Debian's update-grub takes arguments, and where its value stands."""

    name: str
    start: int
    end: int


def read_menu(text: str, path: str) -> Menu:
    """The menu in the text of the file I(path), whose name is for errors."""
    if "\0" in text:
        raise BootLoaderError("{0} holds NUL bytes: it is damaged. Restore it, and run again.".format(path))
    items: List[Item] = []
    default: Optional[str] = None
    title: Optional[str] = None
    lines: List[Tuple[str, int, int]] = []
    for name, start, end in _commands(text):
        if name == "title":
            items += _item(text, title, lines)
            title, lines = text[start:end].strip(" \t\r"), []
        elif title is not None:
            lines.append((name, start, end))
        elif name == "default":
            default = text[start:end].strip(" \t\r")
    return Menu(items + _item(text, title, lines), default)


def _commands(text: str) -> Iterator[Tuple[str, int, int]]:
    """Every command, and where its arguments begin and end."""
    position = 0
    while position < len(text):
        line = LINE.match(text, position)
        end = line.end() if line else len(text)
        found = COMMAND.match(text, position, end)
        if found:
            yield found.group("name"), found.end(), end
        position = end + 1


def _item(text: str, title: Optional[str], lines: List[Tuple[str, int, int]]) -> List[Item]:
    """The entry with these lines; stage2 leaves out a title that none follows."""
    if title is None or not lines:
        return []
    names = [name for name, _start, _end in lines]
    options: List[str] = []
    spans = []
    for name, start, end in lines:
        if name == "kernel":
            option = OPTION.match(text, start, end)
            while option:
                options.append(option.group().rstrip(" \t\r"))
                start = option.end()
                option = OPTION.match(text, start, end)
            if text[start:end].strip(" \t\r"):  # otherwise it names no kernel
                spans.append((start, end))
    last = CONTINUED.sub(" ", text[spans[-1][0] : spans[-1][1]]).strip(" \t\r") if spans else ""
    kernel, rest = (BLANKS.split(last, maxsplit=1) + [""])[:2]
    other = [option for option in options if option.startswith("--type=") and option not in LINUX_TYPES]
    is_linux = "initrd" in names or LINUX_FILE.search(kernel) is not None or ROOT.search(rest) is not None
    # A kernel with modules is a hypervisor's or the Hurd's: what stands behind it is not an argument of Linux.
    return [Item(title, kernel, rest, bool(kernel) and is_linux and "module" not in names and not other, spans)]


def magic(text: str, path: str) -> Optional[List[Magic]]:
    """The lines that Debian's update-grub reads; None when the menu is not one of its own."""
    begin = LIST.search(text)
    if not begin:
        return None
    end = LIST_END.search(text, begin.end())
    if not end:
        raise BootLoaderError(
            "{0} is incomplete: the line '{1}' has no '### END DEBIAN AUTOMAGIC KERNELS LIST' behind it. Restore the "
            "file (a copy may be in {0}~) or let update-grub write it again, and run again.".format(path, begin.group())
        )
    options = OPTIONS.search(text, begin.end(), end.start())
    inside: Sequence[int] = range(*options.span("lines")) if options else ()
    found = []
    for line in MAGIC.finditer(text):
        if line.start() in inside or line.group("name") == "altoptions":
            found.append(Magic(line.group("name"), line.start("value"), line.end("value")))
    return found


def future(text: str, path: str) -> Optional[str]:
    """What update-grub gives to the default entry of a later kernel; None when the menu is not its own."""
    lines = magic(text, path)
    if lines is None:
        return None
    return " ".join(
        text[line.start : line.end].strip() for name in (KOPT, DEFOPTIONS) for line in lines if line.name == name
    ).strip()


def edit(text: str, path: str, wanted: Optional[str]) -> str:
    """I(text) with the wanted values on every kernel line of Linux, and where update-grub takes arguments from."""
    changes: List[Tuple[int, int, str]] = []
    for item in read_menu(text, path).items:
        for start, end in item.spans if item.is_linux else []:
            new = crashkernel.replace(text[start:end], wanted)
            if new != text[start:end] and '"' in text[start:end].split()[0]:
                raise BootLoaderError(
                    "Line {0} of {1} has a quote in the name of the kernel's file, behind which nothing can be added. "
                    "Take it out, and run again.".format(text.count("\n", 0, start) + 1, path)
                )
            changes.append((start, end, new))
    lines = magic(text, path)
    if wanted is not None and lines is not None and KOPT not in [line.name for line in lines]:
        raise BootLoaderError(
            "{0} has the marks of Debian's update-grub, but no line '# kopt=' between them, from which kernels to "
            "come take their arguments. Run update-grub, which writes the line, and run again.".format(path)
        )
    seen: List[str] = []
    for line in lines or []:
        first = line.name.startswith(KOPT) and line.name not in seen  # update-grub joins lines of one name
        seen.append(line.name)
        new = crashkernel.replace(text[line.start : line.end], wanted if first else None)
        changes.append((line.start, line.end, new))
    for start, end, new in sorted(changes, reverse=True):
        if new != text[start:end] and "\n" in text[start:end]:
            raise BootLoaderError(
                "Line {0} of {1} goes on in the next one behind a backslash, which cannot be edited. Put all of it "
                "into one line, and run again.".format(text.count("\n", 0, start) + 1, path)
            )
        if LOOSE_END.search(new) and not LOOSE_END.search(text[start:end]):
            raise BootLoaderError(
                "Line {0} of {1} has a backslash in front of its crashkernel=, which would take the next line along "
                "without it. Take the backslash out, and run again.".format(text.count("\n", 0, start) + 1, path)
            )
        text = text[:start] + new + text[end:]
    return text
