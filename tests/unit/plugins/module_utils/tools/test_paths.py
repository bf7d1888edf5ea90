# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of paths.py."""

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.host.errors import KdumpError
from ansible_collections.kdump.fleet.plugins.module_utils.tools.paths import (
    SYSTEM_DIRECTORIES,
    belongs_to_system,
    check_dump_path,
)


@pytest.mark.parametrize("path", ["/var/crash", "/var/crash/", "/dumps", "/srv/dumps", "/mnt/a/../b", "/var/lib/crash"])
def test_a_directory_of_its_own_is_fine(path: str) -> None:
    check_dump_path(path)
    assert not belongs_to_system(path)


@pytest.mark.parametrize("path", ["", "crash", "./crash", "~/crash", " /var/crash"])
def test_a_dump_path_is_absolute(path: str) -> None:
    with pytest.raises(KdumpError) as error:
        check_dump_path(path)
    assert str(error.value) == "The dump path '{0}' is not absolute: write it from /.".format(path)


@pytest.mark.parametrize(
    "path", ["//", "///", "/.", "/..", "/var/", "//var", "/var/crash/..", "/./tmp", "/tmp/", *SYSTEM_DIRECTORIES]
)
def test_a_directory_of_the_system_is_never_closed_to_others(path: str) -> None:
    assert belongs_to_system(path)
    with pytest.raises(KdumpError, match="is a directory of the system"):
        check_dump_path(path)
