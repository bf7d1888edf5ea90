# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images: what they are keyed by, and what a build leaves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.lab import image, snapshot
from tests.lab.errors import LabError
from tests.lab.image import Image
from tests.lab.qemu import Files, Hardware
from tests.lab.recipes import DEBIAN, OLD_BIOS, RECIPES, SYSTEMD_BOOT, recipe
from tests.unit.lab.conftest import Fake


@pytest.fixture(autouse=True)
def machine_settings(monkeypatch: pytest.MonkeyPatch, fake: Fake) -> None:
    """A mirror, and an apt without settings of its own."""
    monkeypatch.setenv("KDUMP_LAB_MIRROR", "http://told.test/debian")
    fake("apt-config", "exit 0")
    fake("qemu-system-x86_64", "echo 'QEMU emulator version 10.0.2'")


def built(directory: Path, identity: str = "i") -> Image:
    """An image as a build leaves it."""
    directory.mkdir(parents=True)
    facts = {"release": "6.12-cloud", "version": "6.12-1", "identity": identity}
    (directory / "image.json").write_text(json.dumps(facts))
    return image.load(DEBIAN, directory)


def test_an_image_is_keyed_by_everything_that_it_is_made_from(monkeypatch: pytest.MonkeyPatch, fake: Fake) -> None:
    keys = [image.planned(DEBIAN)]
    keys.append(image.planned(DEBIAN._replace(packages=("one",))))
    keys.append(image.planned(DEBIAN._replace(suite="forky")))
    keys.append(image.planned(DEBIAN._replace(layout=OLD_BIOS)))
    keys.append(image.planned(DEBIAN._replace(shared=("common",))))
    fake("apt-config", """echo 'Acquire::http::Proxy "http://proxy.test";'""")
    keys.append(image.planned(DEBIAN))
    monkeypatch.setenv("KDUMP_LAB_MIRROR", "http://other.test/debian")
    keys.append(image.planned(DEBIAN))
    monkeypatch.setattr(image, "ASSEMBLE", DEBIAN.directory / "bootable.sh")
    keys.append(image.planned(DEBIAN))
    assert len(set(keys)) == len(keys)


def test_what_is_built_is_not_built_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image, "build", lambda *words: pytest.fail("built again"))
    found = built(image.planned(DEBIAN))
    assert image.ensure(DEBIAN) == found
    assert (found.release, found.version, found.identity) == ("6.12-cloud", "6.12-1", "i")


def test_a_new_image_replaces_the_old_one(monkeypatch: pytest.MonkeyPatch) -> None:
    old = built(image.planned(DEBIAN).with_name("old"))
    facts = {"release": "6.13", "version": "6.13-1", "identity": "new"}

    def build(recipe: object, workplace: Path) -> None:
        (workplace / "image.json").write_text(json.dumps(facts))

    monkeypatch.setattr(image, "build", build)
    assert image.ensure(DEBIAN).identity == "new"
    assert not old.directory.exists()
    facts["identity"] = "newer"
    assert image.ensure(DEBIAN).identity == "new"
    assert image.ensure(DEBIAN, rebuild=True).identity == "newer"


def test_a_build_that_fails_leaves_nothing(fake: Fake) -> None:
    fake("mmdebstrap", "echo 'E: no such suite' >&2; exit 25")
    with pytest.raises(LabError, match=r"(?s)mmdebstrap.*failed with status 25.*E: no such suite"):
        image.ensure(DEBIAN)
    assert list(image.planned(DEBIAN).parent.iterdir()) == []


def test_a_snapshot_is_valid_for_one_image_and_hardware(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = built(tmp_path / "one", "one"), built(tmp_path / "two", "two")
    hardware = Hardware("tcg", 1024, 2)
    places = [
        snapshot.planned(one, hardware),
        snapshot.planned(two, hardware),
        snapshot.planned(one, hardware._replace(memory=2048)),
        snapshot.planned(one, hardware._replace(cpus=1)),
        snapshot.planned(one, hardware._replace(accelerator="kvm")),
    ]
    monkeypatch.setattr(snapshot, "qemu_version", lambda: "QEMU emulator version 11.0.0")
    places.append(snapshot.planned(one, hardware))
    assert len(set(places)) == len(places)


def test_an_unknown_image_is_told() -> None:
    with pytest.raises(
        LabError, match="There is no image 'hurd'; there is debian, debian-kdump, grub-legacy, rpm, systemd-boot"
    ):
        recipe("hurd")


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_every_recipe_has_its_files(name: str) -> None:
    wanted = recipe(name)
    commands = [hook for directory in wanted.directories for hook in image.hooks(directory)]
    for target in ("lab-setup", "lab-bootable"):
        assert len([command for command in commands if command.endswith(f'"$1/{target}"')]) == 1
    for directory in wanted.directories:
        assert image.hooks(directory)
        assert [path for path in directory.glob("*.sh") if not path.stat().st_mode & 0o100] == []
    files = [path for directory in wanted.directories for path in (directory / "files").rglob("*") if path.is_file()]
    assert wanted.directories[-1] / "files" / "etc" / "resolv.conf" in files, "before it, packages come from a mirror"


def test_the_files_of_a_directory_come_before_its_script(tmp_path: Path) -> None:
    assert image.hooks(tmp_path) == []
    (tmp_path / "files").mkdir()
    (tmp_path / "customize.sh").touch()
    copied, changed = image.hooks(tmp_path)
    assert copied.startswith("cp -RL")
    assert changed == f'"{tmp_path}/customize.sh" "$1"'


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_the_root_partition_is_the_last_one(name: str) -> None:
    layout = recipe(name).layout
    assert layout.table[0].startswith("label: ")
    assert layout.table[-1].startswith(f"start={layout.root}, type=")


def test_firmware_has_its_own_variables_on_every_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake: Fake
) -> None:
    fake("qemu-img", 'for last; do :; done; echo made >"$last"')
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    efi, bios = (Image(wanted, tmp_path / "image", "6.12", "6.12-1", "i") for wanted in (SYSTEMD_BOOT, DEBIAN))
    first, second = Files(tmp_path / "one"), Files(tmp_path / "two")
    snapshot.overlay(bios, first)
    assert not first.variables.exists()
    snapshot.overlay(efi, first)
    snapshot.copy(first.directory, efi, second)
    assert second.variables.read_text() == "made\n"


def test_a_snapshot_of_other_firmware_is_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    firmware = tmp_path / "code.fd"
    monkeypatch.setattr(snapshot, "OVMF_CODE", firmware)
    monkeypatch.setattr(snapshot, "OVMF_VARIABLES", firmware)
    found = built(tmp_path / "image")
    places = []
    for text in ("old", "new"):
        firmware.write_text(text)
        places.append(snapshot.planned(found, Hardware("tcg", 1024, 2, "efi")))
        places.append(snapshot.planned(found, Hardware("tcg", 1024, 2)))
    assert len(set(places)) == 3
