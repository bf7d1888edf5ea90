# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carrying out a plan, and everything that can go wrong with it: the old bytes are always back."""

import errno
import os
import re
from typing import Any, Callable, List, Optional

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.bootloader import files
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.apply import apply
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.base import BootEntry, BootLoaderError
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.detect import detect
from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory import crashkernel
from ansible_collections.kdump.fleet.plugins.module_utils.host.errors import KdumpError
from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import CommandError
from tests.unit.plugins.module_utils.bootloader.machine import DROP_IN, MENU, SETTINGS, Machine, menu_text

BEHIND_OURS = "/etc/default/grub.d/zzz.cfg"
UNCHANGED = "The boot loader's files are as they were."


def carry_out(machine: Machine, wanted: Optional[str]) -> List[BootEntry]:
    loader = detect(machine.host)
    return apply(machine.host, loader, loader.plan(wanted))


def failure(machine: Machine, wanted: Optional[str] = "256M") -> str:
    """The message of a run that has to fail and to leave everything as it was."""
    before = machine.snapshot()
    with pytest.raises(KdumpError) as caught:
        carry_out(machine, wanted)
    assert machine.snapshot() == before
    return str(caught.value)


def raising(number: int, pattern: str, function: Any) -> Callable[..., Any]:
    """I(function), which raises an OSError for paths that match I(pattern)."""

    def replaced(path: Any, *arguments: Any, **options: Any) -> Any:
        if re.search(pattern, str(path)):
            raise OSError(number, os.strerror(number), str(path))
        return function(path, *arguments, **options)

    return replaced


def test_a_drop_in_is_written_and_the_menu_generated(machine: Machine) -> None:
    entries = carry_out(machine, "512M,high 128M,low")
    assert [crashkernel.values(entry.arguments) for entry in entries] == [["512M,high", "128M,low"]] * 5
    assert machine.calls == [(["update-grub"], 600.0)]
    assert os.stat(machine.path(DROP_IN)).st_mode & 0o7777 == 0o644
    assert os.stat(machine.path("/etc/default/grub.d")).st_mode & 0o7777 == 0o755
    left = [name for name in machine.snapshot() if "before" in name or "kdump-fleet-" in name]
    assert left == []


def test_the_settings_file_keeps_its_mode(old_machine: Machine) -> None:
    os.chmod(old_machine.path(SETTINGS), 0o600)
    carry_out(old_machine, "256M")
    assert 'GRUB_CMDLINE_LINUX="console=ttyS0 crashkernel=256M"' in old_machine.read(SETTINGS)
    assert os.stat(old_machine.path(SETTINGS)).st_mode & 0o7777 == 0o600


def test_a_second_run_does_nothing(machine: Machine) -> None:
    carry_out(machine, "256M")
    before = machine.snapshot()
    machine.calls = []
    entries = carry_out(machine, "256M")
    assert (machine.snapshot(), machine.calls) == (before, [])
    assert entries == detect(machine.host).entries()


@pytest.mark.parametrize("family", ["machine", "old_machine"])
def test_set_then_remove_gives_back_every_byte(family: str, request: pytest.FixtureRequest) -> None:
    machine: Machine = request.getfixturevalue(family)
    os.makedirs(machine.path("/etc/default/grub.d"))
    before = machine.snapshot()
    carry_out(machine, "256M")
    assert machine.snapshot() != before
    carry_out(machine, None)
    assert machine.snapshot() == before


def test_settings_behind_a_symbolic_link_stay_one(old_machine: Machine) -> None:
    os.rename(old_machine.path(SETTINGS), old_machine.path("/etc/grub.settings"))
    os.symlink("../grub.settings", old_machine.path(SETTINGS))
    carry_out(old_machine, "256M")
    assert os.path.islink(old_machine.path(SETTINGS))
    assert "crashkernel=256M" in old_machine.read("/etc/grub.settings")


def test_a_generator_that_fails_half_way(machine: Machine) -> None:
    def fail() -> None:
        machine.write(MENU, "### BEGIN /etc/grub.d/00_header ###\nhalf")
        machine.write(MENU + ".new", "half")
        raise CommandError("'update-grub' failed with exit status 1: grub-probe: error: no such disk.")

    machine.before_generator = fail
    message = failure(machine)
    assert message == (
        "crashkernel= was not changed: 'update-grub' failed with exit status 1: grub-probe: error: no such disk. "
        + UNCHANGED
    )


def test_a_generator_that_fails_over_settings_that_were_there(old_machine: Machine) -> None:
    carry_out(old_machine, "128M")

    def fail() -> None:
        assert "crashkernel=256M" in old_machine.read(SETTINGS)
        os.truncate(old_machine.path(old_machine.menu), 10)
        raise CommandError("no")

    old_machine.before_generator = fail
    failure(old_machine)
    failure(old_machine, wanted="256M")
    old_machine.before_generator = None
    assert "crashkernel=128M" in old_machine.read(SETTINGS)


def test_a_generator_that_is_gone(machine: Machine) -> None:
    loader = detect(machine.host)
    plan = loader.plan("256M")
    machine.remove("/usr/sbin/update-grub")
    before = machine.snapshot()
    with pytest.raises(BootLoaderError, match="Cannot run 'update-grub'"):
        apply(machine.host, loader, plan)
    assert machine.snapshot() == before


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "/boot/grub/grub.cfg is empty"),
        ("### BEGIN /etc/grub.d/10_linux ###\nmenuentry 'x' {", "is not a complete GRUB configuration"),
        (menu_text("crashkernel=1M", ""), "5 of 5 boot entries do not have the wanted '256M' afterwards"),
    ],
)
def test_a_generator_that_succeeds_and_writes_nonsense(machine: Machine, text: str, words: str) -> None:
    machine.after_generator = lambda: machine.write(MENU, text)
    message = failure(machine)
    assert words in message
    assert message.endswith(UNCHANGED)


@pytest.mark.parametrize("wanted, said", [("256M", "'256M'"), (None, "'no crashkernel'")])
def test_a_file_that_comes_later_is_named(machine: Machine, wanted: Optional[str], said: str) -> None:
    machine.write(BEHIND_OURS, 'GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX crashkernel=64M"\n')
    machine.generate()
    message = failure(machine, wanted)
    assert "the wanted {0} afterwards; 'Debian GNU/Linux' has".format(said) in message
    assert "Files that set crashkernel=: /etc/default/grub.d/zzz.cfg." in message


@pytest.mark.parametrize("number", [errno.EROFS, errno.ENOSPC, errno.EACCES])
@pytest.mark.parametrize(
    "place",
    [
        r"/boot/grub/\.kdump-fleet-",  # keeping the menu
        r"/etc/default/grub\.d/\.kdump-fleet-",  # writing the drop-in
    ],
)
def test_a_file_system_that_takes_no_files(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, number: int, place: str
) -> None:
    monkeypatch.setattr(os, "open", raising(number, place, os.open))
    message = failure(machine)
    assert os.strerror(number) in message
    assert message.endswith(UNCHANGED)


def test_a_disk_that_is_full_when_the_content_is_written(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    message = "crashkernel= was not changed: {0}: No space left on device. " + UNCHANGED
    assert failure(machine) == message.format(machine.path(MENU))


def test_a_directory_that_cannot_be_made(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "mkdir", raising(errno.EROFS, "grub.d", os.mkdir))
    assert "grub.d: Read-only file system" in failure(machine)


def test_a_run_that_is_interrupted(machine: Machine) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    machine.before_generator = interrupt
    before = machine.snapshot()
    with pytest.raises(KeyboardInterrupt):
        carry_out(machine, "256M")
    assert machine.snapshot() == before


def test_a_run_that_was_killed_is_made_good_by_the_next(machine: Machine) -> None:
    loader = detect(machine.host)
    plan = loader.plan("256M")
    files.Kept([machine.path(MENU)])
    os.makedirs(machine.path("/etc/default/grub.d"))
    machine.write(DROP_IN, plan.files[0].after or "")
    machine.write("/etc/default/grub.d/.kdump-fleet-abc", "half")
    entries = carry_out(machine, "256M")
    assert [crashkernel.values(entry.arguments) for entry in entries] == [["256M"]] * 5
    assert not [name for name in machine.snapshot() if name.endswith(files.SUFFIX)]


def test_what_cannot_be_put_back_is_said_with_where_its_copy_is(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    loader = detect(machine.host)
    plan = loader.plan("256M")
    copy = machine.path("/boot/grub/.grub.cfg.kdump-fleet-before")
    old = machine.read(MENU)

    def fail() -> None:
        machine.write(MENU, "half")
        machine.write("/etc/default/grub.d/other.cfg", "# somebody else's\n")
        monkeypatch.setattr(os, "rename", raising(errno.EROFS, "grub.cfg.kdump-fleet-before", os.rename))
        monkeypatch.setattr(os, "unlink", raising(errno.EROFS, "zz-kdump-fleet.cfg", os.unlink))
        raise CommandError("status 1")

    machine.before_generator = fail
    with pytest.raises(BootLoaderError) as caught:
        apply(machine.host, loader, plan)
    message = str(caught.value)
    assert "grub.cfg could not be put back (Read-only file system): its previous content is in " + copy in message
    assert "zz-kdump-fleet.cfg could not be put back (Read-only file system): remove it by hand" in message
    assert "grub.d could not be removed (Directory not empty)" in message
    assert UNCHANGED not in message
    with open(copy) as stream:
        assert stream.read() == old


def test_bytes_that_are_no_text_stay(old_machine: Machine) -> None:
    old_machine.write(SETTINGS, "# caf\udce9\n" + old_machine.read(SETTINGS))
    carry_out(old_machine, "256M")
    with open(old_machine.path(SETTINGS), "rb") as stream:
        assert stream.readline() == b"# caf\xe9\n"
