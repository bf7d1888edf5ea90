# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was found on the way of a dump to its target. How severe it is, and who repairs it, is judged by readiness/."""

from typing import NamedTuple


class Obstacle(NamedTuple):
    """One fact that keeps a dump from its target, or may. I(code) is one of those in readiness/codes.py."""

    code: str
    message: str
