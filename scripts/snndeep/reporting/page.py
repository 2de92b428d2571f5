"""The report as one self-contained HTML file."""

from __future__ import annotations

import base64
import io
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from snndeep.quality import feature_quality
from snndeep.reporting.figures.catalogue import catalogue
from snndeep.reporting.figures.style import style
from snndeep.reporting.names import BACKEND_TITLES, RULE_TITLES, title_of
from snndeep.reporting.results import RunResults

TEMPLATES = Path(__file__).parent
SOURCES = {
    "phantom": "Synthetic data: no patient was scanned; nothing here says anything about real livers.",
    "directory": "",
    "msd": "",
}
CSV_ADDRESS = "data:text/csv;charset=utf-8;base64,"


@dataclass(frozen=True)
class Picture:
    """A figure of the page: its words, see `Drawn`, and the SVG as a data address."""

    title: str
    caption: str
    alt: str
    section: str
    source: str


@dataclass(frozen=True)
class Table:
    """A table of the page, with the CSV behind it as a data address."""

    title: str
    columns: list[str]
    rows: list[list[str]]
    csv: str


def render_page(results: RunResults) -> str:
    """Return the report's HTML."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    quality = feature_quality(results.samples, results.selections, results.config["preprocessing"]["max_correlation"])
    return environment.get_template("page.html.jinja").render(
        title=results.config["report"]["title"],
        run=results.config["run"],
        notice=SOURCES[results.source],
        answer=headline(results),
        matrices=[
            _matrix(results, protocol, unit) for protocol in _protocols(results) for unit in ("slice", "patient")
        ],
        pictures=_pictures(results),
        models=_models(results),
        times=_times(results),
        tuned=_tuned(results),
        data=_data(results, quality),
        bars=_bars(results),
        features=_features(quality),
        skipped=_table("Cases left out", pd.DataFrame(results.skipped.items(), columns=["case", "reason"])),
        addresses=results.addresses,
        configuration=yaml.safe_dump(_plain(results.config), sort_keys=False),
        python=platform.python_version(),
        machine=platform.platform(),
    )


def _protocols(results: RunResults) -> list[str]:
    return list(dict.fromkeys(results.table["protocol"]))


def headline(results: RunResults) -> list[str]:
    """Return the answer in a few sentences, made from the numbers."""
    sentences = []
    slices = results.table[results.table["unit"] == "slice"]
    networks = slices[slices["model"].isin(list(results.modes))]
    best = {p: networks[networks["protocol"] == p].nlargest(1, "roc_auc").iloc[0] for p in _protocols(results)}
    for protocol, row in best.items():
        sentences.append(
            f"Split by {protocol}, the best spiking network is {title_of(row['model'])}: it tells diseased from "
            f"healthy slices with a ROC-AUC of {row['roc_auc']:.3f} (95 % interval {row['roc_auc_low']:.3f} to "
            f"{row['roc_auc_high']:.3f}) and an accuracy of {row['accuracy']:.1%}."
        )
    if {"patient", "slice"} <= set(best):
        gaps = networks.pivot(index="model", columns="protocol", values="roc_auc")
        gap = (gaps["slice"] - gaps["patient"]).mean()
        sentences.append(
            f"The same networks score {abs(gap):.3f} {'higher' if gap >= 0 else 'lower'} on average when slices of one "
            "patient may lie on both sides of the split; that difference is leakage, and only the split by patient "
            "says what a new patient can expect."
        )
    first = _protocols(results)[0]
    classical = slices[(slices["protocol"] == first) & slices["model"].isin(["logistic", "boosting"])]
    other = classical.nlargest(1, "roc_auc").iloc[0]
    difference = best[first]["roc_auc"] - other["roc_auc"]
    verb = "beats" if difference > 0 else "does not beat"
    sentences.append(
        f"Split by {first}, the best spiking network {verb} the best classical model on the same features "
        f"({title_of(other['model'])}, {other['roc_auc']:.3f}); slice area alone reaches "
        f"{_auc(slices, first, 'area'):.3f} and voxel spacing alone {_auc(slices, first, 'acquisition'):.3f}."
    )
    return sentences


def _auc(slices: pd.DataFrame, protocol: str, model: str) -> float:
    return float(slices[(slices["protocol"] == protocol) & (slices["model"] == model)]["roc_auc"].iloc[0])


def _pictures(results: RunResults) -> list[Picture]:
    with style(results.config["report"]["palette"]):
        return [
            Picture(drawn.title, drawn.caption, drawn.alt, drawn.section, _svg(drawn.figure))
            for drawn in catalogue(results)
        ]


def _svg(figure: Figure) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    plt.close(figure)
    return "data:image/svg+xml;base64," + base64.b64encode(buffer.getvalue()).decode()


def _table(title: str, frame: pd.DataFrame, precise: pd.DataFrame | None = None) -> Table:
    source = frame if precise is None else precise
    csv = CSV_ADDRESS + base64.b64encode(source.to_csv(index=False).encode()).decode()
    return Table(title, list(frame.columns), [[str(v) for v in row] for row in frame.to_numpy(object)], csv)


def _matrix(results: RunResults, protocol: str, unit: str) -> Table:
    """The 3 x 3 table of one protocol and unit: ROC-AUC with interval, then accuracy."""
    rows = results.table[(results.table["protocol"] == protocol) & (results.table["unit"] == unit)].set_index("model")
    rules = list(results.config["models"]["rules"])
    lines = []
    for backend in results.config["models"]["backends"]:
        native = [RULE_TITLES.get(rule, rule) for rule in rules if results.modes[f"{backend}/{rule}"] == "native"]
        mode = f" (native mode: {', '.join(native)})" if native else ""
        line = {"backend": BACKEND_TITLES.get(backend, backend) + mode}
        for rule in rules:
            row = rows.loc[f"{backend}/{rule}"]
            line[RULE_TITLES.get(rule, rule)] = (
                f"{row['roc_auc']:.3f} ({row['roc_auc_low']:.3f} to {row['roc_auc_high']:.3f}); {row['accuracy']:.1%}"
            )
        lines.append(line)
    honest = "the honest protocol" if protocol == "patient" else "leaky, as in the first paper"
    return _table(f"{unit.capitalize()}s, split by {protocol} ({honest})", pd.DataFrame(lines))


def _models(results: RunResults) -> Table:
    table = results.table
    shown = pd.DataFrame(
        {
            "model": table["model"].map(title_of),
            "mode": table["model"].map(lambda m: results.modes.get(m, "classical")),
            "split by": table["protocol"],
            "unit": table["unit"],
            "ROC-AUC": table["roc_auc"].map("{:.3f}".format),
            "95 % interval": [
                f"{low:.3f} to {high:.3f}" for low, high in zip(table["roc_auc_low"], table["roc_auc_high"], strict=True)
            ],
            **{
                label: table[name].map("{:.3f}".format)
                for name, label in (
                    ("pr_auc", "PR-AUC"), ("accuracy", "accuracy"), ("balanced_accuracy", "balanced accuracy"),
                    ("sensitivity", "sensitivity"), ("specificity", "specificity"), ("f1", "F1"), ("mcc", "MCC"),
                )
            },
        }
    )  # fmt: skip
    return _table("All models", shown, table)


def _seconds(results: RunResults) -> pd.DataFrame:
    rows = []
    for model, splits in results.records.items():
        backend, rule = model.split("/")
        epochs = [entry["seconds"] for record in splits.values() for entry in record["history"]]
        rows.append(
            {
                "backend": backend,
                "rule": rule,
                "seconds": float(np.median(epochs)),
                "training": sum(record["training_seconds"] for record in splits.values()),
                "tuning": sum(study["seconds"] for study in results.tuned[model].values()),
                "parameters": next(iter(splits.values()))["parameters"],
            }
        )
    return pd.DataFrame(rows)


def _times(results: RunResults) -> Table:
    seconds = _seconds(results)
    shown = pd.DataFrame(
        {
            "model": [title_of(f"{b}/{r}") for b, r in zip(seconds["backend"], seconds["rule"], strict=True)],
            "seconds per epoch (median)": seconds["seconds"].map("{:.4f}".format),
            "training, all splits (s)": seconds["training"].map("{:.1f}".format),
            "search, all splits (s)": seconds["tuning"].map("{:.1f}".format),
            "parameters": seconds["parameters"],
        }
    )
    return _table("Times", shown, seconds)


def _tuned(results: RunResults) -> Table:
    rows = [
        {
            "model": title_of(model),
            "split": split,
            "trials": len(study["trials"]),
            "validation ROC-AUC": f"{study['best_value']:.3f}",
            "found": ", ".join(
                f"{k} {v:.3g}" if isinstance(v, float) else f"{k} {v}" for k, v in study["best"].items()
            ),
        }
        for model, splits in results.tuned.items()
        for split, study in splits.items()
    ]
    return _table("Tuned settings", pd.DataFrame(rows))


def _bars(results: RunResults) -> Table:
    """What knows nothing of the organ's inside, as bars that a model has to clear."""
    rows = results.table[(results.table["unit"] == "slice") & results.table["model"].isin(["area", "acquisition"])]
    shown = pd.DataFrame(
        {
            "sees": rows["model"].map({"area": "slice area alone", "acquisition": "voxel spacing alone"}),
            "split by": rows["protocol"],
            "ROC-AUC of slices": rows["roc_auc"].map("{:.3f}".format),
        }
    )
    return _table("Bars to beat", shown)


def _features(quality: pd.DataFrame) -> Table:
    order = quality["area_correlation"].abs().sort_values(ascending=False).index
    shown = quality.loc[order]
    columns = {
        "feature": shown["feature"],
        "correlation with area": shown["area_correlation"].map(lambda v: "constant" if np.isnan(v) else f"{v:.2f}"),
        "missing in": shown["missing"],
        "redundant": shown["redundant"].map({True: "yes", False: ""}),
        "selected in splits": shown["selected"],
    }
    return _table("Features, by correlation with slice area (Spearman)", pd.DataFrame(columns), quality)


def _data(results: RunResults, quality: pd.DataFrame) -> Table:
    samples, cases = results.samples, results.cases
    weak = not results.config["dataset"]["labels"]["lesion"]
    diseased = samples.groupby("patient")["label"].max()
    facts = {
        "patients": len(diseased),
        "scans": len(cases),
        "diseased patients": int(diseased.sum()),
        "slices": len(samples),
        "label of a slice": "its patient's: the masks mark no lesions" if weak else "by the lesions in it",
        "diseased slices": int(samples["label"].sum()),
        "features": len(quality),
        "features that are constant": int(quality["constant"].sum()),
        "features with missing values": int((quality["missing"] > 0).sum()),
        "features redundant with an earlier one": int(quality["redundant"].sum()),
        "features correlated with area above 0.9": int((quality["area_correlation"].abs() > 0.9).sum()),
        "features that some split selected": int((quality["selected"] > 0).sum()),
        "cases left out": len(results.skipped),
        "slice thickness (mm)": f"{cases['spacing_z'].min():.2f} to {cases['spacing_z'].max():.2f}",
        "in-plane spacing (mm)": f"{cases['spacing_x'].min():.2f} to {cases['spacing_x'].max():.2f}",
        "organ volume (ml, median)": f"{cases['organ_volume_ml'].median():.0f}",
    }
    return _table("Data", pd.DataFrame({"fact": list(facts), "value": list(facts.values())}))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
