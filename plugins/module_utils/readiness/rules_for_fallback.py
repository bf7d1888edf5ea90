# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules about a dump that does not reach its target; rules.py puts them among the others."""

from typing import Iterator

from ..crash_memory.sizes import mebibytes
from .codes import Finding
from .look import Facts


def fallback_rules(facts: Facts) -> Iterator[Finding]:
    """Would it be saved on this host, and be found there?"""
    setup, fallback = facts.setup, facts.setup.fallback
    if not setup.installed:
        return
    lost = "A dump that does not reach {0}".format(setup.wanted_target.location or setup.wanted_target.path)
    if setup.fallback_missing:
        yield Finding("fallback-missing", "{0} is lost: {1} does not exist.".format(lost, setup.fallback_missing))
    if fallback is None:
        return
    if fallback.broken:
        yield Finding(
            "fallback-fails",
            "{0} is lost: {1} would run makedumpfile with -F and a file, and makedumpfile refuses that.".format(
                lost, fallback.broken
            ),
        )
    if fallback.hidden:
        yield Finding(
            "fallback-hidden",
            "{0} is saved in {1} of the root file system, where nobody sees it: {2}.".format(
                lost, fallback.directory, fallback.hidden
            ),
        )
    place = facts.fallback
    need = facts.dump_size.beyond(place.free_bytes) if place else None
    if place and need:
        yield Finding(
            "fallback-space-low",
            "{0} is saved on this host: the file system of {1} has {2} free, and it may need {3} ({4}).".format(
                lost, place.path, mebibytes(place.free_bytes), mebibytes(need.bytes), need.source
            ),
        )
