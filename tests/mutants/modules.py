# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which modules are pure: what they answer follows from their arguments, and from files that they read.

Every file of module_utils, of plugin_utils and of the filters counts, unless it imports or calls what acts on the
machine. Reading files is not an action, nor is asking a command through the Host that a function is given: both are
stand-ins in tests.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.checkout import ROOT

PLUGINS = ROOT / "plugins"
DIRECTORIES = ("module_utils", "plugin_utils", "filter")
ACTING_IMPORTS = frozenset({"ansible", "fcntl", "select", "shutil", "signal", "subprocess", "tempfile"})
ACTING_CALLS = frozenset(
    {"chmod", "chown", "create_connection", "fsync", "makedirs", "mkdir", "rename", "rmdir", "unlink", "write"}
)
# Decides in pure functions what it removes.
ALSO = ("module_utils/dump_gate/retention.py",)


def pure_modules() -> list[Path]:
    """The pure modules, relative to plugins."""
    files = [path for name in DIRECTORIES for path in sorted((PLUGINS / name).rglob("*.py"))]
    names = [path.relative_to(PLUGINS) for path in files if path.stat().st_size]
    return [name for name in names if str(name) in ALSO or is_pure((PLUGINS / name).read_text(encoding="utf-8"))]


def is_pure(source: str) -> bool:
    """Whether the source neither imports nor calls what acts on the machine."""
    tree = ast.parse(source)
    return not (ACTING_IMPORTS & set(_imported(tree)) or ACTING_CALLS & set(_called(tree)))


def _imported(tree: ast.Module) -> Iterator[str]:
    """The first parts of the names of imported modules, those of the filters' base classes left out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module != "ansible.errors":
            yield node.module.split(".")[0]


def _called(tree: ast.Module) -> Iterator[str]:
    """The last parts of the names of called functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):
                yield node.func.attr
            elif isinstance(node.func, ast.Name):
                yield node.func.id
