# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs one molecule scenario, and believes only what it saw happen: python -m tests.molecule_run NAME

molecule ends with status 0 when a step's playbook is missing, when a verifier finds no tests, and when a
playbook matches no host. Here every step of the scenario's test_sequence must have been carried out, in
order, every verify step must have passed at least one test and skipped none, and every playbook of the
scenario must have its step. JUnit reports go to artifacts/molecule/NAME, as does the log.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import yaml

from tests import molecule_report, summary
from tests.checkout import ROOT, collections_path
from tests.lab import watchdog

ARTIFACTS = ROOT / "artifacts" / "molecule"
EXECUTED = re.compile(r"^\w+ +\[(?P<scenario>\S+) > (?P<step>\w+)\] Execut(?P<state>ing|ed: .*)$")
RECAP = re.compile(r"^\S+ +: ok=\d+ +changed=\d+ ")
NEEDS_HOSTS = ("prepare", "converge", "check", "idempotence", "side_effect")
# "make test" runs one of these turns, by the number of commits, so that it ends in time; "make test-all" runs them all.
# Each turn takes about as long as another. What is in none of them runs each time.
TURNS = (
    ("network",),
    ("rpm", "grub_legacy"),
    ("network_rpm",),
    ("network_failures",),
    ("unified_kernel_image", "systemd_boot"),
)
OPTIONAL_PLAYBOOKS = ("prepare", "side_effect", "cleanup", "verify")


class Step(NamedTuple):
    """One step as molecule's output shows it."""

    name: str
    outcome: str
    hosts: int


def scenarios(root: Path) -> list[str]:
    """The names of the scenarios below molecule/."""
    return sorted(path.parent.name for path in root.glob("molecule/*/molecule.yml"))


def of_this_run(names: Sequence[str], everything: bool, turn: int) -> tuple[list[str], list[str]]:
    """The scenarios to run, and those that must wait: those of all turns but one."""
    others = {name for number, group in enumerate(TURNS) for name in group if number != turn % len(TURNS)}
    waiting = [] if everything else [name for name in names if name in others]
    return [name for name in names if name not in waiting], waiting


def turn() -> int:
    """How many commits the checkout has."""
    counted = subprocess.run(["git", "rev-list", "--count", "HEAD"], cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return int(counted.stdout)


def longest_first(root: Path) -> list[str]:
    """The scenarios in the order in which two at a time end soonest: by their crashes, then by their steps."""

    def size(name: str) -> tuple[int, int]:
        directory = root / "molecule" / name
        crashes = sum(path.read_text().count("kdump.fleet.crash_test") for path in directory.glob("*.yml"))
        return crashes, len(sequence_of(directory))

    return sorted(scenarios(root), key=size, reverse=True)


def steps(output: str, scenario: str) -> list[Step]:
    """The steps that molecule says it executed, how each ended, and how many hosts its recap names."""
    found = []
    hosts = 0
    for line in output.splitlines():
        match = EXECUTED.match(line)
        if match and match["scenario"] == scenario:
            if match["state"] == "ing":
                hosts = 0
            else:
                found.append(Step(match["step"], match["state"].removeprefix("ed: "), hosts))
        elif RECAP.match(line):
            hosts += 1
    return found


def complaint(wanted: str, step: Step | None) -> str | None:
    """What is wrong with how a step was carried out, or None."""
    if step is None:
        return "was not reached"
    if step.name != wanted.split()[0]:
        return f"molecule executed {step.name} in its place"
    if step.outcome != "Successful":
        return step.outcome
    if step.name in NEEDS_HOSTS and step.hosts == 0:
        return "no host was touched: does the inventory name the hosts of the playbook?"
    return None


def judge_steps(sequence: Sequence[str], seen: Sequence[Step]) -> list[tuple[str, str | None]]:
    """Each wanted step with what is wrong about it, or None. What follows a failed step is tidying up."""
    failed = next((number for number, step in enumerate(seen) if step.outcome.startswith("Failed")), len(seen))
    reached = seen[: failed + 1]
    return [
        (wanted, complaint(wanted, reached[number] if number < len(reached) else None))
        for number, wanted in enumerate(sequence)
    ]


def judge_verifiers(sequence: Sequence[str], reports: Sequence[Path]) -> list[tuple[str, str | None]]:
    """Each verify step with what is wrong about its tests, or None. A scenario without one is wrong."""
    judged: list[tuple[str, str | None]] = []
    wanted = [step for step in sequence if step.split()[0] == "verify"]
    for number, step in enumerate(wanted):
        said = None
        if number >= len(reports):
            said = "no tests were run"
        else:
            result = summary.judge_tests(step, True, [reports[number]])
            if result.passed == 0:
                said = "no test passed"
            elif result.not_run:
                said = "skipped: " + "; ".join(f"{name}: {reason}" for name, reason in result.not_run)
        judged.append((f"{step}: tests", said))
    return judged or [("verify: tests", "the scenario has no verify step")]


def judge_playbooks(directory: Path, sequence: Sequence[str]) -> list[tuple[str, str | None]]:
    """The scenario's playbooks that no step runs."""
    named = {step.split()[0] for step in sequence}
    return [
        (f"{name}.yml", f"is there, and test_sequence has no step {name}")
        for name in OPTIONAL_PLAYBOOKS
        if (directory / f"{name}.yml").exists() and name not in named
    ]


def sequence_of(directory: Path) -> list[str]:
    """The scenario's test_sequence; it must be named, for molecule's own has steps that few scenarios have."""
    settings: Any = yaml.safe_load((directory / "molecule.yml").read_text())
    sequence = (settings.get("scenario") or {}).get("test_sequence")
    if not sequence:
        raise SystemExit(f"{directory / 'molecule.yml'} names no scenario: test_sequence. Write its steps there.")
    return [str(step) for step in sequence]


def write_junit(judged: Sequence[tuple[str, str | None]], path: Path) -> None:
    """The steps as a JUnit report."""
    suite = ElementTree.Element("testsuite", name=path.stem)
    for name, said in judged:
        case = ElementTree.SubElement(suite, "testcase", name=name)
        if said is not None:
            ElementTree.SubElement(case, "failure", message=said)
    ElementTree.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)


def environment(reports: Path, base: Mapping[str, str]) -> dict[str, str]:
    """molecule's variables: the collection from this checkout, plain text to read, a report of every verify step."""
    collections = str(collections_path())
    return {
        **base,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), base.get("PATH", os.defpath)]),
        "PYTHONPATH": os.pathsep.join([str(ROOT), collections]),
        "ANSIBLE_COLLECTIONS_PATH": collections,
        "ANSIBLE_HOME": str(ROOT / ".ansible"),
        "ANSIBLE_FORCE_COLOR": "0",
        "ANSIBLE_NOCOLOR": "1",
        "NO_COLOR": "1",
        "MOLECULE_COMMAND_BORDERS": "0",
        "PYTEST_ADDOPTS": f"-p {molecule_report.__name__}",
        molecule_report.DIRECTORY: str(reports),
    }


def run(command: Sequence[str], variables: Mapping[str, str], log: Path) -> tuple[int, str]:
    """Run a command; its output goes to the terminal as it comes, to the log with seconds, and back to the caller."""
    lines = []
    begin = time.monotonic()
    with (
        log.open("w", buffering=1) as stream,
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            stream.write(f"{time.monotonic() - begin:7.1f} {line}")
            lines.append(line)
    return process.returncode, "".join(lines)


def main(arguments: Sequence[str]) -> int:
    """Run the scenario and say what is wrong with it."""
    (scenario,) = arguments
    directory = ROOT / "molecule" / scenario
    sequence = sequence_of(directory)
    reports = ARTIFACTS / scenario
    shutil.rmtree(reports, ignore_errors=True)
    reports.mkdir(parents=True)
    with watchdog.watching(lambda: ROOT.glob(f".ansible/tmp/molecule.*.{scenario}/lab/*/serial.log")):
        status, output = run(
            ["molecule", "test", "--scenario-name", scenario],
            environment(reports, os.environ),
            reports / "molecule.log",
        )
    verified = sorted(reports.glob("verify-*.xml"))
    judged = [
        *judge_steps(sequence, steps(output, scenario)),
        *judge_verifiers(sequence, verified),
        *judge_playbooks(directory, sequence),
    ]
    write_junit(judged, reports / "steps.xml")
    wrong = [(name, said) for name, said in judged if said is not None]
    for name, said in wrong:
        print(f"scenario {scenario}: {name}: {said}")
    tests = summary.judge_tests(scenario, True, verified)
    print(f"scenario {scenario}: {tests.passed} verifier tests", flush=True)
    return status or int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
