# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An apt with a state of its own, which leaves the configuration of this machine as it is."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.lab.process import run

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


@contextlib.contextmanager
def separate(lines: list[str], *, own_status: bool = False) -> Iterator[list[str]]:
    """Options that let apt-get use these sources and no others, with fresh lists.

    I(own_status) gives it a package database of its own too: then it can look at another release.
    """
    with tempfile.TemporaryDirectory(prefix="kdump-lab-apt-") as name:
        directory = Path(name)
        directory.chmod(0o755)  # apt downloads as a user of its own
        for part in ("lists/partial", "sources.list.d"):
            (directory / part).mkdir(parents=True)
        signed = f"deb [signed-by={KEYRING}] " if KEYRING.exists() else "deb "
        sources = directory / "sources.list"
        sources.write_text("".join(line.replace("deb ", signed, 1) + "\n" for line in lines), encoding="utf-8")
        settings = {
            "Dir::Etc::sourcelist": str(sources),
            "Dir::Etc::sourceparts": str(directory / "sources.list.d"),
            "Dir::State::lists": str(directory / "lists"),
            "Dir::Cache::pkgcache": "",
            "Dir::Cache::srcpkgcache": "",
            "Acquire::Languages": "none",
            "Acquire::Retries": "3",
        }
        if own_status:
            status = directory / "status"
            status.touch()
            settings.update({"Dir::State::status": str(status), "APT::Architecture": "amd64"})
        options = [word for item in settings.items() for word in ("-o", "=".join(item))]
        run(["apt-get", *options, "-qq", "update"])
        yield options
