# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab reports to a person when it cannot go on."""

from __future__ import annotations


class LabError(Exception):
    """What was tried, what was found, what to do. Shown as it is, without a traceback."""

    status = 2


class UnavailableError(LabError):
    """What was asked for is not there, and nothing is wrong with the lab."""

    status = 3
