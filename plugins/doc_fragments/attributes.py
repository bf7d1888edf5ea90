# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation that several modules share: check mode, diff mode and the group of defaults."""

from __future__ import annotations


class ModuleDocFragment:
    """The fragments, by the names that modules give to C(extends_documentation_fragment)."""

    DOCUMENTATION = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/kdump.fleet.fleet) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - kdump.fleet.fleet
"""

    # Of modules that look and change nothing
    READS_ONLY = r"""
options: {}
attributes:
  diff_mode:
    description: Changes nothing, so there is nothing to show.
    support: none
"""
