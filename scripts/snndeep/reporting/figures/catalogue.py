"""All figures of the report, in their order, each with its words.

What a run has no data for (a protocol, a learning rule, a search) has no figure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from matplotlib.figure import Figure

from snndeep.pictures import WINDOW_HU
from snndeep.reporting.figures import cost, importance, learning, matrix, protocols, slices, spikes, tuning
from snndeep.reporting.names import title_of
from snndeep.reporting.results import RunResults


@dataclass(frozen=True)
class Drawn:
    """A figure with its words.

    Attributes:
        name: For files: letters, digits, `_`.
        title: What it shows, in a few words.
        caption: How to read it.
        alt: Its main number in a sentence, for those who do not see it.
        section: Where it belongs: results, errors, learning, inside or cost.
        figure: Draw, save and close it inside `style`.
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
    """The protocol of figures that show one: by patient where there is that."""
    shown = list(dict.fromkeys(results.table["protocol"]))
    return "patient" if "patient" in shown else shown[0]


def _leakage(results: RunResults) -> Drawn:
    both = results.table["protocol"].nunique() > 1
    return Drawn(
        "leakage_gap",
        "Both protocols side by side" if both else "All models",
        "ROC-AUC of slices. Where slices of one patient may lie on both sides of a split, a model can recognise the "
        "patient; the gap between the two protocols is what that is worth."
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
        matrix.describe_matrices(results.table, _first(results), list(results.modes)),
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
        "Validation ROC-AUC by epoch, a line per backend and fold. Backends that compute the same lie on one another.",
        learning.describe_learning(history),
        "learning",
        learning.learning_curves(history),
    )


def _label_curve(results: RunResults) -> Drawn | None:
    labels = learning.label_table(results.records, _first(results))
    if labels.empty:
        return None
    return Drawn(
        "label_curve",
        f"Labels used by active learning, split by {_first(results)}",
        "Validation ROC-AUC against the number of labelled training slices; BAL chooses them by firing pattern, beside "
        "it the same procedure with random choice.",
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


def _raster(results: RunResults) -> Drawn:
    own = spikes.traces_of(results.traces, results.splits[0])
    classes = list(range(own["input spikes"].shape[1]))
    return Drawn(
        "raster",
        f"What the spikes look like: {title_of(results.raster_model)}",
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
        f"How often each neuron fires for healthy and for diseased test slices, split by {_first(results)}; thin lines: "
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
        f"What the model looks at: {title_of(results.raster_model)}",
        f"Permutation importance on test slices, split by {_first(results)}: how much ROC-AUC is lost when the values of "
        "a feature are dealt out anew among slices. Features that say the same cover for each other, so that whole "
        "families are dealt out below; a feature that a fold did not select counts 0 there.",
        importance.describe_importance(features, families),
        "inside",
        importance.permutation_importance(features, families),
    )


def _slices(results: RunResults) -> Drawn | None:
    if not results.pictures:
        return None
    low, high = WINDOW_HU
    return Drawn(
        "slices",
        f"Slices: {title_of(results.raster_model)}",
        f"Test slices, split by {_first(results)}, that the model gets most surely right, most surely wrong, and is least "
        "sure of. The number is the distance of the score from the threshold, in spreads of the validation scores; from "
        f"0 on the model says diseased. Window {low:.0f} to {high:.0f} HU; seen from the feet.",
        slices.describe_slices(results.pictures),
        "errors",
        slices.slice_pictures(results.pictures),
    )


def _training_time(results: RunResults) -> Drawn:
    seconds = cost.seconds_table(results.records)
    return Drawn(
        "training_time",
        "Training time",
        "Median time of one training epoch over all splits, on a logarithmic axis.",
        cost.describe_time(seconds),
        "cost",
        cost.training_time(seconds),
    )


FIGURES: tuple[Callable[[RunResults], Drawn | None], ...] = (
    _leakage,
    _matrices,
    _slices,
    _learning_curves,
    _label_curve,
    _search_history,
    _raster,
    _firing_rates,
    _importance,
    _training_time,
)
