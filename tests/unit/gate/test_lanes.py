# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands side by side."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from tests import lanes
from tests.lanes import Job, Lanes


def job(part: str, script: str, directory: Path) -> Job:
    return Job(part, ("sh", "-c", script), directory)


def wait_for(path: Path) -> str:
    """A shell command that ends when there is such a file."""
    return f"while [ ! -e {path} ]; do sleep 0.02; done"


def test_two_run_at_a_time_and_their_outputs_do_not_mix(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    jobs = [  # neither can end without the other
        job("one", f"echo one begins; touch {one}; {wait_for(two)}; echo one ends >&2", tmp_path),
        job("two", f"echo two begins; touch {two}; {wait_for(one)}; echo two ends; exit 3", tmp_path),
    ]
    found = {done.job.part: done for done in Lanes(2, os.environ).run(jobs)}
    assert found["one"].output == "one begins\none ends\n"
    assert found["two"].output == "two begins\ntwo ends\n"
    assert (found["one"].ok, found["two"].ok) == (True, False)
    assert all(done.seconds > 0 for done in found.values())


def test_a_job_has_its_own_directory_and_variables(tmp_path: Path) -> None:
    own = Job("a", ("sh", "-c", "echo $WHO; pwd"), directory=tmp_path, variables={"WHO": "you"})
    (done,) = Lanes(1, {**os.environ, "WHO": "me"}).run([own])
    assert done.output == f"you\n{tmp_path}\n"
    (done,) = Lanes(1, {**os.environ, "WHO": "me"}).run([own._replace(variables={})])
    assert done.output.startswith("me\n")


def test_no_more_than_the_lanes_run_in_the_given_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = [job(name, "mkdir only && sleep 0.05 && rmdir only && echo $WHO", tmp_path) for name in "abc"]
    variables = {**os.environ, "WHO": "me"}
    monkeypatch.chdir(tmp_path)
    found = list(Lanes(1, variables).run(jobs))
    assert [(done.job.part, done.ok, done.output) for done in found] == [(name, True, "me\n") for name in "abc"]


@pytest.mark.parametrize("script", ["sleep 60", "trap '' TERM; while :; do sleep 0.1; done"])
def test_an_interruption_ends_what_runs_and_starts_nothing_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    for limit in ("END_LIMIT", "KILL_LIMIT"):
        monkeypatch.setattr(lanes, limit, 0.3)
    pidfile = tmp_path / "pid"
    jobs = [
        job("quick", wait_for(pidfile), tmp_path),
        job("endless", f"echo $$ >{tmp_path}/new; mv {tmp_path}/new {pidfile}; {script}", tmp_path),
        *(job(f"later {number}", f"sleep 1; touch {tmp_path}/later", tmp_path) for number in range(3)),
    ]
    running = Lanes(2, os.environ).run(jobs)
    assert next(running).job.part == "quick"
    begin = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        running.throw(KeyboardInterrupt())
    assert time.monotonic() - begin < 30
    number = pidfile.read_text().strip()
    assert subprocess.run(["kill", "-0", number], stderr=subprocess.DEVNULL, check=False).returncode
    assert not (tmp_path / "later").exists()
