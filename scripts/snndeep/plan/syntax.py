"""The part of a module's text that can change a result, in one form for all versions of Python.

Left out is what changes no number: comments, layout and docstrings; the texts of errors and of the log; imports for types
alone; the list of a family's members (a registry), because a stage depends on the member that it uses and not on the list;
and the names of local variables, which become numbers.

`ast.dump` differs between versions of Python. The form written here is built from the fields of the tree without the empty
ones, which 3.11 to 3.13 have in common.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import cast

LEVELS = ("debug", "info", "warning", "error", "exception", "critical")
LOGGERS = ("log", "logger", "LOGGER")
# `kind` tells u"" from "", and type parameters exist from 3.12 on; neither is used.
_OVERLOOKED = ("ctx", "kind", "type_ignores", "type_params", "type_comment")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Module:
    """What a module contributes to a fingerprint.

    Attributes:
        form: Text that is equal for equal programs, see above.
        imports: Dotted names of all that it imports at run time, anywhere in its text; for `from a import b`, `a` and `a.b`.
    """

    form: str
    imports: frozenset[str]


def read_module(source: str, package: str) -> Module:
    """Return what a module contributes.

    Args:
        source: Its text.
        package: Name of the library, whose dictionaries of modules are registries.

    Raises:
        SyntaxError: If it is not Python.
    """
    tree = ast.parse(source)
    _reduce(tree, package)
    imports = frozenset(_imports(tree))
    _number_locals(tree)
    parts: list[str] = []
    _write(tree, parts)
    return Module("".join(parts), imports)


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            # `from snndeep.a import b`: b may be a module of its own or a name inside a.
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _reduce(tree: ast.Module, package: str) -> None:
    """Remove in place what changes no number."""
    has_registry = any(_is_registry(statement, package) for statement in tree.body)
    tree.body = [
        statement
        for statement in tree.body
        if not _is_registry(statement, package) and not (has_registry and _is_default(statement))
    ]
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list):
                kept = [statement for statement in block if not _is_idle(statement)]
                # A block needs a statement; one that only logged is one that does nothing.
                setattr(node, field, kept or ([ast.Pass()] if block and field == "body" else []))
        if isinstance(node, ast.Call) and _name_of(node.func).endswith("Error"):
            node.args, node.keywords = [], []
        elif isinstance(node, ast.JoinedStr):
            # Python 3.12 ends some formats with an empty text.
            node.values = [part for part in node.values if not (isinstance(part, ast.Constant) and part.value == "")]


def _is_idle(statement: ast.stmt) -> bool:
    """Tell whether a statement changes nothing: a text by itself, such as a docstring; a line of the log; imports for types."""
    if isinstance(statement, ast.If):
        return _name_of(statement.test) == "TYPE_CHECKING" and not statement.orelse
    if not isinstance(statement, ast.Expr):
        return False
    value = statement.value
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        return value.func.attr in LEVELS and _name_of(value.func.value) in LOGGERS
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _is_registry(statement: ast.stmt, package: str) -> bool:
    """Tell whether a statement names the modules of a family: a dictionary with dotted names of the library's modules."""
    value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
    if not isinstance(value, ast.Dict) or not value.values:
        return False
    texts = [item.value if isinstance(item, ast.Constant) else None for item in value.values]
    return all(isinstance(text, str) and text.startswith(f"{package}.") for text in texts)


def _is_default(statement: ast.stmt) -> bool:
    """Tell whether a statement says which members are used by default; the plan has the members that are used."""
    return isinstance(statement, ast.Assign) and all(_name_of(t).startswith("DEFAULT_") for t in statement.targets)


def _name_of(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def _number_locals(tree: ast.Module) -> None:
    """Replace the names of local variables by numbers, in the order in which a function mentions them.

    Within one outermost function every such name gets a number of its own, so that programs that differ in more than names
    keep different forms. Names that mean something outside (of parameters, of the module, of builtins) stay.
    """
    outside = {*vars(builtins), *_bound(tree.body)}
    for function in _outermost(tree):
        nodes = list(ast.walk(function))
        if any(
            isinstance(node, ast.ClassDef) or _name_of(node) in ("locals", "vars", "eval", "exec") for node in nodes
        ):
            continue
        fixed = outside.union(*map(_fixed, nodes))
        own = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)} - fixed
        numbers: dict[str, str] = {}
        for node in _in_order(function, []):
            if node.id in own:
                node.id = numbers.setdefault(node.id, f"{len(numbers)}:")


def _outermost(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, _FUNCTIONS):
            yield node
        else:
            yield from _outermost(node)


def _bound(body: Iterable[ast.stmt]) -> set[str]:
    """Return the names that a module gives a meaning."""
    names: set[str] = set()
    for statement in body:
        if isinstance(statement, (*_FUNCTIONS, ast.ClassDef)):
            names.add(statement.name)
            continue
        for node in ast.walk(statement):
            names |= _fixed(node)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
    return names


def _fixed(node: ast.AST) -> set[str]:
    """Return the names that a node gives a meaning other than by assignment to a name."""
    if isinstance(node, ast.arg):
        return {node.arg}
    if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
        return {node.name}
    if isinstance(node, ast.Global | ast.Nonlocal):
        return set(node.names)
    if isinstance(node, ast.alias):
        return {(node.asname or node.name).partition(".")[0]}
    if isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar):
        return {node.name} if node.name else set()
    return {node.rest} if isinstance(node, ast.MatchMapping) and node.rest else set()


def _in_order(node: ast.AST, found: list[ast.Name]) -> list[ast.Name]:
    """Collect the names below a node in the order of the text."""
    if isinstance(node, ast.Name):
        found.append(node)
    for child in ast.iter_child_nodes(node):
        _in_order(child, found)
    return found


def _write(value: object, parts: list[str]) -> None:
    """Write a tree: every node with its type, every field that is not empty with its name."""
    if isinstance(value, ast.AST):
        parts.append(f"{type(value).__name__}(")
        for name, field in ast.iter_fields(value):
            # An empty field is absent, except the value None of a constant.
            if name not in _OVERLOOKED and (field not in (None, []) or isinstance(value, ast.Constant)):
                parts.append(f"{name}=")
                _write(field, parts)
        parts.append(")")
    elif isinstance(value, list):
        parts.append("[")
        for item in cast("list[object]", value):
            _write(item, parts)
        parts.append("]")
    else:
        # Not `repr`, which knows more printable characters in each version.
        parts.append(f"{type(value).__name__} {value!a};")
