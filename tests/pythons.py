# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Python interpreters of this machine, found by running them.

A name on PATH proves nothing: pyenv puts a script there for every version, and it fails unless the version is active.
"""

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

ASK = "import sys; print('%d.%d' % sys.version_info[:2])"


def candidates(version: str, environment: Mapping[str, str]) -> Iterator[Path]:
    """Where a Python of this version may be: the directories of PATH, then pyenv's versions."""
    for directory in environment.get("PATH", os.defpath).split(os.pathsep):
        yield Path(directory) / f"python{version}"
    pyenv = Path(environment.get("PYENV_ROOT") or Path(environment.get("HOME", "/")) / ".pyenv")
    yield from sorted(pyenv.glob(f"versions/{version}.*/bin/python{version}"), reverse=True)


def answers(path: Path, version: str) -> bool:
    """Whether the interpreter runs and is of this version."""
    if not os.access(path, os.X_OK):
        return False
    try:
        said = subprocess.run([path, "-c", ASK], capture_output=True, text=True, timeout=60, check=False)
    except OSError:
        return False
    return said.returncode == 0 and said.stdout.strip() == version


def find(
    version: str,
    environment: Mapping[str, str] | None = None,
    works: Callable[[Path, str], bool] = answers,
) -> Path | None:
    """The first Python of this version (such as "3.6") that works, or None."""
    places = candidates(version, os.environ if environment is None else environment)
    return next((path for path in places if works(path, version)), None)
