"""The gain of the custom engine from native mode, compared with parity mode on the same splits and resamples.

    python benchmarks/bench_modes.py [CONFIGFILE ...]

Snakemake runs the study of the given files (on top of config/config.yaml) twice, with only the custom backend, once in
each mode. The benchmark prints the ROC-AUC of native mode minus that of parity mode with its 95 % interval, from the same
resamples of patients for both. The results are written to benchmarks/results/modes-<names of the files>.json.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from snndeep.evaluation.bootstrap import patient_draws, resampled_metrics  # noqa: E402
from snndeep.evaluation.comparison import Measured, compare  # noqa: E402
from snndeep.evaluation.metrics import Outcome  # noqa: E402
from snndeep.seeds import generator  # noqa: E402
from snndeep.store.files import write_json  # noqa: E402

MODES = ("native", "parity")
RULES = ("surrogate", "bal")  # the Tempotron has no additional settings in native mode
COLUMNS = ("label", "margin", "predicted", "probability")
RESAMPLES, SEED, BINS = 2000, 7, 10
NO_FOLDS = np.empty(0)  # the interval does not use the values of the folds


def run(study: str, mode: str, files: list[str]) -> Path:
    """Run the study in one mode and return the folder of its results."""
    name = f"modes-{study}-{mode}"
    changes = {"run": name, "models": {"backends": ["custom"], "rules": list(RULES)}, "tuning": {"mode": mode}}
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
        yaml.safe_dump(changes, file)
        file.flush()
        command = [
            sys.executable,
            "-m",
            "snakemake",
            "--cores",
            "2",
            "--quiet",
            "all",
            "--configfile",
            *files,
            file.name,
        ]
        subprocess.run(command, cwd=ROOT, check=True)
    return ROOT / "results" / name


def predictions(results: Path, metrics: dict[str, Any]) -> dict[str, pd.DataFrame]:
    """Return the predictions by unit: `slice` for test slices, `patient` for patients."""
    live = json.loads((results / "provenance.json").read_text(encoding="utf-8"))["live"]
    (stage,) = (address for address in live if address.startswith("evaluate/"))
    slices = pd.read_parquet(ROOT / "work" / stage / "predictions.parquet")
    # A patient who is tested in several folds counts once.
    patients = pd.DataFrame(metrics["patients"]).groupby(["model", "protocol", "patient"], as_index=False)
    means = patients[list(COLUMNS)].mean()
    return {"slice": slices, "patient": means.assign(fold=0, label=means["label"].astype(int))}


def resampled(table: pd.DataFrame, patients: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Return the ROC-AUC of one model under one protocol for every resample, `[R]`."""
    folds = [
        (Outcome(*(own[c].to_numpy() for c in COLUMNS)), np.searchsorted(patients, own["patient"].to_numpy(str)))
        for _, own in table.groupby("fold")
    ]
    return resampled_metrics(folds, draws, BINS)["roc_auc"]


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", default=["config/config.yaml"], help="configuration files of the study")
    files = parser.parse_args().files
    study = "-".join(Path(file).stem for file in files)
    folders = {mode: run(study, mode, files) for mode in MODES}
    metrics = {
        mode: json.loads((folder / "metrics.json").read_text(encoding="utf-8")) for mode, folder in folders.items()
    }
    tables = {mode: predictions(folder, metrics[mode]) for mode, folder in folders.items()}
    diseased = tables["parity"]["slice"].groupby("patient")["label"].max()
    names = diseased.index.to_numpy(str)
    draws = patient_draws(diseased.to_numpy(), RESAMPLES, generator(SEED, "modes"))
    rows = []
    for protocol in metrics["parity"]["protocols"]:
        for rule in RULES:
            for unit in ("slice", "patient"):
                measured = {}
                for mode in MODES:
                    table = tables[mode][unit]
                    own = table[(table["model"] == f"custom/{rule}") & (table["protocol"] == protocol)]
                    value = metrics[mode]["models"][f"custom/{rule}"][protocol][unit]["roc_auc"]
                    measured[mode] = Measured(value, resampled(own, names, draws), NO_FOLDS)
                found = compare(*(measured[mode] for mode in MODES), test_share=0)
                row = {"protocol": protocol, "rule": rule, "unit": unit}
                row |= {mode: measured[mode].value for mode in MODES}
                rows.append(row | {"gain": found["difference"], "interval": found["interval"]})
    print(pd.DataFrame(rows).to_string(index=False, float_format="{:.3f}".format))
    path = ROOT / "benchmarks" / "results" / f"modes-{study}.json"
    write_json(path, rows)
    print(f"written to {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
