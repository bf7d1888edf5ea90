# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""zipl on IBM Z with its own sections in /etc/zipl.conf, as Debian and Ubuntu have it.

Facts: zipl.conf(5), and the scanner of s390-tools: a value in quotes ends at the next such quote, which cannot be
escaped, and one without ends with its line.
"""

import re
from typing import Dict, List, NamedTuple, Optional

from ..crash_memory import crashkernel
from ..host.machine import SBIN
from . import shell_settings
from .base import (
    BootEntry,
    BootLoader,
    BootLoaderError,
    FileChange,
    Plan,
    predict,
    wanted_values,
)

CONFIGURATION = "/etc/zipl.conf"
LINE = re.compile(r"[^\n]+")
HEADING = re.compile(r"[ \t]*(?:\[(?P<section>[^\]]*)\]|:(?P<menu>[A-Za-z0-9]+))")
OPTION = re.compile(r"[ \t]*(?P<key>[A-Za-z0-9_]+)[ \t]*=[ \t]*(?P<value>.*?)[ \t\r]*\Z")
DEFAULT = "defaultboot"
ADDED = '\nparameters= "{0}"'  # by these blanks it is known again, and the whole line goes when the values do


class Value(NamedTuple):
    """The value of an option: its text without quotes, where that stands, the quote, and where the line ends."""

    text: str
    start: int
    end: int
    quote: str
    stop: int


class Section(NamedTuple):
    """A section or menu and its options; a key that occurs twice keeps the last."""

    name: str
    is_menu: bool
    options: Dict[str, Value]


def sections(text: str) -> List[Section]:
    """What stands in the text of a zipl.conf."""
    found: List[Section] = []
    for line in LINE.finditer(text):
        heading = HEADING.match(line.group())
        option = OPTION.match(line.group())
        if heading:
            name = heading.group("section")
            found.append(Section(heading.group("menu") if name is None else name, name is None, {}))
        elif option and found:
            start, end = line.start() + option.start("value"), line.start() + option.end("value")
            quote = text[start] if end > start and text[start] in "\"'" else ""
            if quote:
                start += 1
                if quote not in text[start:end]:
                    number = text.count("\n", 0, line.start()) + 1
                    raise _error("the quote in line {0} is never closed".format(number))
                end = text.index(quote, start)
            found[-1].options[option.group("key")] = Value(text[start:end], start, end, quote, line.end())
    return found


def edit(text: str, wanted: Optional[str]) -> str:
    """I(text) with exactly the wanted values in C(parameters) of every section that boots a kernel."""
    for section in reversed([one for one in sections(text) if _boots(one)]):
        image = section.options["image"]
        old = section.options.get("parameters")
        if old is None:
            new = crashkernel.replace("", wanted)
            text = text[: image.stop] + (ADDED.format(new) if new else "") + text[image.stop :]
            continue
        new = crashkernel.replace(old.text, wanted)
        if old.quote in new if old.quote else new.lstrip(" \t")[:1] in ('"', "'") and new.strip(" \t"):
            raise _error("the parameters of [{0}] would begin or end with a quote of their own".format(section.name))
        if not new and text[image.stop : old.stop] == ADDED.format(old.text):
            text = text[: image.stop] + text[old.stop :]
        else:
            text = text[: old.start] + new + text[old.end :]
    return text


def _boots(section: Section) -> bool:
    return not section.is_menu and section.name != DEFAULT and "image" in section.options


def _error(what: str) -> BootLoaderError:
    return BootLoaderError(
        "{0} is not a configuration that can be worked with: {1}. Repair the file ('zipl --dry-run' checks it), and "
        "run again.".format(CONFIGURATION, what)
    )


class Zipl(BootLoader):
    """zipl with sections of its own."""

    name = "zipl"

    def entries(self) -> List[BootEntry]:
        found = []
        for section in sections(self._text()):
            if _boots(section):
                self._check_parmfile(section)
                parameters = section.options.get("parameters")
                arguments = parameters.text if parameters else ""
                found.append(BootEntry(section.name, section.name, section.options["image"].text, arguments))
        if not found:
            raise _error(
                "no section has an 'image', so there are no boot entries to look at (if they stand in "
                "/boot/loader/entries, install the package grubby, which edits them)"
            )
        return found

    def next_entries(self, entries: List[BootEntry]) -> List[BootEntry]:
        found = sections(self._text())
        default = next((one.options for one in found if one.name == DEFAULT and not one.is_menu), {})
        name = default["default"].text if "default" in default else ""
        if "defaultmenu" in default:
            menu = next((one for one in found if one.is_menu and one.name == default["defaultmenu"].text), None)
            if menu is not None:
                numbers = sorted((key for key in menu.options if key.isdigit()), key=int)
                number = menu.options["default"].text if "default" in menu.options else next(iter(numbers), "")
                name = menu.options[number].text if number in menu.options else ""
        return [entry for entry in entries if entry.id == name] or list(entries)

    def future_arguments(self) -> str:
        """The sections name links, such as /boot/vmlinuz, which the hooks of later kernels set before zipl runs."""
        return self.next_entries(self.entries())[0].arguments

    def plan(self, wanted: Optional[str]) -> Plan:
        before = self._text()
        entries = self.entries()
        after = edit(before, wanted)
        files = [FileChange(CONFIGURATION, before, after)] if after != before else []
        if files and not self.host.which("zipl"):
            raise BootLoaderError(
                "{0} is there, but not zipl, which has to run for a change of it to count: looked in {1}. Install "
                "the package that brings it (s390-tools), and run again.".format(CONFIGURATION, ", ".join(SBIN))
            )
        # zipl writes what the machine starts from, so it runs when the entries were found to be right.
        return Plan(
            wanted_values(wanted), files, [], predict(entries, wanted), [["zipl"]] if files else [], keeps_others=True
        )

    def written_by_commands(self) -> List[str]:
        return []

    def sources(self) -> List[str]:
        return [CONFIGURATION] if shell_settings.sets_crashkernel(self._text()) else []

    def _text(self) -> str:
        text = self.host.read(CONFIGURATION)
        if text is None or not text.strip():
            raise _error("it {0}".format("does not exist" if text is None else "is empty"))
        if "\0" in text:
            raise _error("it holds NUL bytes")
        return text

    def _check_parmfile(self, section: Section) -> None:
        """A file with further parameters is left alone, as long as it does not speak of crash memory."""
        if "parmfile" in section.options:
            path = section.options["parmfile"].text
            if crashkernel.values(self.host.read(path) or ""):
                raise _error(
                    "the parmfile {0} of [{1}] has a crashkernel= of its own; move that into the section's "
                    "parameters=".format(path, section.name)
                )
