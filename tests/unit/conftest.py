# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the checkout importable as ansible_collections.kdump.fleet. Runs on Python 3.6 too."""

import os
import sys

from hypothesis import settings

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from tests.checkout import collections_path

sys.path.insert(0, str(collections_path()))

# The same examples in every run, and no time limit for one: the machine may be busy with emulated machines.
settings.register_profile("gate", derandomize=True, deadline=None)
settings.load_profile("gate")
