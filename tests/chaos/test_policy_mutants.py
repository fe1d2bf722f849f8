"""The policy changed by one step at a time: the table must notice every such change.

A mutant is the source with one comparison turned, one condition dropped, one sentence or number
altered. Each is run against the rule tests in this process; one that survives is printed as it
reads.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from pathlib import Path

from tests.consent import policy_run

ROOT = Path(__file__).resolve().parents[2]
SOURCES = {"consent.facts": "consent/facts.py", "consent.policy": "consent/policy.py"}

OTHERS: dict[type[ast.cmpop], list[type[ast.cmpop]]] = {
    ast.Lt: [ast.LtE, ast.Gt],
    ast.LtE: [ast.Lt, ast.GtE],
    ast.Gt: [ast.GtE, ast.Lt],
    ast.GtE: [ast.Gt, ast.LtE],
    ast.Eq: [ast.NotEq],
    ast.NotEq: [ast.Eq],
    ast.Is: [ast.IsNot],
    ast.IsNot: [ast.Is],
    ast.In: [ast.NotIn],
    ast.NotIn: [ast.In],
}


def mutants(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what one node may become. What an annotation or decorator says is left alone."""
    match node:
        case ast.Compare(ops=[op]):
            for other in OTHERS[type(op)]:
                yield ast.Compare(node.left, [other()], node.comparators)
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
            for left_out in range(len(values)):
                rest = values[:left_out] + values[left_out + 1 :]
                yield rest[0] if len(rest) == 1 else ast.BoolOp(op, rest)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield ast.IfExp(test, orelse, body)
            yield body
            yield orelse
        case ast.If(test=test, body=body, orelse=orelse):
            yield ast.If(ast.UnaryOp(ast.Not(), test), body, orelse)
            yield ast.If(ast.Constant(True), body, orelse)
            yield ast.If(ast.Constant(False), body, orelse)
        case ast.match_case(pattern=pattern, guard=ast.expr() as guard, body=body):
            yield ast.match_case(pattern, None, body)
            yield ast.match_case(pattern, ast.UnaryOp(ast.Not(), guard), body)
        case ast.Match(subject=subject, cases=cases) if len(cases) > 1:
            for left_out in range(len(cases)):
                yield ast.Match(subject, cases[:left_out] + cases[left_out + 1 :])
        case ast.MatchOr(patterns=patterns):
            for left_out in range(len(patterns)):
                yield ast.MatchOr(patterns[:left_out] + patterns[left_out + 1 :])
        case ast.BinOp(op=ast.BitOr()):
            yield ast.BinOp(node.left, ast.BitAnd(), node.right)
        case ast.BinOp(op=ast.Add()):
            yield ast.BinOp(node.left, ast.Sub(), node.right)
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() as value):
            yield ast.Constant(value + 1)
            yield ast.Constant(value - 1)
        case ast.Constant(value=str()):
            yield ast.Constant("something else")


def alive(tree: ast.AST) -> Iterator[tuple[ast.AST, str, int | None]]:
    """Yield each place where a node hangs: its parent, the field, the place in a list."""
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            if field in {"annotation", "returns", "decorator_list", "keywords"} and not (
                field == "keywords" and isinstance(parent, ast.Call)
            ):
                continue
            if isinstance(value, list):
                for place, child in enumerate(value):
                    if isinstance(child, ast.AST):
                        yield parent, field, place
            elif isinstance(value, ast.AST):
                yield parent, field, None


def left_alone(tree: ast.Module) -> set[int]:
    """Nodes that say nothing to the policy: docstrings, annotations, decorators, the exports."""
    quiet: set[int] = set()
    for node in ast.walk(tree):
        parts: list[ast.AST] = []
        match node:
            case ast.Expr(value=ast.Constant(value=str())):
                parts = [node]
            case ast.Assign(targets=[ast.Name(id="__all__" | "PACIFIC")]):
                parts = [node]
            case ast.AnnAssign(annotation=annotation):
                parts = [annotation]
            case ast.arg(annotation=ast.expr() as annotation):
                parts = [annotation]
            case ast.FunctionDef(returns=ast.expr() as returns):
                parts = [returns, *node.decorator_list]
            case ast.ClassDef(decorator_list=decorators):
                parts = list(decorators)
        quiet |= {id(inner) for part in parts for inner in ast.walk(part)}
    return quiet


def every_mutant(source: str) -> Iterator[tuple[str, ast.Module]]:
    tree = ast.parse(source)
    quiet = left_alone(tree)
    for parent, field, place in list(alive(tree)):
        held = getattr(parent, field)
        node = held if place is None else held[place]
        if id(node) in quiet or id(parent) in quiet:
            continue
        for other in mutants(node):
            changed = ast.fix_missing_locations(_put(parent, field, place, node, other, tree))
            line = getattr(node, "lineno", getattr(parent, "lineno", 0))
            yield f"line {line}: {ast.unparse(node)}  →  {ast.unparse(other)}", changed


def _put(
    parent: ast.AST,
    field: str,
    place: int | None,
    node: ast.AST,
    other: ast.AST,
    tree: ast.Module,
) -> ast.Module:
    """Return a copy of the tree with the other node in this place."""
    _set(parent, field, place, other)
    changed = copy.deepcopy(tree)
    _set(parent, field, place, node)
    return changed


def _set(parent: ast.AST, field: str, place: int | None, node: ast.AST) -> None:
    if place is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[place] = node


def test_the_table_notices_every_change_of_the_policy() -> None:
    path = ROOT / "tests/consent/test_policy.py"
    table = compile(path.read_text(), str(path), "exec")
    sources = {name: (ROOT / file).read_text() for name, file in SOURCES.items()}
    sound = {name: compile(text, name, "exec") for name, text in sources.items()}
    policy_run.with_code(sound, table)
    survivors, count = [], 0
    for name, source in sources.items():
        for change, tree in every_mutant(source):
            count += 1
            try:
                policy_run.with_code(sound | {name: compile(tree, name, "exec")}, table)
            except Exception:
                continue
            survivors.append(f"{name} {change}")
    print(f"{count} mutants, {len(survivors)} survived")
    assert count > 300
    assert not survivors, "\n".join(survivors)
