# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors that modules report, and the one place that turns them into a module's failure."""

import os
from contextlib import contextmanager
from typing import Any, Iterator, NamedTuple

from .printable import printable


class KdumpError(Exception):
    """A host, a file or a value that cannot be worked with.

    The message is written for the administrator: what was looked at, what was found, what to do.
    """


class Problem(NamedTuple):
    """A line of a configuration file that does not do what its author meant."""

    path: str
    line: int
    message: str


@contextmanager
def clear_errors(module: Any) -> Iterator[None]:
    """Turn every error inside the block into C(fail_json) of I(module), without a traceback.

    ``module`` is an AnsibleModule (or anything with ``fail_json(msg=...)``).
    """
    try:
        yield
    except KdumpError as error:
        module.fail_json(msg=printable(str(error)))
    except OSError as error:
        module.fail_json(msg=printable(_of_system(error)))
    except Exception as error:  # the last resort: an unforeseen error is still a message
        module.fail_json(
            msg=printable(
                "Unexpected {0}: {1}. This is a defect of kdump.fleet: please report it with this message.".format(
                    type(error).__name__, error
                )
            )
        )


def _of_system(error: OSError) -> str:
    what = "An operation of the operating system failed" if error.filename is None else error.filename
    return "{0}: {1}. Check the path, its permissions and the free space, and run again.".format(
        os.fsdecode(what) if isinstance(what, bytes) else what, error.strerror or error
    )
