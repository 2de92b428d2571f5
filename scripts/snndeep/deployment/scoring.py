"""Scores of a table of samples by the members of a model file, the same for a prediction and for an external test set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from snndeep.backends.registry import load_backend
from snndeep.deployment.model_file import FoldModel, ModelFile
from snndeep.errors import ConfigError, ModelFileError
from snndeep.evaluation.aggregation import patient_scores
from snndeep.learning.descent import score_in_batches
from snndeep.learning.registry import load_rule
from snndeep.samples.split import fold_of, main_protocol
from snndeep.spikes.encoders.registry import load_encoder
from snndeep.spikes.trains import SpikeTrains

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ScoredTable:
    """What the members of a model say of slices and of their patients.

    Attributes:
        scores: By split, the score of every slice, `[N]`.
        slice_margins: Mean over members of a slice's margin, `[N]`; above 0 it speaks for disease.
        patients: Names, ascending, `[P]`.
        patient_scores: By split, `[P]`.
        member_margins: By split, the patients' margins, `[P]`.
    """

    scores: Mapping[str, Values]
    slice_margins: Values
    patients: npt.NDArray[np.str_]
    patient_scores: Mapping[str, Values]
    member_margins: Mapping[str, Values]

    @property
    def patient_margins(self) -> Values:
        """Mean over members of a patient's margin, `[P]`."""
        mean: Values = np.mean(list(self.member_margins.values()), axis=0)
        return mean


def choose_members(model: ModelFile, split: str | None) -> tuple[FoldModel, ...]:
    """Return the members to ask: one split's, all of one fold, or all of the protocol by patient (else of the first one).

    Raises:
        ConfigError: If there is no such split.
    """
    if split is not None:
        chosen = tuple(member for member in model.members if split in (member.split, fold_of(member.split)))
        if not chosen:
            known = dict.fromkeys(name for m in model.members for name in (fold_of(m.split), m.split))
            raise ConfigError(
                "The model has no such split.",
                where="split",
                found=repr(split),
                expected=f"one of {', '.join(known)}",
            )
        return chosen
    protocol = main_protocol([member.protocol for member in model.members])
    return tuple(member for member in model.members if member.protocol == protocol)


def score_table(table: pd.DataFrame, model: ModelFile, members: Sequence[FoldModel], backend: str) -> ScoredTable:
    """Score a table of samples.

    Args:
        table: Of `snndeep.samples.table.assemble`, N rows.
        model: What the members have in common.
        members: The models to ask, all of one protocol.
        backend: That computes.

    Raises:
        ConfigError: If there is no such backend, or it does not offer what the neurons need.
        ModelFileError: If the model selected features that the table lacks.
    """
    _check_features(table, members)
    scores = {member.split: score_slices(table, model, member, backend) for member in members}
    owners = table["patient"].to_numpy(str)
    of_patients = {m.split: patient_scores(owners, scores[m.split], m.patients.share)[1] for m in members}
    return ScoredTable(
        scores,
        np.mean([member.slices.margin(scores[member.split]) for member in members], axis=0),
        np.unique(owners),
        of_patients,
        {member.split: member.patients.margin(of_patients[member.split]) for member in members},
    )


def score_slices(table: pd.DataFrame, model: ModelFile, member: FoldModel, backend: str) -> np.ndarray:
    """Return the score of every row of a table of samples, `[N]`.

    Raises:
        ConfigError: See `score_table`.
    """
    preprocessing = member.preprocessing
    values = preprocessing.unit_interval(table[list(preprocessing.features)].to_numpy(np.float64))
    encoder = load_encoder(model.encoder, model.encoder_settings)
    # As in `encode_split`: seeds tell numpy's strings from Python's, and rate coding must draw what it drew in the run.
    samples = list(table["sample"].to_numpy(str))
    trains = SpikeTrains.from_dense(encoder.encode(values, samples, model.seed))
    layers, rule = load_backend(backend), load_rule(model.rule)
    network = rule.model(layers, rule.settings(**member.settings), member.parameters)
    return score_in_batches(network, layers.load(trains, np.dtype(np.float32)), np.arange(len(table)))


def _check_features(table: pd.DataFrame, members: Sequence[FoldModel]) -> None:
    missing = sorted({name for member in members for name in member.preprocessing.features} - set(table.columns))
    if missing:
        raise ModelFileError(
            "The model selected features that this SNNDeep does not extract.",
            where="features",
            found=", ".join(missing[:5]),
            expected="features of the model's own families",
            remedy="Use the SNNDeep that trained the model, or train it again.",
        )
