# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The backend for systemd-boot: entries, unified kernel images, and what later kernels get."""

import errno
import os
import pathlib
import shutil
from typing import Any, List, Optional

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.bootloader import files
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.apply import apply
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.base import BootEntry, BootLoaderError
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.uki_addons import SECURE_BOOT
from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory import crashkernel
from tests.unit.plugins.module_utils.bootloader.systemd_machine import (
    ADDON,
    ADDON_STUB,
    ARGUMENTS,
    COMMAND_LINE,
    ENTRIES,
    IMAGE,
    NEWEST,
    OLDER,
    UNFINISHED,
    SystemdMachine,
    addon_text,
    program,
)

OTHER_IMAGE = "/efi/EFI/Linux/6a9857a3-6.12.43.efi"


@pytest.fixture
def machine(tmp_path: pathlib.Path) -> SystemdMachine:
    """A host with two entries."""
    return SystemdMachine(str(tmp_path))


@pytest.fixture
def uki_machine(tmp_path: pathlib.Path) -> SystemdMachine:
    """A host with one unified kernel image and ukify."""
    machine = SystemdMachine(str(tmp_path), entries=False)
    machine.image()
    machine.ukify()
    return machine


def values(entries: List[BootEntry]) -> List[List[str]]:
    return [crashkernel.values(entry.arguments) for entry in entries]


def refused(machine: SystemdMachine, wanted: Optional[str] = "256M") -> str:
    """The message of a run that has to fail and to leave everything as it was."""
    before = machine.snapshot()
    with pytest.raises(BootLoaderError) as caught:
        machine.apply(wanted)
    assert machine.snapshot() == before
    return str(caught.value)


def test_entries(machine: SystemdMachine) -> None:
    first, second = machine.loader.entries()
    assert first == BootEntry(
        id=NEWEST,
        title="Debian GNU/Linux 13 (trixie)",
        kernel="/6a9857a3/6.12.107/linux",
        arguments=ARGUMENTS + " systemd.machine_id=6a9857a3",
    )
    assert second.id == "6a9857a3-6.12.43.conf"


@pytest.mark.parametrize("with_file", [True, False])
def test_set_and_removed_again(machine: SystemdMachine, with_file: bool) -> None:
    if with_file:
        machine.write(COMMAND_LINE, "root=UUID=95d3fad2\n  ro  quiet\n")
    before = machine.snapshot()
    entries = machine.apply("512M,high 128M,low")
    assert values(entries) == [["512M,high", "128M,low"]] * 2
    assert machine.calls == []
    assert crashkernel.values(machine.loader.future_arguments()) == ["512M,high", "128M,low"]
    text = machine.read(COMMAND_LINE)
    base = "root=UUID=95d3fad2\n  ro  quiet" if with_file else ARGUMENTS + " systemd.machine_id=6a9857a3"
    assert text == base + " crashkernel=512M,high crashkernel=128M,low\n"
    assert machine.loader.plan("512M,high 128M,low").is_empty
    assert machine.loader.sources() == [COMMAND_LINE]
    machine.apply(None)
    after = machine.snapshot()
    if not with_file:  # that file stays: later kernels would else get what runs now
        assert after.pop(machine.path(COMMAND_LINE))[1] == base.encode() + b"\n"
        after.pop(machine.path("/etc/kernel"), None)
        before.pop(machine.path("/etc/kernel"), None)
    assert after == before


def test_kernels_to_come_get_the_vendor_s_line_or_that_of_the_running_kernel(machine: SystemdMachine) -> None:
    assert machine.loader.future_arguments() == ARGUMENTS
    machine.write("/usr/lib/kernel/cmdline", "ro vendor\n")
    assert machine.loader.future_arguments() == "ro vendor"
    machine.write(COMMAND_LINE, "ro own\n")
    assert machine.loader.future_arguments() == "ro own"
    machine.remove(COMMAND_LINE)
    machine.apply("1M")
    assert machine.read(COMMAND_LINE) == "ro vendor crashkernel=1M\n"
    assert machine.read("/usr/lib/kernel/cmdline") == "ro vendor\n"


def test_the_line_of_the_entry_that_boots_next_is_for_kernels_to_come(machine: SystemdMachine) -> None:
    machine.entry(OLDER, "root=older")
    machine.write("/efi/loader/loader.conf", "default *.43.conf\n")
    machine.apply("1M")
    assert machine.read(COMMAND_LINE) == "root=older systemd.machine_id=6a9857a3 crashkernel=1M\n"


def test_other_arguments_are_the_same_afterwards(machine: SystemdMachine) -> None:
    plan = machine.loader.plan("1M")
    foreseen = [entry._replace(arguments=entry.arguments + " more") for entry in plan.entries_after]
    with pytest.raises(BootLoaderError, match="would have come out with other arguments"):
        apply(machine.host, machine.loader, plan._replace(entries_after=foreseen))


def test_no_file_is_made_where_kernels_to_come_get_the_same_anyway(machine: SystemdMachine) -> None:
    machine.write("/proc/cmdline", ARGUMENTS + " crashkernel=1M\n")
    machine.apply("1M")
    assert not os.path.exists(machine.path(COMMAND_LINE))


@pytest.mark.parametrize(
    "variables, conf, following",
    [
        ({}, None, [NEWEST, "6a9857a3-6.12.43.conf"]),
        ({}, "timeout 3\ndefault 6a9857a3-6.12.43*\n", ["6a9857a3-6.12.43.conf"]),
        ({}, "default gone.conf\n", [NEWEST, "6a9857a3-6.12.43.conf"]),
        ({"LoaderEntryDefault": NEWEST}, "default *.43.conf\n", [NEWEST]),
        (
            {"LoaderEntryDefault": NEWEST, "LoaderEntryOneShot": "6A9857a3-6.12.43.conf"},
            None,
            ["6a9857a3-6.12.43.conf"],
        ),
        ({"LoaderEntryOneShot": "auto-windows"}, None, ["auto-windows"]),
        ({"LoaderEntryOneShot": "shell"}, None, ["shell.conf"]),
        ({"LoaderEntryLastBooted": NEWEST}, "default @saved\n", [NEWEST]),
        ({}, "default @saved\n", [NEWEST, "6a9857a3-6.12.43.conf"]),
    ],
)
def test_the_entry_that_boots_next(
    machine: SystemdMachine, variables: Any, conf: Optional[str], following: Any
) -> None:
    machine.write(ENTRIES + "shell.conf", "title Shell\nefi /shellx64.efi\n")
    for name, value in variables.items():
        machine.variable(name, value)
    if conf is not None:
        machine.write("/efi/loader/loader.conf", conf)
    assert [entry.id for entry in machine.loader.next_entries(machine.loader.entries())] == following


def test_only_partitions_count_where_several_have_entries(machine: SystemdMachine) -> None:
    machine.write("/boot/loader/entries/left-over.conf", "linux /old\n")
    assert len(machine.loader.entries()) == 3
    machine.write("/proc/self/mounts", "/dev/vda2 / ext4 rw 0 0\n/dev/vda1 /efi vfat rw 0 0\n")
    assert len(machine.loader.entries()) == 2
    machine.write("/proc/self/mounts", "/dev/vda3 /boot vfat rw 0 0\n/dev/vda1 /efi vfat rw 0 0\n")
    assert len(machine.loader.entries()) == 3
    os.makedirs(machine.path("/boot/x"))
    shutil.rmtree(machine.path("/boot"))
    os.symlink("efi", machine.path("/boot"))
    assert len(machine.loader.entries()) == 2


def test_no_entries(machine: SystemdMachine) -> None:
    for name in (NEWEST, OLDER):
        machine.write(ENTRIES + name, "")
    with pytest.raises(BootLoaderError, match="Is the EFI system partition mounted") as caught:
        machine.loader.entries()
    looked_for = "looked for loader/entries/*.conf and EFI/Linux/*.efi below /efi, /boot/efi, /boot,"
    assert looked_for in str(caught.value)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
@pytest.mark.parametrize("pattern", ["before", "6.12.43", "cmdline"])
def test_a_disk_that_is_full_or_read_only(
    machine: SystemdMachine, monkeypatch: pytest.MonkeyPatch, number: int, pattern: str
) -> None:
    machine.write(COMMAND_LINE, "ro\n")
    real = files._replace

    def replaced(path: str, *arguments: Any, **options: Any) -> None:
        if pattern in path:
            raise OSError(number, os.strerror(number), path)
        real(path, *arguments, **options)

    monkeypatch.setattr(files, "_replace", replaced)
    message = refused(machine)
    assert os.strerror(number) in message
    assert "The boot loader's files are as they were" in message


# ---- unified kernel images


def test_an_image_gets_an_addon(uki_machine: SystemdMachine) -> None:
    (entry,) = uki_machine.loader.entries()
    assert entry == BootEntry(
        id="6a9857a3-6.12.107.efi",
        title="Debian GNU/Linux 13",
        kernel="/EFI/Linux/6a9857a3-6.12.107.efi",
        arguments=ARGUMENTS,
    )
    image = uki_machine.read(IMAGE)
    before = uki_machine.snapshot()
    assert values(uki_machine.apply("256M")) == [["256M"]]
    # Under a name that systemd-stub does not read, until it is complete.
    assert [argv for argv, _timeout in uki_machine.calls] == [
        ["ukify", "build", "--cmdline=crashkernel=256M", "--output=" + uki_machine.path(UNFINISHED)],
        ["mv", "-f", uki_machine.path(UNFINISHED), uki_machine.path(ADDON)],
        ["sync", "-f", uki_machine.path(ADDON)],
    ]
    # The add-on reaches later images as well, so they must not get it twice.
    assert uki_machine.read(COMMAND_LINE) == ARGUMENTS + "\n"
    assert crashkernel.values(uki_machine.loader.future_arguments()) == ["256M"]
    assert uki_machine.loader.plan("256M").is_empty
    assert values(uki_machine.apply("128M,high 64M,low")) == [["128M,high", "64M,low"]]
    assert uki_machine.read(IMAGE) == image
    assert values(uki_machine.apply(None)) == [[]]
    after = uki_machine.snapshot()
    del after[uki_machine.path(COMMAND_LINE)]  # it was made, and stays
    assert {**after, uki_machine.path("/etc/kernel"): None} == {**before, uki_machine.path("/etc/kernel"): None}
    assert uki_machine.loader.plan(None).is_empty


def test_addons_of_others_count(uki_machine: SystemdMachine) -> None:
    uki_machine.write("/efi/loader/addons/all.addon.efi", program({".cmdline": b"quiet"}))
    uki_machine.write(IMAGE + ".extra.d/one.addon.efi", program({".cmdline": b"crashkernel=7M"}))
    (entry,) = uki_machine.loader.entries()
    assert entry.arguments == ARGUMENTS + " quiet crashkernel=7M"
    message = refused(uki_machine)
    assert "has 'crashkernel=7M' built in" in message
    assert "kernel-install add" in message
    uki_machine.write(COMMAND_LINE, "ro crashkernel=1M\n")
    assert uki_machine.apply("7M")
    assert uki_machine.read(COMMAND_LINE) == "ro crashkernel=7M\n"


def test_addons_that_systemd_stub_leaves_out_do_not_count(uki_machine: SystemdMachine) -> None:
    uki_machine.write("/efi/loader/addons/older.addon.efi", addon_text("older", "6.12.43"))
    uki_machine.write("/efi/loader/addons/newest.addon.efi", addon_text("newest", "6.12.107"))
    uki_machine.write("/efi/loader/addons/.newest.addon.efi.bak", addon_text("copy"))
    (entry,) = uki_machine.loader.entries()
    assert entry.arguments == ARGUMENTS + " newest"


@pytest.mark.parametrize("directory", ["6a9857a3-6.12.43+2-1.efi", "6a9857a3-6.12.43.efi"])
def test_addons_of_an_image_whose_attempts_are_counted(uki_machine: SystemdMachine, directory: str) -> None:
    uki_machine.image(path="/efi/EFI/Linux/6a9857a3-6.12.43+2-1.efi")
    uki_machine.write("/efi/EFI/Linux/" + directory + ".extra.d/own.addon.efi", addon_text("own"))
    assert [entry.arguments for entry in uki_machine.loader.entries()] == [ARGUMENTS, ARGUMENTS + " own"]


def test_an_addon_of_others_that_is_cut_short(uki_machine: SystemdMachine) -> None:
    uki_machine.write("/efi/loader/addons/all.addon.efi", addon_text("quiet")[:-511])
    with pytest.raises(BootLoaderError) as caught:
        uki_machine.loader.entries()
    assert str(caught.value).startswith("/efi/loader/addons/all.addon.efi is not a complete EFI program")
    assert str(caught.value).endswith("Build it again, or remove it, and run again.")


@pytest.mark.parametrize("wanted, after", [("256M", [["256M"]]), (None, [[]])])
def test_our_addon_that_is_cut_short_is_built_anew_or_removed(
    uki_machine: SystemdMachine, wanted: Optional[str], after: Any
) -> None:
    uki_machine.write(COMMAND_LINE, "ro\n")
    uki_machine.apply("256M")
    uki_machine.write(ADDON, uki_machine.read(ADDON)[:100])
    assert values(uki_machine.loader.entries()) == [[]]
    assert crashkernel.values(uki_machine.loader.future_arguments()) == []
    assert values(uki_machine.apply(wanted)) == after
    assert os.path.exists(uki_machine.path(ADDON)) == (wanted is not None)
    assert uki_machine.loader.plan(wanted).is_empty


def test_images_of_which_one_has_the_value_built_in(uki_machine: SystemdMachine) -> None:
    uki_machine.image(ARGUMENTS + " crashkernel=256M", OTHER_IMAGE)
    assert "has 'no crashkernel=' built in, while others have the wanted one" in refused(uki_machine)


def test_the_first_systemd_stub_that_reads_addons(uki_machine: SystemdMachine) -> None:
    uki_machine.image(stub=254)
    assert values(uki_machine.apply("256M")) == [["256M"]]


@pytest.mark.parametrize(
    "stub, secure, missing, words, remedy",
    [
        (253, False, None, "is started by a systemd-stub older than 254", "sign it"),
        (252, False, None, "is started by a systemd-stub older than 254", "Put crashkernel= into /etc/kernel/cmdline"),
        (None, False, None, "is started by a systemd-stub older than 254", "'kernel-install add'"),
        (257, True, None, "Secure Boot is on", "sign it"),
        (257, False, "/usr/sbin/ukify", "ukify, which builds add-ons, is not installed", "systemd-ukify"),
        (257, False, ADDON_STUB, "what ukify builds add-ons from is not installed", "systemd-boot-efi"),
    ],
)
def test_images_that_no_addon_can_reach(
    uki_machine: SystemdMachine, stub: Optional[int], secure: bool, missing: Optional[str], words: str, remedy: str
) -> None:
    uki_machine.image(stub=stub)
    uki_machine.write(SECURE_BOOT, "\6\0\0\0" + ("\1" if secure else "\0"))
    if missing is not None:
        uki_machine.remove(missing)
    message = refused(uki_machine)
    assert words in message
    assert remedy in message


def test_a_ukify_that_fails(uki_machine: SystemdMachine) -> None:
    uki_machine.status = 1
    assert "failed with exit status 1: no addonx64.efi.stub" in refused(uki_machine)
    uki_machine.status = 0
    uki_machine.apply("1M")
    uki_machine.status = 1
    refused(uki_machine)
    assert values(uki_machine.loader.entries()) == [["1M"]]


def test_entries_and_images_side_by_side(machine: SystemdMachine) -> None:
    machine.image()
    machine.ukify()
    assert values(machine.apply("256M")) == [["256M"]] * 3
    assert "crashkernel=256M" in machine.read(COMMAND_LINE)
    assert machine.loader.plan("256M").is_empty
    machine.write("/etc/kernel/install.conf", "# layout=x\nlayout=uki\n")
    machine.apply("256M")
    assert "crashkernel" not in machine.read(COMMAND_LINE)
    assert machine.loader.plan("256M").is_empty
    machine.write("/etc/kernel/install.conf", "layout=bls\n")
    assert crashkernel.values(machine.loader.future_arguments()) == []


GOOD = program({".cmdline": b"ro"})


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "it does not begin with MZ"),
        ("MZ", "unpack"),
        (GOOD[:80], "unpack"),
        ("MZ" + "\0" * 58 + "\x40\0\0\0no", "it has no PE header at 64"),
        (GOOD[:70] + "\x61\0" + GOOD[72:], "it has 97 sections"),
        (GOOD[:200], "unpack"),
        (GOOD[:-511], "it ends in the middle of the section .cmdline"),
        (program({".cmdline": b"ro", ".initrd": b"x" * 999})[:-1], "it ends in the middle of the section .initrd"),
        (GOOD[:208] + ("\0\0\0\1" + GOOD[212:216]) * 2 + GOOD[224:], "its section .cmdline has 16777216 bytes"),
    ],
)
def test_images_that_are_cut_short(uki_machine: SystemdMachine, text: str, words: str) -> None:
    uki_machine.write(OTHER_IMAGE, text)
    with pytest.raises(BootLoaderError, match=words) as caught:
        uki_machine.loader.entries()
    assert str(caught.value).startswith(OTHER_IMAGE + " is not a complete EFI program")


def test_the_file_for_kernels_to_come_is_the_image_s_own_line(uki_machine: SystemdMachine) -> None:
    uki_machine.write("/efi/loader/addons/all.addon.efi", program({".cmdline": b"quiet", ".cmdline\0": b""}))
    uki_machine.apply("1M")
    assert uki_machine.read(COMMAND_LINE) == ARGUMENTS + "\n"
