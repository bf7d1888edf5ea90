# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""/etc/kdump.conf of Fedora, RHEL and its rebuilds: reading, judging and writing its text.

All as kdump-utils 1.0.61 does it, whose parser dates from 2021 and 2022 (EL9). Those of EL7 and EL8 differ:
- quotes around a value are kept, so nothing is quoted here without need,
- a directive has to begin its line: one with blanks in front is refused, or overlooked (before 2017),
- EL7 cuts a value at its last '#', not at the first,
- two targets are refused, on EL8 two paths as well; of other directives that stand twice the last one counts,
- the host of ssh is not compared with what ssh makes of it, and EL7 does not ask makedumpfile about its options,
- fewer directives are known: accepted() says which.
So check() is stricter than they are, but for quotes and for blanks in front of a directive.
"""

import difflib
import re
import unicodedata
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence, Set, Tuple

from ...host.errors import KdumpError
from ...host.printable import is_printable, printable
from . import directives as known
from .directives import Flaw

Names = Set[str]
DIRECTIVES, TARGETS, FILE_SYSTEMS = known.DIRECTIVES, known.TARGETS, known.FILE_SYSTEMS
_SEVERITIES = (
    (
        "error",
        "unknown-directive deprecated-directive duplicate-directive empty-value two-targets rebuild-conflict "
        "ssh-target nfs-target mount-argument action-unknown switch-unknown collector-flattened collector-options",
    ),
    (
        "warning",
        "nul-byte not-utf-8 carriage-return invisible-character value-cut continuation quotes renamed-directive "
        "relative-path path-blanks list-commas device-form ssh-user switch-not-no mount-unquoted fence-without-nodes "
        "collector-unfit collector-cut collector-compressions collector-level collector-no-dump",
    ),
)
CODES: Dict[str, str] = {code: severity for severity, codes in _SEVERITIES for code in codes.split()}
_DEPRECATED = {
    "net": "Write 'nfs server:/export' or 'ssh user@server'.",
    "options": "Add module.option=value to KDUMP_COMMANDLINE_APPEND in /etc/sysconfig/kdump.",
    "link_delay": "Take the line out: dracut waits for the network.",
    "disk_timeout": "Take the line out: dracut waits for disks.",
    "debug_mem_level": "Add rd.memdebug=<level> to KDUMP_COMMANDLINE_APPEND in /etc/sysconfig/kdump.",
    "blacklist": "Add rd.driver.blacklist=<modules> to KDUMP_COMMANDLINE_APPEND in /etc/sysconfig/kdump.",
}
# What the C library takes for white space in a UTF-8 locale: no-break spaces are none.
_SPACES = " \t\v\f\r\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2008\u2009\u200a\u2028\u2029\u205f\u3000"
_NO_DIRECTIVE = re.compile("[{0}]*(?:#|\\Z)".format(_SPACES))
_PARTS = re.compile("([^ \t]+)[ \t]*(.*)\\Z", re.DOTALL)
_NOT_UTF_8 = re.compile("[\ud800-\udfff]")
_LONGEST = 160  # characters of the host's own text in a message


class Directive(NamedTuple):
    """A directive as kdumpctl reads it, and the line it stands in, from 1."""

    line: int
    name: str
    value: str


class Problem(NamedTuple):
    """Why kdumpctl or mkdumprd would refuse the text (error), or what does not do what its author meant (warning)."""

    code: str
    severity: str
    line: int
    message: str
    remedy: str


class _Row(NamedTuple):
    directive: Directive
    written: str  # all that stands behind the name


def parse(text: str) -> List[Directive]:
    """The directives of a file, in its order. Never raises.

    kdumpctl reads through grep, which drops lines that are not UTF-8, and everything when there is a NUL byte. It
    cuts values at the first '#', wherever it stands, then takes off one pair of double quotes, then the blanks at
    both ends. A carriage return is a part of the value. The last line needs no line break.
    """
    return [row.directive for row in _rows(text)]


def _rows(text: str) -> List[_Row]:
    rows: List[_Row] = []
    for number, line in enumerate([] if "\0" in text else text.split("\n"), 1):
        parts = _PARTS.match(line.strip(" \t"))
        if parts is None or _NO_DIRECTIVE.match(line) or _NOT_UTF_8.search(line):
            continue
        name, written = parts.groups()
        value, mark, _comment = written.partition("#")
        value = value.rstrip(_SPACES) if mark else value
        if len(value) > 1 and value[0] == value[-1] == '"':
            value = value[1:-1]
        rows.append(_Row(Directive(number, name, value.strip(" \t")), written))
    return rows


def targets(directives: Sequence[Directive]) -> List[Directive]:
    """The directives that name a dump target, dracut_args with --mount among them. More than one is refused."""
    return [one for one in directives if one.name in TARGETS or (one.name == "dracut_args" and known.mount(one.value))]


def target(directives: Sequence[Directive]) -> Optional[Directive]:
    """The directive that names the dump target; None when dumps go to the file system that I(path) lies on."""
    found = targets(directives)
    if len(found) > 1:
        raise KdumpError(
            "/etc/kdump.conf has more than one dump target: {0}. Keep one of them.".format(
                ", ".join("'{0}' in line {1}".format(_shown(one), one.line) for one in found)
            )
        )
    return found[0] if found else None


def check(text: str) -> List[Problem]:
    """What is wrong with the text of a file, in the order of its lines. Never raises.

    Errors are what kdumpctl or mkdumprd refuse on any host. What depends on the host (devices, files, servers, its
    makedumpfile) is not looked at.
    """
    rows = _rows(text)
    found = targets([row.directive for row in rows])
    names = {row.directive.name for row in rows}
    seen: Dict[str, Directive] = {}
    problems = _unread(text)
    returned = [row.directive.line for row in rows if (row.directive.name + row.directive.value).endswith("\r")]
    for one, written in rows:
        flaws = list(_written(one, written))
        if one.line in returned[:1]:
            reason = "the carriage return becomes a part of the value, as in {0} lines".format(len(returned))
            flaws.append(Flaw("carriage-return", reason, "Convert the file to Unix line ends."))
        if one.name not in DIRECTIVES:
            flaws.append(_unknown(one))
        elif not one.value:
            flaws.append(Flaw("empty-value", "there is no value", "Write one, or take the line out."))
        else:
            flaws += _repeated(one, seen)
            flaws += known.flaws(one.name, one.value, found[0].name if found else "")
        if one.name == "fence_kdump_args" and "fence_kdump_nodes" not in names:
            flaws.append(Flaw("fence-without-nodes", "nobody is notified", "Name the nodes with fence_kdump_nodes."))
        problems += [_problem(flaw, one) for flaw in flaws]
    return sorted(problems, key=lambda problem: problem.line)


def _problem(flaw: Flaw, one: Directive) -> Problem:
    message = "{0}: {1}".format(_shown(one), flaw.reason)
    return Problem(flaw.code, CODES[flaw.code], one.line, _visible(message), _visible(flaw.remedy))


def _shown(one: Directive) -> str:
    return "{0} {1}".format(one.name, one.value) if one.value else one.name


def _visible(text: str) -> str:
    """A text for a message: not too long, and with the characters spelled out that nobody sees."""
    text = text if len(text) <= 2 * _LONGEST else text[:_LONGEST] + "..." + text[-_LONGEST:]
    seen = "".join("\\u{0:04x}".format(ord(one)) if _is_invisible(one) else one for one in printable(text))
    return seen.replace("\t", "\\t")


def _is_invisible(one: str) -> bool:
    return one not in " \t" and unicodedata.category(one) in ("Cc", "Cf", "Zs", "Zl", "Zp")


def _unread(text: str) -> List[Problem]:
    """Lines that kdumpctl does not read at all, because grep takes them for binary."""
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if not _NO_DIRECTIVE.match(line)]
    if "\0" in text:
        number = text.count("\n", 0, text.index("\0")) + 1
        reason = "kdumpctl reads nothing of a file with a NUL byte, or refuses it"
        damaged = [Directive(number, text.split("\n")[number - 1], "")] if lines else []
        return [_problem(Flaw("nul-byte", reason, "The file is damaged: write it again."), one) for one in damaged]
    reason = "kdumpctl drops a line that is not UTF-8, or refuses the file"
    return [
        _problem(Flaw("not-utf-8", reason, "Type the line again, in UTF-8."), Directive(number, line.strip(), ""))
        for number, line in lines
        if _NOT_UTF_8.search(line)
    ]


def _written(one: Directive, written: str) -> Iterator[Flaw]:
    """What is wrong with the way in which a line is written."""
    kept, mark, lost = written.partition("#")
    if mark and kept and (kept[-1] not in " \t" or kept.count('"') % 2):
        reason = "the value ends in front of '#{0}'".format(lost)
        yield Flaw("value-cut", reason, "Write comments in lines of their own; a value cannot hold '#'.")
    if one.value.endswith("\\"):
        yield Flaw("continuation", "a backslash does not join lines", "Write all of it in one line.")
    if any(map(_is_invisible, one.value.rstrip("\r"))):
        yield Flaw("invisible-character", "it holds characters that are not seen", "Type the value again.")


def _unknown(one: Directive) -> Flaw:
    if one.name in _DEPRECATED:
        return Flaw("deprecated-directive", "kdumpctl does not take this any more", _DEPRECATED[one.name])
    word = "".join(re.findall("^[a-z0-9_]+", one.name.lower()))
    near = difflib.get_close_matches(word[:_LONGEST], list(DIRECTIVES), cutoff=0.75)
    rest = "{0} {1}".format(one.name[len(word) :].lstrip("=:"), one.value.lstrip("=: ")).strip()
    remedy = "Take the line out; kdump.conf(5) lists the directives."
    if any(map(_is_invisible, one.name)):
        remedy = "Type the line again, without characters that are not seen."
    elif one.name in ("makedumpfile", "cp", "scp", "cat"):
        remedy = "Write 'core_collector {0}'.".format(_shown(one))
    elif near:
        remedy = "Write '{0} {1}'.".format(near[0], rest or "...")
    return Flaw("unknown-directive", "kdump.conf has no directive '{0}'".format(one.name), remedy)


def _repeated(one: Directive, seen: Dict[str, Directive]) -> Iterator[Flaw]:
    """What a line before has set already; notes this line as well."""
    slots = ["two-targets"] if targets([one]) else []
    if one.name not in TARGETS:
        slots.append("failure_action" if one.name == "default" else one.name)
    for slot in slots:
        first = seen.setdefault(slot, one)
        if first is not one:
            code = slot if slot in CODES else "duplicate-directive"
            yield Flaw(
                code, "line {0} says '{1}' already".format(first.line, _shown(first)), "Keep one of the two lines."
            )
    other = {"force_rebuild": "force_no_rebuild", "force_no_rebuild": "force_rebuild"}.get(one.name, "")
    if other in seen and seen[other].value == one.value == "1":
        reason = "line {0} asks for the opposite".format(seen[other].line)
        yield Flaw("rebuild-conflict", reason, "Keep one of the two lines.")


def ordered(settings: Dict[str, str]) -> List[Tuple[str, str]]:
    """Settings in the order of a well-kept file, unknown ones last."""
    places = {name: place for place, name in enumerate(DIRECTIVES)}
    return sorted(settings.items(), key=lambda setting: places.get(setting[0], len(places)))


def render(settings: Sequence[Tuple[str, str]]) -> str:
    """A file with these names and values, which parse() reads back; KdumpError when the file cannot hold one."""
    lines = []
    for name, value in settings:
        if not re.match("[A-Za-z][A-Za-z0-9_]*\\Z", name):
            raise KdumpError("'{0}' is not a name of a directive of kdump.conf.".format(name))
        if not value.strip(" ") or value != value.strip(" ") or re.search("[#\t\n]", value) or not is_printable(value):
            raise KdumpError(
                "The value of {0} cannot be written to kdump.conf: '{1}'. It cannot be empty, begin or end with a "
                "blank, or hold '#', tabs, line breaks, control or invisible characters, or bytes not in UTF-8.".format(
                    name, value
                )
            )
        quoted = len(value) > 1 and value[0] == value[-1] == '"'
        lines.append('{0} "{1}"\n'.format(name, value) if quoted else "{0} {1}\n".format(name, value))
    return "".join(lines)


def accepted(script: str) -> Optional[Names]:
    """The directives that a host's kdumpctl takes, by its script (since 2013); None when that cannot be understood."""
    body = re.search(r"^(?:function )?(?:parse|check)_config\s*\(\)(.*?)^}", script, re.MULTILINE | re.DOTALL)
    cases = re.findall(r'case "?\$\{?config_opt\}?"? in(.*?)\besac\b', body.group(1), re.DOTALL) if body else []
    names: Names = set()
    for arm in ";;".join(cases[:1]).replace("\\\n", "").split(";;"):
        pattern, _bracket, action = re.sub("^\\s*(?:#.*\\s+)*", "", arm).partition(")")
        if re.search(r"(?:\A|\n)\s*(?:return|exit) 1;?\s*\Z", action):
            continue  # deprecated or unknown
        for name in re.findall(r"[^|\s]+", pattern):
            if name in ("''", '""') or name.startswith(("\\#", "#")):
                continue
            letters = re.match(r"([a-z0-9_]+)(?:\[([a-z0-9]+)\])?\Z", name)
            if letters is None:
                return None
            names.update(letters.group(1) + letter for letter in letters.group(2) or ("",))
    return names if {"path", "core_collector"} <= names else None
