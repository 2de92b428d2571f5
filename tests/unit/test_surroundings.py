"""Names, terminals and accounts that are not as a developer's: each was a crash or a wrong label once.

tests/workflow/test_faults.py takes a whole run through them.
"""

import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from matplotlib import pyplot as plt

from snndeep.phantom.example import write_example
from snndeep.phantom.settings import PhantomSettings
from snndeep.reporting.figures.names import as_label
from snndeep.reporting.figures.style import style
from snndeep.store.owner import whoami

ROOT = Path(__file__).parents[2]


def test_an_account_without_a_name_goes_by_its_number(monkeypatch):
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(variable, raising=False)

    def unknown(_):
        raise KeyError("uid not found")

    monkeypatch.setattr("pwd.getpwuid", unknown)
    assert whoami()["user"] == str(os.getuid())
    assert os.environ.pop("LOGNAME") == str(os.getuid()), "Snakemake and libraries ask too"


@pytest.mark.parametrize("name", ["$病人$_x^2", "a$b", r"$\frac{$", "Łukasz_{3}", "P01"])
def test_a_name_is_a_label_as_it_is(name):
    """Nothing in it is a formula, and letters without a font do not look alike."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with style("deep"):
            figure, axes = plt.subplots()
            title = axes.set_title(as_label(name))
            figure.canvas.draw()
            assert title.get_window_extent().width > 0
            plt.close(figure)


def test_labels_of_different_names_differ():
    assert as_label("病") != as_label("人")
    assert as_label("a$b") == r"a\$b"
    assert as_label("P01 é") == "P01 é"


def test_commands_print_names_that_a_terminal_cannot_show(tmp_path):
    folder = tmp_path / "病人 $x"
    write_example(folder / "table.csv", PhantomSettings(patients=4, shape=(32, 32, 8)))
    (folder / "table.csv").unlink()
    (folder / "scans").rename(folder / "images")
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/init.py", folder, "--output", tmp_path / "config"],
        env={**os.environ, "PYTHONIOENCODING": "ascii"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "\\u75c5\\u4eba" in done.stdout


def test_the_backend_of_a_notebook_draws_no_report(tmp_path):
    code = "import snndeep.reporting.page as page; print(page.plt.get_backend().lower())"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "scripts", capture_output=True, text=True, check=False,
        env={**os.environ, "MPLBACKEND": "module://of.a.notebook"},
    )  # fmt: skip
    assert done.stdout.strip() == "agg", done.stderr
