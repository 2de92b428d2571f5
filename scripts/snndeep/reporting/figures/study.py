"""The figures of the study as a whole, each with its words; a figure whose data the run does not have is None."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import pandas as pd

from snndeep.evaluation.curves import curve_band, precision_recall_curve, roc_curve
from snndeep.reporting.figures import calibration, confusion, cost, curves, learning, patients, protocols, tuning
from snndeep.reporting.figures.drawn import Drawn, judged_by
from snndeep.reporting.lookup import chosen, chosen_of_each_rule, distinct_networks, protocols_of
from snndeep.reporting.names import rule_title
from snndeep.reporting.results import RunResults
from snndeep.reporting.searches import searches
from snndeep.samples.split import protocol_of
from snndeep.seeds import derive_seed
from snndeep.training.outcomes import SearchOutcome
from snndeep.training.setting_importance import setting_importance

T = TypeVar("T")


def _distinct(results: RunResults, by_model: Mapping[str, T]) -> dict[str, T]:
    """Return what belongs to distinct networks, in their order."""
    return {name: by_model[name] for name in distinct_networks(results.metrics, results.protocol)}


def _leakage(results: RunResults) -> Drawn:
    shown = protocols_of(results.metrics)
    models = _trained_in_all_arms(results) or chosen_of_each_rule(results.metrics, results.protocol)
    table = protocols.gap_table(results.metrics, models, shown)
    return Drawn(
        "leakage_gap",
        "What a split by slice adds" if len(shown) > 1 else "Learning rules",
        "ROC-AUC of slices, one network for each learning rule. Gap = leakage + more patients to learn from; leakage is the "
        "difference between the split by slice and the same split without the tested patients."
        if "apart" in set(table["arm"])
        else "ROC-AUC of slices, one network for each learning rule, with intervals from a bootstrap over patients.",
        protocols.describe_gap(table),
        "answer",
        protocols.leakage_gap(table),
    )


def _trained_in_all_arms(results: RunResults) -> list[str]:
    """Return for each rule the network that was trained in all three arms; empty unless every rule has one."""
    rules = [name.split("/")[1] for name in chosen_of_each_rule(results.metrics, results.protocol)]
    known = {name.split("/")[1]: name for name in results.metrics["leakage"] if results.metrics["kinds"][name] == "snn"}
    return [known[rule] for rule in rules] if set(rules) <= set(known) else []


def _learning_curves(results: RunResults) -> Drawn | None:
    history = learning.history_table(_distinct(results, results.records), results.protocol)
    if history.empty:
        return None
    return Drawn(
        "learning_curves",
        f"Learning curves, split by {results.protocol}",
        "Validation ROC-AUC by epoch, one line for each fold. Of identical networks the first is shown.",
        learning.describe_learning(history),
        "learning",
        learning.learning_curves(history),
        folded=True,
    )


def _label_curve(results: RunResults) -> Drawn | None:
    labels = learning.label_table(results.records, results.protocol)
    if labels.empty:
        return None
    compared = ", compared with the same procedure with random choice" if "random" in set(labels["choice"]) else ""
    return Drawn(
        "label_curve",
        f"Labels used by active learning, split by {results.protocol}",
        f"ROC-AUC of test slices against the number of labelled training slices; BAL chooses them by firing pattern{compared}. "
        "The validation part, which decides when each round stops, is labelled in addition; features were selected with the "
        "labels of the whole training part.",
        learning.describe_labels(labels),
        "learning",
        learning.label_curve(labels),
        folded=True,
    )


def _search_history(results: RunResults) -> Drawn | None:
    trials = tuning.trial_table(_distinct(results, results.tuned), results.protocol)
    if trials.empty:
        return None
    return Drawn(
        "search_history",
        f"Search history, split by {results.protocol}",
        f"Validation ROC-AUC of the trials of the hyperparameter search, {trials['trial'].max()} for each fold, and the best "
        "so far. Of identical networks the first is shown.",
        tuning.describe_search(trials),
        "learning",
        tuning.search_history(trials),
        folded=True,
    )


def _setting_importance(results: RunResults) -> Drawn | None:
    spaces = results.config["tuning"]["search_space"]
    groups: dict[tuple[str, str], list[SearchOutcome]] = {}
    for search in searches(results):
        model = search.models[0]
        own = [study for split, study in search.studies.items() if protocol_of(split) == results.protocol]
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
        f"Importance of hyperparameters, split by {results.protocol}",
        "Shares of the explained variance by fANOVA over the finished trials of all folds and of all backends with the "
        "same search space. A short search gives a rough answer.",
        tuning.describe_settings(shares),
        "learning",
        tuning.setting_importance(shares),
        folded=True,
    )


def _costs(results: RunResults) -> pd.DataFrame:
    return cost.cost_table(_rows(results, "slice"), results.metrics["cost"], results.protocol)


def _cost(results: RunResults) -> Drawn:
    return Drawn(
        "cost",
        f"Accuracy against cost, split by {results.protocol}",
        "Accuracy of slices with its 95 % interval from a bootstrap over patients, against the seconds of training and "
        "the effective synaptic operations of one inference. Up and to the left is better.",
        cost.describe_cost(_costs(results)),
        "cost",
        cost.accuracy_against_cost(_costs(results)),
        folded=True,
    )


def _rows(results: RunResults, unit: str) -> pd.DataFrame:
    """Return the metrics of the headline's protocol and a unit, indexed by model."""
    table = results.table
    return table[(table["protocol"] == results.protocol) & (table["unit"] == unit)].set_index("model")


def _compared(results: RunResults) -> list[str]:
    """Return the network and the classical model chosen on validation slices, and slice area alone, if they are there."""
    best = [chosen(results.metrics, results.protocol, kind) for kind in ("network", "classical")]
    return _existing(results, *best, "area")


def _existing(results: RunResults, *models: str | None) -> list[str]:
    """Return those of the models that the run has."""
    return [model for model in models if model is not None and model in set(results.table["model"])]


def _curves(results: RunResults) -> Drawn | None:
    shown = list(dict.fromkeys([results.protocol, *results.table["protocol"]]))
    models = _compared(results)
    roc, precision, values, prevalence = {}, {}, {}, {}
    for protocol in shown:
        judged = {model: judged_by(results, protocol, model) for model in models}
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
        "Of slices, mean over test folds, with 95 % bands from a bootstrap over patients: the spiking network and the "
        "classical model that were chosen on validation slices, and slice area alone. Dotted: guessing.",
        curves.describe_curves(values, models),
        "rivals",
        curves.curves(roc, precision, values, prevalence),
    )


def _strip(results: RunResults) -> Drawn:
    networks = chosen_of_each_rule(results.metrics, results.protocol)
    classical = chosen(results.metrics, results.protocol, "classical")
    models = _existing(results, *networks, classical, "area")
    margins = pd.DataFrame(results.metrics["patients"])
    margins = margins[margins["protocol"] == results.protocol]
    margins = margins.groupby(["model", "patient"], as_index=False).agg(
        {"label": "max", "margin": "mean", "predicted": "mean"}
    )
    margins["predicted"] = margins["predicted"] >= 0.5
    return Drawn(
        "patients",
        f"The score of every patient, split by {results.protocol}",
        "A patient's score is made from its highest slice scores. Shown are, chosen on validation slices, a backend for each "
        "learning rule and a classical model; and slice area alone. Blue dots right of the line and orange triangles left of "
        "it are wrong.",
        patients.describe_strip(margins, models),
        "patients",
        patients.patient_strip(margins, models),
        folded=True,
    )


def _confusion(results: RunResults) -> Drawn:
    models = chosen_of_each_rule(results.metrics, results.protocol)
    table = results.table[results.table["protocol"] == results.protocol]
    return Drawn(
        "confusion",
        f"Confusion matrices, split by {results.protocol}",
        "Number of predictions of each class at the threshold that was chosen on the validation part, and their share of "
        "the true class; one network for each learning rule.",
        confusion.describe_confusion(table, models[0]),
        "patients",
        confusion.confusion_matrices(table, models),
        folded=True,
    )


def _calibration(results: RunResults) -> Drawn | None:
    models = chosen_of_each_rule(results.metrics, results.protocol)
    classical = chosen(results.metrics, results.protocol, "classical")
    judged = {model: judged_by(results, results.protocol, model) for model in (*models, classical) if model}
    bins = results.config["evaluation"]["calibration_bins"]
    tables = {
        model: calibration.reliability_table(own["probability"].to_numpy(), own["label"].to_numpy(), bins)
        for model, own in judged.items()
    }
    if not tables:
        return None
    return Drawn(
        "calibration",
        f"Calibration, split by {results.protocol}",
        "Does a probability mean what it says? Probabilities are calibrated on the validation part; shown are test slices "
        "in bins of probability, and in brackets the calibration error, less what chance adds to it.",
        calibration.describe_reliability(tables),
        "patients",
        calibration.reliability(tables, bins),
        folded=True,
    )


def _training_time(results: RunResults) -> Drawn:
    seconds = _costs(results)
    return Drawn(
        "training_time",
        "Training time",
        f"Median time of one training epoch, split by {results.protocol}, on a logarithmic axis.",
        cost.describe_time(seconds),
        "cost",
        cost.training_time(seconds),
    )


STUDY_FIGURES: tuple[Callable[[RunResults], Drawn | None], ...] = (
    _leakage,
    _curves,
    _strip,
    _confusion,
    _calibration,
    _learning_curves,
    _label_curve,
    _search_history,
    _setting_importance,
    _cost,
    _training_time,
)
