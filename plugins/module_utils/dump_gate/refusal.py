# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a host's request is not carried out.

On dump servers this package has a name of its own, without the collection's before it, hence the relative imports.
"""


class RefusedError(Exception):
    """A request that is not carried out, or not to its end. The host and the journal get to read the message."""
