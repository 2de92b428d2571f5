"""A cache of compiled code that a power loss or a bad disk has damaged is made again."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SCRIPTS = Path(__file__).parents[2] / "scripts"
CODE = """
import numpy as np
from snndeep.engine.synapse import is_silent
print(is_silent(np.zeros((2, 2))), sum(is_silent.stats.cache_misses.values()))
"""


def run(cache: Path) -> list[str]:
    variables = {**os.environ, "PYTHONPATH": str(SCRIPTS), "NUMBA_CACHE_DIR": str(cache)}
    return subprocess.run(
        [sys.executable, "-c", CODE], env=variables, capture_output=True, text=True, check=True
    ).stdout.split()


@pytest.mark.parametrize("suffix", ["nbi", "nbc"])
@pytest.mark.parametrize("kept", [0, 7])
def test_a_damaged_cache_is_made_again(tmp_path, suffix, kept):
    assert run(tmp_path) == ["True", "1"]
    assert run(tmp_path) == ["True", "0"]
    (path,) = (path for path in tmp_path.rglob(f"*.{suffix}") if "is_silent" in path.name)
    path.write_bytes(path.read_bytes()[:kept])
    assert run(tmp_path) == ["True", "1"]
    assert run(tmp_path) == ["True", "0"]
