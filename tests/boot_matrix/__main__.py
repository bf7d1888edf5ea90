# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m tests.boot_matrix``."""

import sys

from tests.checkout import collections_path

sys.path.insert(0, str(collections_path()))

from tests.boot_matrix.cli import main

if __name__ == "__main__":
    sys.exit(main())
