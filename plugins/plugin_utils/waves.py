# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists and waves as an administrator may write them: in YAML, or as text with commas as a survey gives it."""

from __future__ import annotations

import re
from typing import Any

_PERCENT = re.compile(r"(100|[1-9][0-9]?)%\Z")
_NUMBER = re.compile(r"[1-9][0-9]{0,6}\Z")


def listed(value: Any) -> list[Any] | None:
    """The parts of a list, or of a text with commas between them; None when it is neither."""
    if isinstance(value, str):
        return [part for part in (part.strip() for part in value.split(",")) if part]
    if isinstance(value, (list, tuple)):
        return list(value)
    return None


def waves(value: Any) -> list[int | str] | None:
    """Sizes of waves: numbers from 1 on, and percentages from 1% to 100%. None when something else is among them."""
    parts = [value] if isinstance(value, int) and not isinstance(value, bool) else listed(value)
    if not parts:
        return None
    found: list[int | str] = []
    for part in parts:
        text = "" if isinstance(part, (bool, float)) else str(part).strip()
        if _PERCENT.match(text):
            found.append(text)
        elif _NUMBER.match(text):
            found.append(int(text))
        else:
            return None
    return found
