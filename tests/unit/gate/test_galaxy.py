# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the check of the package takes for wrong."""

from __future__ import annotations

from tests import galaxy


def test_complaints_count_whatever_the_status() -> None:
    log = "INFO: Building\nWARNING: No role readme found\nImporter processing completed successfully\n"
    assert galaxy.wrong("importer", 0, log) == ["importer: WARNING: No role readme found"]
    assert galaxy.wrong("importer", 0, "INFO: no warnings\n") == []


def test_a_program_that_fails_without_a_complaint_is_shown() -> None:
    assert galaxy.wrong("importer", 1, "Traceback") == ["importer: Traceback"]


def test_what_the_collection_is_tested_with_is_not_shipped() -> None:
    names = ["MANIFEST.json", "tests/lab/cli.py", "plugins/modules/kdump_info.py", "molecule/default/molecule.yml"]
    assert galaxy.shipped(names) == ["tests/lab/cli.py", "molecule/default/molecule.yml"]


def test_a_program_that_is_silent_and_succeeds_is_content() -> None:
    assert galaxy.loud("docs", 0, "\n") == []
    assert galaxy.loud("docs", 0, "README.md: no such role") == ["docs: exit status 0\nREADME.md: no such role"]
    assert galaxy.loud("docs", 3, "") == ["docs: exit status 3\n"]
