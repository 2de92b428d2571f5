"""Where compiled code is kept when neither the code's folder nor a home can be written to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPTS = Path(__file__).parents[2] / "scripts"
PROGRAM = """
import os, sys
sys.path.insert(0, {scripts!r})
makedirs = os.makedirs

def read_only(path, *arguments, **named):
    # Whoever runs the tests may be allowed to write everywhere, so the refusal is made.
    if not str(path).startswith(os.environ["TMPDIR"]):
        raise PermissionError(path)
    makedirs(path, *arguments, **named)

os.makedirs = read_only
from snndeep.radiomics.kernels import count_levels
import numpy as np
levels = np.ones((3, 3, 3), np.uint8)
print(count_levels(levels, np.zeros(3, np.int64), 1, 1)[0, 0], sum(count_levels.stats.cache_hits.values()))
"""


def run(folder: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if name not in ("HOME", "NUMBA_CACHE_DIR")}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(scripts=str(SCRIPTS))],
        env=environment | {"TMPDIR": str(folder), "XDG_CACHE_HOME": "/nowhere"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


def test_compiled_code_is_kept_with_temporary_files(tmp_path):
    assert run(tmp_path) == "27 0"
    (private,) = tmp_path.glob("snndeep-*")
    assert private.stat().st_mode & 0o777 == 0o700
    assert run(tmp_path) == "27 1"


def test_a_folder_that_is_open_to_others_is_not_used(tmp_path):
    folder = tmp_path / f"snndeep-{os.getuid()}"
    folder.mkdir()
    folder.chmod(0o777)
    assert run(tmp_path) == "27 0"
    assert run(tmp_path) == "27 0"
    assert not list(folder.iterdir())
