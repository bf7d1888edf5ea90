# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of the packages below plugins/module_utils: a package imports only packages of lower floors.

docs/architecture.md describes them; a file is found from the question that its package answers.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checkout import ROOT, files

UTILS = Path("plugins/module_utils")
PREFIX = "ansible_collections.kdump.fleet.plugins.module_utils"
# From the bottom; packages of one floor do not import each other.
FLOORS = (
    {"host", "dump_gate"},
    {"crash_memory", "vmcore"},
    {"tools", "bootloader"},
    {"target"},
    {"readiness"},
)
FLOOR = {package: floor for floor, packages in enumerate(FLOORS) for package in packages}
# Makes one program of dump_gate/, which is sent to servers as it is, and therefore has to stand beside it.
BESIDE = {"dump_gate_program": ("dump_gate", "host")}
Arrow = tuple[str, str]  # module, imported module; dotted, below module_utils


def sources() -> dict[str, str]:
    """The modules with their sources; packages have none."""
    found = [path for path in files() if path.is_relative_to(UTILS) and path.suffix == ".py"]
    return {
        ".".join(path.relative_to(UTILS).with_suffix("").parts): (ROOT / path).read_text(encoding="utf-8")
        for path in found
        if path.name != "__init__.py"
    }


def arrows(module: str, source: str, modules: set[str]) -> Iterator[Arrow]:
    """What a module imports of the others, inside functions as well."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = [PREFIX, *module.split(".")[: -node.level]] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            names = [f"{base}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            inside = name.removeprefix(PREFIX + ".")
            if inside != name:
                # a module, a package, or something in a module
                known = any(one == inside or one.startswith(inside + ".") for one in modules)
                yield module, inside if known else inside.rpartition(".")[0]


def all_arrows(given: dict[str, str]) -> list[Arrow]:
    """Every arrow, once."""
    return sorted({arrow for name, source in given.items() for arrow in arrows(name, source, set(given))})


def wrong(module: str, imported: str) -> str | None:
    """What is wrong with an arrow, or None."""
    here, there = module.split(".")[0], imported.split(".")[0]
    if module in BESIDE:
        return None if there in BESIDE[module] else f"{module} may import {' and '.join(BESIDE[module])} alone"
    if here == there:
        return None
    if imported in BESIDE or there not in FLOOR:
        return f"{module} imports {imported}, which stands in no package"
    if FLOOR.get(here, 0) <= FLOOR[there]:
        return f"{module} imports {imported}: {there}/ is not below {here}/"
    return None


def cycle(found: list[Arrow]) -> list[str]:
    """Modules that import each other in a circle; empty without one."""
    left = set(found)
    while True:
        importing, imported = {module for module, _to in left}, {to for _module, to in left}
        kept = {(module, to) for module, to in left if module in imported and to in importing}
        if kept == left:
            return sorted(importing)
        left = kept


def test_each_file_stands_in_a_package() -> None:
    """One that has no place yet answers a question that nobody has asked; or it belongs to one of these."""
    modules = set(sources())
    assert {module for module in modules if module.split(".")[0] not in FLOOR} == set(BESIDE)
    assert {module.split(".")[0] for module in modules} == set(FLOOR) | set(BESIDE)


def test_imports_go_down() -> None:
    """A package that imports what is not below it knows too much."""
    assert [found for found in (wrong(*arrow) for arrow in all_arrows(sources())) if found] == []


def test_no_module_imports_itself_by_a_detour() -> None:
    """Not even in a function."""
    assert cycle(all_arrows(sources())) == []


def test_the_tests_of_a_module_stand_where_it_stands() -> None:
    """The directories of the unit tests are those of the packages."""
    tests = Path("tests/unit/plugins/module_utils")
    packages = {path.parent.relative_to(UTILS) for path in files() if path.is_relative_to(UTILS)}
    assert {path.parent.relative_to(tests) for path in files() if path.is_relative_to(tests)} == packages


@pytest.mark.parametrize(
    ("module", "source", "found"),
    [
        ("host.mounts", f"from {PREFIX}.tools.records import Target", "tools/ is not below host/"),
        ("host.mounts", f"def f():\n    from {PREFIX}.tools import records", "tools/ is not below host/"),
        ("host.mounts", f"import {PREFIX}.tools.records", "tools/ is not below host/"),
        ("tools.records", f"from {PREFIX}.bootloader import base", "bootloader/ is not below tools/"),
        ("bootloader.base", f"from {PREFIX}.tools import records", "tools/ is not below bootloader/"),
        ("dump_gate.main", "from ..host import mounts", "host/ is not below dump_gate/"),
        ("tools.records", f"from {PREFIX} import dump_gate_program", "in no package"),
        ("tools.records", f"from {PREFIX} import elsewhere", "in no package"),
        ("dump_gate_program", f"from {PREFIX}.tools import records", "may import dump_gate and host alone"),
        ("tools.records", f"from {PREFIX}.host.mounts import mounted\nimport os", None),
        ("dump_gate.main", "from . import base\nfrom .base import x", None),
    ],
)
def test_what_would_be_found(module: str, source: str, found: str | None) -> None:
    """The rules themselves, on sources that break them."""
    given = dict.fromkeys(("host.mounts", "tools.records", "bootloader.base", "dump_gate.base", "elsewhere"), "")
    given = {**given, "dump_gate_program": "", module: source}
    messages = [message for message in (wrong(*arrow) for arrow in all_arrows(given)) if message]
    assert len(messages) == (found is not None)
    assert all(found and message.endswith(found) for message in messages), messages


def test_a_circle_is_found() -> None:
    """Without what leads into it, and out of it."""
    assert cycle([("a", "b"), ("b", "c"), ("c", "b"), ("b", "d")]) == ["b", "c"]
    assert cycle([("a", "b"), ("b", "c"), ("a", "c")]) == []
