# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much to reserve for the capture kernel, and by what.

A measured capture says most, then what the host's own tool estimates, then that tool's default for this much RAM.
All sizes are of the whole reservation: a region below 4 GiB that comes with one above it is part of it.
"""

from typing import NamedTuple, Optional

from .request import Resolution
from .sizes import MIB, mebibytes

# What is added to a measured use. It was looked at a few times a second, so that a short peak is missed, and the next
# capture needs more than the last one: kernels and their drivers grow with updates, devices are added.
MARGIN = 4  # one part in four
STEP = 16 * MIB  # an x86_64 kernel places the region in such steps, other kernels in smaller ones
WASTEFUL = 2  # times the measured use: more than that is given up for nothing

MEASURED = "measured capture"
DEFAULT = "default"


class Estimate(NamedTuple):
    """What a host's own tool says: bytes in all, those of them that belong below 4 GiB where it names them, and who."""

    bytes: int
    low_bytes: int
    source: str


class Recommendation(NamedTuple):
    """A size in bytes, by what it was found, and why in words for a message."""

    bytes: int
    source: str
    reason: str


def recommend(
    used: Optional[int], estimate: Optional[Estimate], default: Optional[str], resolution: Optional[Resolution]
) -> Optional[Recommendation]:
    """The best that is known, or None.

    I(used) are the bytes that a capture was measured to use, I(estimate) is what the host's own tool says.
    I(default) is the value of C(crashkernel=) that the tool brings, and I(resolution) what that is on this host.
    """
    if used:
        return Recommendation(
            _round_up(used + used // MARGIN),
            MEASURED,
            "the last proven capture used {0}, and a quarter of that is added".format(mebibytes(used)),
        )
    if estimate:
        return Recommendation(estimate.bytes, estimate.source, "{0} says so".format(estimate.source))
    if default and resolution and resolution.size:
        return Recommendation(
            resolution.size + resolution.low, DEFAULT, "the default for this host is {0}".format(default)
        )
    return None


def is_wasteful(reserved: int, used: int) -> bool:
    """Whether much more is reserved than a capture was measured to use."""
    return reserved > WASTEFUL * used


def _round_up(size: int) -> int:
    return -(-size // STEP) * STEP
