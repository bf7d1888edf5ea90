# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the names around a dump say: which files are dumps, whose, whether the capture ended, where the log is.

The families' own scripts: kdumpctl, kdump-tools, and SUSE's kdump.
"""

import os
import re
from typing import Dict, Optional, Sequence

from . import files

_PACKED = r"(?:\.(?:gz|bz2|xz|lz4|zst))?"
_STAMP = r"\d{4}-\d\d-\d\d-\d\d[:.-]\d\d(?:[:.-]\d\d)?|\d{12}(?:\d\d)?"

_DUMP = re.compile(
    r"(?:vmcore\d*(?:\.flat|\.\d{8,14}|-incomplete)*|(?:(?P<host>.+)-)?dump\.\d{8,14}|dump-incomplete)"
    + _PACKED
    + r"(?:\.(?:part|partial|tmp))?$"
)
_UNFINISHED = re.compile(r"-incomplete\b|\.(?:part|partial|tmp)$|^\.")
_FOLDER = re.compile(r"(?:(?P<host>.+)-)?(?:{0})$".format(_STAMP))
_TEST = re.compile(r"kdump-test-[\d-]+$")
_ADDRESS = re.compile(r"[\d.]+$|[\da-fA-F]*:[\da-fA-F:.]*(?:%.*)?$")
_LOCAL = ("127.0.0.1", "::1")
_PATH = ["var", "crash"]  # kdumpctl's path, which it has inside an export as well
# OPAL firmware writes an ELF core of its own beside the dump of ppc64le.
_NO_DUMP = re.compile(r"opalcore")
_LOGS = ("vmcore-dmesg.txt", "dmesg", "dmesg.txt", "vmcore-dmesg-incomplete.txt")
_LOG = re.compile(r"(?:.+-)?dmesg\.\d{8,14}$")
_NAMED_BY_TIME = re.compile(r"\b(?:dump|vmcore)\.(?=\d{8})")
_FAILURE = re.compile(r"(?:saving|sync|moving) vmcore failed.*|No space left on device.*|Out of memory.*")

# What may stand before it is not a line break: a file of line breaks would be searched from each of them to its end.
_STATUS = re.compile(r"^[ \t]*vmcore status: ?(.*)$", re.MULTILINE)


def is_dump(name: str) -> bool:
    """Whether a file of this name is meant to be a dump, whatever is in it."""
    return _DUMP.match(name) is not None


def is_other(name: str) -> bool:
    """Whether a file of this name is not a dump of a kernel, even when it looks like one."""
    return _NO_DUMP.match(name) is not None


def host(name: str, above: Sequence[str], nodename: Optional[str]) -> Optional[str]:
    """Whose dump I(name) is, in the directories I(above) it, outermost first.

    A directory per host counts most, since the dump server has proven who wrote it; then a name in that of the dump's
    directory; then the name that the host gave itself; and an address when there is nothing better.
    """
    folders = [one for one in above if not _FOLDER.match(one) and not _TEST.match(one)]
    if folders and folders != _PATH:
        return folders[0]
    for pattern, one in [(_DUMP, name)] + [(_FOLDER, one) for one in reversed(above)]:
        matched = pattern.match(one)
        if matched and matched.group("host"):
            named = str(matched.group("host"))
            if not _ADDRESS.match(named):
                return named
            return nodename or (None if named in _LOCAL else named)
    return nodename


class Beside(object):
    """The files in the directory I(path), asked for many dumps in it: each is read once."""

    def __init__(self, path: bytes, names: Sequence[str]) -> None:
        self._path = path
        self._names = frozenset(names)
        self._standard = [name for name in _LOGS if name in self._names]
        self.logs = self._standard + [name for name in names if _LOG.match(name)]
        self._texts: Dict[str, str] = {}

    def log(self, name: str) -> Optional[str]:
        """The kernel log that belongs to the dump I(name)."""
        own = re.sub(_PACKED + "$", "", _NAMED_BY_TIME.sub("dmesg.", name))
        if own in self._names and (own in _LOGS or _LOG.match(own)):
            return own
        if self._standard:
            return self._standard[0]
        return self.logs[0] if len(self.logs) == 1 and not _NAMED_BY_TIME.search(name) else None

    def unfinished(self, name: str) -> Optional[str]:
        """What the name of a dump and the files beside it say of a capture that did not end well, or None."""
        if _UNFINISHED.search(name):
            words = _last_words(self._text("kexec-dmesg.log"))
            return "Its name says that it was not written to its end{0}.".format(
                ', and kexec-dmesg.log says "{0}"'.format(words) if words else ""
            )
        said = self._text("README.txt")
        status = _STATUS.search(said)
        if status and status.group(1).strip() != "saved successfully":
            return 'README.txt says "vmcore status: {0}".'.format(status.group(1).strip()[:200])
        if not status and "crash dump is likely incomplete" in said:
            return "README.txt was left as it is written before a capture, which therefore did not end."
        if self._text("vmcore-creation.status").startswith("fail"):
            return 'vmcore-creation.status says "fail": the capture of "kdumpctl test" did not end.'
        return None

    def _text(self, name: str) -> str:
        """The text of a file, empty when there is none."""
        if name not in self._names:
            return ""
        if name not in self._texts:
            self._texts[name] = files.text_or_none(os.path.join(self._path, name.encode("ascii"))) or ""
        return self._texts[name]


def _last_words(said: str) -> Optional[str]:
    """The last line of the capture kernel's log that reports a failure."""
    last = None
    for found in _FAILURE.finditer(said):
        last = found
    return last.group()[:200].strip() if last else None
