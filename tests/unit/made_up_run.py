"""A run of made-up numbers, for the tests of what a report shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

from snndeep.evaluation.leakage import fitted_digests
from snndeep.evaluation.settings import EvaluationSettings
from snndeep.evaluation.study import Jobs, evaluate
from snndeep.evaluation.tables import model_table
from snndeep.insight.shown_slices import Chosen, SlicePicture
from snndeep.plan.configuration import complete
from snndeep.reporting.results import NetworkView, RunResults
from snndeep.samples.preprocessing import Preprocessing
from snndeep.samples.split import Split, member_numbers

SLICES = 6
FEATURES = ("glcm.joint_entropy", "glcm.contrast", "intensity_statistics.mean", "ngtdm.busyness")
SPACE = {"learning_rate": {"low": 0.001, "high": 0.1, "log": True}, "beta": {"low": 0.5, "high": 0.98}}


@cache
def made_up_run(
    protocols: Sequence[str] = ("patient", "slice"),
    backends: Sequence[str] = ("custom", "snntorch", "spikingjelly"),
    rules: Sequence[str] = ("surrogate", "tempotron", "bal"),
    folds: int = 2,
    members: int = 1,
    patients: int = 12,
    trials: int = 6,
    native: bool = False,
    one_class_fold: bool = False,
    only_class: int | None = None,
    insight: bool = True,
) -> RunResults:
    """Return a run whose scores follow the labels with noise.

    Args:
        protocols: Of the splits.
        backends: Of the networks.
        rules: Of the networks.
        folds: Of each protocol.
        members: Networks per fold.
        patients: How many; every second one is diseased.
        trials: Of each search.
        native: Whether the custom backend searched in native mode.
        one_class_fold: Whether the first fold by patient tests diseased patients alone.
        only_class: Gives all slices of all patients this label.
        insight: Whether there are importance, firing rates and pictures.
    """
    rng = np.random.default_rng(3)
    samples = _samples(patients, only_class)
    splits = [
        replace(
            _split(samples, protocol, fold, folds, one_class_fold and fold == 0 and protocol == "patient"),
            member=member,
        )
        for protocol in protocols
        for fold in range(folds)
        for member in member_numbers(members)
    ]
    networks = [f"{backend}/{rule}" for backend in backends for rule in rules]
    others = {"logistic": "classical", "boosting": "classical", "dense": "classical", "area": "context"}
    others |= dict.fromkeys(("geometry", "acquisition", "constant"), "context") | {"image_geometry": "joint"}
    names = [*others, *networks]
    scores = {name: _scores(samples, splits, name, rng) for name in names}
    records = {m: {s.name: _record(m, rng) for s in splits} for m in networks}
    modes = {m: "native" if native and m.startswith("custom") and "tempo" not in m else "parity" for m in networks}
    tuned = {m: {s.name: _study(trials, modes[m], rng) for s in splits} for m in networks}
    settings = EvaluationSettings(top_share=(0.25, 1.0), bootstrap=20, calibration_bins=10, seed=1)
    metrics, predictions = evaluate(
        samples,
        splits,
        scores,
        others | dict.fromkeys(networks, "snn"),
        settings,
        Jobs(records, tuned, "phantom", {split.name: 290.0 for split in splits}),
    )
    shown = [split.name for split in splits if split.protocol == splits[0].protocol]
    return RunResults(
        config=_config(list(protocols), list(backends), list(rules), folds),
        source="phantom",
        addresses={"samples": "0123456789ab"},
        modes=modes,
        metrics=metrics,
        table=model_table(metrics),
        samples=samples,
        cases=_cases(patients),
        skipped={},
        preprocessing=[Preprocessing(tuple(FEATURES), *np.ones((3, len(FEATURES))))],
        records=records,
        tuned=tuned,
        views={
            name: NetworkView(
                _traces(shown[0], name, 1 if only_class is not None or one_class_fold else 2, rng),
                {split: _importance(rng) for split in shown} if insight else {},
                {split: _firing(name, rng) for split in shown} if insight else {},
                _pictures(rng) if insight else [],
            )
            for name in metrics["headline"][splits[0].protocol]["of_each_rule"]
        },
        splits=shown,
        predictions=predictions,
        patients=_patient_pictures(samples, rng) if insight else [],
    )


def _config(protocols: list[str], backends: list[str], rules: list[str], folds: int) -> dict:
    """Return a complete configuration, as the report gets it."""
    config = complete({"run": "made_up", "seed": 1, "models": {"backends": backends, "rules": rules}})
    config["dataset"] = {key: config["dataset"][key] for key in ("source", "labels", "phantom")}
    config["evaluation"] |= {"bootstrap": 20, "top_share": [0.25, 1.0], "calibration_bins": 10}
    config["splits"] |= {"protocols": protocols, "folds": folds}
    searched = dict.fromkeys(rules, SPACE) | {"native": {"learn_beta": {"choices": [True, False]}}}
    config["tuning"]["search_space"] = {**config["tuning"]["search_space"], **searched}
    config["report"] = {"title": "A made-up run", "palette": "colorblind"}
    return config


def _samples(patients: int, only_class: int | None) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    rows = []
    for p in range(patients):
        for k in range(SLICES):
            label = only_class if only_class is not None else int(p % 2 == 1 and k >= 2)
            rows.append((f"p{p:02d}:{k:04d}", f"p{p:02d}", f"p{p:02d}", k, label, 900.0 + 10 * k, 50.0 * label))
    table = pd.DataFrame(
        rows, columns=["sample", "patient", "case", "slice", "label", "organ_area_mm2", "lesion_area_mm2"]
    )
    return table.assign(**{name: rng.normal(size=len(table)) for name in FEATURES})


def _cases(count: int) -> pd.DataFrame:
    spacing = {f"spacing_{axis}": np.linspace(0.7, 2.5, count) for axis in "xyz"}
    told = {"notes": "", "cut": "", "mask_ends": "", "holes": 0, "gaps": 0, "slices_outside": 0}
    spacing |= {f"shape_{axis}": np.full(count, 64) for axis in "xyz"}
    volumes = {"organ_volume_ml": 1500.0, "lesion_volume_ml": 3.0}
    names = [f"p{p:02d}" for p in range(count)]
    return pd.DataFrame({"case": names, "patient": names, **volumes, **spacing, **told})


def _split(samples: pd.DataFrame, protocol: str, fold: int, folds: int, one_class: bool) -> Split:
    ids = samples["sample"].to_numpy()
    group = (
        samples["patient"].str[1:].astype(int).to_numpy() // 2 if protocol == "patient" else np.arange(len(ids)) // 2
    )
    tested = group % folds == fold if folds > 1 else group % 3 == 0
    validated = ~tested & np.isin(group, np.unique(group[~tested])[::2])
    test = tested & (samples["label"].to_numpy() == 1) if one_class else tested
    parts = (~tested & ~validated, validated, test)
    return Split(protocol, fold, *(tuple(sorted(ids[part])) for part in parts))


def _scores(
    samples: pd.DataFrame, splits: Sequence[Split], model: str, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    labels = samples.set_index("sample")["label"]
    scores = {}
    for split in splits:
        known = samples.set_index("sample")
        digests = fitted_digests(split, known["label"].to_dict(), known["patient"].to_dict())
        scores[f"{split.name}/fitted_on"] = np.array(list(digests.values()))
        for part in ("validation", "test"):
            own = np.array(getattr(split, part))
            drawn = labels[own].to_numpy() * (0 if model == "area" else 1.5) + rng.normal(size=own.size)
            scores[f"{split.name}/{part}.samples"] = own
            scores[f"{split.name}/{part}.scores"] = drawn if "tempotron" in model else 1 / (1 + np.exp(-drawn))
    return scores


def _record(model: str, rng: np.random.Generator) -> dict:
    history = [
        {"epoch": k + 1, "loss": 1 / (k + 1), "validation_auc": 0.6 + 0.02 * k + 0.05 * rng.random(), "seconds": 0.01}
        for k in range(6)
    ]
    record = {
        "history": history,
        "training_seconds": float(rng.uniform(0.1, 3)),
        "scoring_seconds": 0.01,
        "parameters": 290,
        "settings": {},
        "validation_auc": 0.7,
        "cost": {
            "synaptic_operations": float(rng.uniform(500, 5000)),
            "neuron_updates": 500,
            "dense_operations": 9000,
            "unrolled_macs": 1100,
            "input_sparsity": 0.8,
            "activation_sparsity": None if model.endswith("tempotron") else 0.9,
            "peak_memory_mb": 200.0,
            "latency_ms": 1.5,
        },
    }
    if model.endswith("bal"):
        arms = ("BAL", "random") if model.startswith("custom") else ("BAL",)
        record["arms"] = {arm: [_point(10 * (k + 1), rng) for k in range(3)] for arm in arms}
    return record


def _point(labels: int, rng: np.random.Generator) -> dict:
    values = {name: 0.6 + 0.05 * rng.random() for name in ("validation_auc", "test_auc")}
    return {"labels": labels, "validation_labels": 15, **values}


def _study(trials: int, mode: str, rng: np.random.Generator) -> dict:
    found = []
    for k in range(trials):
        params = {"learning_rate": float(10 ** rng.uniform(-3, -1)), "beta": float(rng.uniform(0.5, 0.98))}
        if mode == "native":
            params["learn_beta"] = bool(k % 2)
        pruned = k % 4 == 3
        value = None if pruned else 0.7 - 0.1 * abs(np.log10(params["learning_rate"]) + 2) + 0.01 * rng.random()
        state = "pruned" if pruned else "complete"
        found.append({"number": k, "state": state, "value": value, "params": params, "seconds": 0.5})
    return {"best": found[0]["params"], "best_value": found[0]["value"], "seconds": 3.0, "trials": found}


def _traces(split: str, model: str, samples: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    traces = {"input spikes": (rng.random((samples, 8, 32)) < 0.2).astype(np.uint8)}
    if model.endswith("tempotron"):
        return {f"{split}/{k}": v for k, v in {**traces, "output potential": rng.normal(size=(samples, 8, 1))}.items()}
    traces["hidden spikes"] = (rng.random((samples, 8, 16)) < 0.2).astype(np.float32)
    traces["output potential"] = rng.normal(size=(samples, 8, 2))
    return {f"{split}/{key}": values for key, values in traces.items()}


def _importance(rng: np.random.Generator) -> dict:
    features = {name: list(0.05 * k + 0.01 * rng.random(3)) for k, name in enumerate(FEATURES)}
    families = {name: list(0.1 + 0.01 * rng.random(3)) for name in ("glcm", "intensity_statistics", "ngtdm")}
    return {"roc_auc": 0.8, "features": features, "families": families}


def _firing(model: str, rng: np.random.Generator) -> dict:
    layers = {"input": 32} if model.endswith("tempotron") else {"hidden": 16, "input": 32}
    return {layer: {name: list(rng.random(n)) for name in ("healthy", "diseased")} for layer, n in layers.items()}


def _pictures(rng: np.random.Generator) -> list[SlicePicture]:
    pictures = []
    for kind, sign in (("best", 1), ("worst", -1), ("uncertain", 0.01)):
        for label in (0, 1):
            chosen = Chosen(kind, f"p0{label}:0003", f"p0{label}", 3, label, 1.5 * sign * (1 if label else -1))
            above = Chosen("above", f"p0{label}:0004", f"p0{label}", 4, label, 0.2)
            pictures.append(replace(_picture(chosen, rng), neighbours=(_picture(above, rng),)))
    return pictures


def _patient_pictures(samples: pd.DataFrame, rng: np.random.Generator) -> list[SlicePicture]:
    status = samples.groupby("patient")["label"].max()
    return [
        _picture(Chosen("patient", f"{name}:0003", name, 3, int(label), 0.5), rng) for name, label in status.items()
    ]


def _picture(chosen: Chosen, rng: np.random.Generator) -> SlicePicture:
    regions = np.zeros((40, 50), np.uint8)
    regions[8:30, 10:40] = 1
    regions[15:22, 20:28] += np.uint8(chosen.label)
    return SlicePicture(chosen, (1.5, 1.5), rng.integers(0, 255, (40, 50)).astype(np.uint8), regions)
