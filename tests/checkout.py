# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""This checkout as Ansible and Python see it: an importable collection, and a list of files.

``python -m tests.checkout`` prints the directory for ANSIBLE_COLLECTIONS_PATH and PYTHONPATH.
Runs on Python 3.6 too, for the unit tests of what is sent to hosts.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Dict, List

ROOT = Path(__file__).resolve().parent.parent


def cache_directory() -> Path:
    """Where this project keeps what can be made again, outside the repository."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "kdump-fleet"


def collections_path() -> Path:
    """A directory in which ``ansible_collections/kdump/fleet`` is a link to this checkout; made when missing.

    It lies outside the repository: inside, every tool that walks directories would walk in circles.
    """
    name = hashlib.sha256(str(ROOT).encode("utf-8", "surrogateescape")).hexdigest()[:12]
    path = cache_directory() / "checkouts" / name
    link = path / "ansible_collections" / "kdump" / "fleet"
    if not link.exists() or link.resolve() != ROOT:
        link.parent.mkdir(parents=True, exist_ok=True)
        temporary = link.with_name("fleet.{0}".format(os.getpid()))
        temporary.symlink_to(ROOT, target_is_directory=True)
        os.replace(str(temporary), str(link))  # in one step: several test runs may do this at once
    return path


def variables() -> Dict[str, str]:
    """The environment of commands that tests start: this Python's programs, the checkout and the collection."""
    collections = str(collections_path())
    return {
        "PATH": os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)]),
        "PYTHONPATH": os.pathsep.join([str(ROOT), collections]),
        "ANSIBLE_COLLECTIONS_PATH": collections,
        "ANSIBLE_HOME": str(ROOT / ".ansible"),
    }


def files() -> List[Path]:
    """Every file of the checkout that is tracked, or new and not ignored; relative to ROOT, sorted."""
    listed = subprocess.check_output(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=str(ROOT)
    )
    names = {os.fsdecode(name) for name in listed.split(b"\0") if name}
    return [Path(name) for name in sorted(names) if (ROOT / name).is_file()]


if __name__ == "__main__":
    print(collections_path())
