# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of machine.py: real commands, real files."""

import errno
import os
import time
from pathlib import Path
from typing import Any, List

import pytest

from ansible_collections.kdump.fleet.plugins.module_utils.host import machine as host_module
from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import (
    BUSY_TRIES,
    CommandError,
    CommandResult,
    Host,
    run_command,
)

SH = "/bin/sh"


def test_a_command_is_run_with_its_output_apart() -> None:
    result = Host().run([SH, "-c", "echo out; echo err >&2"])
    assert result == CommandResult([SH, "-c", "echo out; echo err >&2"], 0, "out\n", "err\n")


def test_a_command_gets_the_c_locale_and_the_system_directories(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("LANGUAGE", "de")
    monkeypatch.setenv("PATH", "/opt/own:/usr/bin::")
    said = Host().run([SH, "-c", 'echo "$LC_ALL $LANGUAGE $PATH"']).stdout.split()
    assert said == ["C", "C", "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin:/opt/own"]


def test_a_command_has_no_standard_input() -> None:
    assert Host().run(["cat"]).stdout == ""


def test_output_that_is_not_utf8_is_read() -> None:
    result = Host().run([SH, "-c", r"printf 'a\377b'; printf '\303' >&2"])
    assert (result.stdout, result.stderr) == ("a\ufffdb", "\ufffd")


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo useless; echo why >&2; exit 3", "why"),
        ("echo only out; exit 3", "only out"),
        ("exit 3", "no output"),
        ("head -c 5000 /dev/zero | tr '\\0' x; exit 3", "x" * 2000),
        ('echo "Traceback (most recent call last):\n  File x\n    y()\nOSError: why\n" >&2; exit 3', "OSError: why"),
        ('echo "Traceback (most recent call last):\n  cut"; exit 3', "Traceback (most recent call last):\n  cut"),
    ],
)
def test_a_bad_status_is_an_error_with_what_was_said(script: str, said: str) -> None:
    with pytest.raises(CommandError) as error:
        Host().run([SH, "-c", script])
    assert str(error.value) == "'{0} -c {1}' failed with exit status 3: {2}".format(SH, script, said)


def test_a_status_can_be_accepted() -> None:
    assert Host().run([SH, "-c", "exit 3"], accept=(0, 3)).rc == 3
    with pytest.raises(CommandError, match="status -9"):
        Host().run([SH, "-c", "kill -9 $$"])


def test_a_missing_command_is_an_error_that_names_it() -> None:
    with pytest.raises(CommandError) as error:
        Host().run(["kdump-fleet-missing", "-x"])
    assert str(error.value) == (
        "Cannot run 'kdump-fleet-missing -x': No such file or directory. "
        "Install the package that brings kdump-fleet-missing."
    )


@pytest.mark.parametrize(
    "script",
    [
        "sleep 60",
        "sleep 60 & wait",  # a child that outlives its parent keeps the output open
        "trap '' TERM INT HUP; sleep 60; sleep 60",
    ],
)
def test_a_command_that_takes_too_long_is_stopped_with_what_it_started(script: str) -> None:
    began = time.monotonic()
    with pytest.raises(CommandError, match="had not ended after 0 seconds and was stopped"):
        Host().run([SH, "-c", script], timeout=0.3)
    assert time.monotonic() - began < 30


def test_a_daemon_that_keeps_the_output_open_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_module, "STOP_PAUSE", 0.2)
    began = time.monotonic()
    with pytest.raises(CommandError, match="was stopped"):
        Host().run([SH, "-c", "setsid sleep 8 & wait"], timeout=0.5)
    assert time.monotonic() - began < 7


def test_a_command_that_ends_while_it_is_stopped_is_reported_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(pid: int, number: int) -> None:
        os.kill(pid, number)
        raise ProcessLookupError(errno.ESRCH, "No such process")

    monkeypatch.setattr(os, "killpg", gone)
    with pytest.raises(CommandError, match="was stopped"):
        Host().run(["sleep", "60"], timeout=0.2)


def test_a_runner_is_used_in_place_of_the_machine() -> None:
    asked: List[Any] = []

    def runner(argv: List[str], timeout: float) -> CommandResult:
        asked.append((argv, timeout))
        return CommandResult(argv, 0, "answer", "")

    assert Host("/nowhere", runner).run(("a", "b"), timeout=5.0).stdout == "answer"
    assert asked == [(["a", "b"], 5.0)]
    assert Host()._runner is run_command


def test_paths_lie_below_the_root(tmp_path: Path) -> None:
    assert Host().path("/etc/kdump.conf") == "/etc/kdump.conf"
    assert Host(str(tmp_path)).path("/etc/kdump.conf") == str(tmp_path / "etc/kdump.conf")


@pytest.mark.parametrize("root", ["/", "{0}", "{0}/"])
def test_glob_answers_with_paths_of_the_host(tmp_path: Path, root: str) -> None:
    (tmp_path / "etc").mkdir()
    for name in ("b.cfg", "a.cfg", "c.txt"):
        (tmp_path / "etc" / name).write_text("")
    host = Host(root.format(tmp_path))
    prefix = str(tmp_path) if root == "/" else ""
    assert host.glob(prefix + "/etc/*.cfg") == [prefix + "/etc/a.cfg", prefix + "/etc/b.cfg"]
    assert host.glob(prefix + "/none/*") == []


def test_files_are_read_to_the_byte(tmp_path: Path) -> None:
    content = b"a\xff\r\n\0end"
    (tmp_path / "file").write_bytes(content)
    text = Host(str(tmp_path)).read("/file")
    assert text is not None
    assert text.encode("utf-8", "surrogateescape") == content


def test_missing_files_are_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "dangling").symlink_to("nowhere")
    host = Host(str(tmp_path))
    for name in ("/none", "/none/below", "/file/below", "/dangling"):
        assert host.read(name) is None
        assert not host.exists(name)
    assert host.exists("/file")


@pytest.mark.parametrize("kind", ["directory", "loop"])
def test_what_cannot_be_read_is_an_error_of_the_system(tmp_path: Path, kind: str) -> None:
    if kind == "directory":
        (tmp_path / "file").mkdir()
    else:
        (tmp_path / "file").symlink_to("file")
    with pytest.raises(OSError) as error:
        Host(str(tmp_path)).read("/file")
    assert error.value.errno == (errno.EISDIR if kind == "directory" else errno.ELOOP)
    assert error.value.filename == str(tmp_path / "file")


class Busy(object):
    """Opens a file after the kernel has refused it some times."""

    def __init__(self, refusals: int, number: int) -> None:
        self.left = refusals
        self.number = number

    def __call__(self, name: str, mode: str) -> Any:
        if self.left:
            self.left -= 1
            raise OSError(self.number, os.strerror(self.number), name)
        return Path(name).open(mode)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> List[float]:
    made: List[float] = []
    monkeypatch.setattr(time, "sleep", made.append)
    return made


@pytest.mark.parametrize("refusals", [0, 1, BUSY_TRIES - 1])
def test_a_busy_file_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pauses: List[float], refusals: int
) -> None:
    (tmp_path / "crash_size").write_text("201326592\n")
    monkeypatch.setattr(host_module, "open", Busy(refusals, errno.EBUSY), raising=False)
    assert Host(str(tmp_path)).read("/crash_size") == "201326592\n"
    assert len(pauses) == refusals


@pytest.mark.parametrize(("number", "tries"), [(errno.EBUSY, BUSY_TRIES), (errno.EACCES, 1), (errno.EIO, 1)])
def test_a_file_that_stays_closed_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pauses: List[float], number: int, tries: int
) -> None:
    (tmp_path / "crash_size").write_text("201326592\n")
    monkeypatch.setattr(host_module, "open", Busy(BUSY_TRIES + 1, number), raising=False)
    with pytest.raises(OSError) as error:
        Host(str(tmp_path)).read("/crash_size")
    assert error.value.errno == number
    assert len(pauses) == tries - 1


def test_commands_are_found_in_the_order_of_the_system(tmp_path: Path) -> None:
    host = Host(str(tmp_path))
    assert host.which("kexec") is None
    for directory in ("usr/bin", "sbin", "usr/local/sbin"):
        (tmp_path / directory).mkdir(parents=True)
    (tmp_path / "usr/local/sbin/kexec").mkdir()  # no command
    (tmp_path / "sbin/kexec").write_text("")
    (tmp_path / "sbin/kexec").chmod(0o644)  # not executable
    (tmp_path / "usr/bin/kexec").symlink_to("nowhere")
    assert host.which("kexec") is None
    (tmp_path / "usr/bin/nowhere").write_text("")
    (tmp_path / "usr/bin/nowhere").chmod(0o755)
    assert host.which("kexec") == "/usr/bin/kexec"
    (tmp_path / "sbin/kexec").chmod(0o755)
    assert host.which("kexec") == "/sbin/kexec"
