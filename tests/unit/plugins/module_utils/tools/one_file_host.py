# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for a host that has one file and nothing else."""

from typing import Callable, List, Optional


class OneFileHost(object):
    """Its file is read through a function, so that a test can change it."""

    root = "/nowhere"

    def __init__(self, name: str, text: Callable[[], str]) -> None:
        self._name = name
        self._text = text

    def read(self, name: str) -> Optional[str]:
        """The text of the file."""
        return self._text() if name == self._name else None

    def path(self, name: str) -> str:
        """Where nothing is."""
        return self.root + name

    def which(self, name: str) -> Optional[str]:
        """No program."""
        return None

    def glob(self, name: str) -> List[str]:
        """No file."""
        return []

    def exists(self, name: str) -> bool:
        """Nothing."""
        return False
