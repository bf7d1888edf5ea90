# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate as one file: what is in it, that it is the same each time, and how it is put in place."""

import io
import os
import shutil
import stat
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any, Dict, Iterator

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils import gate_program
from ansible_collections.kdump.fleet.plugins.module_utils.dump_gate import main as gate_main
from ansible_collections.kdump.fleet.plugins.module_utils.errors import KdumpError
from ansible_collections.kdump.fleet.plugins.module_utils.gate_program import archive, differences, files, install
from ansible_collections.kdump.fleet.plugins.module_utils.host import Host

SOURCES = Path(gate_main.__file__).parent


class FakeModule:
    """Stands for AnsibleModule, with what it does to files."""

    def __init__(self, check_mode: bool = False) -> None:
        self.check_mode = check_mode
        self.tmpdir = tempfile.gettempdir()

    @staticmethod
    def atomic_move(source: str, target: str) -> None:
        shutil.move(source, target)

    @staticmethod
    def set_mode_if_different(path: str, mode: int, changed: bool) -> bool:
        if stat.S_IMODE(os.stat(path).st_mode) == mode:
            return changed
        os.chmod(path, mode)
        return True

    @staticmethod
    def set_owner_if_different(path: str, owner: str, changed: bool) -> bool:
        assert os.stat(path).st_uid == int(owner)
        return changed


@pytest.fixture(name="given")
def parameters_of_the_module(tmp_path: Path) -> Iterator[Dict[str, Any]]:
    """With a umask under which nobody else could read what is made."""
    former = os.umask(0o077)
    yield {
        "path": str(tmp_path / "usr/local/libexec/kdump-gate"),
        "settings_path": str(tmp_path / "etc/kdump-gate.json"),
        "python": sys.executable,
        "settings": {"area": "/srv/kdump", "floor": 1},
    }
    os.umask(former)


def members(content: bytes) -> Dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return {name: file.read(name) for name in file.namelist()}


def test_every_source_of_the_gate_is_in_it() -> None:
    found = members(archive("/usr/bin/python3", "/etc/kdump-gate.json"))
    wanted = {"dump_gate/" + path.name: path.read_bytes() for path in SOURCES.glob("*.py")}
    assert len(wanted) > 10
    assert {name: text for name, text in found.items() if name != "__main__.py"} == wanted
    assert b"run('/etc/kdump-gate.json')" in found["__main__.py"]


def test_it_is_the_same_at_any_time_and_begins_as_a_program() -> None:
    once = archive("/usr/bin/python3", "/etc/kdump-gate.json")
    assert once == archive("/usr/bin/python3", "/etc/kdump-gate.json")
    assert once.startswith(b"#!/usr/bin/python3 -I\nPK\x03\x04")
    with zipfile.ZipFile(io.BytesIO(once)) as file:
        assert {(info.date_time[0], info.compress_type, info.create_system) for info in file.infolist()} == {
            (1980, zipfile.ZIP_STORED, 3)
        }


def test_put_in_place_once(given: Dict[str, Any]) -> None:
    """For everybody to read and to run, whatever the umask is."""
    wanted = files(Host(), given)
    foreseen = install(FakeModule(check_mode=True), wanted)
    assert not os.path.exists(given["settings_path"])
    result = install(FakeModule(), wanted)
    assert result == foreseen
    assert (result["changed"], result["files"]) == (True, [given["settings_path"], given["path"]])
    assert stat.S_IMODE(os.stat(given["path"]).st_mode) == 0o755
    assert stat.S_IMODE(os.stat(given["settings_path"]).st_mode) == 0o644
    for directory in list(Path(given["path"]).parents)[:3]:
        assert stat.S_IMODE(directory.stat().st_mode) == 0o755
    assert install(FakeModule(), wanted) == {"changed": False, "files": [], "diff": []}


def test_a_program_that_others_can_write_is_mended(given: Dict[str, Any]) -> None:
    wanted = files(Host(), given)
    install(FakeModule(), wanted)
    os.chmod(given["path"], 0o777)
    assert install(FakeModule(), wanted) == {"changed": True, "files": [given["path"]], "diff": []}
    assert stat.S_IMODE(os.stat(given["path"]).st_mode) == 0o755


def test_what_differs_is_shown_by_its_member() -> None:
    before, after = (archive("/usr/bin/python3", path) for path in ("/etc/one", "/etc/two"))
    (shown,) = differences("/gate", before, after)
    assert shown["before_header"] == shown["after_header"] == "/gate: __main__.py"
    assert "run('/etc/one')" in shown["before"]
    assert "run('/etc/two')" in shown["after"]
    (shown,) = differences("/gate", after, archive("/usr/bin/python3.11", "/etc/two"))
    assert (shown["before"], shown["after"]) == ("#!/usr/bin/python3 -I\n", "#!/usr/bin/python3.11 -I\n")


def test_a_file_that_is_no_archive_is_shown_as_it_is() -> None:
    shown = differences("/gate", b"#!/bin/sh\n\xff\n", archive("/usr/bin/python3", "/etc/one"))
    assert shown[0]["before"] == "#!/bin/sh\n\ufffd\n"
    assert [entry["before_header"] for entry in shown[1:]] == [
        entry["after_header"] + " (absent)" for entry in shown[1:]
    ]


@pytest.mark.parametrize("python", ["python3", "/opt/my python/bin/python", "/usr/bin/python3\n", ""])
def test_an_interpreter_that_the_first_line_cannot_hold(given: Dict[str, Any], python: str) -> None:
    with pytest.raises(KdumpError, match="absolute path without blanks"):
        files(Host(), dict(given, python=python))


def test_an_interpreter_that_does_not_run(given: Dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KdumpError, match=r"needs Python 3\.6 or newer, and /no/python3 is not: Cannot run"):
        files(Host(), dict(given, python="/no/python3"))
    monkeypatch.setattr(gate_program, "OLDEST", (99, 0))
    with pytest.raises(KdumpError, match=r"needs Python 99\.0 or newer.* ended with status 1 .*dump_server_python"):
        files(Host(), given)
