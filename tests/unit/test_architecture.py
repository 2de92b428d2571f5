"""The picture of the library in CONTRIBUTING.md against the imports of the code."""

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "scripts/snndeep"
PACKAGES = sorted(path.name for path in LIBRARY.iterdir() if (path / "__init__.py").exists())


def imported(path: Path) -> set[str]:
    """Return the library's packages that a module imports."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == "snndeep":
            names |= {f"snndeep.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    parts = [name.split(".") for name in names]
    return {part[1] for part in parts if part[0] == "snndeep" and len(part) > 1 and part[1] in PACKAGES}


@cache
def imports() -> dict[str, set[str]]:
    """Return which packages each package imports."""
    found = defaultdict(set)
    for package in PACKAGES:
        for path in (LIBRARY / package).rglob("*.py"):
            found[package] |= imported(path) - {package}
    return found


def drawn() -> dict[str, set[str]]:
    """Return the arrows of the picture."""
    (picture,) = re.findall(r"```mermaid\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), flags=re.S)
    arrows = defaultdict(set)
    for line in picture.splitlines():
        for start, ends in re.findall(r"^\s*(\w+) --> ([\w &]+)$", line):
            arrows[start] |= set(ends.split(" & "))
    return arrows


def reached(arrows: dict[str, set[str]], start: str) -> set[str]:
    """Return all that can be reached along arrows."""
    seen, waiting = set(), [start]
    while waiting:
        new = arrows.get(waiting.pop(), set()) - seen
        seen |= new
        waiting += new
    return seen


def test_the_picture_shows_every_package():
    arrows = drawn()
    assert set(arrows) | set().union(*arrows.values()) == set(PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_run_along_the_arrows(package):
    missing = imports()[package] - reached(drawn(), package)
    assert not missing, f"draw {package} --> {', '.join(sorted(missing))} in CONTRIBUTING.md, or do without the import"


@pytest.mark.parametrize("package", PACKAGES)
def test_an_arrow_is_an_import_and_not_a_detour_of_others(package):
    arrows = drawn()
    for end in arrows[package]:
        assert end in imports()[package], f"{package} does not import {end}"
        others = {start: ends - {end} if start == package else ends for start, ends in arrows.items()}
        assert end not in reached(others, package), f"{package} --> {end} follows from other arrows"


@pytest.mark.parametrize("package", PACKAGES)
def test_no_import_runs_back(package):
    assert package not in reached(imports(), package)


def test_modules_at_the_root_import_no_package():
    for path in LIBRARY.glob("*.py"):
        assert not imported(path), path.name


def test_modules_are_of_a_size_that_can_be_read():
    sizes = {
        path.relative_to(LIBRARY): len(path.read_text(encoding="utf-8").splitlines()) for path in LIBRARY.rglob("*.py")
    }
    assert max(sizes.values()) <= 400, max(sizes, key=sizes.get)
