"""Small changes of formulas, one at a time: a test that sees the formula must fail under each.

In: the source of a module. Out: its mutants, by place and change, and the changed module compiled.
Leaves out: messages of errors and warnings, defaults of arguments, bodies of dataclasses, what is compiled by numba.
"""

from __future__ import annotations

import ast
import copy
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType

SOURCE = Path(__file__).resolve().parents[2] / "src"
STAGES = ("workload", "compute", "site", "facility", "supply", "economics", "impact")
NO_FORMULAS = {
    "workload": ("config*", "describe*", "families", "hub", "models", "request_log", "resolve", "architecture"),
    "compute": ("accelerators",),
    "site": ("clients", "coefficients", "epw", "hourly_csv", "openmeteo", "prices", "weather*"),
    "facility": (),
    # What solves is checked against HiGHS and certified in each run; networks of other tools have no formulas of ours.
    "supply": ("absorb", "apart", "border", "carry", "certificate", "directions", "faults", "general", "grid_only",
               "infeasible", "interchange*", "interior", "layout", "matrix", "near", "network*", "program", "ready",
               "settle", "solve", "sweeps", "technology_data", "verify", "warm", "whole_units", "zero"),
    "economics": (),
    "impact": ("io_table",),
}  # fmt: skip
"""Modules of a stage that read files, tell or solve; all others hold formulas."""
SWAPPED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult, ast.Pow: ast.Mult,
}  # fmt: skip
NEGATED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
}  # fmt: skip
LIMITS = ("min", "max", "minimum", "maximum", "fmin", "fmax", "clip")
SAID = ("PlanWarning", "InputError", "InfeasibleError", "WattscaleError")
"""Calls whose arguments are words for people."""


@dataclass(frozen=True)
class Mutant:
    """One change: in `function` of `module`, `before` becomes `after`; `index` tells equal ones apart."""

    module: str
    function: str
    line: int
    before: str
    after: str
    index: int

    @property
    def stage(self) -> str:
        """Stage of the module."""
        return self.module.partition("/")[0]

    def __str__(self) -> str:
        return f"{self.module}:{self.line} {self.function}: {self.before}  ->  {self.after}"


def formula_modules(stage: str) -> list[Path]:
    """List the modules of a stage that hold formulas."""
    left = ("__init__", "result", *NO_FORMULAS[stage])
    folder = SOURCE / "wattscale" / stage
    return sorted(p for p in folder.glob("*.py") if not any(p.match(f"{name}.py") for name in left))


@cache
def mutants_of(path: Path) -> tuple[Mutant, ...]:
    """List the mutants of a module in the order of its source."""
    module = path.relative_to(SOURCE / "wattscale").as_posix()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = []
    for index, (node, function, change, around) in enumerate(_places(tree)):
        before, after = _told(node, change, around)
        found.append(Mutant(module, function, node.lineno, _short(before), _short(after), index))
    return tuple(found)


def _told(node: ast.expr, change: Change, around: ast.AST) -> tuple[str, str]:
    """Write the expression before and after; a lone number within the one around it."""
    new = _after(node, change)
    if not isinstance(node, ast.Constant) or not isinstance(around, ast.expr):
        return ast.unparse(node), ast.unparse(new)
    before = ast.unparse(around)
    for name, value in ast.iter_fields(around):
        if value is node:
            setattr(around, name, new)
            after = ast.unparse(around)
            setattr(around, name, node)
            return before, after
        if isinstance(value, list) and any(v is node for v in value):
            at = next(i for i, v in enumerate(value) if v is node)
            value[at] = new
            after = ast.unparse(around)
            value[at] = node
            return before, after
    return ast.unparse(node), ast.unparse(new)


def _short(text: str) -> str:
    return text if len(text) < 160 else text[:157] + "..."


def compiled(mutant: Mutant) -> CodeType:
    """Compile the module of a mutant with its change."""
    path = SOURCE / "wattscale" / mutant.module
    tree = ast.parse(path.read_text(encoding="utf-8"))
    node, _, change, _ = list(_places(tree))[mutant.index]
    changed = ast.copy_location(_after(node, change), node)
    tree = ast.fix_missing_locations(_Replace(node, changed).visit(tree))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # `0.0[month]` is a mutant of `maximum(x, 0.0)[month]`
        return compile(tree, str(path), "exec", dont_inherit=True)


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else self.generic_visit(node)


Change = tuple[str, object]
Place = tuple[ast.expr, str, Change, ast.AST]


def _places(tree: ast.Module) -> Iterator[Place]:
    yield from _within(tree, "", False)


def _within(node: ast.AST, function: str, inside: bool) -> Iterator[Place]:
    """Walk a module; `inside` where statements run when a formula is computed."""
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or _left_out(child, name):
                continue
            if isinstance(child, ast.FunctionDef):
                whole = function if inside else f"{function}.{child.name}".lstrip(".")
                if not any("compiled" in ast.unparse(d) or "overload" in ast.unparse(d) for d in child.decorator_list):
                    yield from _within(child, whole, True)
            elif isinstance(child, ast.ClassDef):
                yield from _within(child, f"{function}.{child.name}".lstrip("."), False)
            elif not isinstance(node, ast.ClassDef):
                if isinstance(child, ast.expr):
                    yield from ((child, function or "(module)", change, node) for change in _changes(child, node, name))
                yield from _within(child, function, inside)


def _left_out(node: ast.AST, field: str) -> bool:
    """Leave out annotations, defaults, decorators, imports, docstrings, and what is said to people."""
    if field in ("annotation", "returns", "decorator_list", "args") and not isinstance(node, ast.expr):
        return True
    if field in ("annotation", "returns", "decorator_list"):
        return True
    if isinstance(node, ast.Raise | ast.Import | ast.ImportFrom | ast.JoinedStr | ast.Assert | ast.AnnAssign):
        return not (isinstance(node, ast.AnnAssign) and node.value is not None)
    if isinstance(node, ast.Call):
        return getattr(node.func, "id", getattr(node.func, "attr", "")) in SAID
    return isinstance(node, ast.If) and all(isinstance(s, ast.Raise) for s in node.body) and not node.orelse


def _changes(node: ast.expr, parent: ast.AST, field: str) -> Iterator[Change]:
    """Give the changes that an expression offers."""
    if isinstance(node, ast.BinOp) and type(node.op) in SWAPPED and not _text(node):
        yield "operator", SWAPPED[type(node.op)]
    elif isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in NEGATED:
        yield "comparison", NEGATED[type(node.ops[0])]
    elif isinstance(node, ast.BoolOp):
        yield "boolean", ast.Or if isinstance(node.op, ast.And) else ast.And
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not):
        yield "without sign", None
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield "constant", _other(node.value)
    elif isinstance(node, ast.Call) and _called(node) in LIMITS and node.args and not _starred(node):
        yield from (("argument", at) for at in range(min(len(node.args), 2) if _called(node) != "clip" else 1))
    if field == "test" and isinstance(parent, ast.If | ast.IfExp) and not isinstance(node, ast.Compare | ast.UnaryOp):
        yield "not", None


def _text(node: ast.BinOp) -> bool:
    """Whether it joins texts or lists, which no other operator does."""
    joined = (s for s in (node.left, node.right) if isinstance(s, ast.JoinedStr | ast.List | ast.Tuple))
    return any(joined) or any(isinstance(getattr(s, "value", None), str) for s in (node.left, node.right))


def _called(node: ast.Call) -> str:
    return getattr(node.func, "id", getattr(node.func, "attr", ""))


def _starred(node: ast.Call) -> bool:
    """Whether it is `max(rows, key=...)` or a method such as `x.max(axis=1)`, which limit nothing."""
    method = isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") not in ("np", "math")
    return method or len(node.args) < 2 or any(isinstance(a, ast.Starred) for a in node.args) or bool(node.keywords)


def _other(value: float) -> float:
    if isinstance(value, int):
        return value + 1
    return 2.0 * value if value else 1.0


def _after(node: ast.expr, change: Change) -> ast.expr:
    kind, detail = change
    new = copy.deepcopy(node)
    if kind == "operator" and isinstance(new, ast.BinOp):
        new.op = detail()  # type: ignore[operator]
    elif kind == "comparison" and isinstance(new, ast.Compare):
        new.ops = [detail()]  # type: ignore[operator]
    elif kind == "boolean" and isinstance(new, ast.BoolOp):
        new.op = detail()  # type: ignore[operator]
    elif kind == "without sign" and isinstance(new, ast.UnaryOp):
        new = new.operand
    elif kind == "constant":
        new = ast.Constant(detail)
    elif kind == "argument" and isinstance(new, ast.Call):
        new = new.args[int(str(detail))]
    elif kind == "not":
        new = ast.UnaryOp(ast.Not(), new)
    return new
