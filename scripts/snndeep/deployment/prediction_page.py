"""A prediction as a document: JSON, and a page that stands alone and can be read on a phone."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from matplotlib.figure import Figure

from snndeep.backends.registry import load_backend
from snndeep.deployment.model_file import FoldModel, ModelFile
from snndeep.deployment.prediction import Prediction, ScanToPredict
from snndeep.insight.shown_slices import MARGIN_MM, as_seen
from snndeep.labels import LESION, ORGAN
from snndeep.reporting.names import title_of
from snndeep.store.files import installed_versions
from snndeep.volume.axial import read_axial_slices

STATEMENT = "Research software, not for diagnosis."
INTERVAL_OF_FOLDS = (
    "95 % interval: how far the probability depends on which patients the models were trained on and calibrated with "
    "(fold models and validation patients drawn again with replacement, the scan as it is)."
)
INTERVAL_OF_ONE = (
    "95 % interval: how far the probability depends on which patients the model was calibrated with (validation patients "
    "drawn again with replacement; one model alone, the scan as it is)."
)
OUTLINES = ((ORGAN, "#3fc1ff", "solid"), (LESION, "#ffb000", "dashed"))
PIXELS = 440
OUTSIDE = ("spacing", "HU", "features")
"""The kinds of warnings of a scan that lies outside the training data."""


VERDICTS = {
    "diseased": "predicted diseased",
    "healthy": "predicted healthy",
    "undecided": "undecided: the interval contains the decision",
}


def document(
    scan: ScanToPredict,
    files: Mapping[str, str],
    model: ModelFile,
    members: Sequence[FoldModel],
    prediction: Prediction,
) -> dict[str, Any]:
    """Return the prediction as JSON values.

    Args:
        scan: What was predicted.
        files: Its `image` and `mask` as the user named them.
        model: What the members have in common.
        members: The models that were asked.
        prediction: What they said.
    """
    diseased, healthy = model.validated[members[0].protocol]
    return {
        "statement": STATEMENT,
        "case": scan.case,
        **files,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "verdict": prediction.verdict,
        "verdict_means": VERDICTS[prediction.verdict],
        "probability": prediction.probability,
        "decision": prediction.decision,
        "interval": list(prediction.interval),
        "interval_means": INTERVAL_OF_FOLDS if len(members) > 1 else INTERVAL_OF_ONE,
        "probability_means": (
            f"Probability of disease among patients like those of the study: logistic calibration (Platt) of the patient's "
            f"margin on {diseased} diseased and {healthy} healthy validation patients."
        ),
        "margin": prediction.margin,
        "members": prediction.members,
        "slices": prediction.slices.to_dict(orient="records"),
        "slices_left_out": prediction.left_out,
        "most_for_disease": prediction.strongest(diseased=True),
        "most_against_disease": prediction.strongest(diseased=False),
        "warnings": [{"kind": warned.kind, "text": warned.text} for warned in prediction.warnings],
        "spacing_mm": list(prediction.spacing),
        "training_patients": {member.split: member.reference.patients for member in members},
        "model": {
            "name": model.name,
            "splits": [member.split for member in members],
            "encoder": model.encoder,
            "share_of_slices": {member.split: member.patients.top_share for member in members},
            "address": model.provenance.get("address", ""),
            "versions": model.versions,
        },
        "versions": installed_versions(sorted({*model.versions, *load_backend(model.backend).packages})),
    }


def render(scan: ScanToPredict, words: Mapping[str, Any]) -> str:
    """Return the page of a document.

    Args:
        scan: Where its pictures come from.
        words: Of `document`.

    Raises:
        ScanError: If the scan cannot be read.
    """
    wanted = {"for": words["most_for_disease"], "against": words["most_against_disease"]}
    indices = sorted({index for chosen in wanted.values() for index in chosen})
    seen = read_axial_slices(scan.case, scan.image, scan.mask, scan.labels, indices, MARGIN_MM)
    drawn = {}
    for index, own in zip(indices, seen, strict=True):
        grey, regions = as_seen(own.intensity, own.labels)
        drawn[index] = _png(grey, regions, own.spacing)
    rows = {row["slice"]: row for row in words["slices"]}
    pictures = {
        side: [{"slice": index, "margin": rows[index]["margin"], "source": drawn[index]} for index in chosen]
        for side, chosen in wanted.items()
    }
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    template = environment.get_template("prediction.html.jinja")
    return template.render(
        words=words, title=title_of(words["model"]["name"]), pictures=pictures, bars=_bars(words["slices"]),
        lesion=any((own.labels == LESION).any() for own in seen),
        outside=any(warned["kind"] in OUTSIDE for warned in words["warnings"]),
    )  # fmt: skip


def _bars(slices: Sequence[Mapping[str, Any]]) -> list[dict[str, float]]:
    """Return the bars of the slices' margins in a box of 100 by 100, the axis at 50: x, width, top, height."""
    width = 100 / len(slices)
    greatest = max(abs(row["margin"]) for row in slices) or 1.0
    bars = []
    for number, row in enumerate(slices):
        height = 48 * abs(row["margin"]) / greatest
        diseased = row["margin"] > 0
        bars.append(
            {
                "x": number * width,
                "width": 0.8 * width,
                "y": 50 - height if diseased else 50,
                "height": max(height, 0.5),
                "diseased": diseased,
                "slice": row["slice"],
                "margin": row["margin"],
            }
        )
    return bars


def _png(grey: np.ndarray, regions: np.ndarray, spacing: tuple[float, float]) -> str:
    """Return a slice with its outlines, to scale, as the address of an embedded PNG."""
    rows, columns = grey.shape
    width, height = columns * spacing[0], rows * spacing[1]
    side = max(width, height)
    figure = Figure(figsize=(PIXELS / 100, PIXELS / 100), dpi=100, facecolor="black")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    with mpl.rc_context({"contour.negative_linestyle": "solid"}):
        axes.imshow(grey, cmap="gray", vmin=0, vmax=255, extent=(0, width, height, 0), interpolation="bilinear")
        x, y = (np.arange(columns) + 0.5) * spacing[0], (np.arange(rows) + 0.5) * spacing[1]
        for region, colour, dash in OUTLINES:
            inside = regions >= region
            if inside.any() and not inside.all():
                axes.contour(x, y, inside.astype(float), levels=[0.5], colors=[colour], linewidths=1.6, linestyles=dash)
    axes.set(xlim=((width - side) / 2, (width + side) / 2), ylim=((height + side) / 2, (height - side) / 2))
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", facecolor="black", metadata={"Software": None})
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
