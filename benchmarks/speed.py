"""The figures of speed that the documents name: one file, docs/speed.json, and the sentences made from it.

    python benchmarks/speed.py

Takes what `make bench` has just measured (benchmarks/results/engine.json, radiomics.json) into docs/speed.json, and writes the
sentences between `<!-- speed -->` and `<!-- /speed -->` anew. Without measurements it only writes the sentences.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FIGURES = ROOT / "docs/speed.json"
DOCUMENTS = (ROOT / "README.md",)
PASSAGE = re.compile(r"(<!-- speed -->).*?(<!-- /speed -->)", flags=re.DOTALL)

# The row of the benchmark that the documents name, at its two batch sizes.
ENGINE_CASE = re.compile(r"F=64, T=25, H=128, batch (32|256), rate 0\.2$")
ENGINE_PEERS = ("dense numba", "jax", "spikingjelly compiled")
FEATURE_CASE = "3D / 3D at 2 mm"


def measured(engine: Sequence[Mapping[str, Any]], features: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the figures of the documents from the rows of the two benchmarks: lowest and highest ratio of each peer."""
    found: dict[str, Any] = {"engine": {"case": "64 inputs, 25 steps, 128 neurons"}, "features": {}}
    for peer in ENGINE_PEERS:
        ratios = [row["ratio"] for row in engine if row["peer"] == peer and ENGINE_CASE.search(str(row["work"]))]
        found["engine"][peer] = [min(ratios), max(ratios)]
    ratios = [row["ratio"] for row in features if FEATURE_CASE in str(row["work"]) and row["ratio"] is not None]
    found["features"]["pyradiomics"] = [min(ratios), max(ratios)]
    return found


def sentences(figures: Mapping[str, Any]) -> str:
    """Return what the documents say of the figures."""
    engine, features = figures["engine"], figures["features"]
    return (
        f"With {engine['case']} it is {_times(engine['dense numba'])} as fast as a dense program in numba and OpenBLAS, "
        f"{_times(engine['jax'])} as JAX and {_times(engine['spikingjelly compiled'])} as compiled SpikingJelly, on the same "
        f"equations ([measured](docs/engine.md)). 3D features are {_times(features['pyradiomics'])} as fast as pyradiomics on "
        "the same grid ([measured](docs/features.md))."
    )


def with_sentences(text: str, figures: Mapping[str, Any]) -> str:
    """Return a document with the sentences written anew."""
    return PASSAGE.sub(lambda found: f"{found[1]}{sentences(figures)}{found[2]}", text)


def _times(ends: Sequence[float]) -> str:
    low, high = round(ends[0]), round(ends[1])
    return f"{low} times" if low == high else f"{low} to {high} times"


def main() -> None:
    """Take new measurements, if there are any, and write the sentences."""
    results = [ROOT / "benchmarks/results" / name for name in ("engine.json", "radiomics.json")]
    if all(path.exists() for path in results):
        rows = [json.loads(path.read_text(encoding="utf-8")) for path in results]
        FIGURES.write_text(json.dumps(measured(*rows), indent=1) + "\n", encoding="utf-8")
    figures = json.loads(FIGURES.read_text(encoding="utf-8"))
    for path in DOCUMENTS:
        path.write_text(with_sentences(path.read_text(encoding="utf-8"), figures), encoding="utf-8")


if __name__ == "__main__":
    main()
