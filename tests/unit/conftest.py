# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the checkout importable as ansible_collections.kdump.fleet, here and in commands. Runs on Python 3.6 too."""

import os
import sys

from hypothesis import HealthCheck, settings

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from tests.checkout import collections_path, variables

sys.path.insert(0, str(collections_path()))
os.environ.update(variables())  # for commands that tests start: pytest alone must do, without nox

# The same examples in every run, and no time limit for one: the machine may be busy with emulated machines.
# Python 3.6 is there to show that the code runs on it; a newer one has looked for the odd cases.
EXAMPLES = 20 if sys.version_info < (3, 7) else 100
# A busy machine makes data slowly: that says nothing about the code.
settings.register_profile(
    "gate",
    derandomize=True,
    deadline=None,
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("gate")
