# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The changes: one expression or statement of a module becomes another one that means something else.

Strings are left alone, for most of them are messages, and a test that repeats a message proves nothing.
"""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}


@dataclass
class Change:
    """One change of a module's tree."""

    parent: ast.AST
    field: str
    index: int | None
    old: ast.AST
    new: ast.AST
    function: str  # qualified name, empty outside of functions
    lines: range  # of the statement, as far as the change is concerned
    number: int = 1  # among those of the function that read the same

    def apply(self) -> None:
        """Put it into the tree."""
        if self.index is None:
            setattr(self.parent, self.field, self.new)
        else:
            getattr(self.parent, self.field)[self.index] = self.new

    @property
    def text(self) -> str:
        """What is changed into what, and how it is called in the list of equivalent changes."""
        name = f"{_text(self.old)} => {_text(self.new)}"
        return f"{self.function or 'module'}: {name}" + (f" #{self.number}" if self.number > 1 else "")

    @property
    def line(self) -> int:
        """Where it stands."""
        return int(getattr(self.old, "lineno", self.lines[0]))


def changes(tree: ast.Module) -> list[Change]:
    """Every change of a module, each with a name of its own."""
    found = list(_of(tree, "", range(1, 2)))
    counts: Counter[str] = Counter()
    for change in found:
        counts[change.text] += 1
        change.number = counts[change.text]
    return found


def _text(node: ast.AST) -> str:
    """An expression on one line."""
    return " ".join(ast.unparse(node).split())


def _of(parent: ast.AST, function: str, lines: range) -> Iterator[Change]:
    """The changes below a node."""
    for field, value in ast.iter_fields(parent):
        if field in ("annotation", "returns", "type_comment"):
            continue
        for index, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(node, ast.AST):
                continue
            around = lines
            if isinstance(node, ast.stmt):
                around = range(node.lineno, _end_of_head(node) + 1)
            for new in _instead(node, parent):
                yield Change(parent, field, index, node, new, function, around)
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                name = f"{function}.{node.name}" if function else node.name
                yield from _of_definition(node, name, function, around)
            else:
                yield from _of(node, function, around)


def _of_definition(node: ast.FunctionDef | ast.ClassDef, name: str, outer: str, lines: range) -> Iterator[Change]:
    """The changes of a class or a function; the defaults of its arguments belong to what is around it."""
    if isinstance(node, ast.FunctionDef):
        yield from _of(node.args, outer, lines)
    body = ast.Module(body=node.body, type_ignores=[])
    yield from _of(body, name, lines)


def _end_of_head(node: ast.stmt) -> int:
    """The last line of a statement, without the statements in it."""
    body = getattr(node, "body", None)
    if isinstance(body, list) and body and isinstance(body[0], ast.stmt):
        return max(node.lineno, body[0].lineno - 1)
    return node.end_lineno or node.lineno


def _instead(node: ast.AST, parent: ast.AST) -> Iterator[ast.AST]:
    """What a node can become."""
    if isinstance(node, ast.Compare):
        for position, operator in enumerate(node.ops):
            for kind in COMPARISONS[type(operator)]:
                new = copy.copy(node)
                new.ops = [*node.ops[:position], kind(), *node.ops[position + 1 :]]
                yield new
    elif isinstance(node, ast.BoolOp):
        yield _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
    elif isinstance(node, (ast.BinOp, ast.AugAssign)) and type(node.op) in ARITHMETIC and not _of_text(node):
        yield _with(node, op=ARITHMETIC[type(node.op)]())
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.USub)):
        yield node.operand
    elif isinstance(node, ast.Constant) and isinstance(node.value, (bool, int, float)):
        value = not node.value if isinstance(node.value, bool) else node.value + 1
        yield ast.copy_location(ast.Constant(value), node)
    elif isinstance(node, (ast.Continue, ast.Break)):
        yield ast.copy_location(ast.Break() if isinstance(node, ast.Continue) else ast.Continue(), node)
    elif isinstance(node, ast.Raise) or (isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant)):
        yield ast.copy_location(ast.Pass(), node)
    if isinstance(node, ast.expr) and _decides(node, parent):
        yield ast.copy_location(ast.UnaryOp(op=ast.Not(), operand=node), node)


def _with(node: Any, **fields: ast.AST) -> Any:
    """A copy of a node with other fields."""
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def _of_text(node: ast.BinOp | ast.AugAssign) -> bool:
    """Whether text is put together, where another operator would only be an error."""
    if isinstance(node, ast.AugAssign):
        return isinstance(node.value, (ast.JoinedStr, ast.List)) or _is_text(node.value)
    sides = (node.left, node.right)
    return any(isinstance(side, (ast.JoinedStr, ast.List, ast.Tuple)) or _is_text(side) for side in sides)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes))


def _decides(node: ast.AST, parent: ast.AST) -> bool:
    """Whether a plain expression is a condition; comparisons and the like have changes of their own."""
    if isinstance(node, (ast.Compare, ast.BoolOp, ast.UnaryOp, ast.Constant)):
        return False
    if isinstance(parent, (ast.If, ast.IfExp, ast.While)):
        return node is parent.test
    return isinstance(parent, ast.comprehension) and node in parent.ifs
