# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts with Boot Loader Specification entries and grubby: what is read, planned, run, and put back."""

import os
from typing import Any, Callable, Dict, List, Optional

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.apply import apply
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.base import BootEntry, BootLoaderError
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.detect import detect
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.grubby import Grubby
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.staging import ensure
from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory import crashkernel
from ansible_collections.kdump.fleet.plugins.module_utils.host.errors import KdumpError
from tests.unit.plugins.module_utils.bootloader.bls_machine import (
    ARGUMENTS,
    COMMAND_LINE,
    ENTRIES,
    ENVIRONMENT,
    INSTALLS_COMMAND_LINE,
    MENU,
    MENU_TEXT,
    NEWEST,
    OLDER,
    RESCUE,
    BlsMachine,
    environment,
)
from tests.unit.plugins.module_utils.bootloader.machine import SETTINGS

VALUES = ["256M", "512M,high 128M,low", None]
SET = ["grubby", "--update-kernel=ALL", "--remove-args=crashkernel", "--args=crashkernel=256M", "--no-etc-grub-update"]
UNCHANGED = "The boot loader's files are as they were."
DYNAMIC_DEBUG = ' dyndbg="file a*.c  +p; file b.c +p"'


def loader_of(machine: BlsMachine) -> Grubby:
    loader = detect(machine.host)
    assert isinstance(loader, Grubby)
    return loader


def crashkernels(entries: List[Dict[str, Any]]) -> List[List[str]]:
    return [entry["crashkernel"] for entry in entries]


def commands(machine: BlsMachine) -> List[List[str]]:
    return [argv for argv, _timeout in machine.calls]


def failure(machine: BlsMachine, wanted: Optional[str] = "256M") -> str:
    """The message of a run that has to fail and to leave everything as it was."""
    before = machine.snapshot()
    with pytest.raises(KdumpError) as caught:
        ensure(machine.host, wanted)
    assert machine.snapshot() == before
    return str(caught.value)


# ---- reading


def test_the_entries_are_in_the_order_of_the_menu(bls_machine: BlsMachine) -> None:
    entries = loader_of(bls_machine).entries()
    assert [entry.id for entry in entries] == [NEWEST, OLDER, RESCUE]
    version = "5.14.0-503.el9.x86_64"
    title = "Red Hat Enterprise Linux (" + version + ") 9.5 (Plow)"
    assert entries[0] == BootEntry(NEWEST, title, "/vmlinuz-" + version, ARGUMENTS)


def test_variables_are_expanded(kernelopts_machine: BlsMachine) -> None:
    entries = loader_of(kernelopts_machine).entries()
    assert [entry.arguments for entry in entries] == [ARGUMENTS + " $tuned_params"] * 3


def test_variables_that_only_the_menu_sets(kernelopts_machine: BlsMachine) -> None:
    kernelopts_machine.remove(ENVIRONMENT)
    loader = loader_of(kernelopts_machine)
    assert loader.entries()[0].arguments == "root=UUID=24cc9b1c ro fallback=1  $tuned_params"
    assert loader.future_arguments() == "root=UUID=24cc9b1c ro fallback=1 "


def test_an_entry_without_options_takes_those_of_the_menu(bls_machine: BlsMachine) -> None:
    bls_machine.write(MENU, MENU_TEXT.replace("insmod blscfg", 'set default_kernelopts="ro quiet"\ninsmod blscfg'))
    bls_machine.write(ENTRIES + "/a-1-1.conf", "title A\nlinux /a\ninitrd /i\n")
    assert loader_of(bls_machine).entries()[-1] == BootEntry("a-1-1", "A", "/a", "ro quiet")
    assert crashkernels(ensure(bls_machine.host, "256M")["entries_after"]) == [["256M"]] * 4
    text = bls_machine.read(ENTRIES + "/a-1-1.conf")
    assert text == "title A\nlinux /a\noptions ro quiet crashkernel=256M\ninitrd /i\n"


@pytest.mark.parametrize(
    "saved, expected",
    [(NEWEST, [NEWEST]), (OLDER, [OLDER]), ("2", [RESCUE]), ("", [NEWEST]), ("gone", [NEWEST, OLDER, RESCUE])],
)
def test_the_entry_that_boots_next(bls_machine: BlsMachine, saved: str, expected: List[str]) -> None:
    bls_machine.write(ENVIRONMENT, environment(saved_entry=saved))
    loader = loader_of(bls_machine)
    assert [entry.id for entry in loader.next_entries(loader.entries())] == expected


def test_an_entry_of_the_menu_itself_that_boots_next(bls_machine: BlsMachine) -> None:
    own = "menuentry 'Own' --id own { linux /own root=/dev/sda1 crashkernel=64M }\n"
    bls_machine.write(MENU, MENU_TEXT + own)
    bls_machine.write(ENVIRONMENT, environment(saved_entry="own"))
    assert "The entry that boots next, 'Own', takes no arguments from the settings of grubby" in failure(bls_machine)
    assert ensure(bls_machine.host, "64M")["changed"] is True


@pytest.mark.parametrize(
    ("option", "saved", "name"), [("--id own", "own", "own"), ("", "Own", "0"), ("--id " + NEWEST, NEWEST, NEWEST)]
)
def test_an_entry_of_the_menu_is_none_of_grubbys(bls_machine: BlsMachine, option: str, saved: str, name: str) -> None:
    """Also where it has the name of one: it comes first."""
    own = "### BEGIN /etc/grub.d/06_own ###\nmenuentry 'Own' {0} {{ linux /own a }}\n### END /etc/grub.d/06_own ###\n"
    bls_machine.write(MENU, own.format(option) + MENU_TEXT)
    bls_machine.write(ENVIRONMENT, environment(saved_entry=saved))
    loader = loader_of(bls_machine)
    assert loader.next_entries(loader.entries()) == [BootEntry(name, "Own", "/own", "a")]


def test_a_menu_that_is_cut_short_is_named(bls_machine: BlsMachine) -> None:
    bls_machine.write(MENU, MENU_TEXT + "menuentry 'x' {\n")
    assert MENU + " is not a complete GRUB configuration" in failure(bls_machine)


def test_what_grubby_may_write(bls_machine: BlsMachine) -> None:
    entries = ["{0}/{1}.conf".format(ENTRIES, name) for name in (NEWEST, OLDER, RESCUE)]
    written = entries + [ENVIRONMENT, ENVIRONMENT, SETTINGS, COMMAND_LINE, MENU, MENU + ".new"]
    assert loader_of(bls_machine).written_by_commands() == written
    assert Grubby(bls_machine.host, "zipl", None).written_by_commands() == entries + [COMMAND_LINE]


def test_what_kernels_to_come_get(bls_machine: BlsMachine) -> None:
    loader = loader_of(bls_machine)
    bls_machine.write(COMMAND_LINE, "root=a\n  quiet\n")
    assert loader.future_arguments() == "root=a quiet"
    bls_machine.remove(COMMAND_LINE)
    assert loader.future_arguments() == ARGUMENTS
    bls_machine.write("/usr/lib/kernel/cmdline", "vendor")
    assert loader.future_arguments() == "vendor"


def test_what_kernels_to_come_get_from_grubenv(kernelopts_machine: BlsMachine) -> None:
    assert loader_of(kernelopts_machine).future_arguments() == ARGUMENTS


def test_sources(bls_machine: BlsMachine) -> None:
    assert loader_of(bls_machine).sources() == []
    ensure(bls_machine.host, "256M")
    bls_machine.write(ENVIRONMENT, environment(kernelopts="crashkernel=1M"))
    assert loader_of(bls_machine).sources() == [COMMAND_LINE, SETTINGS, ENVIRONMENT]


@pytest.mark.parametrize("name, text", [("x.conf", "title x\n"), ("x.conf", ""), ("x.conf", "linux /x\noptions \0\n")])
def test_a_damaged_entry_is_an_error(bls_machine: BlsMachine, name: str, text: str) -> None:
    bls_machine.write(ENTRIES + "/" + name, text)
    assert "/boot/loader/entries/x.conf is not a boot entry that can be worked with" in failure(bls_machine)


def test_no_entries_at_all(bls_machine: BlsMachine) -> None:
    for name in (NEWEST, OLDER, RESCUE):
        bls_machine.remove("{0}/{1}.conf".format(ENTRIES, name))
    message = failure(bls_machine)
    assert "/boot/loader/entries/*.conf matches 0 files, and none has a 'linux' line. Is /boot mounted?" in message
    bls_machine.write(ENTRIES + "/uki.conf", "title U\nefi /EFI/Linux/u.efi\n")
    assert "matches 1 files" in failure(bls_machine)


def test_what_is_no_entry_is_left_alone(bls_machine: BlsMachine) -> None:
    bls_machine.write(ENTRIES + "/uki.conf", "title U\nefi /EFI/Linux/u.efi\noptions a\n")
    os.symlink("gone", bls_machine.path(ENTRIES + "/gone.conf"))
    assert len(ensure(bls_machine.host, "256M", check_mode=True)["entries_after"]) == 3


# ---- planning and running


def test_grubby_does_the_work(bls_machine: BlsMachine) -> None:
    result = ensure(bls_machine.host, "256M")
    assert (result["changed"], result["reboot_required"]) == (True, True)
    evidence = "/boot/grub2/grub.cfg says blscfg, /boot/loader/entries has 3 entries"
    assert result["bootloader"] == {"name": "grubby", "evidence": evidence}
    assert bls_machine.calls == [(SET, 600.0)]
    assert crashkernels(result["entries_after"]) == [["256M"]] * 3
    assert bls_machine.options(RESCUE) == ARGUMENTS + " crashkernel=256M"
    assert bls_machine.read(COMMAND_LINE) == ARGUMENTS + " crashkernel=256M\n"
    assert 'GRUB_CMDLINE_LINUX="rd.lvm.lv=rhel/root crashkernel=256M"' in bls_machine.read(SETTINGS)
    assert [name for name in bls_machine.snapshot() if "kdump-fleet" in name] == []


def test_grubby_changes_grubenv(kernelopts_machine: BlsMachine) -> None:
    result = ensure(kernelopts_machine.host, "512M,high 128M,low")
    assert crashkernels(result["entries_after"]) == [["512M,high", "128M,low"]] * 3
    assert len(kernelopts_machine.calls) == 1
    text = kernelopts_machine.read(ENVIRONMENT)
    assert "\nkernelopts={0} crashkernel=512M,high crashkernel=128M,low\n".format(ARGUMENTS) in text
    assert len(text) == 1024
    assert kernelopts_machine.options() == "$kernelopts $tuned_params"
    assert crashkernel.values(loader_of(kernelopts_machine).future_arguments()) == ["512M,high", "128M,low"]


def test_two_values_are_set_and_replaced(bls_machine: BlsMachine) -> None:
    for name in (NEWEST, OLDER, RESCUE):
        bls_machine.entry(name, "crashkernel=1M root=a crashkernel=2M,low quiet")
    ensure(bls_machine.host, "512M,high 128M,low")
    assert bls_machine.options() == "root=a quiet crashkernel=512M,high crashkernel=128M,low"


def test_the_diff(bls_machine: BlsMachine) -> None:
    settings_file, command_line, entries = ensure(bls_machine.host, "256M", check_mode=True)["diff"]
    assert settings_file["before_header"] == SETTINGS
    assert command_line["after"] == ARGUMENTS + " crashkernel=256M\n"
    assert entries["before"].count(": no crashkernel=\n") == 3
    assert entries["after"].count(": crashkernel=256M\n") == 3


@pytest.mark.parametrize("kernelopts", [False, True])
@pytest.mark.parametrize("options", ["", DYNAMIC_DEBUG])
@pytest.mark.parametrize("first", VALUES)
@pytest.mark.parametrize("second", VALUES)
def test_check_mode_foresees_the_run(
    tmp_path_factory: pytest.TempPathFactory,
    kernelopts: bool,
    options: str,
    first: Optional[str],
    second: Optional[str],
) -> None:
    machine = BlsMachine(str(tmp_path_factory.mktemp("machine")), kernelopts)
    machine.entry(OLDER, ARGUMENTS + options)
    ensure(machine.host, first)
    before = machine.snapshot()
    machine.calls = []
    foreseen = ensure(machine.host, second, check_mode=True)
    assert (machine.snapshot(), machine.calls) == (before, [])
    done = ensure(machine.host, second)
    assert crashkernels(foreseen["entries_after"]) == crashkernels(done["entries_after"])
    assert [sorted(entry["arguments"].split()) for entry in foreseen["entries_after"]] == [
        sorted(entry["arguments"].split()) for entry in done["entries_after"]
    ]
    assert foreseen["diff"] == done["diff"]
    assert foreseen["changed"] is done["changed"] is (first != second)
    machine.calls = []
    after = machine.snapshot()
    again = ensure(machine.host, second)
    assert (again["changed"], again["diff"], machine.calls, machine.snapshot()) == (False, [], [], after)


def test_the_command_line_is_written_after_the_settings(bls_machine: BlsMachine) -> None:
    """grub2-mkconfig writes /etc/kernel/cmdline from /etc/default/grub where that is newer."""
    ensure(bls_machine.host, "256M")
    bls_machine.write(SETTINGS, 'GRUB_CMDLINE_LINUX=""\n')
    result = ensure(bls_machine.host, "256M")
    assert [part["before_header"] for part in result["diff"]] == [SETTINGS]
    times = [os.stat(bls_machine.path(name)).st_mtime_ns for name in (SETTINGS, COMMAND_LINE)]
    assert times[0] <= times[1]
    assert crashkernels(result["entries_before"]) == [["256M"]] * 3
    assert len(bls_machine.calls) == 1  # of the first run


def test_the_default_variable_survives(bls_machine: BlsMachine) -> None:
    text = 'GRUB_CMDLINE_LINUX="a"\nGRUB_CMDLINE_LINUX_DEFAULT="b crashkernel=1M"\n'
    bls_machine.write(SETTINGS, text)
    ensure(bls_machine.host, "256M")
    assert bls_machine.read(SETTINGS) == 'GRUB_CMDLINE_LINUX="a crashkernel=256M"\nGRUB_CMDLINE_LINUX_DEFAULT="b"\n'


def test_settings_that_set_nothing(bls_machine: BlsMachine) -> None:
    bls_machine.write(SETTINGS, "GRUB_TIMEOUT=5\n")
    ensure(bls_machine.host, "256M")
    assert bls_machine.read(SETTINGS).endswith('GRUB_CMDLINE_LINUX="crashkernel=256M"\nGRUB_TIMEOUT=5\n')
    ensure(bls_machine.host, None)
    assert bls_machine.read(SETTINGS) == "GRUB_TIMEOUT=5\n"


def test_without_settings(bls_machine: BlsMachine) -> None:
    bls_machine.remove(SETTINGS)
    assert ensure(bls_machine.host, "256M")["changed"] is True
    assert not bls_machine.host.exists(SETTINGS)


def test_the_command_line_that_grubby_would_make(bls_machine: BlsMachine) -> None:
    """From the arguments of the entry that boots, and not from those of the rescue entry."""
    bls_machine.remove(COMMAND_LINE)
    bls_machine.entry(OLDER, "root=older ro")
    bls_machine.write(ENVIRONMENT, environment(saved_entry=OLDER))
    ensure(bls_machine.host, "256M")
    assert bls_machine.read(COMMAND_LINE) == "root=older ro crashkernel=256M\n"
    bls_machine.remove(COMMAND_LINE)
    bls_machine.write("/usr/lib/kernel/cmdline", "root=vendor\n")
    ensure(bls_machine.host, "256M")
    assert bls_machine.read(COMMAND_LINE) == "root=vendor crashkernel=256M\n"


def test_an_older_grubby_makes_no_command_line(tmp_path_factory: pytest.TempPathFactory) -> None:
    machine = BlsMachine(str(tmp_path_factory.mktemp("machine")), old_grubby=True)
    machine.remove(COMMAND_LINE)
    ensure(machine.host, "256M")
    assert commands(machine) == [SET[:-1]]
    assert not machine.host.exists(COMMAND_LINE)
    assert ensure(machine.host, "256M")["changed"] is False


def test_an_older_grubby_leaves_the_command_line_to_us(tmp_path_factory: pytest.TempPathFactory) -> None:
    machine = BlsMachine(str(tmp_path_factory.mktemp("machine")), old_grubby=True)
    ensure(machine.host, "256M")
    assert machine.read(COMMAND_LINE) == ARGUMENTS + " crashkernel=256M\n"


# ---- what grubby would not bring through whole


@pytest.mark.parametrize(
    "more",
    [
        DYNAMIC_DEBUG,
        " name=a&b",
        " path=C:\\\\x",
        " a=[b]",
        " a=what?",
        ' "crashkernel=1M"',
        " crashkernel",
        " -- initarg",
        "\x0bx",
    ],
)
@pytest.mark.parametrize("kernelopts", [False, True])
def test_lines_that_grubby_would_damage(tmp_path_factory: pytest.TempPathFactory, more: str, kernelopts: bool) -> None:
    machine = BlsMachine(str(tmp_path_factory.mktemp("machine")), kernelopts)
    if kernelopts:
        machine.write(ENVIRONMENT, environment(kernelopts=ARGUMENTS + more, saved_entry=NEWEST))
    else:
        machine.entry(NEWEST, ARGUMENTS + more)
    before = loader_of(machine).entries()
    result = ensure(machine.host, "512M,high 128M,low")
    assert machine.calls == []
    assert crashkernels(result["entries_after"]) == [["512M,high", "128M,low"]] * 3
    assert ensure(machine.host, "512M,high 128M,low")["changed"] is False
    ensure(machine.host, None)
    assert loader_of(machine).entries() == [
        entry._replace(arguments=crashkernel.replace(entry.arguments, None)) for entry in before
    ]


def test_our_own_writing_keeps_every_byte(bls_machine: BlsMachine) -> None:
    bls_machine.write(ENTRIES + "/x-1-1.conf", "title  caf\udce9\r\n\tlinux /x\n\toptions\ta  'b'\tc \n#end")
    before = bls_machine.snapshot()
    ensure(bls_machine.host, "256M")
    text = bls_machine.read(ENTRIES + "/x-1-1.conf")
    assert text == "title  caf\udce9\r\n\tlinux /x\n\toptions\ta  'b'\tc crashkernel=256M \n#end"
    ensure(bls_machine.host, None)
    assert (bls_machine.snapshot(), bls_machine.calls) == (before, [])


def test_an_entry_with_nothing_else(bls_machine: BlsMachine) -> None:
    """An options line without a value would make GRUB stop to read there."""
    bls_machine.entry(NEWEST, "crashkernel=1M")
    ensure(bls_machine.host, None)
    assert "options" not in bls_machine.read("{0}/{1}.conf".format(ENTRIES, NEWEST))
    assert "grub_class" in bls_machine.read("{0}/{1}.conf".format(ENTRIES, NEWEST))
    ensure(bls_machine.host, "256M")
    assert bls_machine.options() == "crashkernel=256M"


def test_a_command_line_of_several_lines(bls_machine: BlsMachine) -> None:
    bls_machine.write(COMMAND_LINE, "root=a\nquiet\n")
    ensure(bls_machine.host, "256M")
    assert bls_machine.read(COMMAND_LINE) == "root=a\nquiet crashkernel=256M\n"
    assert bls_machine.calls == []


def test_values_beside_the_variable(kernelopts_machine: BlsMachine) -> None:
    """grubby leaves such an entry as it is."""
    kernelopts_machine.entry(OLDER, "$kernelopts crashkernel=1M x=1")
    ensure(kernelopts_machine.host, "256M")
    assert kernelopts_machine.options(OLDER) == "$kernelopts x=1"
    assert "crashkernel=256M" in kernelopts_machine.read(ENVIRONMENT)


def test_a_variable_that_only_the_menu_sets_goes_into_grubenv(kernelopts_machine: BlsMachine) -> None:
    kernelopts_machine.write(ENVIRONMENT, environment(saved_entry=OLDER))
    ensure(kernelopts_machine.host, "256M")
    text = kernelopts_machine.read(ENVIRONMENT)
    assert text.startswith("# GRUB Environment Block\nsaved_entry=" + OLDER + "\nkernelopts=root=UUID=24cc9b1c ro fa")
    assert "fallback=1 crashkernel=256M" in text
    assert len(text) == 1024


def test_another_grubenv_than_grubbys(kernelopts_machine: BlsMachine) -> None:
    menu = "/boot/efi/EFI/redhat/grub.cfg"
    for name in ("grub.cfg", "grubenv"):
        kernelopts_machine.write("/boot/efi/EFI/redhat/" + name, kernelopts_machine.read("/boot/grub2/" + name))
        kernelopts_machine.remove("/boot/grub2/" + name)
    os.makedirs(kernelopts_machine.path("/sys/firmware/efi"))
    loader = loader_of(kernelopts_machine)
    assert (loader.menu, loader.plan("256M").commands) == (menu, [])
    os.symlink("../efi/EFI/redhat/grubenv", kernelopts_machine.path(ENVIRONMENT))
    assert loader_of(kernelopts_machine).plan("256M").commands == [SET]
    ensure(kernelopts_machine.host, "256M")
    assert os.path.islink(kernelopts_machine.path(ENVIRONMENT))
    assert "crashkernel=256M" in kernelopts_machine.read("/boot/efi/EFI/redhat/grubenv")


def test_a_grubenv_beside_a_menu_in_the_system_partition(bls_machine: BlsMachine) -> None:
    bls_machine.write("/boot/efi/EFI/redhat/grubenv", environment(kernelopts="crashkernel=1M"))
    loader = Grubby(bls_machine.host, "evidence", "/boot/efi/EFI/redhat/grub.cfg")
    assert loader.sources() == ["/boot/efi/EFI/redhat/grubenv"]


def test_entries_use_grubenv_where_new_kernels_do_not(kernelopts_machine: BlsMachine) -> None:
    """As after an upgrade from EL 8. grubby would damage the line."""
    kernelopts_machine.write("/usr/lib/kernel/install.d/20-grub.install", INSTALLS_COMMAND_LINE)
    kernelopts_machine.write(ENVIRONMENT, environment(kernelopts=ARGUMENTS + DYNAMIC_DEBUG, saved_entry=NEWEST))
    assert crashkernels(ensure(kernelopts_machine.host, "256M")["entries_after"]) == [["256M"]] * 3
    assert kernelopts_machine.calls == []
    assert 'c +p" crashkernel=256M\n' in kernelopts_machine.read(ENVIRONMENT)


def test_grubenv_matters_to_kernels_to_come_where_entries_do_not_use_it(kernelopts_machine: BlsMachine) -> None:
    for name in (NEWEST, OLDER, RESCUE):
        kernelopts_machine.entry(name, ARGUMENTS + " crashkernel=256M")
    assert ensure(kernelopts_machine.host, "256M")["changed"] is True
    assert crashkernel.values(loader_of(kernelopts_machine).future_arguments()) == ["256M"]
    assert ensure(kernelopts_machine.host, "256M")["changed"] is False


def test_a_grubenv_without_room(kernelopts_machine: BlsMachine) -> None:
    kernelopts_machine.write(ENVIRONMENT, environment(kernelopts=ARGUMENTS + " 'x'*" + "y" * 910))
    assert "has room for 1024 bytes, and kernelopts would make it" in failure(kernelopts_machine)


# ---- failures


def half(machine: BlsMachine) -> Callable[[], None]:
    """A grubby that writes one entry, and no more."""
    machine.edits = False
    return lambda: machine.entry(NEWEST, ARGUMENTS + " crashkernel=256M")


def test_a_grubby_that_says_nothing_and_does_nothing(bls_machine: BlsMachine) -> None:
    bls_machine.edits = False
    message = failure(bls_machine)
    assert "3 of 3 boot entries do not have the wanted '256M' afterwards" in message
    assert message.endswith(UNCHANGED)


@pytest.mark.parametrize("status, words", [(0, "2 of 3 boot entries do not"), (1, "failed with exit status 1: The")])
def test_a_grubby_that_does_half_of_the_work(bls_machine: BlsMachine, status: int, words: str) -> None:
    bls_machine.before_grubby = half(bls_machine)
    bls_machine.status = status
    message = failure(bls_machine)
    assert words in message
    assert message.endswith(UNCHANGED)


def test_a_grubby_that_makes_files(bls_machine: BlsMachine) -> None:
    bls_machine.remove(COMMAND_LINE)
    bls_machine.remove(SETTINGS)
    bls_machine.write("/proc/cmdline", "crashkernel=256M\n")
    bls_machine.status = 1
    os.rmdir(bls_machine.path("/etc/default"))
    failure(bls_machine)
    assert not bls_machine.host.exists(COMMAND_LINE)


def test_a_grubby_that_loses_other_arguments(bls_machine: BlsMachine) -> None:
    bls_machine.after_grubby = lambda: bls_machine.entry(OLDER, "ro crashkernel=256M")
    message = failure(bls_machine)
    assert "(5.14.0-70.el9.x86_64) 9.5 (Plow)' would have come out with other arguments as well" in message
    assert "'ro crashkernel=256M' instead of 'root=UUID=24cc9b1c" in message


def test_a_grubby_that_loses_an_entry(bls_machine: BlsMachine) -> None:
    bls_machine.after_grubby = lambda: bls_machine.remove("{0}/{1}.conf".format(ENTRIES, OLDER))
    assert "'no entry' instead of" in failure(bls_machine)


def test_a_grubby_that_is_gone(bls_machine: BlsMachine) -> None:
    loader = loader_of(bls_machine)
    plan = loader.plan("256M")
    bls_machine.remove("/usr/sbin/grubby")
    before = bls_machine.snapshot()
    with pytest.raises(BootLoaderError, match="Cannot run 'grubby'"):
        apply(bls_machine.host, loader, plan)
    assert bls_machine.snapshot() == before


def test_a_variable_of_somebody_else_is_named(bls_machine: BlsMachine) -> None:
    bls_machine.entry(OLDER, ARGUMENTS + " $tuned_params")
    bls_machine.write(ENVIRONMENT, environment(tuned_params="crashkernel=1M"))
    message = failure(bls_machine)
    assert "has '1M 256M'" in message or "has '256M 1M'" in message
    assert ENVIRONMENT in message


# ---- IBM Z


@pytest.fixture
def z_machine(bls_machine: BlsMachine) -> BlsMachine:
    """A host whose entries zipl reads."""
    bls_machine.write("/etc/zipl.conf", "[defaultboot]\ndefaultauto\nprompt=1\ntarget=/boot\n")
    bls_machine.remove(MENU)
    bls_machine.remove(ENVIRONMENT)
    bls_machine.remove(SETTINGS)
    bls_machine.program("zipl")
    return bls_machine


def test_zipl_runs_at_the_end(z_machine: BlsMachine) -> None:
    result = ensure(z_machine.host, "256M")
    assert result["bootloader"]["evidence"] == "/etc/zipl.conf, /boot/loader/entries has 3 entries"
    assert commands(z_machine) == [SET, ["zipl"]]
    assert crashkernels(result["entries_after"]) == [["256M"]] * 3
    assert ensure(z_machine.host, "256M")["changed"] is False
    z_machine.calls = []
    z_machine.write(COMMAND_LINE, "root=a\n")
    assert ensure(z_machine.host, "256M")["changed"] is True
    assert z_machine.calls == []


def test_zipl_runs_after_our_own_writing(z_machine: BlsMachine) -> None:
    z_machine.entry(NEWEST, ARGUMENTS + DYNAMIC_DEBUG)
    ensure(z_machine.host, "256M")
    assert commands(z_machine) == [["zipl"]]


def test_any_entry_may_boot_next_on_z(z_machine: BlsMachine) -> None:
    loader = loader_of(z_machine)
    assert loader.next_entries(loader.entries()) == loader.entries()


def test_zipl_does_not_run_over_entries_that_are_wrong(z_machine: BlsMachine) -> None:
    z_machine.edits = False
    failure(z_machine)
    assert commands(z_machine) == [SET]


def test_a_zipl_that_fails(z_machine: BlsMachine) -> None:
    def fail() -> None:
        z_machine.status = 1

    z_machine.after_grubby = fail
    failure(z_machine)


def test_a_zipl_that_is_missing(z_machine: BlsMachine) -> None:
    z_machine.remove("/usr/sbin/zipl")
    assert "Install the package that brings it (s390utils-core)" in failure(z_machine)
    assert z_machine.calls == []


# ---- any host

WORDS = st.sampled_from(
    [
        "quiet",
        "a=1",
        "b=c&d",
        '"x y"',
        "crashkernel=1M",
        "crashkernel=2M,high",
        "--",
        "\\",
        "-n",
        "caf\udce9",
        "$x",
        "*",
    ]
)
ARGUMENT_LINES = st.lists(WORDS, max_size=5).map(" ".join)


@settings(max_examples=40, deadline=None)
@given(ARGUMENT_LINES, ARGUMENT_LINES, st.sampled_from(VALUES), st.booleans())
def test_any_arguments_come_to_the_wanted_values_and_back(
    tmp_path_factory: pytest.TempPathFactory, one: str, other: str, wanted: Optional[str], kernelopts: bool
) -> None:
    machine = BlsMachine(str(tmp_path_factory.mktemp("machine")), kernelopts)
    machine.entry(OLDER, one)
    if kernelopts:
        machine.write(ENVIRONMENT, environment(kernelopts=other + " ro"))
    else:
        machine.write(COMMAND_LINE, other + "\n")
        machine.entry(NEWEST, other)
    loader = loader_of(machine)
    clean = [crashkernel.replace(entry.arguments, None).split() for entry in loader.entries()]
    result = ensure(machine.host, wanted)
    assert crashkernels(result["entries_after"]) == [(wanted or "").split()] * 3
    assert crashkernel.values(loader.future_arguments()) == (wanted or "").split()
    machine.calls = []
    assert ensure(machine.host, wanted)["changed"] is False
    assert machine.calls == []
    ensure(machine.host, None)
    assert [entry.arguments.split() for entry in loader.entries()] == clean
    assert crashkernel.values(loader.future_arguments()) == []


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=60), st.sampled_from([NEWEST + ".conf", "x.conf"]), st.booleans(), st.sampled_from(VALUES))
def test_any_bytes_in_an_entry(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str, whole: bool, wanted: Optional[str]
) -> None:
    machine = BlsMachine(str(tmp_path_factory.mktemp("machine")))
    text = content.decode("utf-8", "surrogateescape")
    machine.write(ENTRIES + "/" + name, ("linux /l\noptions " if whole else "") + text)
    before = machine.snapshot()
    try:
        result = ensure(machine.host, wanted)
    except KdumpError:
        assert machine.snapshot() == before
    else:
        assert all(values == (wanted or "").split() for values in crashkernels(result["entries_after"]))
