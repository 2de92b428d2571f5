"""The figures of the inside of one network, each with its words; a figure whose data the run does not have is None."""

from __future__ import annotations

from collections.abc import Callable

from snndeep.insight.shown_slices import WINDOW_HU
from snndeep.reporting.figures import importance, slices, spikes
from snndeep.reporting.figures.drawn import Drawn, judged_by
from snndeep.reporting.names import title_of
from snndeep.reporting.results import RunResults


def _name(results: RunResults, name: str, model: str) -> str:
    """Return the name of a figure of a view: plain for the network that is shown first."""
    return name if model == results.shown_network else f"{name}_{model.split('/')[1]}"


def _slices(results: RunResults, model: str) -> Drawn | None:
    pictures = results.views[model].pictures
    if not pictures:
        return None
    low, high = WINDOW_HU
    return Drawn(
        _name(results, "slices", model),
        f"Slices: {title_of(model)}",
        f"Test slices, split by {results.protocol}, with the most certain right, the most certain wrong and the least "
        "certain decisions, and the slices next to them. The number is the distance of the score from the threshold, in "
        "spreads of the validation scores; from 0 on, the model predicts disease. "
        f"Window {low:.0f} to {high:.0f} HU; seen from the feet.",
        slices.describe_slices(pictures),
        "patients",
        slices.slice_pictures(pictures),
        model,
    )


def _raster(results: RunResults, model: str) -> Drawn:
    own = spikes.traces_of(results.views[model].traces, results.splits[0])
    tested = judged_by(results, results.protocol, model)
    classes = sorted(set(tested[tested["fold"] == tested["fold"].min()]["label"]))
    return Drawn(
        _name(results, "raster", model),
        f"Spikes: {title_of(model)}",
        "Spikes of input and hidden neurons, one row each, and the potentials of the output neurons, for one healthy and "
        "one diseased test slice.",
        spikes.describe_raster(own, classes),
        "inside",
        spikes.raster(own, classes),
        model,
    )


def _importance(results: RunResults, model: str) -> Drawn | None:
    features = importance.loss_table(results.views[model].importance, "features")
    families = importance.loss_table(results.views[model].importance, "families")
    if features.empty:
        return None
    return Drawn(
        _name(results, "permutation_importance", model),
        f"Importance of features: {title_of(model)}",
        f"Permutation importance on test slices, split by {results.protocol}: the loss of ROC-AUC when the values of a "
        "feature are permuted among slices. Features that carry the same information replace each other, so whole families "
        "are permuted below; a feature that a fold did not select counts as 0 in that fold.",
        importance.describe_importance(features, families),
        "inside",
        importance.permutation_importance(features, families),
        model,
    )


def _firing_rates(results: RunResults, model: str) -> Drawn | None:
    rates = spikes.rate_table(results.views[model].firing)
    if rates.empty:
        return None
    return Drawn(
        _name(results, "firing_rates", model),
        f"Firing rates: {title_of(model)}",
        f"Firing rate of each neuron for healthy and for diseased test slices, split by {results.protocol}; thin lines: "
        "means over neurons.",
        spikes.describe_rates(rates),
        "inside",
        spikes.firing_rates(rates),
        model,
    )


VIEW_FIGURES: tuple[Callable[[RunResults, str], Drawn | None], ...] = (_slices, _raster, _importance, _firing_rates)
