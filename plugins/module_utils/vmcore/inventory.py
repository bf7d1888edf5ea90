# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The dumps below some paths. What cannot be looked at is listed, never an error."""

import os
import re
import stat
import time
from datetime import datetime, timezone
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Set, Tuple, Union

from ..host.errors import KdumpError
from ..host.machine import Host
from ..host.printable import printable
from . import file_names, files, judgement, panic
from .base import FileSource
from .file_names import Beside
from .files import Entry, UnreadableError
from .judgement import Judgement

# Directories below a path: on a dump server one per host, and those that its gate lets a host make. kdumpctl has its
# path, of two directories usually, on an export, and one per crash in it.
DEPTH = 5
UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
LAST_SECOND = 253402300799  # of the year 9999, the last that can be written


def seconds(age: Union[int, str, None]) -> Optional[int]:
    """An age in seconds: a number, or a number with a unit, as "90", "30m", "12h" or "1d"."""
    if age is None:
        return None
    matched = re.match(r"([0-9]{1,12}) ?([smhdw]?)$", str(age).strip())
    if not matched:
        raise KdumpError(
            "newer_than is '{0}', which is not an age. Give seconds, or a number with s, m, h, d or w, as 1d.".format(
                age
            )
        )
    return int(matched.group(1)) * UNITS[matched.group(2)]


def iso(moment: float) -> str:
    """A time in seconds since 1970 as ISO 8601 in UTC."""
    return datetime.fromtimestamp(min(max(int(moment), 0), LAST_SECOND), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def find(
    host: Union[Host, str],
    paths: Sequence[str] = ("/var/crash",),
    newer_than: Union[int, str, None] = None,
    now: Optional[float] = None,
    mark: Optional[str] = None,
) -> Dict[str, Any]:
    """The dumps below I(paths) that are not older than I(newer_than), as the module vmcore_info returns them.

    Args:
        host: the machine, or the directory that stands for its root.
        paths: absolute paths; a missing one holds no dump.
        newer_than: an age, see C(seconds), of the crash.
        now: what the age is counted from, in seconds since 1970; the present.
        mark: a text that is looked for in the log beside each dump.
    """
    age = seconds(newer_than)
    machine = Host(host) if isinstance(host, str) else host
    earliest = None if age is None else (time.time() if now is None else now) - age
    search = _Search(earliest, mark)
    for path in paths:
        if not os.path.isabs(path):
            raise KdumpError("The path '{0}' is not absolute. Give the whole path, as /var/crash.".format(path))
        search.below(path, files.raw(machine.path(path)))
    found = [search.found[key] for key in sorted(search.found)]
    answer: Dict[str, Any] = printable(
        {
            "vmcores": found,
            "count": len(found),
            "newest": found[-1] if found else None,
            "unreadable": sorted(search.unreadable, key=lambda one: (one["path"], one["reason"])),
        }
    )
    return answer


class _Looked(NamedTuple):
    """What one look at an open file gave."""

    before: os.stat_result
    judgement: Judgement
    after: os.stat_result
    is_dump: bool
    failed: bool  # the disk did


class _Log(NamedTuple):
    """What the log beside a dump says of the crash, what of it was not read, and whether it holds the mark."""

    crash: Optional[panic.Crash] = None
    limit: Optional[str] = None
    marked: Optional[bool] = None


class _Search(object):
    """One search: what was found, and what could not be looked at."""

    def __init__(self, earliest: Optional[float], mark: Optional[str] = None) -> None:
        self.found: Dict[Tuple[float, str], Dict[str, Any]] = {}  # by time and path
        self.unreadable: List[Dict[str, str]] = []
        self._earliest = earliest
        self._mark = mark
        self._logs: Dict[bytes, _Log] = {}  # of one directory
        self._seen: Set[Tuple[int, int]] = set()
        self._top = b""  # the path that is searched, as the file system has it and as it was given
        self._given = ""

    def below(self, path: str, top: bytes) -> None:
        """Look for dumps in I(path), which lies at I(top) of the file system, and below."""
        self._given = path.rstrip("/") or "/"
        try:
            # The administrator named this path: that it is a link, to a bigger disk perhaps, is fine.
            self._top = os.path.realpath(top)
            mode = os.stat(self._top).st_mode
        except ValueError:
            self._skip(self._top, "It holds a zero byte, which no path can.")
        except OSError as error:
            missing = isinstance(error, (FileNotFoundError, NotADirectoryError))
            self._skip(
                self._top,
                "It does not exist: no dump has been written there yet, or the path is another."
                if missing
                else files.why(error),
            )
        else:
            if stat.S_ISDIR(mode):
                self._walk(self._top, [])
            else:
                self._file(self._top, [], None)

    def _shown(self, path: bytes) -> str:
        """A path as the host and the administrator call it."""
        below = os.path.relpath(path, self._top) if path != self._top else b"."
        return self._given if below == b"." else os.path.join(self._given, files.named(below))

    def _skip(self, path: bytes, reason: str) -> None:
        self.unreadable.append({"path": self._shown(path), "reason": reason})

    def _new(self, status: os.stat_result) -> bool:
        """Whether this file or directory comes up for the first time: paths may overlap, and mounts may lead back."""
        key = (status.st_dev, status.st_ino)
        if key in self._seen:
            return False
        self._seen.add(key)
        return True

    def _walk(self, path: bytes, above: List[str]) -> None:
        """Look for dumps in one directory, whose names from the searched path on are I(above)."""
        try:
            if not self._new(os.stat(path)):
                return
            found = files.entries(path)
        except OSError as error:
            self._skip(path, files.why(error))
            return
        except UnreadableError as error:
            self._skip(path, str(error))
            return
        beside = Beside(path, [files.named(one.name) for one in found if not one.is_folder])
        self._logs = {}
        any_dump = False
        for one in found:
            if one.is_link:
                self._link(one)
            elif not one.is_folder:
                any_dump = self._file(one.path, above, beside) or any_dump
            elif len(above) < DEPTH and one.name != b"lost+found":
                self._walk(one.path, above + [files.named(one.name)])
        if above and not any_dump:
            self._no_dump(path, beside)

    def _link(self, entry: Entry) -> None:
        """A link to a dump inside the searched path is found there; any other is not followed."""
        target = os.path.realpath(entry.path)
        if not os.path.exists(target):
            self._skip(entry.path, "It is a symbolic link to '{0}', which does not exist.".format(files.named(target)))
        elif not (target + b"/").startswith(self._top.rstrip(b"/") + b"/"):
            self._skip(
                entry.path,
                "It is a symbolic link to '{0}', outside of the path, and is not followed. "
                "Name the target in paths to look there.".format(files.named(target)),
            )

    def _no_dump(self, path: bytes, beside: Beside) -> None:
        """A directory with nothing but the log of a crash is of a capture that failed, or was not meant to dump."""
        kept = beside.logs
        if kept and files.changed(os.path.join(path, files.raw(kept[0]))) >= (self._earliest or 0):
            self._skip(path, "It holds the log of a crash, {0}, but no dump: the capture failed.".format(kept[0]))

    def _file(self, path: bytes, above: List[str], beside: Optional[Beside]) -> bool:
        """Judge one file; whether it is a dump, or was meant to be one."""
        name = files.named(os.path.basename(path))
        meant = file_names.is_dump(name) or not beside
        if file_names.is_other(name):
            return False
        try:
            looked = files.with_file(path, lambda descriptor: _look(descriptor, meant))
        except UnreadableError as error:
            if meant:
                self._skip(path, str(error))
            return meant
        if looked.is_dump and self._new(looked.after):
            self._add(path, above, beside or _beside(path), looked)
        return looked.is_dump

    def _add(self, path: bytes, above: List[str], beside: Beside, looked: _Looked) -> None:
        """Add a dump to what was found, unless it is too old."""
        status, judged = looked.after, looked.judgement
        moment = judged.header.time or status.st_mtime
        if self._earliest is not None and moment < self._earliest:
            return
        name = files.named(os.path.basename(path))
        log = beside.log(name)
        said = self._log(os.path.join(os.path.dirname(path), files.raw(log))) if log else _Log()
        crash, limit = said.crash, said.limit
        reasons = [beside.unfinished(name), _written(looked), judged.reason]
        if judged.error:
            reasons.append("It cannot be judged.")
        reason = " ".join(one for one in reasons if one) or None
        complete = None if looked.failed or (judged.unknown and not reason) else reason is None
        shown = self._shown(path)
        directory = os.path.dirname(shown)
        found = {
            "path": shown,
            "directory": directory,
            "host": file_names.host(name, above, judged.header.nodename),
            "time": iso(moment),
            "kernel": judged.header.kernel,
            "nodename": judged.header.nodename,
            "size_bytes": status.st_size,
            "disk_bytes": status.st_blocks * 512,
            "format": judged.format,
            "flattened_content": judged.content,
            "packed": judged.packed,
            "complete": complete,
            "incomplete_reason": reason or judged.unknown,
            "limits": list(judged.limits) + ([limit] if limit else []),
            "dmesg": os.path.join(directory, log) if log else None,
            "panic": crash.message if crash else None,
            "signature": panic.signature_of(crash) if crash else None,
            "marked": said.marked,
            "error": judged.error,
        }
        self.found[moment, shown] = found

    def _log(self, log: bytes) -> _Log:
        """What the log beside a dump says. Many dumps may have one log."""
        if log not in self._logs:
            try:
                text, limit = files.text_and_limit(log)
                marked = self._mark in text if self._mark and text else None
                self._logs[log] = _Log(panic.analyse(text), limit, marked)
            except UnreadableError as error:
                self._skip(log, str(error))
                self._logs[log] = _Log()
        return self._logs[log]


def _beside(path: bytes) -> Beside:
    """The files beside one that was named itself."""
    directory = os.path.dirname(path)
    try:
        return Beside(directory, [files.named(one.name) for one in files.entries(directory)])
    except UnreadableError:
        return Beside(directory, [])


def _look(descriptor: int, meant: bool) -> _Looked:
    """Judge an open file, when it is a dump or was I(meant) to be one."""
    before = os.fstat(descriptor)
    source = FileSource(descriptor)
    if not meant and not judgement.recognised(source.read(0, judgement.HEAD)):
        return _Looked(before, Judgement("unknown"), before, False, False)
    try:
        judged = judgement.judge(source)
    except OSError as error:
        judged = Judgement("unknown", error="It cannot be read: {0}".format(files.why(error)))
        return _Looked(before, judged, os.fstat(descriptor), True, True)
    # Processes leave ELF core files too. Those of kernels name the kernel.
    is_dump = meant or judged.format != "elf" or judged.header.kernel is not None
    return _Looked(before, judged, os.fstat(descriptor), is_dump, False)


def _written(looked: _Looked) -> Optional[str]:
    """Whether the file changed while it was judged."""
    before, after = looked.before, looked.after
    if before.st_size != after.st_size:
        return "It is being written: it went from {0} to {1} bytes while it was looked at.".format(
            before.st_size, after.st_size
        )
    if before.st_mtime != after.st_mtime:
        return "It is being written: it changed while it was looked at."
    return None
