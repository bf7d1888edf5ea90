# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a host's request is not carried out.

On dump servers this package has a name of its own, without the collection's before it, hence the relative imports.
"""


class RefusedError(Exception):
    """A request that is not carried out, or not to its end. The host and the journal get to read the message."""
