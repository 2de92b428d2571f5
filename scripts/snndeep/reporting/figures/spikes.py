"""Spikes of input and hidden neurons, potentials of output neurons, and firing rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from snndeep.reporting.figures.style import CLASS_LOOKS, QUIET, colour, legend_above, panels

LAYERS = ("input spikes", "hidden spikes", "output potential")
CLASSES = tuple(CLASS_LOOKS)
AXIS_NAMES = {
    "input spikes": "input channel",
    "hidden spikes": "hidden neuron",
    "output potential": "output potential\n(thresholds)",
}


def traces_of(traces: Mapping[str, np.ndarray], split: str) -> dict[str, np.ndarray]:
    """Return the traces of one split by name of the signal, each `[samples, T, n]`."""
    return {key.removeprefix(f"{split}/"): values for key, values in traces.items() if key.startswith(f"{split}/")}


def raster(traces: Mapping[str, np.ndarray], classes: list[int]) -> Figure:
    """Draw input spikes, hidden spikes and output potentials, one column per sample.

    Args:
        traces: The traces of one split, see `traces_of`.
        classes: Class of each sample, 0 healthy, 1 diseased.
    """
    names = [name for name in LAYERS if name in traces]
    heights = [1.6 if name.endswith("spikes") else 1.0 for name in names]
    figure, grid = panels(len(names), len(classes), 0.6 + sum(heights), sharex=True, sharey="row", heights=heights)
    for row, name in zip(grid, names, strict=True):
        for k, axes in enumerate(row):
            if name.endswith("spikes"):
                _draw_spikes(axes, traces[name][k], colour(CLASS_LOOKS[CLASSES[classes[k]]][0]))
            else:
                _draw_potentials(axes, traces[name][k])
                axes.set_xlabel("time step")
        row[0].set_ylabel(AXIS_NAMES[name])
    for axes, label in zip(grid[0], classes, strict=True):
        axes.set_title(f"{CLASSES[label]} slice")
    legend_above(figure, grid[-1][0])
    return figure


def _draw_spikes(axes: Axes, spikes: np.ndarray, shade: tuple[float, float, float]) -> None:
    steps, channels = np.nonzero(spikes)
    size = max(2.5, 80 / spikes.shape[1])
    axes.plot(steps, channels, "|", color=shade, markersize=size, markeredgewidth=1.3)
    axes.set_ylim(-1, spikes.shape[1])
    axes.grid(visible=False, axis="y")


def _draw_potentials(axes: Axes, potentials: np.ndarray) -> None:
    names = CLASSES if potentials.shape[1] == len(CLASSES) else ("output",)
    for name, line in zip(names, potentials.T, strict=True):
        index = CLASS_LOOKS.get(name, (3, ""))[0]
        axes.plot(line, "-" if name != "healthy" else "--", color=colour(index), label=f"{name} neuron")
    axes.axhline(0, color=QUIET, linewidth=0.6)


def describe_raster(traces: Mapping[str, np.ndarray], classes: list[int]) -> str:
    """Return the figure's main numbers in a sentence."""
    name = "hidden spikes" if "hidden spikes" in traces else "input spikes"
    counts = traces[name].sum(axis=(1, 2))
    shown = " and ".join(f"{int(n)} in the {CLASSES[k]} slice" for n, k in zip(counts, classes, strict=True))
    return f"Number of {name} within {traces[name].shape[1]} time steps: {shown}."


def rate_table(firing: Mapping[str, Mapping[str, Mapping[str, Sequence[float]]]]) -> pd.DataFrame:
    """Return one row per neuron, split, layer and class: split, layer, neuron, class, rate (spikes per time step).

    Args:
        firing: By split, see `snndeep.insight.firing.firing_rates`.
    """
    rows = [
        (split, layer, neuron, name, rate)
        for split, layers in firing.items()
        for layer, classes in layers.items()
        for name, rates in classes.items()
        for neuron, rate in enumerate(rates)
    ]
    return pd.DataFrame(rows, columns=["split", "layer", "neuron", "class", "rate"])


def firing_rates(rates: pd.DataFrame) -> Figure:
    """Draw the rates of all neurons in rising order, one panel per layer and one line per class.

    Args:
        rates: The table of `rate_table`.
    """
    layers = [layer for layer in ("input", "hidden") if layer in set(rates["layer"])]
    figure, grid = panels(1, len(layers), 2.6)
    for axes, layer in zip(grid[0], layers, strict=True):
        for name, (index, _) in CLASS_LOOKS.items():
            own = np.sort(rates[(rates["layer"] == layer) & (rates["class"] == name)]["rate"])
            if not own.size:
                continue
            share = np.arange(1, own.size + 1) / own.size
            dash = "--" if name == "healthy" else "-"
            axes.plot(100 * share, own, dash, color=colour(index), label=f"{name} slices")
            axes.axhline(own.mean(), color=colour(index), linestyle=dash, linewidth=0.7)
        axes.set(title=f"{layer} neurons", xlabel="neurons, quietest first (%)", ylim=(0, None))
    grid[0][0].set_ylabel("spikes per time step")
    legend_above(figure, grid[0][0])
    return figure


def describe_rates(rates: pd.DataFrame) -> str:
    """Return the figure's main numbers in a sentence."""
    layer = "hidden" if "hidden" in set(rates["layer"]) else "input"
    means = rates[rates["layer"] == layer].groupby("class")["rate"].mean()
    shown = " and ".join(f"{means[name]:.3f} for {name} slices" for name in CLASSES if name in means)
    return f"The firing rate of the {layer} neurons, in spikes per time step, mean over neurons and folds, is {shown}."
