# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The backend for GRUB 2: what it reads, and what it plans."""

import os
import pathlib
import shutil
from typing import List, Optional

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.base import BootEntry, BootLoader, BootLoaderError
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.detect import detect
from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory import crashkernel
from tests.unit.plugins.module_utils.bootloader.machine import (
    DROP_IN,
    FIXTURES,
    MENU,
    SETTINGS,
    Machine,
    fixture,
    menu_text,
)

KDUMP_TOOLS = "/etc/default/grub.d/kdump-tools.cfg"
KDUMP_TOOLS_TEXT = 'GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT crashkernel=512M-:192M"\n'


def loader_of(machine: Machine) -> BootLoader:
    return detect(machine.host)


def values(entries: List[BootEntry]) -> List[List[str]]:
    return [crashkernel.values(entry.arguments) for entry in entries]


def test_entries_of_a_real_machine(machine: Machine) -> None:
    shutil.copy(os.path.join(FIXTURES, "debian13-cloud", "boot", "grub", "grub.cfg"), machine.path(MENU))
    first, second, recovery = loader_of(machine).entries()
    root = "95d3fad2-a044-4d2e-bc8b-51b953bea44f"
    assert first == BootEntry(
        id="gnulinux-simple-" + root,
        title="Debian GNU/Linux",
        kernel="/boot/vmlinuz-6.12.117+deb13-cloud-amd64",
        arguments="root=UUID={0} ro console=ttyS0".format(root),
    )
    assert second.arguments == first.arguments
    assert recovery.arguments == "root=UUID={0} ro single dis_ucode_ldr console=ttyS0".format(root)


def test_future_arguments_of_a_real_machine(machine: Machine) -> None:
    shutil.rmtree(machine.path("/etc/default"))
    shutil.copytree(os.path.join(FIXTURES, "debian13-cloud", "etc", "default"), machine.path("/etc/default"))
    assert loader_of(machine).future_arguments() == "console=ttyS0"


def test_what_is_foreseen_is_what_the_real_generator_then_wrote(machine: Machine) -> None:
    machine.write(MENU, fixture(os.path.join("many", "before.cfg")))
    plan = loader_of(machine).plan("512M-:192M")
    machine.write(MENU, fixture(os.path.join("many", "after.cfg")))
    after = loader_of(machine).entries()
    assert values(after) == values(plan.entries_after) == [["512M-:192M"]] * 5
    for real, foreseen in zip(after, plan.entries_after):
        assert sorted(real.arguments.split()) == sorted(foreseen.arguments.split())
        assert real[:3] == foreseen[:3]


def test_entries_by_hand_and_of_other_systems_are_not_ours(machine: Machine) -> None:
    machine.write(MENU, fixture(os.path.join("many", "before.cfg")))
    entries = loader_of(machine).entries()
    assert len(entries) == 5
    assert not [entry for entry in entries if "rescue" in entry.id or "osprober" in entry.id]


def test_copied_entries_that_kept_their_id_go_by_their_position(old_machine: Machine) -> None:
    entry = "menuentry '{0}' --id same {{ linux16 /vmlinuz ro }}\n"
    text = "### BEGIN /etc/grub.d/10_linux ###\n{0}{1}### END /etc/grub.d/10_linux ###\n"
    old_machine.write(old_machine.menu, text.format(entry.format("New"), entry.format("Old")))
    assert [(one.id, one.title) for one in loader_of(old_machine).entries()] == [("same", "New"), ("1", "Old")]


@pytest.mark.parametrize(
    "text, words",
    [
        (None, ("does not exist", "update-grub or grub-mkconfig")),
        ("", ("is empty", "update-grub")),
        (" \n", ("is empty", "update-grub")),
        ("menuentry 'x' {\n linux /k", ("is not a complete GRUB configuration",)),
        ("menuentry 'By hand' {\n linux /k\n}\n", ("has 1 boot entries, but none", "GRUB_CMDLINE_LINUX")),
    ],
)
def test_a_menu_without_entries_is_an_error_that_names_it(machine: Machine, text: Optional[str], words: object) -> None:
    loader = loader_of(machine)
    if text is None:
        machine.remove(MENU)
    else:
        machine.write(MENU, text)
    assert isinstance(words, tuple)
    for read in (loader.entries, lambda: loader.plan("256M")):
        with pytest.raises(BootLoaderError) as caught:
            read()
        assert all(word in str(caught.value) for word in (MENU,) + words)


@pytest.mark.parametrize(
    "first, environment, expected",
    [
        ("0", None, ["simple"]),
        ("0", "next_entry=advanced>6.12.43-recovery\n", ["6.12.43-recovery"]),
        ("saved", "saved_entry=1>2\n", ["6.12.43-advanced"]),
        ("saved", "saved_entry=gone\n", ["simple", "6.12.107-advanced", "6.12.107-recovery"]),
        ("1", None, ["simple", "6.12.107-advanced", "6.12.107-recovery"]),
        ("rescue", None, ["rescue"]),
        ("firmware", None, ["3"]),
    ],
)
def test_the_entry_that_boots_next(
    machine: Machine, first: str, environment: Optional[str], expected: List[str]
) -> None:
    custom = "menuentry 'Rescue' --id rescue { linux /rescue x }\nmenuentry 'Set-up' --id firmware { fwsetup }"
    machine.write(MENU, menu_text("", "", first, custom))
    if environment is not None:
        machine.write("/boot/grub/grubenv", environment)
    loader = loader_of(machine)
    assert [entry.id for entry in loader.next_entries(loader.entries())][:3] == expected


def test_planning_for_a_drop_in(machine: Machine) -> None:
    plan = loader_of(machine).plan(" 512M,high  128M,low ")
    assert plan.wanted == ["512M,high", "128M,low"]
    assert [(change.path, change.before, change.mode) for change in plan.files] == [(DROP_IN, None, 0o644)]
    assert "crashkernel=512M,high crashkernel=128M,low" in str(plan.files[0].after)
    assert plan.commands == [["update-grub"]]
    assert values(plan.entries_after) == [["512M,high", "128M,low"]] * 5
    assert not os.path.exists(machine.path(DROP_IN))
    assert machine.calls == []


def test_the_generator_when_there_is_no_update_grub(machine: Machine) -> None:
    machine.remove("/usr/sbin/update-grub")
    assert loader_of(machine).plan("256M").commands == [["grub-mkconfig", "-o", MENU]]


def test_planning_for_the_settings_file(old_machine: Machine) -> None:
    plan = loader_of(old_machine).plan("256M")
    (change,) = plan.files
    assert (change.path, change.before) == (SETTINGS, old_machine.read(SETTINGS))
    assert 'GRUB_CMDLINE_LINUX="console=ttyS0 crashkernel=256M"\n' in str(change.after)
    assert plan.commands == [["grub2-mkconfig", "-o", "/boot/grub2/grub.cfg"]]


def test_a_drop_in_that_the_generator_would_not_read_is_not_looked_at(old_machine: Machine) -> None:
    old_machine.write(KDUMP_TOOLS, KDUMP_TOOLS_TEXT)
    loader = loader_of(old_machine)
    assert loader.sources() == []
    assert loader.future_arguments() == "console=ttyS0 quiet"


def test_without_a_settings_file_there_is_no_place_for_arguments(old_machine: Machine) -> None:
    old_machine.remove(SETTINGS)
    with pytest.raises(BootLoaderError, match="/etc/default/grub does not exist, and grub2-mkconfig reads no"):
        loader_of(old_machine).plan("256M")


@pytest.mark.parametrize("missing", [["update-grub", "grub-mkconfig"], ["grub-mkconfig"]])
def test_entries_can_be_read_without_a_generator(machine: Machine, missing: List[str]) -> None:
    for name in missing:
        machine.remove("/usr/sbin/" + name)
    assert len(loader_of(machine).entries()) == 5
    assert loader_of(machine).future_arguments() == "console=ttyS0 quiet"


def test_a_missing_generator_is_an_error_that_names_it(machine: Machine) -> None:
    machine.remove("/usr/sbin/update-grub")
    machine.remove("/usr/sbin/grub-mkconfig")
    with pytest.raises(BootLoaderError, match="looked for update-grub and grub-mkconfig in /usr/local/sbin"):
        loader_of(machine).plan("256M")


@pytest.mark.parametrize("wanted", ["256M", None])
def test_nothing_is_planned_when_everything_is_as_wanted(machine: Machine, wanted: Optional[str]) -> None:
    for change in loader_of(machine).plan(wanted).files:
        machine.write(change.path, change.after or "")
    machine.generate()
    plan = loader_of(machine).plan(wanted)
    assert plan.is_empty
    assert plan.entries_after == loader_of(machine).entries()


def test_a_menu_that_is_behind_the_settings_is_generated(machine: Machine) -> None:
    machine.write(DROP_IN, loader_of(machine).plan("256M").files[0].after or "")
    plan = loader_of(machine).plan("256M")
    assert (plan.files, plan.commands) == ([], [["update-grub"]])


def test_absent_removes_the_drop_in_when_nobody_else_sets_crashkernel(machine: Machine) -> None:
    machine.write(DROP_IN, loader_of(machine).plan("256M").files[0].after or "")
    machine.generate()
    (change,) = loader_of(machine).plan(None).files
    assert (change.path, change.after) == (DROP_IN, None)


def test_absent_leaves_a_drop_in_that_takes_away_what_others_set(machine: Machine) -> None:
    machine.write(KDUMP_TOOLS, KDUMP_TOOLS_TEXT)
    machine.generate()
    loader = loader_of(machine)
    assert values(loader.entries()) == [["512M-:192M"], ["512M-:192M"], [], ["512M-:192M"], []]
    (change,) = loader.plan(None).files
    machine.write(DROP_IN, change.after or "")
    machine.generate()
    assert values(loader.entries()) == [[]] * 5
    assert loader.plan(None).is_empty
    assert loader.sources() == [KDUMP_TOOLS]


@pytest.mark.parametrize("wanted", ["256M", "512M,high 128M,low", None])
@pytest.mark.parametrize("family", ["grub", "grub2"])
def test_kernels_to_come_get_what_the_generator_gives(
    tmp_path: pathlib.Path, family: str, wanted: Optional[str]
) -> None:
    chosen = Machine(str(tmp_path), family)
    for change in loader_of(chosen).plan(wanted).files:
        chosen.write(change.path, change.after or "")
    chosen.generate()
    loader = loader_of(chosen)
    generated = loader.entries()[0].arguments.split()[2:]  # without root= and ro
    assert loader.future_arguments().split() == generated


def test_reading_runs_no_command(machine: Machine) -> None:
    loader = loader_of(machine)
    loader.next_entries(loader.entries())
    loader.future_arguments()
    loader.plan("256M")
    assert machine.calls == []
