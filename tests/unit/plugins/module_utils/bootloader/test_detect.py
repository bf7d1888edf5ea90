# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Telling boot loaders apart by what a host has."""

import os
import pathlib
import shutil
import struct
from typing import Dict, List, Optional

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.base import BootLoaderError
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.detect import detect
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.grub2 import Grub2
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.grub_legacy import GrubLegacy
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.grubby import Grubby
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.rpm_ostree import RpmOstree
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.systemd_boot import SystemdBoot
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.zipl import Zipl
from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import Host
from tests.unit.plugins.module_utils.bootloader.machine import MENU, Machine

LOADER_INFO = "/sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
STUB_INFO = LOADER_INFO.replace("LoaderInfo", "StubInfo")
MENU_2 = "/boot/grub2/grub.cfg"
BLS_MENU = "### BEGIN /etc/grub.d/10_linux ###\ninsmod blscfg\nblscfg\n### END /etc/grub.d/10_linux ###\n"
BLS_ENTRY = "/boot/loader/entries/6a9857a3-6.12.0.conf"


def host_with(root: pathlib.Path, files: Dict[str, str]) -> Host:
    """A host that has these files; those in sbin can be executed."""
    for name, text in files.items():
        path = root / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8"))
        if "/sbin/" in name:
            path.chmod(0o755)
    return Host(str(root))


def message_of(host: Host) -> str:
    with pytest.raises(BootLoaderError) as caught:
        detect(host)
    return str(caught.value)


def grub2_of(host: Host) -> Grub2:
    loader = detect(host)
    assert isinstance(loader, Grub2)
    return loader


def test_debian(machine: Machine) -> None:
    loader = detect(machine.host)
    assert loader.name == "grub2"
    assert loader.evidence == "/boot/grub/grub.cfg, written by update-grub"


def test_el7_with_bios(old_machine: Machine) -> None:
    old_machine.program("grubby")
    loader = detect(old_machine.host)
    assert loader.evidence == "/boot/grub2/grub.cfg, written by grub2-mkconfig"


def test_el7_with_efi_has_its_menu_in_the_system_partition(old_machine: Machine) -> None:
    menu = "/boot/efi/EFI/centos/grub.cfg"
    old_machine.write(menu, old_machine.read(MENU_2))
    old_machine.write("/boot/efi/EFI/debian/grub.cfg", "configfile $prefix/grub.cfg\n")
    assert grub2_of(old_machine.host).menu == MENU_2
    os.makedirs(old_machine.path("/sys/firmware/efi"))
    loader = grub2_of(old_machine.host)
    assert loader.menu == menu
    assert loader.plan("256M").commands == [["grub2-mkconfig", "-o", menu]]
    old_machine.write("/boot/efi/EFI/redhat/grub.cfg", old_machine.read(MENU_2))
    assert "/boot/efi/EFI/centos/grub.cfg" in message_of(old_machine.host)
    assert "/boot/efi/EFI/redhat/grub.cfg" in message_of(old_machine.host)


def load_option(description: str, *files: str) -> bytes:
    """A boot option as shim's installer writes it: a partition by its GPT id, then the file."""
    disk = struct.pack("<BBHIQQ16sBB", 4, 1, 42, 1, 2048, 1228800, bytes(range(16)), 2, 2)
    nodes = [name.encode("utf-16-le") + b"\0\0" for name in files]
    path = disk + b"".join(struct.pack("<BBH", 4, 4, len(node) + 4) + node for node in nodes) + b"\x7f\xff\x04\0"
    return struct.pack("<IIH", 7, 1, len(path)) + description.encode("utf-16-le") + b"\0\0" + path


def variable(machine: Machine, name: str, value: bytes) -> None:
    path = machine.path("/sys/firmware/efi/efivars/{0}-8be4df61-93ca-11d2-aa0d-00e098032b8c".format(name))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as stream:
        stream.write(value)


@pytest.fixture
def migrated(old_machine: Machine) -> Machine:
    """EL that was migrated on a host with EFI: CentOS, then AlmaLinux; both menus are complete."""
    for name in ("centos", "almalinux"):
        old_machine.write("/boot/efi/EFI/{0}/grub.cfg".format(name), old_machine.read(MENU_2))
    variable(old_machine, "BootOrder", b"\7\0\0\0\x02\0\x0a\0")
    variable(old_machine, "Boot0002", load_option("CentOS Linux", "\\EFI\\centos\\shimx64.efi"))
    variable(old_machine, "Boot000A", load_option("AlmaLinux", "\\EFI\\almalinux\\shimx64.efi"))
    return old_machine


@pytest.mark.parametrize(
    ("current", "menu"),
    [(2, "/boot/efi/EFI/centos/grub.cfg"), (10, "/boot/efi/EFI/almalinux/grub.cfg")],
)
def test_of_two_menus_the_firmware_knows_which_one_boots(migrated: Machine, current: int, menu: str) -> None:
    variable(migrated, "BootCurrent", struct.pack("<IH", 6, current))
    assert grub2_of(migrated.host).menu == menu


@pytest.mark.parametrize(
    ("option", "files"),
    [
        (b"", []),
        (None, ["\\EFI\\BOOT\\BOOTX64.EFI"]),  # a removable disk: the menu may be anybody's
        (None, ["\\shimx64.efi"]),
        (None, ["\\EFI\\redhat\\shimx64.efi"]),
        (None, ["\\EFI\\almalinux"]),
        (b"\7\0\0\0\1\0\0\0\xff\xffA", []),
    ],
)
def test_where_the_firmware_names_neither_it_cannot_be_told(
    migrated: Machine, option: Optional[bytes], files: List[str]
) -> None:
    variable(migrated, "BootCurrent", struct.pack("<IH", 6, 0x1F))
    variable(migrated, "Boot001F", load_option("x", *files) if option is None else option)
    assert "/boot/efi/EFI/almalinux/grub.cfg" in message_of(migrated.host)


def test_a_path_in_two_parts(migrated: Machine) -> None:
    variable(migrated, "BootCurrent", struct.pack("<IH", 6, 0x1F))
    variable(migrated, "Boot001F", load_option("x", "\\EFI\\AlmaLinux", "shimx64.efi"))
    assert grub2_of(migrated.host).menu == "/boot/efi/EFI/almalinux/grub.cfg"


@pytest.mark.parametrize("value", [b"", b"\6\0\0\0", b"\6\0\0\0\1"])
def test_a_variable_that_holds_nothing(migrated: Machine, value: bytes) -> None:
    variable(migrated, "BootCurrent", value)
    assert "/boot/efi/EFI/centos/grub.cfg" in message_of(migrated.host)


def test_debian_with_efi_only_hands_over_in_the_system_partition(machine: Machine) -> None:
    machine.write("/boot/efi/EFI/debian/grub.cfg", "configfile $prefix/grub.cfg\n")
    machine.program("grub2-mkconfig")
    os.makedirs(machine.path("/sys/firmware/efi"))
    assert grub2_of(machine.host).menu == MENU


@pytest.mark.parametrize(
    "programs, menu",
    [
        (["grub-mkconfig"], MENU),
        (["grub2-mkconfig"], MENU_2),
        (["grub-mkconfig", "grub2-mkconfig"], MENU_2),
        ([], MENU_2),
    ],
)
def test_one_menu_under_two_names(tmp_path: pathlib.Path, programs: List[str], menu: str) -> None:
    host = host_with(tmp_path, dict({MENU_2: "menu"}, **{"/usr/sbin/" + name: "" for name in programs}))
    os.symlink("grub2", str(tmp_path / "boot" / "grub"))
    assert grub2_of(host).menu == menu


def test_the_menu_whose_generator_is_installed(tmp_path: pathlib.Path) -> None:
    host = host_with(tmp_path, {MENU: "left over", MENU_2: "menu", "/usr/sbin/grub2-mkconfig": ""})
    assert grub2_of(host).menu == MENU_2


def test_two_menus_are_two_candidates(tmp_path: pathlib.Path) -> None:
    files = {MENU: "one", MENU_2: "two", "/usr/sbin/grub2-mkconfig": "", "/usr/sbin/grub-mkconfig": ""}
    message = message_of(host_with(tmp_path, files))
    assert "GRUB 2 (/boot/grub2/grub.cfg, written by grub2-mkconfig)" in message
    assert "GRUB 2 (/boot/grub/grub.cfg, written by grub-mkconfig)" in message


def test_nothing_found_says_what_was_looked_for(tmp_path: pathlib.Path) -> None:
    message = message_of(Host(str(tmp_path)))
    for name in (
        "/run/ostree-booted",
        LOADER_INFO,
        "/etc/zipl.conf",
        "/boot/grub/menu.lst",
        "/boot/grub/stage2",
        MENU,
        MENU_2,
        "/boot/efi/EFI/*/grub.cfg",
    ):
        assert name in message


def test_ostree_without_its_tool(tmp_path: pathlib.Path) -> None:
    message = message_of(host_with(tmp_path, {"/run/ostree-booted": "", MENU_2: BLS_MENU, BLS_ENTRY: ""}))
    assert "This host boots through ostree (/run/ostree-booted), and rpm-ostree" in message
    assert "/usr/lib/bootc/kargs.d" in message
    loader = detect(host_with(tmp_path, {"/usr/sbin/rpm-ostree": ""}))
    assert isinstance(loader, RpmOstree)
    assert loader.evidence == "/run/ostree-booted"


@pytest.mark.parametrize("more", [{}, {"/usr/sbin/grubby": ""}, {BLS_ENTRY: ""}])
def test_zipl_with_sections_of_its_own(tmp_path: pathlib.Path, more: Dict[str, str]) -> None:
    loader = detect(host_with(tmp_path, dict({"/etc/zipl.conf": ""}, **more)))
    assert isinstance(loader, Zipl)
    assert loader.evidence == "/etc/zipl.conf"


@pytest.mark.parametrize("options, is_refused", [("ro,relatime", True), ("rw", False)])
def test_suse_s_read_only_root(old_machine: Machine, options: str, is_refused: bool) -> None:
    old_machine.write("/proc/self/mounts", "/dev/vda2 / btrfs {0} 0 0\n".format(options))
    assert detect(old_machine.host).name == "grub2"
    old_machine.program("transactional-update")
    if not is_refused:
        assert detect(old_machine.host).name == "grub2"
        return
    message = message_of(old_machine.host)
    assert "its root file system is read-only" in message
    assert "Run 'transactional-update setup-kdump'" in message


@pytest.mark.parametrize("efi", [True, False])
def test_suse_has_one_menu_on_bios_and_efi(old_machine: Machine, efi: bool) -> None:
    old_machine.write("/boot/efi/EFI/opensuse/grub.cfg", "set prefix=x\nsource x/grub.cfg\n")
    if efi:
        old_machine.write("/sys/firmware/efi/x", "")
    assert grub2_of(old_machine.host).plan("1M").commands == [["grub2-mkconfig", "-o", MENU_2]]


@pytest.mark.parametrize("menu", [MENU, MENU_2])
@pytest.mark.parametrize(
    "text, settings, evidence",
    [
        (BLS_MENU, "", "{0} says blscfg, /boot/loader/entries has 1 entries"),
        (
            "load_env\nblscfg --entry $saved_entry.conf\nblscfg\n",
            "",
            "{0} says blscfg, /boot/loader/entries has 1 entries",
        ),
        (
            "source $prefix/bls.cfg\n",
            'GRUB_ENABLE_BLSCFG="true"\n',
            "/etc/default/grub says GRUB_ENABLE_BLSCFG=true, /boot/loader/entries has 1 entries",
        ),
    ],
)
def test_entries_of_the_boot_loader_specification(
    tmp_path: pathlib.Path, menu: str, text: str, settings: str, evidence: str
) -> None:
    files = {menu: text, BLS_ENTRY: "linux /l\n", "/etc/default/grub": settings}
    without = message_of(host_with(tmp_path, files))
    evidence = evidence.format(menu)
    assert without == (
        "This host boots through GRUB 2 with Boot Loader Specification entries ({0}), and grubby, which edits them, "
        "is not installed. Install the package grubby.".format(evidence)
    )
    loader = detect(host_with(tmp_path, {"/usr/sbin/grubby": ""}))
    assert isinstance(loader, Grubby)
    assert (loader.name, loader.menu, loader.evidence) == ("grubby", menu, evidence)


@pytest.mark.parametrize("text, settings", [("insmod blscfg\n", ""), ("linux /own\n", "GRUB_ENABLE_BLSCFG=true\n")])
def test_entries_that_nothing_reads(tmp_path: pathlib.Path, text: str, settings: str) -> None:
    files = {MENU_2: text, BLS_ENTRY: "linux /l\n", "/etc/default/grub": settings, "/usr/sbin/grubby": ""}
    assert detect(host_with(tmp_path, files)).name == "grub2"


def test_blscfg_that_finds_nothing(tmp_path: pathlib.Path) -> None:
    host = host_with(tmp_path, {MENU_2: BLS_MENU, "/usr/sbin/grubby": ""})
    with pytest.raises(BootLoaderError, match="There are no boot entries to look at"):
        detect(host).entries()
    menu = BLS_MENU + "menuentry 'Own' {\n\tlinux /own\n}\n"
    assert detect(host_with(tmp_path, {MENU_2: menu})).name == "grub2"


def test_el8_with_efi_has_all_of_it_in_the_system_partition(tmp_path: pathlib.Path) -> None:
    menu = "/boot/efi/EFI/redhat/grub.cfg"
    files = {menu: "# menuentry\n" + BLS_MENU, BLS_ENTRY: "linux /l\n", "/usr/sbin/grubby": ""}
    host = host_with(tmp_path, dict(files, **{"/usr/sbin/grub2-mkconfig": "", "/sys/firmware/efi/x": ""}))
    loader = detect(host)
    assert isinstance(loader, Grubby)
    assert loader.menu == menu


def test_zipl_with_entries_that_grubby_edits(tmp_path: pathlib.Path) -> None:
    loader = detect(host_with(tmp_path, {"/etc/zipl.conf": "", BLS_ENTRY: "linux /l\n", "/usr/sbin/grubby": ""}))
    assert isinstance(loader, Grubby)
    assert (loader.menu, loader.evidence) == (None, "/etc/zipl.conf, /boot/loader/entries has 1 entries")


@pytest.mark.parametrize(
    "files, evidence",
    [
        ({LOADER_INFO: "\7\0\0\0s\0y\0s\0t\0e\0m\0d\0-\0b\0o\0o\0t\0 \0002\0", MENU: "x"}, LOADER_INFO),
        (
            {"/boot/efi/EFI/systemd/systemd-bootx64.efi": ""},
            "/boot/efi/EFI/systemd/systemd-bootx64.efi",
        ),
        ({STUB_INFO: "", "/efi/EFI/Linux/a.efi": ""}, STUB_INFO),
    ],
)
def test_systemd_boot(tmp_path: pathlib.Path, files: Dict[str, str], evidence: str) -> None:
    loader = detect(host_with(tmp_path, files))
    assert isinstance(loader, SystemdBoot)
    assert loader.evidence == evidence


def test_systemd_boot_for_two_kinds_of_firmware_is_one_boot_loader(tmp_path: pathlib.Path) -> None:
    names = ["/efi/EFI/systemd/systemd-boot{0}.efi".format(kind) for kind in ("ia32", "x64")]
    assert detect(host_with(tmp_path, dict.fromkeys(names, ""))).evidence == names[0]


def test_an_image_that_grub_may_have_started(machine: Machine) -> None:
    machine.write(STUB_INFO, "")
    assert "found systemd-boot ({0}) and GRUB 2 ({1}".format(STUB_INFO, MENU) in message_of(machine.host)
    machine.write(LOADER_INFO, "\7\0\0\0G\0R\0U\0B\0")
    assert detect(machine.host).name == "grub2"


STAGE = "/boot/grub/stage2"
CONF = "/boot/grub/grub.conf"
MENU_LST = "/boot/grub/menu.lst"
EFI_CONF = "/boot/efi/EFI/redhat/grub.conf"


@pytest.mark.parametrize(
    "files, menu",
    [
        ({STAGE: "", MENU_LST: "x"}, MENU_LST),
        ({STAGE: "", CONF: "x"}, CONF),
        ({STAGE: "GRUB\0(hd0,0)/boot/grub/menu.lst", CONF: "x", MENU_LST: "y"}, MENU_LST),
        ({STAGE: "GRUB\0/grub/grub.conf", CONF: "x", MENU_LST: "y"}, CONF),
        (
            {STAGE: "", CONF: "x", EFI_CONF: "y", "/boot/efi/EFI/redhat/grub.efi": "", "/sys/firmware/efi/x": ""},
            EFI_CONF,
        ),
        ({STAGE: "", CONF: "x", EFI_CONF: "y", "/sys/firmware/efi/x": ""}, CONF),
    ],
)
def test_grub_legacy(tmp_path: pathlib.Path, files: Dict[str, str], menu: str) -> None:
    loader = detect(host_with(tmp_path, files))
    assert isinstance(loader, GrubLegacy)
    assert loader.menu == menu
    assert loader.evidence.startswith(menu + ", read by /boot/")


def test_grub_legacy_whose_menu_has_two_names(tmp_path: pathlib.Path) -> None:
    host = host_with(tmp_path, {STAGE: "", CONF: "x"})
    os.symlink("./grub.conf", host.path(MENU_LST))
    assert detect(host).evidence == "/boot/grub/grub.conf, read by /boot/grub/stage2"


def test_two_menus_of_grub_legacy(tmp_path: pathlib.Path) -> None:
    message = message_of(host_with(tmp_path, {STAGE: "", CONF: "x", MENU_LST: "y"}))
    assert "found GRUB Legacy (/boot/grub/grub.conf" in message
    assert "and GRUB Legacy (/boot/grub/menu.lst" in message


def test_two_boot_loaders_are_both_named(machine: Machine) -> None:
    machine.write("/boot/grub/stage2", "")
    machine.write("/boot/grub/menu.lst", "title x\n")
    message = message_of(machine.host)
    assert "GRUB Legacy (/boot/grub/menu.lst, read by /boot/grub/stage2)" in message
    assert "GRUB 2 (/boot/grub/grub.cfg, written by update-grub)" in message


@pytest.mark.parametrize(
    "name",
    [
        BLS_ENTRY,  # without blscfg in the menu nobody reads them
        "/boot/grub/menu.lst",  # for a hypervisor
        "/usr/sbin/grubby",
    ],
)
def test_what_does_not_make_a_candidate(machine: Machine, name: str) -> None:
    machine.write(name, "")
    assert detect(machine.host).name == "grub2"


def test_systemd_boot_that_is_installed_and_did_not_boot_the_host(machine: Machine) -> None:
    machine.write("/efi/EFI/systemd/systemd-bootx64.efi", "")
    assert "systemd-boot" in message_of(machine.host)
    machine.write("/sys/firmware/efi/efivars/BootOrder-8be4df61-93ca-11d2-aa0d-00e098032b8c", "")
    assert detect(machine.host).name == "grub2"
    machine.write(LOADER_INFO, "\7\0\0\0G\0R\0U\0B\0")
    assert detect(machine.host).name == "grub2"


def test_a_menu_that_is_gone_in_the_meantime(machine: Machine) -> None:
    machine.write(BLS_ENTRY, "")
    shutil.rmtree(machine.path("/boot/grub"))
    assert "No boot loader was found" in message_of(machine.host)
