# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Boot Loader Specification entries (/boot/loader/entries/*.conf): reading and editing one, and GRUB's menu of them.

Facts: uapi-group.org/specifications/specs/boot_loader_specification, and the blscfg command of GRUB 2, of both
Fedora's patches and GRUB 2.14.
"""

import re
from typing import Dict, List, NamedTuple, Optional, Tuple

from . import grub_menu
from .base import BLS_ENTRIES, BootEntry, BootLoaderError

SUFFIX = ".conf"
LINE = re.compile(r"[ \t]*([^ \t]+)[ \t]*(.*)", re.DOTALL)
OPTIONS = re.compile(r"^(?P<key>[ \t]*options(?![^ \t\r\n]))(?P<blank>[ \t]*)(?P<value>[^\n]*)(?:\n|\Z)", re.MULTILINE)
LINUX_LINE = re.compile(r"^[ \t]*linux[ \t][^\n]*", re.MULTILINE)
OTHER_KERNELS = ("efi", "uki", "uki-url")  # entries that start something else than GRUB's "linux" command
READ_HERE = ("linux", "options")
BLANKS = " \t\r"
VARIABLE = re.compile(r"\$([A-Za-z0-9_]+) ?")
FALLBACK = r"""^[ \t]*set[ \t]+{0}=("(?:[^"\\]|\\.)*"|'[^']*'|[^ \t\n;]*)"""
COMMAND = re.compile(r"^[ \t]*blscfg\b[ \t]*(?P<arguments>[^\n;]*)", re.MULTILINE)
# Written by a script for fallback after failed boots: its "set default=" counts only while boot_counter is set.
COUNTING = re.compile(r"^### BEGIN (\S+fallback_counting) ###$.*?^### END \1 ###$", re.MULTILINE | re.DOTALL)
COUNTER = "boot_counter"
MARK = "kdump-fleet-bls-entries"
BLOCK = 1024  # bytes, or a multiple: GRUB writes the file in place
SIGNATURE = "# GRUB Environment Block\n"
SEGMENT = re.compile(r"[0-9]+|[A-Za-z]+|[~+]")
KINDS = ("~", "", "+", "A-Z", "0-9")  # what a version is made of, in the order of rpm; "" is its end


class Entry(NamedTuple):
    """One entry's file. I(options) is as it is written, variables not expanded; None without such a line."""

    id: str
    title: str
    kernel: str
    options: Optional[str]


def read_entry(text: str, path: str) -> Optional[Entry]:
    """The entry in the text of the file I(path), or None when it is one that does not start Linux by C(linux)."""
    values: Dict[str, List[str]] = {}
    end = 0  # the line at which GRUB stops to read
    for number, line in enumerate(text.split("\n"), 1):
        match = LINE.match(line)
        key, value = match.groups() if match else ("", "")
        if key.startswith("#"):
            continue
        if not value.strip(BLANKS):
            end = end or number
        elif end and key in READ_HERE:
            raise _error(path, "GRUB stops to read at line {0}, which has no value, and misses '{1}'".format(end, key))
        else:
            values.setdefault(key, []).append(value)
    if "\0" in text:
        raise _error(path, "it holds NUL bytes")
    if "linux" not in values:
        if any(key in values for key in OTHER_KERNELS):
            return None
        raise _error(path, "it has no 'linux' line, and GRUB leaves it out")
    options = values.get("options", [])
    if len(options) > 1:
        raise _error(path, "it has {0} 'options' lines, of which GRUB reads only the first".format(len(options)))
    name = path.rpartition("/")[2][: -len(SUFFIX)]
    return Entry(
        id=name,
        title=values.get("title", values.get("version", [name]))[0].strip(BLANKS),
        kernel=values["linux"][0].strip(BLANKS),
        options=options[0] if options else None,
    )


def _error(path: str, what: str) -> BootLoaderError:
    return BootLoaderError(
        "{0} is not a boot entry that can be worked with: {1}. Repair the file, or remove it if its kernel is gone, "
        "and run again.".format(path, what)
    )


def with_options(text: str, options: str) -> str:
    """The text of an entry's file with these I(options); everything else stays to the byte."""
    # A line without a value is left alone: GRUB stops to read there.
    match = next((one for one in OPTIONS.finditer(text) if one.group("value").strip(BLANKS)), None)
    if match is None:
        linux = LINUX_LINE.search(text)
        position = linux.end() if linux else len(text)
        # Behind the kernel, and not at the end: there may be an empty line, at which GRUB stops to read.
        return text[:position] + "\noptions " + options + text[position:] if options else text
    if not options.strip(BLANKS):  # GRUB would stop to read at a key without a value
        is_last = match.end("value") == len(text) and match.start()
        return text[: match.start() - 1] if is_last else text[: match.start()] + text[match.end() :]
    new = match.group("key") + (match.group("blank") or " ") + options
    return text[: match.start()] + new + text[match.end("value") :]


def expand(options: str, variables: Dict[str, str]) -> str:
    """I(options) as GRUB expands them: a variable takes the blank behind it along, and gets one in its place."""
    return VARIABLE.sub(
        lambda match: variables[match.group(1)] + " " if match.group(1) in variables else match.group(), options
    ).rstrip(" ")


def uses(options: str, variable: str) -> bool:
    """Whether I(options) hold C($variable)."""
    return any(match.group(1) == variable for match in VARIABLE.finditer(options))


def fallback(menu: str, variable: str) -> Optional[str]:
    """What the grub.cfg I(menu) gives to a variable that grubenv may lack, in the form that grubenv would have."""
    found = re.findall(FALLBACK.format(variable), menu, re.MULTILINE)
    return grub_menu.unquote(found[-1]).replace("\\", "\\\\") if found else None


def newest_first(name: str) -> List[List[Tuple[int, int, str]]]:
    """A key by which the ids of entries sort as in GRUB's menu, which compares them as names of packages (reverse)."""
    package, version, release = (name.rsplit("-", 2) + ["", ""])[:3]
    return [_version(part) for part in (package, version, release)]


def _version(text: str) -> List[Tuple[int, int, str]]:
    """A version by rpm's rules: "~" sorts before the end, the end before "+", letters before numbers."""
    return [_segment(part) for part in SEGMENT.findall(text) + [""]]


def _segment(part: str) -> Tuple[int, int, str]:
    digits = part.lstrip("0") if part.isdigit() else ""
    kind = "0-9" if part.isdigit() else part if part in KINDS else "A-Z"
    return KINDS.index(kind), len(digits), part.lstrip("0")


def next_item(
    menu: str, path: str, entries: List[BootEntry], environment: Dict[str, str]
) -> Optional[grub_menu.MenuItem]:
    """The item that boots next in the grub.cfg I(menu) whose C(blscfg) adds I(entries); None where it is unknown."""
    commands = list(COMMAND.finditer(menu))
    order = _order([command.group("arguments") for command in commands], entries, environment)
    if not commands or order is None or COUNTER in environment:
        return None
    start, end = commands[0].start(), commands[-1].end()
    if "menuentry" in menu[start:end]:
        return None
    place = "menuentry '{0}' {{\n}}".format(MARK)
    text = COUNTING.sub("", menu[:start] + place + COMMAND.sub("", menu[start:end]) + menu[end:])
    whole = grub_menu.read_menu(text, path)
    if not any(item.title == MARK for item in whole.items):  # in a quoted text, say
        return None
    return grub_menu.next_item(whole._replace(items=_put_in(whole.items, order)), environment)


def _order(commands: List[str], entries: List[BootEntry], environment: Dict[str, str]) -> Optional[List[BootEntry]]:
    """The order in which C(blscfg) commands with these arguments put the entries; None when it cannot be determined."""
    order: List[BootEntry] = []
    for arguments in commands:
        words = iter([grub_menu.unquote(word) for word in arguments.split()])
        chosen = entries
        for word in words:
            value = next(words, "")
            if word in ("-e", "--entry"):  # of GRUB 2.14
                for form in ("$saved_entry", "${saved_entry}"):
                    value = value.replace(form, environment.get("saved_entry", ""))
                chosen = [entry for entry in entries if entry.id + SUFFIX == value]
            elif word not in ("-p", "--path") or value.rstrip("/") not in (BLS_ENTRIES, "/loader/entries"):
                return None
        order += [entry for entry in chosen if entry not in order]
    return order if len(order) == len(entries) else None


def _put_in(items: List[grub_menu.MenuItem], entries: List[BootEntry]) -> List[grub_menu.MenuItem]:
    """The items with the entries in the place of the mark, and the numbers of those behind it moved."""
    mark = next(item for item in items if item.title == MARK)
    parent = mark.path[: mark.path.rfind(">") + 1]
    first = int(mark.path[len(parent) :])
    found: List[grub_menu.MenuItem] = []
    for item in items:
        if item is mark:
            for number, entry in enumerate(entries):
                kernels = [(entry.kernel, entry.arguments)]
                path = parent + str(first + number)
                found.append(grub_menu.MenuItem(path, entry.id, entry.title, "", False, kernels))
            continue
        own, more, below = item.path[len(parent) :].partition(">")
        if item.path.startswith(parent) and int(own) > first:
            item = item._replace(path=parent + str(int(own) + len(entries) - 1) + more + below)
        found.append(item)
    return found


def with_variable(environment: str, name: str, value: str, path: str) -> str:
    """The text of a grubenv file with a variable set, padded to the size that it has."""
    size = max(BLOCK, len(_bytes(environment)))
    lines = (environment or SIGNATURE).rstrip("#").split("\n")
    found = [number for number, line in enumerate(lines) if line.startswith(name + "=")]
    if found:
        lines[found[-1]] = "{0}={1}".format(name, value)
    else:
        lines.insert(len(lines) - (lines[-1] == ""), "{0}={1}".format(name, value))
    text = "\n".join(lines)
    if not text.endswith("\n"):
        text += "\n"
    if len(_bytes(text)) > size:
        raise BootLoaderError(
            "{0} has room for {1} bytes, and {2} would make it {3}. Take arguments out of it, and run again.".format(
                path, size, name, len(_bytes(text))
            )
        )
    return text + "#" * (size - len(_bytes(text)))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
