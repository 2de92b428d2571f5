"""The prediction for one scan, made by the same steps as a run's own scores.

    scan -> features -> samples -> for every member: scaler, selection -> spikes -> slice scores -> margins
    patient margin of a member   (mean of a share of its slice scores, the highest - threshold) / spread
    probability                  calibrated on validation patients, of the mean margin over members

The members are the models of a protocol's folds, or one of them alone. Scores of folds are put on one scale by each fold's
own threshold and spread before they are averaged. The interval (95 %) tells how far the probability depends on which patients
the models were trained and calibrated on: folds and validation patients are drawn again with replacement, the scan is
taken as it is. With one member alone only the calibration is drawn again.

The decision is a margin of 0, which is a certain probability. Where the interval contains it the scan is *undecided*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from snndeep.deployment.model_file import FoldModel, ModelFile
from snndeep.deployment.reference import (
    MEAN_HU,
    Warned,
    compare_features,
    compare_hu,
    compare_known,
    compare_spacing,
    fingerprint,
)
from snndeep.deployment.scoring import score_table
from snndeep.evaluation.calibration import probabilities
from snndeep.labels import MaskLabels
from snndeep.radiomics.extract import CaseFeatures, extract_case
from snndeep.samples.table import Cohort, assemble, feature_names
from snndeep.scans.plausibility import ScanFinding, check_spacing, findings, refuse_implausible
from snndeep.seeds import generator
from snndeep.volume import read_header
from snndeep.volume.measure import CaseMeasures

SHOWN = 3


@dataclass(frozen=True)
class ScanToPredict:
    """What is to be predicted.

    Attributes:
        case: Its name. Rate coding draws from it, so another name gives slightly other scores.
        image: CT in HU, NIfTI.
        mask: On the same grid or a part of it, NIfTI.
        labels: The meaning of the mask's labels.
    """

    case: str
    image: Path
    mask: Path
    labels: MaskLabels


@dataclass(frozen=True)
class Prediction:
    """What a model says of a scan.

    Attributes:
        probability: Of disease.
        interval: 95 %, see the module.
        decision: The probability of a margin of 0.
        margin: Mean of the members' patient margins; above 0 it speaks for disease.
        slices: One row per slice: slice, organ_area_mm2, score and margin (means over members), `score.<split>`.
        members: By split, patient score and margin.
        spacing: Of the scan along x, y, z, mm.
        left_out: Slices left out because the mask marks too little lesion there, as in a run.
        warnings: Reasons to doubt the prediction.
    """

    probability: float
    interval: tuple[float, float]
    decision: float
    margin: float
    slices: pd.DataFrame
    members: dict[str, dict[str, float]]
    spacing: tuple[float, float, float]
    left_out: int
    warnings: list[Warned]

    @property
    def verdict(self) -> str:
        """`diseased`, `healthy`, or `undecided` where the interval contains the decision."""
        low, high = self.interval
        if low <= self.decision <= high:
            return "undecided"
        return "diseased" if self.margin > 0 else "healthy"

    def strongest(self, diseased: bool) -> list[int]:
        """Return the slices that speak for disease, or against it, the strongest first; at most three, perhaps none."""
        own = self.slices[self.slices["margin"] > 0] if diseased else self.slices[self.slices["margin"] <= 0]
        order = own.sort_values("margin", ascending=not diseased, kind="stable")
        return [int(k) for k in order["slice"].head(SHOWN)]


def predict(
    scan: ScanToPredict, model: ModelFile, members: Sequence[FoldModel], backend: str, keep_implausible: bool = False
) -> Prediction:
    """Predict.

    Args:
        scan: The scan.
        model: What the members have in common.
        members: The models to ask, all of one protocol.
        backend: That computes; all give the same spikes, so it need not be the one that trained.
        keep_implausible: Warn of a scan or mask that is not plausible instead of refusing it.

    Raises:
        ScanError: If the scan cannot be used or is not plausible, as in a run.
        ConfigError: If there is no such backend, or it does not offer what the neurons need.
        ModelFileError: If the model selected features that are not extracted.
    """
    check_spacing(read_header(scan.image, scan.case), model.plausibility, scan.case)
    extracted = extract_case(scan.case, scan.image, scan.mask, model.features, scan.labels)
    (row,) = extracted.patient.to_dict(orient="records")
    found = findings(CaseMeasures.from_row({str(name): value for name, value in row.items()}), model.plausibility)
    if not keep_implausible:
        refuse_implausible(found, f"case {scan.case}, file {scan.image}, mask {scan.mask}")
    nobody_known = Cohort(patients={scan.case: scan.case}, diseased={}, weak=False)
    table = assemble(extracted.slices, nobody_known, model.samples)
    scored = score_table(table, model, members, backend)
    slices = table[["slice", "organ_area_mm2"]].assign(
        score=np.mean(list(scored.scores.values()), axis=0),
        margin=scored.slice_margins,
        **{f"score.{split}": values for split, values in scored.scores.items()},
    )
    patients = {
        split: {"score": float(scored.patient_scores[split][0]), "margin": float(margins[0])}
        for split, margins in scored.member_margins.items()
    }
    own = np.array([values["margin"] for values in patients.values()])
    fits = model.calibration[members[0].protocol]
    draws = generator(model.seed, "prediction").integers(own.size, size=(len(fits) - 1, own.size))
    low, high = np.percentile(probabilities(fits[1:], own[draws].mean(axis=1)), [2.5, 97.5])
    return Prediction(
        probability=float(probabilities(fits[:1], own.mean(keepdims=True))[0]),
        interval=(float(low), float(high)),
        decision=float(probabilities(fits[:1], np.zeros(1))[0]),
        margin=float(own.mean()),
        slices=slices,
        members=patients,
        spacing=_spacing(extracted),
        left_out=len(extracted.slices) - len(table),
        warnings=[*_of_scan(found, scan), *_known(extracted, table, members), *_compare(extracted, table, members)],
    )


def _spacing(extracted: CaseFeatures) -> tuple[float, float, float]:
    x, y, z = (float(extracted.patient[f"spacing_{axis}"].iloc[0]) for axis in "xyz")
    return x, y, z


def _of_scan(found: Sequence[ScanFinding], scan: ScanToPredict) -> list[Warned]:
    """Return what was found in the scan itself as warnings."""
    filled = ", which were filled" if scan.labels.fill_holes else ", which were left as they are"
    return [
        Warned(finding.kind, f"{finding.text[0].upper()}{finding.text[1:]}{filled if finding.kind == 'holes' else ''}.")
        for finding in found
    ]


def _known(extracted: CaseFeatures, table: pd.DataFrame, members: Sequence[FoldModel]) -> list[Warned]:
    values = table[feature_names(table)].to_numpy(np.float64)
    scan = fingerprint(table["organ_area_mm2"].to_numpy(np.float64), values)
    voxels = str(extracted.patient["voxels_sha256"].iloc[0])
    return compare_known({member.split: member.reference for member in members}, scan, voxels)


def _compare(extracted: CaseFeatures, table: pd.DataFrame, members: Sequence[FoldModel]) -> list[Warned]:
    references = [member.reference for member in members]
    names, distances, medians = [], [], []
    for member in members:
        values = table[list(member.preprocessing.features)].to_numpy(np.float64)
        names.append(member.preprocessing.features)
        distances.append(float(np.median(member.reference.distances(member.preprocessing.standardise(values)))))
        medians.append(pd.DataFrame(values).median().to_numpy())
    warned = compare_spacing(references, _spacing(extracted))
    if MEAN_HU in table:
        warned += compare_hu(references, float(table[MEAN_HU].median()))
    return warned + compare_features(references, distances, names, medians)
