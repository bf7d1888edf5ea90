# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether Galaxy imports the collection without a warning, its documentation links to what is there, and its
changelog is made from its data.

python -m tests.galaxy BIN, where BIN is the directory of the programs of requirements/galaxy.txt.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.ansible_test import copy_checkout

SETTINGS = "[galaxy-importer]\nRUN_ANSIBLE_TEST=False\n"
COMPLAINT = re.compile(r"^.*\b(?:WARNING|ERROR|CRITICAL)\b.*$", re.MULTILINE)
NOT_SHIPPED = ("tests", "molecule", "requirements", "noxfile.py", "Makefile", ".ci", ".github")


def run(command: Sequence[str | Path], directory: Path, variables: dict[str, str]) -> tuple[int, str]:
    """The exit status of a command, and what it printed."""
    done = subprocess.run(
        command,
        cwd=directory,
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def wrong(name: str, status: int, output: str) -> list[str]:
    """What is wrong with the run of a program that ends with status 0 although it complains."""
    complaints = COMPLAINT.findall(output)
    if status and not complaints:
        complaints = [output[-4000:]]
    return [f"{name}: {line}" for line in complaints]


def loud(name: str, status: int, output: str) -> list[str]:
    """What is wrong with the run of a program that prints nothing where nothing is wrong."""
    return [f"{name}: exit status {status}\n{output}"] if status or output.strip() else []


def changelog(program: Path, copy: Path, variables: dict[str, str]) -> list[str]:
    """What is wrong with the fragments, with the changelog's data, and with the page that is made from these."""
    page = copy / "CHANGELOG.md"
    found = loud("changelog fragments", *run([program, "lint"], copy, variables))
    data: list[str | Path] = [program, "lint-changelog-yaml", "--strict", "changelogs/changelog.yaml"]
    found += loud("changelog data", *run(data, copy, variables))
    before = page.read_text(encoding="utf-8")
    found += wrong("changelog", *run([program, "generate"], copy, variables))
    if page.read_text(encoding="utf-8") != before:
        found.append("CHANGELOG.md: it is not what antsibull-changelog makes of changelogs/changelog.yaml")
    return found


def shipped(names: Sequence[str]) -> list[str]:
    """The files of an artifact that do not belong in it."""
    return [name for name in names if name.split("/")[0] in NOT_SHIPPED]


def main(programs: Path) -> int:
    """Build the artifact from a copy of the checkout, import it, and judge the documentation."""
    with tempfile.TemporaryDirectory(prefix="kdump-fleet-galaxy-") as name:
        directory = Path(name)
        copy = copy_checkout(directory)
        (directory / "importer.cfg").write_text(SETTINGS, encoding="utf-8")
        variables = {
            "PATH": os.pathsep.join([str(programs), os.environ.get("PATH", os.defpath)]),
            "ANSIBLE_COLLECTIONS_PATH": str(directory),
            "ANSIBLE_HOME": str(directory / ".ansible"),
            "GALAXY_IMPORTER_CONFIG": str(directory / "importer.cfg"),
        }
        build: list[str | Path] = [programs / "ansible-galaxy", "collection", "build", "--output-path", directory]
        lint: list[str | Path] = [
            programs / "antsibull-docs",
            "lint-collection-docs",
            "--plugin-docs",
            "--skip-rstcheck",
        ]
        found = wrong("build", *run(build, copy, variables))
        artifacts = list(directory.glob("*.tar.gz"))
        if len(artifacts) == 1:
            _status, listing = run(["tar", "--list", "--file", artifacts[0]], directory, {})
            found += [f"artifact: {path} does not belong in it" for path in shipped(listing.splitlines())]
            importer: list[str | Path] = [programs / "python", "-m", "galaxy_importer.main", artifacts[0]]
            found += wrong("galaxy-importer", *run(importer, directory, variables))
        else:
            found.append(f"build: it made {len(artifacts)} artifacts")
        found += loud("antsibull-docs", *run([*lint, "--validate-collection-refs", "all", "."], copy, variables))
        found += changelog(programs / "antsibull-changelog", copy, variables)
    print("\n".join(found) or "Galaxy imports the collection, and its documentation and changelog are consistent.")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
