"""Every class of the library has a name of its own."""

import ast
from collections import defaultdict
from pathlib import Path

LIBRARY = Path(__file__).parents[2] / "scripts/snndeep"


def modules_by_class() -> dict[str, list[str]]:
    """Return the modules that define a class of each name."""
    found = defaultdict(list)
    for path in sorted(LIBRARY.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                found[node.name].append(path.relative_to(LIBRARY).as_posix())
    return found


def test_no_two_classes_have_one_name():
    doubled = {name: modules for name, modules in modules_by_class().items() if len(modules) > 1}
    assert not doubled
