"""Assembly of one model file from the outputs of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.covariance import LedoitWolf

from snndeep.deployment.model_file import FoldModel
from snndeep.deployment.reference import MEAN_HU, Reference, fingerprint
from snndeep.evaluation.aggregation import patient_scores
from snndeep.evaluation.bootstrap import patient_draws
from snndeep.evaluation.calibration import fit_platt
from snndeep.evaluation.decision import fit_decision, fit_patient_decision
from snndeep.samples.preprocessing import Preprocessing
from snndeep.samples.split import Split
from snndeep.samples.table import feature_names
from snndeep.seeds import generator


@dataclass(frozen=True)
class TrainingOutputs:
    """The outputs of the stage `train` for one model.

    Attributes:
        parameters: The parameters on all splits, under `<split>/<name>`.
        scores: Ids and scores of the samples of every part, under `<split>/<part>.samples` and `<split>/<part>.scores`.
        record: By split, the record of training, which has the tuned settings.
    """

    parameters: Mapping[str, np.ndarray]
    scores: Mapping[str, np.ndarray]
    record: Mapping[str, Any]


@dataclass(frozen=True)
class TrainingData:
    """The data of a run.

    Attributes:
        samples: Table of samples.
        cases: Table of cases, with the voxel spacing in mm in the columns spacing_x, spacing_y and spacing_z.
    """

    samples: pd.DataFrame
    cases: pd.DataFrame

    def rows(self, samples: Sequence[str] | np.ndarray) -> pd.DataFrame:
        """Return the rows of the given samples, in their order."""
        return self.samples.set_index("sample").loc[list(samples)]

    def diseased(self, samples: Sequence[str]) -> np.ndarray:
        """Return the names of patients with a diseased slice among the given samples."""
        rows = self.rows(samples)
        return np.unique(rows.loc[rows["label"] == 1, "patient"].to_numpy(str))


def make_member(
    data: TrainingData,
    split: Split,
    preprocessing: Preprocessing,
    reference: Reference,
    trained: TrainingOutputs,
    candidates: Sequence[float],
) -> tuple[FoldModel, pd.DataFrame]:
    """Return the model of one split, and its validation patients with the columns patient, label and margin.

    Args:
        data: The data of the run.
        split: The split.
        preprocessing: Scaling and selection fitted on the split's training part.
        reference: The range of that part, see `make_reference`; the same for every model.
        trained: The model on all splits.
        candidates: For the share of slices that makes a patient's score.
    """
    prefix = f"{split.name}/"
    scores = trained.scores[f"{prefix}validation.scores"]
    rows = data.rows(trained.scores[f"{prefix}validation.samples"])
    owners = rows["patient"].to_numpy(str)
    diseased = data.diseased([*split.train, *split.validation])
    patients = fit_patient_decision(owners, scores, diseased, candidates)
    names, values = patient_scores(owners, scores, patients.share)
    member = FoldModel(
        split=split.name,
        protocol=split.protocol,
        settings=dict(trained.record[split.name]["settings"]),
        preprocessing=preprocessing,
        parameters={k.removeprefix(prefix): v for k, v in trained.parameters.items() if k.startswith(prefix)},
        slices=fit_decision(rows["label"].to_numpy(), scores),
        patients=patients,
        reference=reference,
    )
    label = np.isin(names, diseased).astype(int)
    return member, pd.DataFrame({"patient": names, "label": label, "margin": patients.margin(values)})


def make_reference(data: TrainingData, split: Split, preprocessing: Preprocessing) -> Reference:
    """Return the range of a split's training part, which new scans are compared with."""
    names = list(preprocessing.features)
    train, validation = data.rows(split.train), data.rows(split.validation)
    z = preprocessing.standardise(train[names].to_numpy(np.float64))
    covariance = LedoitWolf().fit(z)
    medians = train.groupby("patient")[names].median()
    own = data.cases["patient"].isin(medians.index)
    spacing = data.cases.loc[own, ["spacing_x", "spacing_y", "spacing_z"]].to_numpy()
    hu = train.groupby("patient")[MEAN_HU].median() if MEAN_HU in train else None
    reference = Reference(
        patients=len(medians),
        spacing=np.array([spacing.min(axis=0), spacing.max(axis=0)]),
        hu=None if hu is None else (float(hu.min()), float(hu.max())),
        features=np.array([medians.min(), medians.max()]),
        mean=covariance.location_,
        precision=covariance.precision_,
        limit=np.inf,
        seen=parts_by_scan(data, split),
    )
    seen = pd.concat([train, validation])
    distances = reference.distances(preprocessing.standardise(seen[names].to_numpy(np.float64)))
    limit = pd.Series(distances, seen.index).groupby(seen["patient"]).median().max()
    return replace(reference, limit=float(limit))


def parts_by_scan(data: TrainingData, split: Split) -> dict[str, str]:
    """Return by the fingerprints of every scan, of its features and of its voxels, the part of a split that it was in.

    Under the protocol by slice a scan is in several; then the first of train, validation and test counts.
    """
    columns = feature_names(data.samples)
    parts: dict[str, str] = {}
    for part in ("test", "validation", "train"):
        parts |= dict.fromkeys(data.samples.loc[data.samples["sample"].isin(getattr(split, part)), "case"], part)
    by_features = {
        fingerprint(rows["organ_area_mm2"].to_numpy(), rows[columns].to_numpy(np.float64)): parts[str(case)]
        for case, rows in data.samples.groupby("case", sort=True)
        if str(case) in parts
    }
    by_voxels = {
        str(digest): parts[str(case)]
        for case, digest in zip(data.cases["case"], data.cases["voxels_sha256"], strict=True)
        if str(case) in parts
    }
    return by_features | by_voxels


def calibrate(
    margins: np.ndarray, labels: np.ndarray, patients: np.ndarray, resamples: int, rng: np.random.Generator
) -> np.ndarray:
    """Return slope and intercept, fitted first to all validation patients and then to every resample, `[1 + R, 2]`.

    Args:
        margins: Margins of the validation patients, `[N]`; a patient who is validated in several folds has several rows.
        labels: 0 healthy, 1 diseased, `[N]`.
        patients: Name of the patient of each row, `[N]`; patients are resampled as a whole, within each class.
        resamples: Number of resamples R.
        rng: Source of randomness.
    """
    names, member = np.unique(patients, return_inverse=True)
    status = np.zeros(names.size, int)
    np.maximum.at(status, member, labels)
    draws = patient_draws(status, resamples, rng)[:, member]
    return fit_platt(margins, labels, np.vstack([np.ones(margins.size), draws]))


def calibrate_protocols(
    members: Sequence[FoldModel], validation: Sequence[pd.DataFrame], resamples: int, seed: int
) -> tuple[dict[str, np.ndarray], dict[str, tuple[int, int]]]:
    """Calibrate the margins of every protocol on the validation patients of all its folds.

    Args:
        members: The models of the splits.
        validation: The validation patients of each member, see `make_member`.
        resamples: Number of resamples of patients.
        seed: Seed in the configuration.

    Returns:
        By protocol: the fits, see `calibrate`, and the numbers of diseased and healthy patients.
    """
    fits: dict[str, np.ndarray] = {}
    counts: dict[str, tuple[int, int]] = {}
    for protocol in dict.fromkeys(member.protocol for member in members):
        own = [rows for member, rows in zip(members, validation, strict=True) if member.protocol == protocol]
        pooled = pd.concat(own, ignore_index=True)
        margins, labels, patients = (pooled[name].to_numpy() for name in ("margin", "label", "patient"))
        fits[protocol] = calibrate(margins, labels, patients, resamples, generator(seed, "calibration", protocol))
        status = pooled.groupby("patient")["label"].max()
        counts[protocol] = (int((status == 1).sum()), int((status == 0).sum()))
    return fits, counts
