"""An external test set: a second data set that is scored with the model files of a run and takes no part in training.

What is scored is what is deployed: for every model all folds by patient together, with their own thresholds, and the
calibration on validation patients. Nothing is fitted to the external set, so its figures need no folds. Intervals (95 %)
are percentiles over resampled patients. Source: TRIPOD+AI (Collins et al. 2024, BMJ 385), items on external validation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from snndeep.deployment.model_file import FoldModel, ModelFile
from snndeep.deployment.scoring import score_table
from snndeep.errors import ConfigError, DatasetError
from snndeep.evaluation.bootstrap import interval, patient_draws, resampled_metrics
from snndeep.evaluation.calibration import probabilities
from snndeep.evaluation.metrics import METRICS, Outcome, measure
from snndeep.evaluation.settings import EvaluationSettings
from snndeep.seeds import generator

OF_PROBABILITIES = ("brier", "ece", "calibration_slope", "calibration_intercept")
"""Metrics of patients alone: a model file has no calibration for slices."""


def check_unseen(cases: pd.DataFrame, model: ModelFile) -> None:
    """Make sure that no scan of the external set was in the run's own data.

    Args:
        cases: With columns case and voxels_sha256.
        model: Any model file of the run.

    Raises:
        DatasetError: If one was.
    """
    known = {scan for member in model.members for scan in member.reference.seen}
    shared = [str(case) for case, digest in zip(cases["case"], cases["voxels_sha256"], strict=True) if digest in known]
    if shared:
        raise DatasetError(
            "The external test set holds scans of the run's own data set.",
            where="dataset.external",
            found=f"{len(shared)} scans: {', '.join(shared[:5])}{', ...' if len(shared) > 5 else ''}",
            expected="patients that the run has not seen",
            remedy="Remove these scans from the external set.",
        )


def evaluate_external(
    table: pd.DataFrame,
    models: Mapping[str, ModelFile],
    members: Mapping[str, Sequence[FoldModel]],
    backend: str,
    settings: EvaluationSettings,
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Score an external set with every model.

    Args:
        table: Samples of the external set.
        models: By name.
        members: The folds to ask of each model, all of one protocol.
        backend: That computes: all give the same spikes.
        settings: Resamples and bins.

    Returns:
        The metrics of slices and patients by model, or why a model could not be asked (`refused`); and one row per patient
        with the columns patient, label and `<model>`, the probability of disease.
    """
    owners = table["patient"].to_numpy(str)
    names, member = np.unique(owners, return_inverse=True)
    status = np.zeros(names.size, int)
    np.maximum.at(status, member, table["label"].to_numpy())
    draws = patient_draws(status, settings.bootstrap, generator(settings.seed, "external"))
    patients = pd.DataFrame({"patient": names, "label": status})
    found: dict[str, Any] = {}
    for name, model in models.items():
        asked = members[name]
        try:
            scored = score_table(table, model, asked, backend)
        except ConfigError as error:
            found[name] = {"refused": f"{error.what} {error.found}".strip()}
            continue
        margins, calibration = scored.patient_margins, model.calibration[asked[0].protocol]
        probability = probabilities(calibration[:1], margins)
        patients[name] = probability
        outcomes = {
            "slice": (table["label"].to_numpy(), scored.slice_margins, expit(scored.slice_margins), member),
            "patient": (status, margins, probability, np.arange(names.size)),
        }
        found[name] = {
            unit: _metrics(Outcome(label, margin, (margin >= 0).astype(int), p), own, draws, unit, settings)
            for unit, (label, margin, p, own) in outcomes.items()
        }
    return found, patients


def _metrics(
    outcome: Outcome, member: np.ndarray, draws: np.ndarray, unit: str, settings: EvaluationSettings
) -> dict[str, Any]:
    kept = [name for name in METRICS if unit == "patient" or name not in OF_PROBABILITIES]
    values, undefined = measure(outcome, unit, settings.calibration_bins)
    resampled = resampled_metrics([(outcome, member)], draws, settings.calibration_bins)
    return {
        "n": int(outcome.label.size),
        "diseased": int(outcome.label.sum()),
        **{name: values[name] for name in kept},
        "interval": {name: None if values[name] is None else interval(resampled[name]) for name in kept},
        "undefined": {name: reason for name, reason in undefined.items() if name in kept},
    }
