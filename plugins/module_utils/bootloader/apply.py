# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries out a plan, looks whether the boot entries are as wanted, and puts everything back when they are not."""

import os
from collections import OrderedDict
from contextlib import suppress
from typing import List

from ..crash_memory import crashkernel
from ..host.errors import KdumpError
from ..host.kernel_arguments import words
from ..host.machine import Host
from .base import (
    BootEntry,
    BootLoader,
    BootLoaderError,
    Plan,
    differing,
)
from .files import Kept, write

GENERATOR_TIMEOUT = 600.0  # seconds; os-prober looks at every disk


def apply(host: Host, loader: BootLoader, plan: Plan) -> List[BootEntry]:
    """Do what I(plan) says, and answer with the entries that are there then.

    On any failure every file is as before, to the byte, and the error repeats the tool's text.
    """
    if plan.is_empty:
        return loader.entries()
    names = [change.path for change in plan.files] + loader.written_by_commands()
    try:
        # By their real names, and once: some have two.
        kept = Kept(OrderedDict.fromkeys(os.path.realpath(host.path(name)) for name in names))
    except OSError as error:
        raise BootLoaderError(
            "crashkernel= was not changed: {0}. The boot loader's files are as they were.".format(_words(error))
        ) from error
    made: List[str] = []
    try:
        for name in plan.directories:
            _make(host.path(name), made)
        _write(host, plan, made)
        for argv in plan.commands:
            host.run(argv, timeout=GENERATOR_TIMEOUT)
        entries = loader.entries()
        _verify(loader, plan, entries)
        if plan.keeps_others:
            _verify_others(plan, entries)
        for argv in plan.finish:
            host.run(argv, timeout=GENERATOR_TIMEOUT)
    except BaseException as error:
        problems = kept.put_back() + _remove(made)
        if not isinstance(error, (KdumpError, OSError)):
            raise
        raise BootLoaderError(
            "crashkernel= was not changed: {0} {1}".format(
                _words(error).rstrip(".") + ".",
                "; ".join(problems) + "." if problems else "The boot loader's files are as they were.",
            )
        ) from error
    kept.discard()
    for name in reversed(plan.directories):
        with suppress(OSError):  # something is in it
            os.rmdir(host.path(name))
    return entries


def _write(host: Host, plan: Plan, made: List[str]) -> None:
    for change in plan.files:
        path = host.path(change.path)
        if change.after is None:
            os.unlink(path)
            continue
        _make(os.path.dirname(path), made)
        write(path, change.after.encode("utf-8", "surrogateescape"), change.mode)


def _make(directory: str, made: List[str]) -> None:
    if not os.path.isdir(directory):
        os.mkdir(directory, 0o755)
        made.append(directory)


def _verify(loader: BootLoader, plan: Plan, entries: List[BootEntry]) -> None:
    wrong = differing(entries, plan.wanted)
    if wrong:
        raise BootLoaderError(
            "{0} of {1} boot entries do not have the wanted '{2}' afterwards; '{3}' has '{4}'. "
            "Files that set crashkernel=: {5}. Take it out of those that are not managed, and run again".format(
                len(wrong),
                len(entries),
                " ".join(plan.wanted) or "no crashkernel",
                wrong[0].title,
                " ".join(crashkernel.values(wrong[0].arguments)) or "none",
                ", ".join(loader.sources()) or "none was found",
            )
        )


def _verify_others(plan: Plan, entries: List[BootEntry]) -> None:
    there = {entry.id: entry for entry in entries}
    for foreseen in plan.entries_after:
        entry = there.get(foreseen.id)
        if entry is None or _others(entry) != _others(foreseen):
            raise BootLoaderError(
                "The boot entry '{0}' would have come out with other arguments as well: '{1}' instead of '{2}'. "
                "Please report this with that line".format(
                    foreseen.title, "no entry" if entry is None else entry.arguments, foreseen.arguments
                )
            )


def _others(entry: BootEntry) -> List[str]:
    return [word.text for word in words(crashkernel.replace(entry.arguments, None))]


def _remove(directories: List[str]) -> List[str]:
    problems = []
    for directory in reversed(directories):
        try:
            os.rmdir(directory)
        except OSError as error:
            problems.append("{0} could not be removed ({1})".format(directory, error.strerror))
    return problems


def _words(error: BaseException) -> str:
    if isinstance(error, OSError):
        return "{0}: {1}".format(error.filename or "writing a file failed", error.strerror or error)
    return str(error)
