# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which mirror this machine uses."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lab import sources
from tests.lab.errors import LabError
from tests.lab.sources import Mirrors, Source
from tests.unit.lab.conftest import Fake

STANZAS = """\
Types: deb deb-src
# a comment within
URIs: http://mirror.test/debian
Suites: bookworm
 bookworm-updates
Components: main contrib
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 -----END PGP PUBLIC KEY BLOCK-----

Types: deb-src
URIs: http://sources.test/debian
Suites: bookworm
Components: main

Enabled: no
Types: deb
URIs: http://off.test/debian
Suites: bookworm
Components: main

Types: deb
URIs: http://a.test/security http://b.test/security
Suites: bookworm-security
Components: main
"""

LINES = """\
# deb http://commented.test/debian trixie main
deb [arch=amd64 signed-by=/usr/share/keyrings/k.gpg] http://mirror.test/debian trixie main contrib # and a remark
deb-src http://mirror.test/debian trixie main
deb http://mirror.test/security trixie-security main
deb cdrom:[Debian]/ trixie main
deb http://short.test
"""


def test_reads_deb822() -> None:
    assert list(sources.deb822(STANZAS)) == [
        Source("http://mirror.test/debian", ("bookworm", "bookworm-updates"), ("main", "contrib")),
        Source("http://a.test/security", ("bookworm-security",), ("main",)),
        Source("http://b.test/security", ("bookworm-security",), ("main",)),
    ]


def test_reads_lines() -> None:
    assert list(sources.one_line(LINES))[:2] == [
        Source("http://mirror.test/debian", ("trixie",), ("main", "contrib")),
        Source("http://mirror.test/security", ("trixie-security",), ("main",)),
    ]


def test_reads_every_file_that_apt_reads(tmp_path: Path) -> None:
    parts = tmp_path / "sources.list.d"
    parts.mkdir()
    (tmp_path / "sources.list").write_text("deb http://one.test/debian trixie main\n")
    (parts / "a.list").write_text("deb http://two.test/debian trixie main\n")
    (parts / "debian.sources").write_text(STANZAS)
    (parts / "b.list.disabled").write_text("deb http://three.test/debian trixie main\n")
    assert [source.uri for source in sources.configured(tmp_path)][:3] == [
        "http://one.test/debian",
        "http://two.test/debian",
        "http://mirror.test/debian",
    ]


def test_no_configuration_is_no_source(tmp_path: Path) -> None:
    assert sources.configured(tmp_path) == []


def test_chooses_the_release_and_not_what_others_offer() -> None:
    found = [Source("https://vendor.test/deb", ("nodistro",), ("main",)), *sources.deb822(STANZAS)]
    assert sources.choose(found, "bookworm") == Mirrors("http://mirror.test/debian", "http://a.test/security")


def test_security_may_be_in_the_archive_only() -> None:
    mirrors = sources.choose([Source("http://mirror.test/debian/", ("stable",), ("main",))], "trixie")
    assert mirrors.lines("trixie", backports=True) == [
        "deb http://mirror.test/debian trixie main",
        "deb http://mirror.test/debian trixie-updates main",
        "deb http://mirror.test/debian trixie-backports main",
    ]


def test_security_follows_the_suite_that_is_wanted() -> None:
    assert Mirrors("http://m.test/debian", "http://m.test/security").lines("trixie")[-1] == (
        "deb http://m.test/security trixie-security main"
    )


def test_no_mirror_says_what_was_found_and_what_to_do() -> None:
    with pytest.raises(LabError, match=r"found https://vendor\.test/deb \(nodistro\)\. Give one with KDUMP_LAB_MIRROR"):
        sources.choose([Source("https://vendor.test/deb", ("nodistro",), ("main",))], "bookworm")


def test_a_mirror_can_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KDUMP_LAB_MIRROR", "http://told.test/debian/")
    assert sources.mirrors() == Mirrors("http://told.test/debian", None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [('NAME=x\nVERSION_CODENAME="trixie"\n', "trixie"), ("VERSION_CODENAME=bookworm\n", "bookworm"), ("", "unknown")],
)
def test_codename(tmp_path: Path, text: str, expected: str) -> None:
    release = tmp_path / "os-release"
    release.write_text(text)
    assert sources.codename(release) == expected


def test_carries_what_decides_whether_the_mirror_is_reached(fake: Fake) -> None:
    fake("apt-config", """echo 'APT::Architecture "amd64";'; echo 'Acquire::http::Proxy "http://proxy.test:3142";'""")
    assert sources.carried_options() == ['Acquire::http::Proxy "http://proxy.test:3142";']
