# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The menu of GRUB 2: reads grub.cfg and grubenv, and finds the item that boots next."""

import re
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from .base import BootLoaderError

TOKEN = re.compile(
    r"""(?P<blank>(?:[ \t\r]|\\\n)+)
      | (?P<comment>\#[^\n]*)
      | (?P<end>[\n;])
      | (?P<brace>[{}])
      | (?P<word>(?:\$\{[^}\n]*\} | '[^']*' | "(?:[^"\\]|\\.)*" | \\. | [^ \t\r\n;{}'"\\])+)""",
    re.VERBOSE | re.DOTALL,
)
QUOTED = re.compile(r"""'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)""", re.DOTALL)
SECTION = re.compile(r"### (BEGIN|END) (.+) ###")
LEVEL = re.compile(r"(?<!>)>(?!>)")  # in the names of entries ">" is doubled
NUMBER = re.compile(r"[0-9]{1,9}\Z")
KEYWORDS = ("if", "then", "elif", "else", "while", "until", "do")
LINUX = ("linux", "linux16", "linuxefi")
ID_OPTIONS = ("--id", "$menuentry_id_option", "${menuentry_id_option}")
OTHER_OPTIONS_WITH_ARGUMENT = ("--class", "--users", "--hotkey", "--source")
NEXT_ENTRY = ("${next_entry}", "$next_entry")
SAVED_ENTRY = ("${saved_entry}", "$saved_entry")


class MenuItem(NamedTuple):
    """A C(menuentry) or C(submenu).

    I(path) is its position as GRUB counts ("1>2"), I(name) what C(--id) says, I(script) the generator's script that
    wrote it ("" when unknown), I(kernels) the kernel and the argument text of each of its C(linux) lines.
    """

    path: str
    name: str
    title: str
    script: str
    is_submenu: bool
    kernels: List[Tuple[str, str]]


class Menu(NamedTuple):
    """A complete grub.cfg. I(defaults) are the texts of its C(set default=), in order."""

    items: List[MenuItem]
    defaults: List[str]


class Word(NamedTuple):
    """A word of GRUB's script language, and where it stands."""

    text: str
    start: int
    end: int


def read_menu(text: str, name: str) -> Menu:
    """The menu in the text of a grub.cfg; I(name) is the file's name for the error when the text is incomplete."""
    reader = _Reader(text, name)
    words: List[Word] = []
    for kind, word in reader.tokens():
        if kind == "word":
            words.append(word)
        elif word.text == "{":
            reader.enter(words)
            words = []
        elif kind in ("end", "brace"):
            reader.command(words)
            words = []
            if word.text == "}":
                reader.leave(word)
        elif kind == "comment":
            reader.section(word)
    reader.command(words)
    if reader.blocks or reader.script:
        raise reader.error("it ends in the middle of {0}".format(reader.where()))
    return Menu(reader.items, reader.defaults)


class _Reader(object):
    """What has been read so far, and the blocks that are open."""

    def __init__(self, text: str, name: str) -> None:
        self.text = text
        self.name = name
        self.items: List[MenuItem] = []
        self.defaults: List[str] = []
        self.script = ""
        self.blocks: List[Optional[MenuItem]] = []  # None for functions and the like

    def tokens(self) -> Iterator[Tuple[Optional[str], Word]]:
        position = 0
        while position < len(self.text):
            match = TOKEN.match(self.text, position)
            if match is None:
                line = self.text.count("\n", 0, position) + 1
                raise self.error("the quote in line {0} is never closed".format(line))
            yield match.lastgroup, Word(match.group(), match.start(), match.end())
            position = match.end()

    def section(self, comment: Word) -> None:
        match = SECTION.match(comment.text)
        if match:
            self.script = match.group(2) if match.group(1) == "BEGIN" else ""

    def enter(self, words: List[Word]) -> None:
        words = _without_keywords(words)
        if not words or words[0].text not in ("menuentry", "submenu"):
            self.blocks.append(None)
            return
        parent = next((item.path for item in reversed(self.blocks) if item), "")
        title, name = _title_and_name([unquote(word.text) for word in words[1:]])
        item = MenuItem(
            path=(parent + ">" if parent else "") + str(len(_level(self.items, parent))),
            name=name,
            title=title,
            script=self.script,
            is_submenu=words[0].text == "submenu",
            kernels=[],
        )
        self.items.append(item)
        self.blocks.append(item)

    def leave(self, brace: Word) -> None:
        if not self.blocks:
            line = self.text.count("\n", 0, brace.start) + 1
            raise self.error("line {0} has a '}}' that closes nothing".format(line))
        self.blocks.pop()

    def command(self, words: List[Word]) -> None:
        words = _without_keywords(words)
        if not words:
            return
        item = next((item for item in reversed(self.blocks) if item), None)
        if words[0].text in LINUX and item is not None and not item.is_submenu:
            kernel = unquote(words[1].text) if len(words) > 1 else ""
            item.kernels.append((kernel, self.text[words[2].start : words[-1].end] if len(words) > 2 else ""))
        for word in words[:2]:
            name, equals, value = word.text.partition("=")
            if name == "default" and equals and (word is words[0] or words[0].text == "set"):
                self.defaults.append(unquote(value))

    def where(self) -> str:
        item = next((item for item in reversed(self.blocks) if item), None)
        if item is not None:
            return "the entry '{0}'".format(item.title)
        return "a function" if self.blocks else "what {0} wrote".format(self.script)

    def error(self, what: str) -> BootLoaderError:
        return BootLoaderError(
            "{0} is not a complete GRUB configuration: {1}. "
            "Let the generator write it again (update-grub or grub2-mkconfig), and run again.".format(self.name, what)
        )


def _without_keywords(words: List[Word]) -> List[Word]:
    while words and words[0].text in KEYWORDS:
        words = words[1:]
    return words


def _title_and_name(arguments: List[str]) -> Tuple[str, str]:
    """The title and the C(--id) of a menuentry."""
    title: Optional[str] = None
    name = ""
    rest = iter(arguments)
    for argument in rest:
        if argument in ID_OPTIONS:
            name = next(rest, "")
        elif argument in OTHER_OPTIONS_WITH_ARGUMENT:
            next(rest, "")
        elif argument.startswith("--id="):
            name = argument[len("--id=") :]
        elif title is None and not argument.startswith("--"):
            title = argument
    return title or "", name


def unquote(word: str) -> str:
    """What GRUB makes of a word; variables stay as they are written."""
    return QUOTED.sub(
        lambda match: next(
            re.sub(r'\\([$"\\])', r"\1", part) if number == 1 else part
            for number, part in enumerate(match.groups())
            if part is not None
        ),
        word,
    )


def _level(items: List[MenuItem], parent: str) -> List[MenuItem]:
    """The items that stand directly in the submenu at the path I(parent) ("" for the main menu)."""
    return [item for item in items if item.path.rpartition(">")[0] == parent]


def read_environment(text: str) -> Dict[str, str]:
    """The variables of a grubenv file."""
    pairs = (line.partition("=") for line in text.split("\n") if not line.startswith("#"))
    return {name: value for name, equals, value in pairs if equals}


def next_item(menu: Menu, environment: Dict[str, str]) -> Optional[MenuItem]:
    """The item that boots next, or None when the files do not say (a submenu, a name that is not there)."""
    lasting = [default for default in menu.defaults if default not in NEXT_ENTRY]
    wanted = lasting[-1] if lasting else "0"
    if wanted in SAVED_ENTRY:
        wanted = environment.get("saved_entry") or "0"
    if len(lasting) < len(menu.defaults):
        wanted = environment.get("next_entry") or wanted
    item: Optional[MenuItem] = None
    for part in LEVEL.split(wanted):
        level = _level(menu.items, item.path if item else "")
        item = _find(level, part.replace(">>", ">"))
        if item is None:
            return None
    return None if item is None or item.is_submenu else item


def _find(level: List[MenuItem], part: str) -> Optional[MenuItem]:
    if NUMBER.match(part):
        return level[int(part)] if int(part) < len(level) else None
    return next((item for item in level if part in (item.title, item.name)), None)
