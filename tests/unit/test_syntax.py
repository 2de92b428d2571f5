"""What of a module's text counts: equal forms for texts that compute the same, different ones for all others."""

import subprocess
import sys
from pathlib import Path

import pytest

from snndeep.plan.addressing import CodeBase
from snndeep.plan.syntax import read_module

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "scripts"
BASE = '''
"""A module."""
from typing import TYPE_CHECKING
from snndeep.errors import ScanError
if TYPE_CHECKING:
    import pandas
LOGGER = None
MEMBERS = {"a": "snndeep.a", "b": "snndeep.b"}
DEFAULT_MEMBERS = ("a",)
LIMIT = 3

def mean(values, weight=1):
    """The mean."""
    total = 0
    for value in values:
        total = total + weight * value
    if total > LIMIT:
        LOGGER.warning("%s is large", total)
    if not values:
        raise ScanError("No values.", where=f"here {total}")
    return [total / len(values) for name in values]
'''


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""The mean."""', '"""The arithmetic mean."""'),
        ('"""The mean."""\n', "\n"),
        ("    total = 0\n", "    # A comment.\n    total=0\n"),
        ('"No values."', '"There are no values."'),
        ('where=f"here {total}"', 'found="none"'),
        ('LOGGER.warning("%s is large", total)', 'LOGGER.info("%g is too large", total)'),
        ("    import pandas\n", "    import polars\n"),
        ('"b": "snndeep.b"', '"b": "snndeep.b", "c": "snndeep.c"'),
        ('DEFAULT_MEMBERS = ("a",)', 'DEFAULT_MEMBERS = ("a", "b")'),
        ("total", "sum_of_all"),
        ("for name in values", "for other in values"),
    ],
)
def test_what_changes_no_number_leaves_the_form(old, new):
    assert old in BASE
    assert read_module(BASE.replace(old, new), "snndeep").form == read_module(BASE, "snndeep").form


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("LIMIT = 3", "LIMIT = 4"),
        ("LIMIT = 3", "LIMIT = 3.0"),
        ("LIMIT = 3", 'LIMIT = "3"'),
        ("LIMIT = 3", "LIMIT = None"),
        ("weight * value", "value * weight"),
        ("weight * value", "weight * values"),
        ("weight=1", "weight=True"),
        ("total + weight", "total - weight"),
        ("values, weight=1", "values, scale=1"),
        ("return [total / len(values) for name in values]", "return [name / len(values) for name in values]"),
        ("return [total / len(values) for name in values]", "return [total / len(values) for total in values]"),
        ("raise ScanError", "raise KeyError"),
        ('"a": "snndeep.a"', '"a": 1'),
        ("def mean(", "def median("),
        ("if not values:", "if values:"),
    ],
)
def test_what_can_change_a_number_changes_the_form(old, new):
    assert old in BASE
    assert read_module(BASE.replace(old, new), "snndeep").form != read_module(BASE, "snndeep").form


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # A name of the module or of a builtin is not a local one, although another scope binds the same name.
        (
            "x = 1\ny = 2\ndef f(a):\n    return [x for x in a], x",
            "x = 1\ny = 2\ndef f(a):\n    return [y for y in a], y",
        ),
        ("def f(a):\n    return [len for len in a], len", "def f(a):\n    return [max for max in a], max"),
        ("def f():\n    global x\n    x = 1", "def f():\n    global y\n    y = 1"),
        ("def f(o):\n    x = 1\n    return o(x=x)", "def f(o):\n    y = 1\n    return o(y=y)"),
        ("def f():\n    x = 1\n    return locals()", "def f():\n    y = 1\n    return locals()"),
        ("def f(x, y):\n    a, b = x, y\n    return a - b", "def f(x, y):\n    b, a = x, y\n    return a - b"),
        ("class A:\n    x = 1", "class A:\n    y = 1"),
        ("def f():\n    class A:\n        x = 1\n    return A", "def f():\n    class A:\n        y = 1\n    return A"),
    ],
)
def test_names_that_mean_something_outside_stay(one, other):
    assert read_module(one, "snndeep").form != read_module(other, "snndeep").form


def test_imports_at_run_time():
    source = BASE + "\ndef f():\n    import numpy.linalg\n    from snndeep.a import b\n    from . import c\n"
    assert read_module(source, "snndeep").imports == {
        "typing", "typing.TYPE_CHECKING", "snndeep.errors", "snndeep.errors.ScanError", "numpy.linalg", "snndeep.a",
        "snndeep.a.b",
    }  # fmt: skip


def other_pythons() -> list[str]:
    """Return the interpreters of other versions that can be had here."""
    homes = [*Path.home().glob(".pyenv/versions/3.1[1-9].*/bin"), *map(Path, ("/usr/bin", "/usr/local/bin"))]
    homes += Path.home().glob(".local/share/uv/python/cpython-3.1[1-9]*/bin")
    here = f"python3.{sys.version_info.minor}"
    found = {path.name: path for home in homes for path in home.glob("python3.1[1-9]") if path.name != here}
    return [str(path) for path in found.values()]


def test_fingerprints_are_equal_on_other_versions_of_python():
    pythons = other_pythons()
    if not pythons:
        pytest.skip("no other Python from 3.11 on is installed here; `uv python install 3.12 3.13` brings some")
    program = f"""
import sys
sys.path.insert(0, {str(SCRIPTS)!r})
from pathlib import Path
from snndeep.plan.syntax import read_module
for path in sorted(Path({str(SCRIPTS)!r}).rglob("*.py")):
    print(path, hash_of(read_module(path.read_text(encoding="utf-8"), "snndeep").form))
"""
    program = "from hashlib import sha256\nhash_of = lambda text: sha256(text.encode()).hexdigest()\n" + program
    said = {
        python: subprocess.run([python, "-c", program], capture_output=True, text=True, check=True).stdout
        for python in (sys.executable, *pythons)
    }
    assert said[sys.executable].count("\n") > 200
    for python in pythons:
        assert said[python] == said[sys.executable], python


def test_what_every_script_imports_is_known():
    code = CodeBase(SCRIPTS)
    packages = {path.name: set(code.packages(path.name)) for path in SCRIPTS.glob("*.py")}
    assert {"numpy", "optuna"} <= packages["tune.py"]
    assert not {"optuna", "pandas", "torch", "scipy"} & packages["train.py"]
    assert {"numba"} <= set(code.packages("train.py", "snndeep/backends/custom.py"))
    assert {"torch", "snntorch"} <= set(code.packages("train.py", "snndeep/backends/snntorch.py"))
