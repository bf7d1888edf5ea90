# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Count the changes that no test notices: "make mutants", "make mutants MODULE=iomem,recommendation SAMPLE=all"."""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.checkout import ROOT
from tests.mutants.changes import Change, changes
from tests.mutants.covering import UNCHANGED, Tests, measure, tests_of
from tests.mutants.modules import PLUGINS, pure_modules
from tests.mutants.run import Task, survivors, warm_up

KILLED_AT_LEAST = 95.0
SAMPLE = "1500"
EQUIVALENT = Path(__file__).with_name("equivalent.txt")


def equivalent(text: str) -> dict[tuple[str, str], str]:
    """The changes that change nothing, by module and name, each with its reason."""
    found = {}
    module = ""
    name = ""
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        if line.endswith(".py") and not line.startswith(" "):
            module = line
        elif line.startswith("    "):
            found[module, name] = line.strip()
        elif line.startswith("  "):
            name = line.strip()
    return found


def chosen(every: Sequence[tuple[Path, Change]], sample: str, seed: int) -> list[tuple[Path, Change]]:
    """So many of the changes, which the seed decides, in the order of the sources."""
    if sample == "all" or int(sample) >= len(every):
        return list(every)
    numbers = sorted(random.Random(seed).sample(range(len(every)), int(sample)))
    return [every[number] for number in numbers]


def main() -> None:
    """Try the changes and show a table, then what survived."""
    arguments = _arguments()
    os.chdir(ROOT)
    known = [name for name in pure_modules() if arguments.module is None or _is_named(name, arguments.module)]
    if not known:
        sys.exit(f"No pure module is called {arguments.module}; these are: {' '.join(map(str, pure_modules()))}")
    measure(arguments.jobs)
    tests = tests_of([PLUGINS / name for name in known])
    warm_up()
    trees = {name: ast.parse((PLUGINS / name).read_text(encoding="utf-8")) for name in known}
    named = equivalent(EQUIVALENT.read_text(encoding="utf-8"))
    every = [(name, change) for name in known for change in changes(trees[name])]
    unknown = {key for key in named if Path(key[0]) in known} - {(str(name), change.text) for name, change in every}
    if unknown:
        sys.exit(f"{EQUIVALENT.name} names what is not a change of the sources any more: {sorted(unknown)}")
    real = [(name, change) for name, change in every if (str(name), change.text) not in named]
    some = chosen(real, arguments.sample, arguments.seed)
    print(f"{len(some)} of {len(real)} changes of {len(known)} modules, SEED={arguments.seed}", flush=True)
    begin = time.monotonic()

    _pass_unchanged({name: tests[PLUGINS / name] for name, _tests in some}, arguments.jobs)
    killed: Counter[Path] = Counter()
    alive: dict[Path, list[Change]] = {name: [] for name in known}
    tasks = (Task(PLUGINS / name, trees[name], change, tests[PLUGINS / name]) for name, change in some)
    for task, survived in survivors(tasks, arguments.jobs):
        name = task.path.relative_to(PLUGINS)
        if survived and task.change is not None:
            alive[name].append(task.change)
            print(f"survived: plugins/{name}:{task.change.line}: {task.change.text}", flush=True)
        else:
            killed[name] += 1
    ok = _table(known, killed, alive, Counter(Path(module) for module, _change in named))
    print(f"{(time.monotonic() - begin) / 60:.1f} minutes, SEED={arguments.seed}")
    sys.exit(0 if ok else 1)


def _pass_unchanged(tests: dict[Path, Tests], jobs: int) -> None:
    """Run each file of tests without a change, as it will be run with them; a failure there would prove nothing."""
    files: dict[str, set[str]] = {}
    for node in set().union(*(one.all for one in tests.values())):
        files.setdefault(node.partition("::")[0], set()).add(node)
    passed = json.loads(UNCHANGED.read_text(encoding="utf-8")) if UNCHANGED.exists() else []
    durations = next(iter(tests.values())).durations
    tasks = [
        Task(ROOT / file, ast.parse(""), None, Tests({0: nodes}, durations))
        for file, nodes in sorted(files.items())
        if file not in passed
    ]
    failed = [str(task.path.relative_to(ROOT)) for task, ok in survivors(tasks, jobs) if not ok]
    if failed:
        sys.exit(f"These tests fail without a change: {' '.join(failed)}")
    UNCHANGED.write_text(json.dumps(sorted({*passed, *files})), encoding="utf-8")


def _table(names: list[Path], killed: Counter[Path], alive: dict[Path, list[Change]], left: Counter[Path]) -> bool:
    """Print what became of the changes of each module; whether enough were killed."""
    print(f"\n{'module':48} {'killed':>7} {'survived':>9} {'equivalent':>11} {'':>8}")
    for name in names:
        if killed[name] or alive[name]:
            share = 100.0 * killed[name] / (killed[name] + len(alive[name]))
            print(f"{name!s:48} {killed[name]:7} {len(alive[name]):9} {left[name]:11} {share:6.1f} %")
    dead, survived = sum(killed.values()), sum(map(len, alive.values()))
    share = 100.0 * dead / max(dead + survived, 1)
    print(f"{'all':48} {dead:7} {survived:9} {sum(left[name] for name in names):11} {share:6.1f} %")
    print(f"{share:.1f} % were killed, {KILLED_AT_LEAST:.0f} % must be.")
    return share >= KILLED_AT_LEAST


def _is_named(path: Path, names: str) -> bool:
    """Whether a module is one of those of MODULE: its name, or a directory, with or without .py."""
    wanted = names.replace(".py", "").split(",")
    return bool({path.stem, str(path.with_suffix("")), *map(str, path.parents), path.parent.name} & set(wanted))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--module", help="names, separated by commas (default: every pure module)")
    parser.add_argument("--sample", default=SAMPLE, help=f"so many changes, or all (default: {SAMPLE})")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000), help="which changes (default: any)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (default: one a processor)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
