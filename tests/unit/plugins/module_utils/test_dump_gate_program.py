# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate as one file: what is in it, that it is the same each time, and how it is put in place."""

import json
import os
import pkgutil
import shutil
import stat
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils import dump_gate_program
from ansible_collections.kdump.fleet.plugins.module_utils.dump_gate import main as gate_main
from ansible_collections.kdump.fleet.plugins.module_utils.dump_gate_program import files, install, script, sources
from ansible_collections.kdump.fleet.plugins.module_utils.host.errors import KdumpError
from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import CommandResult, Host

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
    def set_mode_if_different(path: str, mode: int, changed: bool, diff: Dict[str, Any]) -> bool:
        found = stat.S_IMODE(os.stat(path).st_mode)
        if found == mode:
            return changed
        diff.update(before={"mode": oct(found)}, after={"mode": oct(mode)})
        os.chmod(path, mode)
        return True

    @staticmethod
    def set_owner_if_different(path: str, owner: str, changed: bool, diff: Dict[str, Any]) -> bool:
        assert os.stat(path).st_uid == int(owner)
        return changed


@pytest.fixture(name="given")
def parameters_of_the_module(tmp_path: Path) -> Iterator[Dict[str, Any]]:
    """With a umask under which nobody else could read what is made."""
    for name in ("libexec", "etc"):
        (tmp_path / name).mkdir()
    previous = os.umask(0o077)
    yield {
        "path": str(tmp_path / "libexec/kdump-gate"),
        "settings_path": str(tmp_path / "etc/kdump-gate.json"),
        "python": sys.executable,
        "settings": {"area": "/srv/kdump", "floor": 1},
    }
    os.umask(previous)


def run(given: Dict[str, Any], check_mode: bool = False, show: bool = True) -> Dict[str, Any]:
    return install(FakeModule(check_mode), files(Host(), given), show)


def test_every_source_of_the_gate_is_in_it() -> None:
    wanted = {"dump_gate." + path.stem: path.read_text() for path in SOURCES.glob("*.py") if path.stem != "__init__"}
    assert len(wanted) > 10
    assert sources() == dict(wanted, dump_gate="")
    namespace: Dict[str, Any] = {}
    text = script("/usr/bin/python3", "/etc/kdump-gate.json").decode("ascii")
    exec(text[: text.index("class Sources")], namespace)  # what a program would find
    assert namespace["SOURCES"] == sources()


def test_a_source_that_cannot_be_read_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty module in its place would be a gate that answers nobody."""
    monkeypatch.setattr(pkgutil, "get_data", lambda *_arguments: None)
    with pytest.raises(KdumpError, match=r"The source of the gate's \w+ cannot be read"):
        sources()


def test_it_is_the_same_each_time_and_begins_as_a_program() -> None:
    once = script("/usr/bin/python3", "/etc/kdump-gate.json")
    assert once == script("/usr/bin/python3", "/etc/kdump-gate.json")
    assert once.startswith(b"#!/usr/bin/python3 -I\n")
    assert once.endswith(b"\nsys.exit(run('/etc/kdump-gate.json'))\n")
    assert max(len(line) for line in once.split(b"\n")) < 200


def test_put_in_place_once(given: Dict[str, Any]) -> None:
    """For everybody to read and to run, whatever the umask is."""
    foreseen = run(given, check_mode=True)
    assert not os.path.exists(given["settings_path"])
    result = run(given)
    assert result == foreseen
    assert (result["changed"], result["files"]) == (True, [given["settings_path"], given["path"]])
    assert [entry["before_header"] for entry in result["diff"]] == [path + " (absent)" for path in result["files"]]
    assert stat.S_IMODE(os.stat(given["path"]).st_mode) == 0o755
    assert stat.S_IMODE(os.stat(given["settings_path"]).st_mode) == 0o644
    assert run(given) == {"changed": False, "files": [], "diff": []}


def test_the_sources_are_shown_only_to_who_asks(given: Dict[str, Any]) -> None:
    assert run(given, show=False)["diff"] == []


def test_a_program_that_others_can_write_is_mended(given: Dict[str, Any]) -> None:
    run(given)
    os.chmod(given["path"], 0o777)
    result = run(given)
    assert (result["changed"], result["files"]) == (True, [given["path"]])
    (shown,) = result["diff"]
    assert (shown["before"], shown["after"]) == ('{"mode": "0o777"}\n', '{"mode": "0o755"}\n')
    assert stat.S_IMODE(os.stat(given["path"]).st_mode) == 0o755


def test_a_link_is_replaced(given: Dict[str, Any], tmp_path: Path) -> None:
    """Not what it points to, which belongs to somebody else."""
    run(given)
    others = tmp_path / "others"
    os.rename(given["path"], str(others))
    others.chmod(0o777)
    os.symlink(str(others), given["path"])
    assert run(given, check_mode=True)["files"] == [given["path"]]
    assert run(given)["files"] == [given["path"]]
    assert not os.path.islink(given["path"])
    assert stat.S_IMODE(others.stat().st_mode) == 0o777
    assert run(given)["changed"] is False


def test_what_differs_is_shown_line_by_line(given: Dict[str, Any]) -> None:
    run(given)
    given["settings"] = dict(given["settings"], floor=2)
    (shown,) = run(given)["diff"]
    assert json.loads(shown["before"])["floor"] == 1
    assert json.loads(shown["after"])["floor"] == 2


def test_a_file_of_somebody_else_is_replaced(given: Dict[str, Any]) -> None:
    Path(given["path"]).write_bytes(b"#!/bin/sh\n\xff\n")
    assert run(given)["diff"][1]["before"] == "#!/bin/sh\n\ufffd\n"


def test_a_directory_that_is_not_there(given: Dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(KdumpError, match=r"There is no directory /.*/nowhere for /.*/nowhere/gate\. Make it"):
        run(dict(given, path=str(tmp_path / "nowhere/gate")))


@pytest.mark.parametrize("name", ["path", "settings_path"])
def test_a_path_that_depends_on_where_one_is(given: Dict[str, Any], name: str) -> None:
    with pytest.raises(KdumpError, match=name + " is 'here/gate'. sshd needs an absolute path"):
        files(Host(), dict(given, **{name: "here/gate"}))


@pytest.mark.parametrize("python", ["python3", "/opt/my python/bin/python", "/usr/bin/python3\n", ""])
def test_an_interpreter_that_the_first_line_cannot_hold(given: Dict[str, Any], python: str) -> None:
    with pytest.raises(KdumpError, match="absolute path without blanks"):
        files(Host(), dict(given, python=python))


NEW, OLD = 0, 1
STABLE = [
    ({"/usr/bin/python3": NEW}, "/usr/bin/python3"),
    ({"/usr/bin/python3": NEW, "/usr/libexec/platform-python": NEW}, "/usr/bin/python3"),
    ({"/usr/libexec/platform-python": NEW}, "/usr/libexec/platform-python"),
    (
        {"/usr/bin/python3": NEW, "/usr/libexec/platform-python": NEW, "/etc/alternatives/python3": NEW},
        "/usr/libexec/platform-python",
    ),
    ({"/usr/bin/python3": NEW, "/etc/alternatives/python3": NEW}, "/usr/bin/python3"),
    ({"/usr/bin/python3": OLD, "/usr/libexec/platform-python": NEW}, "/usr/libexec/platform-python"),
    ({"/usr/bin/python3": OLD, "/opt/python": NEW}, "/opt/python"),
]


@pytest.mark.parametrize("there, chosen", STABLE)
def test_the_name_that_stays_is_preferred(
    given: Dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: Dict[str, int], chosen: str
) -> None:
    """Never one with a minor version, such as Ansible finds, unless there is no other."""
    for name in there:
        path = tmp_path / "root" / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    monkeypatch.setattr("sys.executable", "/opt/python")

    def run_command(argv: List[str], _timeout: float) -> CommandResult:
        return CommandResult(argv, there[argv[0]], "", "")

    host = Host(str(tmp_path / "root"), run_command)
    there.setdefault("/opt/python", NEW)
    assert files(host, dict(given, python=None))[1].content.startswith("#!{0} -I\n".format(chosen).encode())


def test_a_program_with_another_interpreter_is_replaced(given: Dict[str, Any]) -> None:
    """As servers have it from before."""
    run(given)
    program = Path(given["path"])
    first, rest = program.read_bytes().split(b"\n", 1)
    program.write_bytes(b"#!/usr/bin/python3.11 -I\n" + rest)
    assert run(given)["files"] == [given["path"]]
    assert program.read_bytes().split(b"\n", 1)[0] == first


def test_an_interpreter_that_does_not_run(given: Dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KdumpError, match=r"needs Python 3\.6 or newer, and /no/python3 is not: Cannot run"):
        files(Host(), dict(given, python="/no/python3"))
    monkeypatch.setattr(dump_gate_program, "OLDEST", (99, 0))
    with pytest.raises(
        KdumpError, match=r"needs Python 99\.0 or newer.* failed with exit status 1: .*dump_server_python"
    ):
        files(Host(), given)
