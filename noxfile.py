# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The quality gate, part by part. "make check" and "make test" run it; "nox -s unit -- -k word" runs a piece.

Sessions run in the environment that nox itself runs in (make environment). Only tools that need another
Python or another ansible-core get an environment of their own, under .nox.
"""

import contextlib
import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import nox
from nox.command import CommandFailed

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))

from tests import ansible_test, lanes, molecule_run, pythons, summary  # noqa: E402  (needs the path above)
from tests.checkout import collections_path, files, variables  # noqa: E402  (as above)
from tests.lab.recipes import RECIPES  # noqa: E402  (as above)

nox.options.default_venv_backend = "none"
nox.options.sessions = ["lint", "types", "floor", "unit"]

LAB = (sys.executable, "-m", "tests.lab")
PYTEST = (sys.executable, "-m", "pytest")
EVERYTHING = "KDUMP_FLEET_TEST_ALL" in os.environ  # make test-all
LANES = 2  # machines at a time that two processors carry
TOOLS = Path(sys.executable).parent
ARTIFACTS = ROOT / "artifacts"
COLLECTIONS = collections_path()
PLUGINS = "ansible_collections.kdump.fleet.plugins"
ON_HOSTS = ("plugins/modules", "plugins/module_utils")
OLDEST = "3.6"
GALAXY_RUNS_ON = "3.12"
OLDEST_CORE_RUNS_ON = ("3.12", "3.11", "3.10")
COVERED_AT_LEAST = 90.0
ENVIRONMENT = {
    **variables(),
    "MYPYPATH": str(COLLECTIONS),
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
}


class Parts:
    """The parts of one session. A failed part does not stop the next one, but the session fails at its end."""

    def __init__(self, session: nox.Session, **variables: str) -> None:
        self.session = session
        self.variables = {**ENVIRONMENT, **variables}
        self.failed: list[str] = []

    def check(self, part: str, *command: str | Path) -> bool:
        """Run a command that is one check."""
        ok, seconds = self._run(command)
        self._keep(summary.judge_command(part, ok, seconds))
        return ok

    def tests(
        self,
        part: str,
        *command: str | Path,
        reports: Path,
    ) -> None:
        """Run a command that writes JUnit reports into the directory reports, which is emptied first."""
        shutil.rmtree(reports, ignore_errors=True)
        reports.mkdir(parents=True)
        ok, seconds = self._run(command)
        self._keep(summary.judge_tests(part, ok, sorted(reports.glob("*.xml")), seconds))

    def side_by_side(self, jobs: Sequence[lanes.Job]) -> bool:
        """Run commands as tests() or check() does, two at a time; each is shown when it has ended."""
        for job in jobs:
            if job.reports:
                shutil.rmtree(job.reports, ignore_errors=True)
                job.reports.mkdir(parents=True)
        ok = True
        self.session.log(f"{LANES} at a time, in this order: " + ", ".join(job.part for job in jobs))
        with contextlib.closing(lanes.Lanes(LANES, {**os.environ, **self.variables}).run(jobs)) as ended:
            for done in ended:
                self.session.log(f"{done.job.part}: ended after {done.seconds:.0f} s; this is what it printed")
                print(done.output, end="", flush=True)
                ok = ok and done.ok
                if done.job.reports:
                    reports = sorted(done.job.reports.glob("*.xml"))
                    self._keep(summary.judge_tests(done.job.part, done.ok, reports, done.seconds))
                else:
                    self._keep(summary.judge_command(done.job.part, done.ok, done.seconds))
        return ok

    def pytest(self, part: str, *arguments: str | Path, python: str | Path = sys.executable) -> None:
        """Run pytest, with its arguments from the command line of nox last."""
        reports = ARTIFACTS / "junit" / part.replace(" ", "-")
        self.tests(
            part,
            python,
            *PYTEST[1:],
            f"--junitxml={reports / 'pytest.xml'}",
            *arguments,
            *self.session.posargs,
            reports=reports,
        )

    def say(self, part: str, ok: bool, text: str) -> None:
        """A check that was made here."""
        self.session.log(text)
        self._keep(summary.judge_command(part, ok))

    def not_run(self, part: str, reason: str) -> None:
        """A part that this machine cannot run: reported plainly, counted neither as passed nor as failed."""
        self.session.warn(f"{part}: {reason}")
        self._keep(summary.Result(part, 0, 0, [("all", reason)]))

    def end(self) -> None:
        """Fail the session when one of its parts failed."""
        if self.failed:
            self.session.error("failed: " + ", ".join(self.failed))

    def _run(self, command: Iterable[str | Path]) -> tuple[bool, float]:
        begin = time.monotonic()
        try:
            self.session.run(*command, env=self.variables, external=True)
            ok = True
        except CommandFailed:
            ok = False
        return ok, time.monotonic() - begin

    def _keep(self, result: summary.Result) -> None:
        summary.save(result)
        if result.failed:
            self.failed.append(result.part)


def environment(session: nox.Session, python: Path, requirements: str) -> Path:
    """The interpreter of an environment under .nox with these pinned requirements; made again when they change."""
    wanted = ROOT / "requirements" / requirements
    path = ROOT / ".nox" / wanted.stem
    stamp = path / "made-from"
    key = f"{python} {hashlib.sha256(wanted.read_bytes()).hexdigest()}"
    if not stamp.exists() or stamp.read_text() != key:
        shutil.rmtree(path, ignore_errors=True)
        session.run(python, "-m", "venv", path, external=True)
        pip = (path / "bin" / "python", "-m", "pip", "install", "-q", "--require-hashes", "-r", wanted)
        session.run(*pip, env=ENVIRONMENT, external=True)
        stamp.write_text(key)
    return path / "bin" / "python"


def with_suffix(*suffixes: str) -> list[str]:
    """The checkout's files with one of these suffixes."""
    return [str(path) for path in files() if path.suffix in suffixes]


SCHEMAS = {
    "github-workflows": ".github/workflows/*.yml",
    "github-issue-forms": ".github/ISSUE_TEMPLATE/[!c]*.yml",
    "github-issue-config": ".github/ISSUE_TEMPLATE/config.yml",
    "dependabot": ".github/dependabot.yml",
}


@nox.session
def lint(session: nox.Session) -> None:
    """ruff, yamllint, shellcheck, zizmor, schemas of what the forge reads, ansible-lint."""
    parts = Parts(session)
    parts.check("ruff check", sys.executable, "-m", "ruff", "check")
    parts.check("ruff format", sys.executable, "-m", "ruff", "format", "--check")
    parts.check("yamllint", sys.executable, "-m", "yamllint", "--strict", *with_suffix(".yml", ".yaml"))
    parts.check("shellcheck", TOOLS / "shellcheck", ".ci/environment", ".ci/run", *with_suffix(".sh"))
    parts.check("zizmor", TOOLS / "zizmor", "--offline", "--no-progress", "--persona", "auditor", ".github")
    for schema, pattern in SCHEMAS.items():
        schema_of = (sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}")
        parts.check(f"schema {schema}", *schema_of, *[str(path) for path in files() if path.match(pattern)])
    parts.check("ansible-lint", sys.executable, "-m", "ansiblelint", "--offline", "--profile", "production", "--strict")
    parts.end()


@nox.session
def types(session: nox.Session) -> None:
    """mypy, strict, over everything in Python."""
    parts = Parts(session)
    parts.check("mypy", sys.executable, "-m", "mypy", "-p", PLUGINS, "-p", "tests", "-m", "noxfile")
    scenarios = [str(path) for path in files() if path.parts[0] == "molecule" and path.suffix == ".py"]
    if scenarios:
        parts.check("mypy molecule", sys.executable, "-m", "mypy", *scenarios)
    parts.end()


@nox.session
def floor(session: nox.Session) -> None:
    """Everything that is sent to hosts runs on Python 3.6."""
    parts = Parts(session)
    parts.check(
        f"vermin {OLDEST}",
        TOOLS / "vermin",
        f"--target={OLDEST}-",
        "--violations",
        "--no-tips",
        "--eval-annotations",
        "--backport=typing",
        *ON_HOSTS,
    )
    python = pythons.find(OLDEST)
    if python is None:
        parts.not_run(f"units on {OLDEST}", f"no Python {OLDEST} here: static check only")
    else:
        parts.check(f"compile on {OLDEST}", python, "-c", COMPILE, *ON_HOSTS)
        oldest = environment(session, python, "python36.txt")
        parts.pytest(f"units on {OLDEST}", "-q", *BOTH, "-p", "no:cacheprovider", HOST_TESTS, python=oldest)
    parts.end()


# compileall would leave its files among the sources
COMPILE = """
import pathlib, sys
for directory in sys.argv[1:]:
    for path in sorted(pathlib.Path(directory).rglob("*.py")):
        compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
"""
HOST_TESTS = "tests/unit/plugins/module_utils"
BOTH = ("--numprocesses", "2", "--dist", "loadscope")  # processors


@nox.session
def unit(session: nox.Session) -> None:
    """Unit tests, with branch coverage of plugins. Arguments go to pytest; coverage is then not judged."""
    parts = Parts(session)
    report = ARTIFACTS / "coverage.json"
    report.unlink(missing_ok=True)
    if session.posargs:
        parts.pytest("units", "-q")
    else:
        parts.pytest(
            "units", "-q", *BOTH, "--cov", "--cov-report=term-missing:skip-covered", f"--cov-report=json:{report}"
        )
        totals = json.loads(report.read_text())["totals"] if report.exists() else {}
        lines = 100.0 * totals.get("covered_lines", 0) / totals.get("num_statements", 1)
        branches = 100.0 * totals.get("covered_branches", 0) / totals.get("num_branches", 1)
        parts.say(
            "branch coverage",
            min(lines, branches) >= COVERED_AT_LEAST,
            f"plugins: {branches:.1f} % of the branches and {lines:.1f} % of the statements are covered by unit tests, "
            f"{COVERED_AT_LEAST:.0f} % of each must be",
        )
    parts.end()


@nox.session
def fleet(session: nox.Session) -> None:
    """The playbooks over fleets of stub hosts, on ansible-core 2.16 and on the newest. Arguments go to pytest.

    "make test" runs each test on one of the two, by the number of commits; "make test-all" on both.
    """
    parts = Parts(session)
    oldest = next(filter(None, map(pythons.find, OLDEST_CORE_RUNS_ON)), None)
    if oldest is None:
        parts.not_run("fleet 2.16", "ansible-core 2.16 needs Python 3.10, 3.11 or 3.12, and none is here")
        parts.pytest("fleet", "-q", "--numprocesses", "2", "tests/fleet", "-k", "not oldest")
    else:
        environment(session, oldest, "sanity-2.16.txt")
        if not (EVERYTHING or session.posargs):
            parts.variables["KDUMP_FLEET_TURN"] = str(molecule_run.turn())
            parts.not_run("fleet on both", "each test ran on one ansible-core; make test-all runs them on both")
        parts.pytest("fleet", "-q", "--numprocesses", "2", "tests/fleet")
    parts.end()


@nox.session
def sanity(session: nox.Session) -> None:
    """ansible-test sanity on ansible-core 2.16 and on the newest release that this environment has; Galaxy's import."""
    parts = Parts(session)
    oldest = next(filter(None, map(pythons.find, OLDEST_CORE_RUNS_ON)), None)
    interpreters = {}
    if oldest is None:
        parts.not_run("sanity 2.16", "ansible-core 2.16 needs Python 3.10, 3.11 or 3.12, and none is here")
    else:
        interpreters["sanity 2.16"] = environment(session, oldest, "sanity-2.16.txt")
    interpreters[f"sanity {ansible_test.core_version()}"] = Path(sys.executable)
    with tempfile.TemporaryDirectory(prefix="kdump-fleet-") as directory:
        jobs = []
        for part, python in interpreters.items():
            copy = ansible_test.copy_checkout(Path(directory) / part.replace(" ", "-"))
            command = (str(python.parent / "ansible-test"), "sanity", "--color", "no", "--junit", *session.posargs)
            reports = copy / "tests" / "output" / "junit"
            jobs.append(lanes.Job(part, command, reports, copy, ansible_test.environment(python)))
        importing = pythons.find(GALAXY_RUNS_ON)
        if importing is None:
            parts.not_run("galaxy", f"its requirements are pinned for Python {GALAXY_RUNS_ON}, and none is here")
        else:
            importer = environment(session, importing, "galaxy.txt")
            jobs.append(lanes.Job("galaxy", (sys.executable, "-m", "tests.galaxy", str(importer.parent))))
        parts.side_by_side(jobs)
    parts.end()


@nox.session
def machines(session: nox.Session) -> None:
    """Molecule scenarios and end-to-end tests on the lab's virtual machines."""
    with tempfile.TemporaryDirectory(prefix="kdump-fleet-") as directory:
        parts = Parts(session, TMPDIR=directory)
        ready = parts.check("lab setup", *LAB, "setup")
        builds = [lanes.Job(f"lab build {name}", (*LAB, "build", name)) for name in RECIPES]
        scenarios, waiting = molecule_run.of_this_run(molecule_run.longest_first(ROOT), EVERYTHING, molecule_run.turn())
        for scenario in waiting:
            parts.not_run(f"molecule {scenario}", "not its turn; make test-all runs every scenario")
        if ready and parts.side_by_side(builds):
            life = ARTIFACTS / "junit" / "machines"
            parts.side_by_side(
                [
                    lanes.Job(
                        "machines",
                        (*PYTEST, f"--junitxml={life / 'pytest.xml'}", "tests/machines", *session.posargs),
                        life,
                    ),
                    *(
                        lanes.Job(
                            f"molecule {scenario}",
                            (sys.executable, "-m", "tests.molecule_run", scenario),
                            molecule_run.ARTIFACTS / scenario,
                        )
                        for scenario in scenarios
                    ),
                ]
            )
        parts.check("nothing left running", sys.executable, "-m", "tests.leftovers", ROOT, directory)
    parts.end()
