"""All figures of the report in their order, each with its title, caption and text alternative.

A figure whose data a run does not have (a protocol, a learning rule, a search) is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import pandas as pd
from matplotlib.figure import Figure

from snndeep.evaluation.curves import curve_band, precision_recall_curve, roc_curve
from snndeep.insight.shown_slices import WINDOW_HU
from snndeep.reporting.figures import (
    calibration,
    choices,
    confusion,
    cost,
    curves,
    importance,
    learning,
    matrix,
    patients,
    protocols,
    slices,
    spikes,
    tuning,
)
from snndeep.reporting.names import rule_title, title_of
from snndeep.reporting.results import RunResults
from snndeep.samples.split import protocol_of
from snndeep.seeds import derive_seed
from snndeep.training.outcomes import SearchOutcome
from snndeep.training.setting_importance import setting_importance


@dataclass(frozen=True)
class Drawn:
    """A figure with its title, caption and text alternative.

    Attributes:
        name: Name of its files; letters, digits and `_`.
        title: What the figure shows, in a few words.
        caption: How to read the figure.
        alt: The main number of the figure in a sentence, for those who cannot see it.
        section: Section of the page: results, errors, learning, inside or cost.
        figure: The figure; it must be drawn, saved and closed inside `style`.
    """

    name: str
    title: str
    caption: str
    alt: str
    section: str
    figure: Figure


def catalogue(results: RunResults) -> Iterator[Drawn]:
    """Yield the figures one after another; each may be saved and closed before the next is drawn."""
    for draw in FIGURES:
        drawn = draw(results)
        if drawn is not None:
            yield drawn


def _first(results: RunResults) -> str:
    """Return the protocol of the figures that show only one: by patient if there is one, else the first."""
    shown = list(dict.fromkeys(results.table["protocol"]))
    return "patient" if "patient" in shown else shown[0]


def _leakage(results: RunResults) -> Drawn:
    both = results.table["protocol"].nunique() > 1
    return Drawn(
        "leakage_gap",
        "Both protocols side by side" if both else "All models",
        "ROC-AUC of slices. If slices of one patient may be on both sides of a split, a model can recognise the patient; "
        "the gap between the two protocols measures this effect."
        if both
        else "ROC-AUC of slices, with intervals from a bootstrap over patients.",
        protocols.describe_gap(results.table),
        "results",
        protocols.leakage_gap(results.table),
    )


def _matrices(results: RunResults) -> Drawn:
    backends, rules = (list(results.config["models"][key]) for key in ("backends", "rules"))
    shown = list(dict.fromkeys(results.table["protocol"]))
    return Drawn(
        "matrices",
        "Backends and learning rules",
        "ROC-AUC and its 95 % interval from a bootstrap over patients; above for slices, below for patients.",
        matrix.describe_matrices(results.table, _first(results)),
        "results",
        matrix.matrices(results.table, shown, backends, rules),
    )


def _learning_curves(results: RunResults) -> Drawn | None:
    history = learning.history_table(results.records, _first(results))
    if history.empty:
        return None
    return Drawn(
        "learning_curves",
        f"Learning curves, split by {_first(results)}",
        "Validation ROC-AUC by epoch, one line per backend and fold. Lines of backends that compute the same overlap.",
        learning.describe_learning(history),
        "learning",
        learning.learning_curves(history),
    )


def _label_curve(results: RunResults) -> Drawn | None:
    labels = learning.label_table(results.records, _first(results))
    if labels.empty:
        return None
    compared = ", compared with the same procedure with random choice" if "random" in set(labels["choice"]) else ""
    return Drawn(
        "label_curve",
        f"Labels used by active learning, split by {_first(results)}",
        f"Validation ROC-AUC against the number of labelled training slices; BAL chooses them by firing pattern{compared}.",
        learning.describe_labels(labels),
        "learning",
        learning.label_curve(labels),
    )


def _search_history(results: RunResults) -> Drawn | None:
    trials = tuning.trial_table(results.tuned, _first(results))
    if trials.empty:
        return None
    return Drawn(
        "search_history",
        f"Search history, split by {_first(results)}",
        "Validation ROC-AUC of every finished trial of the hyperparameter search, and the best so far.",
        tuning.describe_search(trials),
        "learning",
        tuning.search_history(trials),
    )


def _setting_importance(results: RunResults) -> Drawn | None:
    spaces = results.config["tuning"]["search_space"]
    groups: dict[tuple[str, str], list[SearchOutcome]] = {}
    for model, splits in results.tuned.items():
        own = [study for split, study in splits.items() if protocol_of(split) == _first(results)]
        groups.setdefault((model.split("/")[1], results.modes[model]), []).extend(own)
    shares = {}
    for (rule, mode), studies in groups.items():
        native = mode == "native"
        space = {**spaces[rule], **(spaces["native"] if native else {})}
        found = setting_importance(
            studies, space, derive_seed(results.config["seed"], "setting importance", rule, mode)
        )
        if found:
            shares[f"{rule_title(rule)}{' (native)' if native else ''}"] = found
    if not shares:
        return None
    return Drawn(
        "setting_importance",
        f"Importance of hyperparameters, split by {_first(results)}",
        "Shares of the explained variance by fANOVA over the finished trials of all folds and of all backends with the "
        "same search space. A short search gives a rough answer.",
        tuning.describe_settings(shares),
        "learning",
        tuning.setting_importance(shares),
    )


def _costs(results: RunResults) -> pd.DataFrame:
    return cost.cost_table(_rows(results, "slice"), results.metrics["cost"], _first(results))


def _cost(results: RunResults) -> Drawn:
    return Drawn(
        "cost",
        f"Accuracy against cost, split by {_first(results)}",
        "Accuracy of slices with its 95 % interval from a bootstrap over patients, against the seconds of training and "
        "the effective synaptic operations of one inference. Up and to the left is better.",
        cost.describe_cost(_costs(results)),
        "cost",
        cost.accuracy_against_cost(_costs(results)),
    )


def _raster(results: RunResults) -> Drawn:
    own = spikes.traces_of(results.traces, results.splits[0])
    tested = _judged(results, _first(results), results.raster_model)
    classes = sorted(set(tested[tested["fold"] == tested["fold"].min()]["label"]))
    return Drawn(
        "raster",
        f"Spikes: {title_of(results.raster_model)}",
        "Spikes of input and hidden neurons, one row each, and the potentials of the output neurons, for one healthy and "
        "one diseased test slice.",
        spikes.describe_raster(own, classes),
        "inside",
        spikes.raster(own, classes),
    )


def _firing_rates(results: RunResults) -> Drawn | None:
    rates = spikes.rate_table(results.firing)
    if rates.empty:
        return None
    return Drawn(
        "firing_rates",
        f"Firing rates: {title_of(results.raster_model)}",
        f"Firing rate of each neuron for healthy and for diseased test slices, split by {_first(results)}; thin lines: "
        "means over neurons.",
        spikes.describe_rates(rates),
        "inside",
        spikes.firing_rates(rates),
    )


def _importance(results: RunResults) -> Drawn | None:
    features, families = (importance.loss_table(results.importance, group) for group in ("features", "families"))
    if features.empty:
        return None
    return Drawn(
        "permutation_importance",
        f"Importance of features: {title_of(results.raster_model)}",
        f"Permutation importance on test slices, split by {_first(results)}: the loss of ROC-AUC when the values of a "
        "feature are permuted among slices. Features that carry the same information replace each other, so whole families "
        "are permuted below; a feature that a fold did not select counts as 0 in that fold.",
        importance.describe_importance(features, families),
        "inside",
        importance.permutation_importance(features, families),
    )


def _rows(results: RunResults, unit: str) -> pd.DataFrame:
    """Return the metrics of `_first` and a unit, indexed by model."""
    table = results.table
    return table[(table["protocol"] == _first(results)) & (table["unit"] == unit)].set_index("model")


def _compared(results: RunResults) -> list[str]:
    """Return the best network, the best classical model, and slice area alone; a missing one is left out."""
    best = [choices.best_of(results.table, _first(results), "slice", kind) for kind in ("snn", "classical")]
    return _existing(results, *best, "area")


def _existing(results: RunResults, *models: str | None) -> list[str]:
    """Return those of the models that the run has."""
    return [model for model in models if model is not None and model in set(results.table["model"])]


def _judged(results: RunResults, protocol: str, model: str) -> pd.DataFrame:
    """Return the predictions of a model for the test slices of a protocol."""
    table = results.predictions
    return table[(table["protocol"] == protocol) & (table["model"] == model)]


def _curves(results: RunResults) -> Drawn | None:
    shown = list(dict.fromkeys([_first(results), *results.table["protocol"]]))
    models = _compared(results)
    roc, precision, values, prevalence = {}, {}, {}, {}
    for protocol in shown:
        judged = {model: _judged(results, protocol, model) for model in models}
        draw = (results.config["evaluation"]["bootstrap"], results.config["seed"])
        roc[protocol] = {model: curve_band(own, roc_curve, *draw) for model, own in judged.items()}
        precision[protocol] = {model: curve_band(own, precision_recall_curve, *draw) for model, own in judged.items()}
        table = results.table
        values[protocol] = table[(table["protocol"] == protocol) & (table["unit"] == "slice")].set_index("model")
        prevalence[protocol] = float(judged[models[0]]["label"].mean())
    if all(band is None for bands in roc.values() for band in bands.values()):
        return None
    return Drawn(
        "curves",
        "ROC and precision-recall curves",
        "Curves of slices, mean over test folds, with 95 % bands from a bootstrap over patients: the best spiking network, "
        "the best classical model (both by ROC-AUC of slices) and slice area alone. Dotted: guessing.",
        curves.describe_curves(values, models),
        "results",
        curves.curves(roc, precision, values, prevalence),
    )


def _strip(results: RunResults) -> Drawn:
    networks = choices.best_of_each_rule(results.table, _first(results), "patient")
    classical = choices.best_of(results.table, _first(results), "patient", "classical")
    models = _existing(results, *networks, classical, "area")
    margins = pd.DataFrame(results.metrics["patients"])
    margins = margins[margins["protocol"] == _first(results)]
    margins = margins.groupby(["model", "patient"], as_index=False).agg(
        {"label": "max", "margin": "mean", "predicted": "mean"}
    )
    margins["predicted"] = margins["predicted"] >= 0.5
    return Drawn(
        "patients",
        f"The score of every patient, split by {_first(results)}",
        "A patient's score is the mean of its highest slice scores. Shown are the best backend of each learning rule, the "
        "best classical model and slice area alone. Dots right of the line and triangles left of it are wrong.",
        patients.describe_strip(margins, models),
        "errors",
        patients.patient_strip(margins, models),
    )


def _confusion(results: RunResults, unit: str) -> Drawn:
    backends, rules = (list(results.config["models"][key]) for key in ("backends", "rules"))
    rows = _rows(results, unit)
    best = choices.best_of(results.table, _first(results), unit, "snn") or next(iter(results.modes))
    return Drawn(
        f"confusion_{unit}s",
        f"Confusion matrices of {unit}s, split by {_first(results)}",
        "Number of predictions of each class at the threshold that was chosen on the validation part, and their share of "
        "the true class.",
        confusion.describe_confusion(rows, best, unit),
        "errors",
        confusion.confusion_matrices(rows, backends, rules),
    )


def _calibration(results: RunResults) -> Drawn | None:
    models = choices.best_of_each_rule(results.table, _first(results), "slice")
    classical = choices.best_of(results.table, _first(results), "slice", "classical")
    judged = {model: _judged(results, _first(results), model) for model in (*models, classical) if model}
    bins = results.config["evaluation"]["calibration_bins"]
    tables = {
        model: calibration.reliability_table(own["probability"].to_numpy(), own["label"].to_numpy(), bins)
        for model, own in judged.items()
    }
    if not tables:
        return None
    return Drawn(
        "calibration",
        f"Calibration, split by {_first(results)}",
        "Observed share of diseased slices against the predicted probability. Probabilities are calibrated on the "
        "validation part; shown are test slices in bins of probability and, in brackets, the expected calibration error.",
        calibration.describe_reliability(tables),
        "errors",
        calibration.reliability(tables, bins),
    )


def _slices(results: RunResults) -> Drawn | None:
    if not results.pictures:
        return None
    low, high = WINDOW_HU
    return Drawn(
        "slices",
        f"Slices: {title_of(results.raster_model)}",
        f"Test slices, split by {_first(results)}, with the most certain right, the most certain wrong and the least certain "
        "decisions. The number is the distance of the score from the threshold, in spreads of the validation scores; from "
        f"0 on, the model predicts disease. Window {low:.0f} to {high:.0f} HU; seen from the feet.",
        slices.describe_slices(results.pictures),
        "errors",
        slices.slice_pictures(results.pictures),
    )


def _training_time(results: RunResults) -> Drawn:
    seconds = _costs(results)
    return Drawn(
        "training_time",
        "Training time",
        f"Median time of one training epoch, split by {_first(results)}, on a logarithmic axis.",
        cost.describe_time(seconds),
        "cost",
        cost.training_time(seconds),
    )


FIGURES: tuple[Callable[[RunResults], Drawn | None], ...] = (
    _leakage,
    _matrices,
    _curves,
    _strip,
    partial(_confusion, unit="slice"),
    partial(_confusion, unit="patient"),
    _calibration,
    _slices,
    _learning_curves,
    _label_curve,
    _search_history,
    _setting_importance,
    _raster,
    _firing_rates,
    _importance,
    _cost,
    _training_time,
)
