# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A scenario passes only when everything in it happened."""

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests import minutes, molecule_report, molecule_run, summary
from tests.checkout import ROOT
from tests.molecule_run import Step

FIXTURES = Path(__file__).parent.parent / "fixtures" / "molecule"
SEQUENCE = [
    "destroy",
    "syntax",
    "create",
    "converge",
    "idempotence",
    "verify tests/armed",
    "side_effect",
    "verify tests/proven",
    "destroy",
]
TWO_TESTS = '<testsuites><testsuite><testcase name="a"/><testcase name="b"/></testsuite></testsuites>'
ONE_SKIPPED = '<testsuite><testcase name="a"/><testcase name="b"><skipped message="why"/></testcase></testsuite>'
NONE = "<testsuite/>"
NO_HOST = "no host was touched: does the inventory name the hosts of the playbook?"


def wrong(judged: list[tuple[str, str | None]]) -> dict[str, str]:
    """Only what is wrong."""
    return {name: said for name, said in judged if said is not None}


def test_a_complete_scenario_passes() -> None:
    """Every step of the sequence is in the output, with the hosts that it touched."""
    seen = molecule_run.steps((FIXTURES / "complete.txt").read_text(), "default")
    assert [step.name for step in seen] == [step.split()[0] for step in SEQUENCE]
    assert wrong(molecule_run.judge_steps(SEQUENCE, seen)) == {}


def test_what_molecule_passes_silently_is_noticed() -> None:
    """A missing playbook, and playbooks that match no host."""
    sequence = [*SEQUENCE[:-1], "verify tests/none", "destroy"]
    seen = molecule_run.steps((FIXTURES / "holes.txt").read_text(), "default")
    assert wrong(molecule_run.judge_steps(sequence, seen)) == {
        "converge": NO_HOST,
        "idempotence": NO_HOST,
        "side_effect": "Missing playbook (Remove from test_sequence to suppress)",
    }


def test_steps_of_another_scenario_do_not_count() -> None:
    """molecule may run the default scenario's steps for another one."""
    assert molecule_run.steps((FIXTURES / "complete.txt").read_text(), "other") == []


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        ([], {"create": "was not reached", "verify tests": "was not reached"}),
        ([Step("create", "Successful", 1)], {"verify tests": "was not reached"}),
        (
            [Step("create", "Failed", 1), Step("destroy", "Successful", 1)],
            {"create": "Failed", "verify tests": "was not reached"},
        ),
        (
            [Step("create", "Successful", 0), Step("destroy", "Successful", 0)],
            {"verify tests": "molecule executed destroy in its place"},
        ),
        ([Step("create", "Successful", 0), Step("verify", "Disabled", 0)], {"verify tests": "Disabled"}),
    ],
)
def test_steps_are_held_to_the_sequence(seen: list[Step], said: dict[str, str]) -> None:
    """Missing, failed, out of order, disabled."""
    assert wrong(molecule_run.judge_steps(["create", "verify tests"], seen)) == said


@pytest.mark.parametrize(
    ("sequence", "reports", "said"),
    [
        (["verify a", "verify b"], [TWO_TESTS, TWO_TESTS], {}),
        (["verify a", "verify b"], [TWO_TESTS], {"verify b: tests": "no tests were run"}),
        (["verify a"], [NONE], {"verify a: tests": "no test passed"}),
        (["verify a"], [ONE_SKIPPED], {"verify a: tests": "skipped: b: why"}),
        (["create"], [], {"verify: tests": "the scenario has no verify step"}),
    ],
)
def test_verifiers_must_have_tested(
    tmp_path: Path, sequence: list[str], reports: list[str], said: dict[str, str]
) -> None:
    """Each verify step leaves a report with a passed test, and none that was skipped."""
    paths = [tmp_path / f"{number}.xml" for number in range(len(reports))]
    for path, text in zip(paths, reports, strict=True):
        path.write_text(text)
    assert wrong(molecule_run.judge_verifiers(sequence, paths)) == said


def test_playbooks_without_a_step_are_noticed(tmp_path: Path) -> None:
    """Somebody wrote them to be run."""
    for name in ("side_effect.yml", "converge.yml"):
        (tmp_path / name).touch()
    assert list(wrong(molecule_run.judge_playbooks(tmp_path, ["converge"]))) == ["side_effect.yml"]
    assert molecule_run.judge_playbooks(tmp_path, ["converge", "side_effect side_effect.yml"]) == []


def test_the_sequence_must_be_named(tmp_path: Path) -> None:
    """molecule's own sequence has steps that few scenarios have."""
    settings = tmp_path / "molecule.yml"
    settings.write_text("scenario:\n  test_sequence: [create, verify]\n")
    assert molecule_run.sequence_of(tmp_path) == ["create", "verify"]
    settings.write_text("prerun: false\n")
    with pytest.raises(SystemExit, match="test_sequence"):
        molecule_run.sequence_of(tmp_path)


def test_scenarios_are_found(tmp_path: Path) -> None:
    """By their molecule.yml; what they share is none."""
    for name in ("b/molecule.yml", "a/molecule.yml", "shared/create.yml"):
        path = tmp_path / "molecule" / name
        path.parent.mkdir(parents=True)
        path.touch()
    assert molecule_run.scenarios(tmp_path) == ["a", "b"]


def test_the_longest_scenario_comes_first(tmp_path: Path) -> None:
    """A crash takes longer than any step."""
    for name, steps in (("a", "[create]"), ("b", "[create, converge, verify tests/armed]"), ("c", "[create]")):
        (tmp_path / "molecule" / name).mkdir(parents=True)
        (tmp_path / "molecule" / name / "molecule.yml").write_text(f"scenario: {{test_sequence: {steps}}}\n")
    assert molecule_run.longest_first(tmp_path) == ["b", "a", "c"]
    (tmp_path / "molecule/c/side_effect.yml").write_text("- role: kdump.fleet.crash_test\n" * 2)
    assert molecule_run.longest_first(tmp_path) == ["c", "b", "a"]


def test_steps_become_a_report(tmp_path: Path) -> None:
    """One test for each step; a complaint is a failure."""
    path = tmp_path / "steps.xml"
    molecule_run.write_junit([("create", None), ("verify", "no tests")], path)
    assert [case.get("name") for case in ElementTree.parse(path).iter("testcase")] == ["create", "verify"]
    assert summary.judge_tests("steps", False, [path])[1:3] == (1, 1)


def test_the_environment_serves_the_checkout(tmp_path: Path) -> None:
    """molecule finds the tools, the collection and the plugin that writes the reports."""
    variables = molecule_run.environment(tmp_path, {"HOME": "/nowhere", "PATH": "/bin"})
    assert variables["HOME"] == "/nowhere"
    assert variables["PATH"] == f"{Path(sys.executable).parent}:/bin"
    assert variables["PYTHONPATH"].split(os.pathsep)[0] == str(ROOT)
    assert (Path(variables["ANSIBLE_COLLECTIONS_PATH"]) / "ansible_collections/kdump/fleet").resolve() == ROOT
    assert variables[molecule_report.DIRECTORY] == str(tmp_path)


def test_output_goes_to_the_log_and_back(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Standard error too, as it comes."""
    code = "import sys; print('one', flush=True); print('two', file=sys.stderr); sys.exit(4)"
    log = tmp_path / "log"
    assert molecule_run.run([sys.executable, "-c", code], os.environ, log) == (4, "one\ntwo\n")
    lines = [minutes.LINE.match(line) for line in log.read_text().splitlines()]
    assert [match and match["text"] for match in lines] == ["one", "two"]
    assert capfd.readouterr().out == "one\ntwo\n"


def test_each_verify_step_has_its_own_report(tmp_path: Path) -> None:
    """Two runs of pytest with the same options leave two reports."""
    test = tmp_path / "test_it.py"
    test.write_text("def test_it(): pass\n")
    command = [sys.executable, "-m", "pytest", "-p", molecule_report.__name__, "--rootdir", str(tmp_path), str(test)]
    variables = {
        **os.environ,
        molecule_report.DIRECTORY: str(tmp_path),
        "PYTHONPATH": str(ROOT),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    for _run in range(2):
        subprocess.run(command, cwd=tmp_path, env=variables, check=True, capture_output=True)
    assert sorted(path.name for path in tmp_path.glob("*.xml")) == ["verify-01.xml", "verify-02.xml"]


def test_of_the_turns_one_runs_each_time() -> None:
    """With what is in no turn; and after as many runs as there are turns everything has run."""
    in_turns = [name for group in molecule_run.TURNS for name in group]
    names = [*in_turns, "default"]
    runs = [molecule_run.of_this_run(names, False, turn) for turn in range(len(molecule_run.TURNS))]
    assert sorted(name for run, _waiting in runs for name in run if name != "default") == sorted(in_turns)
    assert all("default" in run and sorted([*run, *waiting]) == sorted(names) for run, waiting in runs)
    assert molecule_run.of_this_run(names, True, 1) == (names, [])


def test_the_scenarios_of_the_turns_are_there() -> None:
    in_turns = [name for group in molecule_run.TURNS for name in group]
    assert set(in_turns) < set(molecule_run.scenarios(ROOT))
    assert len(in_turns) == len(set(in_turns))
    assert molecule_run.turn() > 0
