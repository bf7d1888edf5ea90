# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's fixtures: a cache of its own for every test, and commands that only pretend."""

from tests.unit.lab.conftest import fake, own_cache

__all__ = ["fake", "own_cache"]
