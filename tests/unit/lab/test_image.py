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
from tests.lab.qemu import Hardware
from tests.lab.recipes import DEBIAN, RECIPES, recipe
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
    fake("apt-config", """echo 'Acquire::http::Proxy "http://proxy.test";'""")
    keys.append(image.planned(DEBIAN))
    monkeypatch.setenv("KDUMP_LAB_MIRROR", "http://other.test/debian")
    keys.append(image.planned(DEBIAN))
    monkeypatch.setattr(image, "ASSEMBLE", DEBIAN.directory / "setup.sh")
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
    with pytest.raises(LabError, match="There is no image 'hurd'; there is debian, rpm"):
        recipe("hurd")


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_every_recipe_has_its_files(name: str) -> None:
    directory = recipe(name).directory
    for script in ("customize.sh", "setup.sh"):
        assert (directory / script).stat().st_mode & 0o100
    files = list((directory / "files").rglob("*"))
    assert files
    assert [path for path in files if not path.exists()] == [], "links to another image's files lead there"
