# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Debian mirror this machine uses itself, read from its own apt configuration."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.lab.errors import LabError
from tests.lab.process import run
from tests.lab.settings import told_mirror

# What another apt, on this machine or in an image, needs to know to reach the same mirror.
CARRIED = ("Acquire::http::Proxy", "Acquire::https::Proxy", "Acquire::Check-Valid-Until", "Acquire::Check-Date")


class Source(NamedTuple):
    """One mirror with its suites."""

    uri: str
    suites: tuple[str, ...]
    components: tuple[str, ...]


class Mirrors(NamedTuple):
    """Where Debian comes from: the archive itself, and its security updates where they are kept apart."""

    archive: str
    security: str | None

    def lines(self, suite: str, *, backports: bool = False) -> list[str]:
        """The lines of a sources.list for a suite with its updates."""
        suites = [suite, f"{suite}-updates"] + ([f"{suite}-backports"] if backports else [])
        lines = [f"deb {self.archive} {name} main" for name in suites]
        if self.security:
            lines.append(f"deb {self.security} {suite}-security main")
        return lines


def one_line(text: str) -> Iterator[Source]:
    """The sources of a file in the format of sources.list."""
    for line in text.split("\n"):
        words = re.sub(r"\[[^]]*\]", " ", line.split("#", 1)[0]).split()
        if len(words) >= 3 and words[0] == "deb":
            yield Source(words[1], (words[2],), tuple(words[3:]))


def stanzas(text: str) -> Iterator[dict[str, str]]:
    """The stanzas of a deb822 file, with lower-case names of fields."""
    fields: dict[str, str] = {}
    name = ""
    for line in [*text.split("\n"), ""]:
        if line.startswith("#"):
            continue
        if not line.strip():
            if fields:
                yield fields
            fields, name = {}, ""
        elif line[0] in " \t" and name:
            fields[name] += " " + line.strip()
        elif ":" in line:
            name, value = line.split(":", 1)
            name = name.strip().lower()
            fields[name] = value.strip()


def deb822(text: str) -> Iterator[Source]:
    """The sources of a file in the format of debian.sources."""
    for fields in stanzas(text):
        if fields.get("enabled", "yes").lower() in ("no", "false", "0") or "deb" not in fields.get("types", "").split():
            continue
        for uri in fields.get("uris", "").split():
            yield Source(uri, tuple(fields.get("suites", "").split()), tuple(fields.get("components", "").split()))


def configured(apt: Path = Path("/etc/apt")) -> list[Source]:
    """Every source that apt on this machine uses."""
    parts = sorted((apt / "sources.list.d").glob("*")) if (apt / "sources.list.d").is_dir() else []
    found: list[Source] = []
    for path in [apt / "sources.list", *parts]:
        if not path.is_file() or path.suffix not in (".list", ".sources"):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        found.extend(deb822(text) if path.suffix == ".sources" else one_line(text))
    return found


def choose(sources: list[Source], codename: str) -> Mirrors:
    """The mirrors of this machine's own release among all its sources."""
    own = {codename, "stable", "oldstable", "testing", "unstable", "sid"}
    usable = [source for source in sources if re.match(r"(https?|file|ftp):", source.uri) and source.components]
    archives = [source.uri for source in usable if own & set(source.suites)]
    security = [
        source.uri for source in usable if any(re.search(r"-security$|/updates$", suite) for suite in source.suites)
    ]
    if not archives:
        looked = ", ".join(f"{source.uri} ({' '.join(source.suites)})" for source in sources) or "nothing"
        raise LabError(
            f"No Debian mirror for {codename} in /etc/apt/sources.list or sources.list.d: found {looked}. "
            "Give one with KDUMP_LAB_MIRROR=http://HOST/debian."
        )
    return Mirrors(archives[0].rstrip("/"), security[0].rstrip("/") if security else None)


def codename(release: Path = Path("/etc/os-release")) -> str:
    """The release of this machine."""
    for line in release.read_text(encoding="utf-8").split("\n") if release.is_file() else []:
        name, _equals, value = line.partition("=")
        if name == "VERSION_CODENAME":
            return "".join(shlex.split(value))
    return "unknown"


def mirrors() -> Mirrors:
    """The mirrors to use."""
    told = told_mirror()
    if told:
        return Mirrors(told.rstrip("/"), None)
    return choose(configured(), codename())


def carried_options() -> list[str]:
    """Settings of this machine's apt that decide whether the mirror can be reached, as C(Name "value";)."""
    lines = run(["apt-config", "dump"], limit=60).split("\n")
    return [line for line in lines if line.split(" ", 1)[0] in CARRIED]
