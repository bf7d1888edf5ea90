# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines made of files, for the tests of boot loaders."""

import pathlib

import pytest

from tests.unit.plugins.module_utils.bootloader.bls_machine import BlsMachine
from tests.unit.plugins.module_utils.bootloader.machine import Machine


@pytest.fixture
def machine(tmp_path: pathlib.Path) -> Machine:
    """A host like Debian's: update-grub, and a grub-mkconfig that reads /etc/default/grub.d."""
    return Machine(str(tmp_path))


@pytest.fixture
def old_machine(tmp_path: pathlib.Path) -> Machine:
    """A host like those of EL7: a grub2-mkconfig that reads /etc/default/grub alone."""
    return Machine(str(tmp_path), family="grub2")


@pytest.fixture
def bls_machine(tmp_path: pathlib.Path) -> BlsMachine:
    """A host like those of EL 9: entries with their arguments, and /etc/kernel/cmdline."""
    return BlsMachine(str(tmp_path))


@pytest.fixture
def kernelopts_machine(tmp_path: pathlib.Path) -> BlsMachine:
    """A host like those of EL 8: entries that take $kernelopts from grubenv."""
    return BlsMachine(str(tmp_path), kernelopts=True)
