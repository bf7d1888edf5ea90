# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines of a run, without a QEMU."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.lab import disk, inventory, machine, network, snapshot, ssh
from tests.lab.errors import LabError
from tests.lab.image import Image
from tests.lab.machine import Disks
from tests.lab.qemu import Files, Hardware
from tests.lab.recipes import DEBIAN


class Lab:
    """What stands in for QEMU and ssh: notes what is started and stopped."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
        self.running: set[str] = set()
        self.starts: list[tuple[str, bool]] = []
        self.scripts: list[str] = []
        self.broken: dict[str, int] = {}  # name: how many starts fail
        self.plugged: list[str] = []
        image = Image(DEBIAN, cache / "image", "6.12", "6.12-1", "identity")
        self.disks = Disks(image, cache / "snapshot", Hardware("tcg", 1024, 2))
        monkeypatch.setattr(machine, "source", self.source)
        monkeypatch.setattr(machine, "start", self.start)
        monkeypatch.setattr(machine, "stop", self.stop)
        monkeypatch.setattr(machine, "pid", lambda files: 1 if files.directory.name in self.running else None)
        monkeypatch.setattr(machine, "Monitor", self.monitor)
        monkeypatch.setattr(snapshot, "copy", lambda saved, image, files: files.disk.touch())
        monkeypatch.setattr(snapshot, "overlay", lambda image, files: files.disk.touch())
        monkeypatch.setattr(network, "plug", lambda monitor, run, own: self.plugged.append(own))
        monkeypatch.setattr(disk, "plug", lambda monitor, path: path.touch(exist_ok=False))
        monkeypatch.setattr(ssh, "make_key", self.make_key)
        monkeypatch.setattr(ssh, "wait", lambda *words: None)
        monkeypatch.setattr(ssh, "execute", self.execute)

    @contextlib.contextmanager
    def source(self, *words: object) -> Iterator[Disks]:
        yield self.disks

    def start(self, files: Files, name: str, hardware: Hardware, snapshot: bool) -> None:
        self.starts.append((name, snapshot))
        files.log.touch()
        files.serial.write_text("boot\nKernel panic\n")
        if self.broken.get(name, 0):
            self.broken[name] -= 1
            raise LabError("QEMU did not start.")
        self.running.add(name)

    def stop(self, files: Files) -> None:
        self.running.discard(files.directory.name)

    @contextlib.contextmanager
    def monitor(self, path: Path) -> Iterator[object]:
        yield type("Monitor", (), {"ssh_port": lambda self: 40022})()

    def make_key(self, path: Path) -> Path:
        path.write_text("private")
        public = path.with_name(path.name + ".pub")
        public.write_text("ssh-ed25519 AAAA lab\n")
        return public

    def execute(self, port: int, key: Path, script: str, limit: float = 0) -> str:
        self.scripts.append(script)
        return ""


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch, own_cache: Path) -> Lab:
    return Lab(monkeypatch, own_cache)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return tmp_path / "run"


def test_machines_come_up_with_an_inventory(lab: Lab, run: Path) -> None:
    started = machine.up(["n1", "n2"], run=run)
    assert [(found.name, found.port, found.pid) for found in started] == [("n1", 40022, 1), ("n2", 40022, 1)]
    assert sorted(lab.starts) == [("n1", True), ("n2", True)]
    told = yaml.safe_load((run / inventory.NAME).read_text())
    assert set(told["lab"]["hosts"]) == set(told["debian"]["hosts"]) == {"n1", "n2"}
    assert told["lab"]["vars"]["ansible_ssh_private_key_file"] == str(run / "id_ed25519")
    assert told["lab"]["hosts"]["n1"] == {"ansible_port": 40022, "ansible_python_interpreter": "/usr/bin/python3"}


def test_a_started_machine_is_its_run_s_own(lab: Lab, run: Path) -> None:
    machine.up(["n1"], run=run)
    script = lab.scripts[0]
    assert "date -u -s @" in script
    assert "printf '%s\\n' 'ssh-ed25519 AAAA lab' >/root/.ssh/authorized_keys" in script
    assert "hostname n1" in script


def test_what_runs_is_left_as_it_is(lab: Lab, run: Path) -> None:
    machine.up(["n1"], run=run)
    machine.up(["n1", "n2"], run=run)
    assert [name for name, _how in lab.starts] == ["n1", "n2"]
    lab.running.discard("n1")  # as when somebody powers it off
    machine.up(["n1"], run=run)
    assert [name for name, _how in lab.starts] == ["n1", "n2", "n1"]


def test_a_boot_may_be_tried_twice(lab: Lab, run: Path) -> None:
    lab.broken["n1"] = 1
    machine.up(["n1"], run=run)
    assert lab.starts == [("n1", True), ("n1", False)]


def test_a_machine_that_does_not_come_up_leaves_nothing_running(lab: Lab, run: Path) -> None:
    machine.up(["old"], run=run)
    lab.broken["n2"] = 2
    with pytest.raises(
        LabError, match=r"(?s)Machine n2 does not come up:.*serial\.log, ends with:\nboot\nKernel panic$"
    ):
        machine.up(["n1", "n2"], run=run)
    assert lab.running == {"old"}
    assert [found.name for found in machine.machines(run)] == ["old"]
    assert (run / "n2" / "serial.log").exists()
    assert not (run / "n2" / "disk.qcow2").exists()


def test_an_interruption_leaves_nothing_running(lab: Lab, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*words: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(ssh, "execute", interrupt)
    with pytest.raises(KeyboardInterrupt):
        machine.up(["n1"], run=run)
    assert not lab.running


def test_machines_see_each_other_when_asked(lab: Lab, run: Path) -> None:
    started = machine.up(["n1", "n2"], run=run, networked=True)
    assert [found.address for found in started] == ["192.0.2.1", "192.0.2.2"]
    assert lab.plugged == ["192.0.2.1", "192.0.2.2"]
    assert [script for script in lab.scripts if "'192.0.2.1 n1' '192.0.2.2 n2'" in script] == lab.scripts[-2:]
    hosts = yaml.safe_load((run / inventory.NAME).read_text())["lab"]["hosts"]
    assert {name: hosts[name]["lab_address"] for name in hosts} == {"n1": "192.0.2.1", "n2": "192.0.2.2"}


def test_machines_join_later_and_once(lab: Lab, run: Path) -> None:
    assert machine.up(["n1"], run=run)[0].address is None
    assert not lab.plugged
    machine.up(["n2"], run=run, networked=True)
    machine.up(["n1", "n2"], run=run, networked=True)
    assert lab.plugged == ["192.0.2.1", "192.0.2.2"]
    assert [name for name, _how in lab.starts] == ["n1", "n2"]
    machine.down(["n2"], run)
    machine.up(["n3"], run=run, networked=True)
    assert lab.plugged[2:] == ["192.0.2.1"]


def test_a_machine_that_cannot_be_plugged_in_does_not_stay(
    lab: Lab, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*words: object) -> None:
        raise LabError("QEMU refused 'device_add'")

    machine.up(["old"], run=run)
    monkeypatch.setattr(network, "plug", refuse)
    with pytest.raises(LabError, match="refused 'device_add'"):
        machine.up(["old", "n1"], run=run, networked=True)
    assert lab.running == {"old"}


def test_a_second_disk_is_plugged_in_once_and_goes_with_its_machine(lab: Lab, run: Path) -> None:
    machine.up(["n1"], run=run)
    assert not Files(run / "n1").second_disk.exists()
    for _time in range(2):
        machine.up(["n1", "n2"], run=run, second_disk=True)
    assert lab.scripts.count(disk.ARRIVED) == 2
    assert Files(run / "n1").second_disk.exists()
    machine.down(["n1"], run)
    assert not Files(run / "n1").second_disk.exists()
    assert Files(run / "n2").second_disk.exists()


def test_machines_stop_and_their_logs_stay(lab: Lab, run: Path) -> None:
    machine.up(["n1", "n2"], run=run)
    assert machine.down(["n1"], run) == ["n1"]
    assert lab.running == {"n2"}
    assert list(yaml.safe_load((run / inventory.NAME).read_text())["lab"]["hosts"]) == ["n2"]
    assert machine.down(run=run) == ["n2"]
    assert machine.down(run=run) == []
    assert yaml.safe_load((run / inventory.NAME).read_text())["lab"]["hosts"] == {}
    assert sorted(path.name for path in (run / "n1").iterdir()) == ["qemu.log", "serial.log"]


def test_a_machine_that_was_being_started_is_stopped(lab: Lab, run: Path) -> None:
    (run / "n1").mkdir(parents=True)
    (run / "n1" / "disk.qcow2").touch()
    lab.running.add("n1")
    assert machine.down(run=run) == ["n1"]
    assert not (run / "n1" / "disk.qcow2").exists()


def test_down_without_a_run(run: Path) -> None:
    assert machine.down(run=run) == []
    assert not run.exists()


@pytest.mark.parametrize("name", ["", "N1", "a_b", "-a", "a-", "../a", "a" * 64])
def test_a_name_is_a_host_name(run: Path, name: str) -> None:
    with pytest.raises(LabError, match="is not a host name"):
        machine.up([name], run=run)


def test_names_differ(run: Path) -> None:
    with pytest.raises(LabError, match="The same name twice"):
        machine.up(["n1", "n1"], run=run)


def test_an_unknown_machine(lab: Lab, run: Path) -> None:
    machine.up(["n1"], run=run)
    with pytest.raises(LabError, match=r"There is no machine n9 in .*; there is n1\."):
        machine.machine("n9", run)
    with pytest.raises(LabError, match="There is no machine n9"):
        machine.down(["n9"], run)


def test_every_run_is_known_until_it_has_no_machines(lab: Lab, tmp_path: Path, own_cache: Path) -> None:
    for name in ("a", "b"):
        machine.up(["n1"], run=tmp_path / name)
    assert sorted(machine.runs()) == [tmp_path / "a", tmp_path / "b"]
    machine.down(run=tmp_path / "a")
    assert machine.runs() == [tmp_path / "b"]
    assert len(os.listdir(own_cache / "known-runs")) == 1


def test_a_damaged_note_of_a_machine_is_no_machine(lab: Lab, run: Path) -> None:
    machine.up(["n1"], run=run)
    (run / "n1" / "machine.json").write_text("{")
    assert machine.machines(run) == []
