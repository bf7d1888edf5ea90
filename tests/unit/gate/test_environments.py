# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Interpreters, the checkout as a collection, and what ansible-test gets."""

import configparser
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ansible_test, checkout, pythons

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


def script(path: Path, text: str) -> Path:
    """An executable script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_an_interpreter_is_one_that_runs(tmp_path: Path) -> None:
    """A script that fails, another version and a directory are passed over; pyenv's versions are looked at last."""
    script(tmp_path / "shims" / "python3.6", "echo 'command not found' >&2; exit 127")
    script(tmp_path / "other" / "python3.6", "echo 3.7")
    (tmp_path / "directory" / "python3.6").mkdir(parents=True)
    (tmp_path / "broken" / "python3.6").parent.mkdir()
    (tmp_path / "broken" / "python3.6").write_text("not a program")
    (tmp_path / "broken" / "python3.6").chmod(0o755)
    path = ":".join(str(tmp_path / name) for name in ("shims", "other", "directory", "broken", "missing"))
    variables = {"PATH": path, "HOME": str(tmp_path)}
    assert pythons.find("3.6", variables) is None
    real = script(tmp_path / ".pyenv" / "versions" / "3.6.15" / "bin" / "python3.6", "echo 3.6")
    assert pythons.find("3.6", variables) == real
    first = script(tmp_path / "missing" / "python3.6", "echo 3.6")
    assert pythons.find("3.6", variables) == first


def test_the_running_interpreter_is_found() -> None:
    """In the environment of this process."""
    assert pythons.answers(Path(sys.executable), HERE)
    assert pythons.find(HERE, {"PATH": str(Path(sys.executable).parent)}) is not None


def test_the_checkout_is_a_collection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The link is made outside the repository, fixed when it points elsewhere, and kept otherwise."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    path = checkout.collections_path()
    link = path / "ansible_collections" / "kdump" / "fleet"
    assert path.is_relative_to(tmp_path / "kdump-fleet")
    assert link.resolve() == checkout.ROOT
    link.unlink()
    link.symlink_to(tmp_path)
    assert checkout.collections_path() == path
    assert link.resolve() == checkout.ROOT
    before = link.lstat().st_ino
    checkout.collections_path()
    assert link.lstat().st_ino == before


def test_the_cache_is_in_the_home_without_xdg(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the XDG base directory specification says."""
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", "/nowhere")
    assert checkout.cache_directory() == Path("/nowhere/.cache/kdump-fleet")


def test_the_copy_for_ansible_test_holds_the_checkouts_files(tmp_path: Path) -> None:
    """And nothing else: no environment, no results of earlier runs."""
    copy = ansible_test.copy_checkout(tmp_path)
    assert copy == tmp_path / "ansible_collections" / "kdump" / "fleet"
    assert sorted(path.relative_to(copy) for path in copy.rglob("*") if path.is_file()) == sorted(checkout.files())


def test_settings_of_pip_reach_ansible_test() -> None:
    """Settings from the environment and from files become one file that pip reads; values may have several lines."""
    listed = ":env:.cert='/etc/ca.pem'\nglobal.extra-index-url='one\\ntwo'\nglobal.timeout='5'\nno setting\n"
    parser = configparser.RawConfigParser()
    parser.read_string(ansible_test.pip_settings(listed))
    assert dict(parser["global"]) == {"cert": "/etc/ca.pem", "extra-index-url": "one\ntwo", "timeout": "5"}


def test_pip_versions_are_read_from_ansible_test(tmp_path: Path) -> None:
    """Each needs its stand-in for get-pip.py."""
    source = tmp_path / "_internal" / "python_requirements.py"
    source.parent.mkdir()
    source.write_text("default = dict(\n    pip='25.2',\n)\nold = {'3.6': dict(pip='21.3.1', wheel=None)}\n")
    assert ansible_test.pip_versions(tmp_path) == {"21.3.1", "25.2"}


def test_the_home_of_ansible_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One for each release; it has the stand-ins, pip's settings, and only interpreters that work."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(pythons, "find", lambda version: Path(sys.executable) if version == HERE else None)
    variables = ansible_test.environment(Path(sys.executable))
    home = Path(variables["HOME"])
    assert home.parent == tmp_path / "kdump-fleet" / "ansible-test"
    assert home.name.startswith(ansible_test.core_version() + ".")
    assert list((home / ".ansible" / "test" / "cache").glob("get_pip_*.py")) != []
    assert (home / ".config" / "pip" / "pip.conf").read_text().startswith("[global]")
    assert [path.name for path in (home / "bin").iterdir()] == [f"python{HERE}"]
    assert variables["PATH"].split(":")[:2] == [str(Path(sys.executable).parent), str(home / "bin")]


def test_the_stand_in_for_get_pip_takes_its_arguments() -> None:
    """The code compiles and drops what is not for "pip install"."""
    compile(ansible_test.GET_PIP, "get_pip", "exec")
    assert "--no-setuptools" in ansible_test.GET_PIP


def test_the_command_line_prints_the_collections_path() -> None:
    """For make, and for people."""
    said = subprocess.run(
        [sys.executable, "-m", "tests.checkout"], cwd=checkout.ROOT, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == str(checkout.collections_path())


def test_the_unit_tests_need_no_variables() -> None:
    """Plain pytest does as much as nox: this one starts the gate, which imports the collection."""
    test = "tests/unit/roles/test_dump_server_settings.py::test_the_program_runs_as_one_file"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test],
        cwd=checkout.ROOT,
        env={name: os.environ[name] for name in ("HOME", "XDG_CACHE_HOME") if name in os.environ},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
