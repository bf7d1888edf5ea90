# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the mutation tests: what is changed, what is left alone, and that a weak test is noticed."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.checkout import ROOT
from tests.mutants import covering
from tests.mutants.__main__ import EQUIVALENT, chosen, equivalent
from tests.mutants.changes import changes
from tests.mutants.modules import PLUGINS, is_pure, pure_modules
from tests.mutants.run import Task


def texts(source: str) -> list[str]:
    """The names of the changes of a source."""
    return [change.text for change in changes(ast.parse(source))]


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("a < b", ["a < b => a <= b", "a < b => a >= b"]),
        ("x = a and b", ["a and b => a or b"]),
        ("x = a + 1", ["a + 1 => a - 1", "1 => 2"]),
        ("x = 'a' + b", []),
        ("x = not a", ["not a => a"]),
        ("x = True", ["True => False"]),
        ("x = -1", ["-1 => 1", "1 => 2"]),
        ("if a: b()", ["a => not a", "b() => pass"]),
        ("x = [a for a in b if a]", ["a => not a"]),
        ("for a in b:\n  continue", ["continue => break"]),
        ("x: Literal[1] = y", []),
    ],
)
def test_what_becomes_of_an_expression(source: str, wanted: list[str]) -> None:
    """Only what means something else, and no text."""
    assert [text for text in texts(source) if not text.startswith("module: a < b => pass")] == [
        f"module: {text}" for text in wanted
    ]


def test_each_change_has_a_name_of_its_own() -> None:
    """The functions and, where one reads the same twice, a number."""
    source = "class A:\n  def f(self, a=1):\n    return a + b, a + b\n"
    assert texts(source) == ["A: 1 => 2", "A.f: a + b => a - b", "A.f: a + b => a - b #2"]


def test_what_runs_on_import_alone_concerns_every_test_of_the_module() -> None:
    """No test runs the line of a class's field, and each may notice its value."""
    tree = ast.parse("a = 1\nclass A:\n    b = 2\n    def f(self, c=3):\n        return 4\n")
    tests = covering.Tests({1: set(), 3: set(), 4: set(), 5: {"one"}, 6: {"two"}}, {})
    found = {change.text: Task(Path("a.py"), tree, change, tests).nodes() for change in changes(tree)}
    every = {"one", "two"}
    assert found == {"module: 1 => 2": every, "A: 2 => 3": every, "A: 3 => 4": every, "A.f: 4 => 5": {"one"}}


def test_each_measured_test_runs_what_others_left_in_a_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a function and of a method; otherwise a change there would be tried with the test that came first alone."""
    source = (
        "import functools\n@functools.cache\ndef f():\n    ran.append('f')\nclass A:\n"
        "    @functools.lru_cache(maxsize=None)\n    def g(self):\n        ran.append('g')\n"
    )
    ran: list[str] = []
    module = ModuleType(covering.COLLECTION + "plugins.module_utils.made")
    vars(module)["ran"] = ran
    exec(source, vars(module))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    one = module.A()
    for _test in range(2):
        covering.pytest_runtest_setup()
        for _time in range(2):
            module.f()
            one.g()
    assert ran == ["f", "g", "f", "g"]


def test_a_change_is_what_it_says() -> None:
    """Applied, it is in the source; at its line."""
    tree = ast.parse("def f(a):\n    b = 1\n    return a > b\n")
    change = changes(tree)[1]
    change.apply()
    assert (change.line, change.text) == (3, "f: a > b => a >= b")
    assert ast.unparse(tree).endswith("return a >= b")


@pytest.mark.parametrize(
    ("source", "pure"),
    [
        ("import os\ndef f(host): return host.run(['x']) + os.listdir('/')", True),
        ("from ansible.errors import AnsibleFilterError", True),
        ("import subprocess", False),
        ("from shutil import rmtree", False),
        ("import os\ndef f(name): os.unlink(name)", False),
    ],
)
def test_what_is_pure(source: str, pure: bool) -> None:
    """Reading, and asking through a host, is not an action."""
    assert is_pure(source) is pure


def test_the_pure_modules_are_most_of_them() -> None:
    """Those that decide what is done to hosts and dumps are among them."""
    names = {str(name) for name in pure_modules()}
    assert {
        "module_utils/readiness/rules_for_boot.py",
        "module_utils/dump_gate/retention.py",
        "filter/audit_table.py",
    } < names
    assert "module_utils/host/machine.py" not in names


def test_the_list_of_equivalent_changes() -> None:
    """A module, a change, a reason."""
    text = "# about\na/b.py\n  f: a < b => a <= b\n    They never are equal.\n  g: 1 => 2\n    Only a hint.\n"
    assert equivalent(text) == {
        ("a/b.py", "f: a < b => a <= b"): "They never are equal.",
        ("a/b.py", "g: 1 => 2"): "Only a hint.",
    }


def test_equivalent_changes_are_changes_of_the_sources() -> None:
    """Whoever renames a function or takes a condition out takes it out of the list, too."""
    named = equivalent(EQUIVALENT.read_text(encoding="utf-8"))
    modules = {module: ast.parse((PLUGINS / module).read_text(encoding="utf-8")) for module, _change in named}
    assert {Path(module) for module in modules} <= set(pure_modules())
    assert set(named) <= {(module, change.text) for module, tree in modules.items() for change in changes(tree)}


def test_a_sample_is_the_same_for_a_seed() -> None:
    """In the order of the sources, so that a table comes module by module."""
    every = [(Path("a"), change) for change in changes(ast.parse("x = [1, 2, 3, 4, 5, 6, 7, 8, 9]"))]
    few = chosen(every, "3", 1)
    assert few == chosen(every, "3", 1) == sorted(few, key=every.index)
    assert len(few) == 3
    assert chosen(every, "all", 1) == chosen(every, "10", 1) == every


TRY = """
import ast
from tests.mutants.changes import changes
from tests.mutants.covering import Tests
from tests.mutants.modules import PLUGINS
from tests.mutants.run import Task, survivors, warm_up

path = PLUGINS / "module_utils" / "host" / "systemd_units.py"
file = "tests/unit/plugins/module_utils/host/test_systemd_units.py::"
nodes = {file + "test_masked_is_a_link_to_nothing", file + "test_at_work_is_who_has_processes"}
tree = ast.parse(path.read_text())
noticed = Tests({line: nodes for line in range(99)}, dict.fromkeys(nodes, 0.1))
nobody = Tests({line: set() for line in range(99)}, {})
warm_up()
for tests in (noticed, nobody):
    for change in [None, *changes(tree)]:
        for task, survived in survivors([Task(path, tree, change, tests)], 1):
            print(survived, change and change.text)
"""


def test_a_change_is_killed_by_a_test_and_by_nothing_else() -> None:
    """Without a change the test passes, with each change it fails; without a test every change survives."""
    done = subprocess.run(
        [sys.executable, "-c", TRY], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True, timeout=120
    )
    survived = [line.split()[0] for line in done.stdout.splitlines()]
    changed = len(survived) // 2 - 1
    assert changed == 3
    assert survived == ["True", *["False"] * changed, "True", *["True"] * changed], done.stdout
