"""The sections of the configuration. A stage defines its own settings; what belongs to no stage is defined here.

The sections of families (encoders, learning rules and their search spaces) are generated from the members, see
`snndeep.plan.configuration`.
"""

from __future__ import annotations

from dataclasses import dataclass

from snndeep.evaluation.settings import EvaluationSettings
from snndeep.insight.settings import InsightSettings
from snndeep.labels import MaskLabels
from snndeep.limits import LimitSettings
from snndeep.phantom.settings import PhantomSettings
from snndeep.radiomics.settings import FeatureSettings
from snndeep.reporting.settings import ReportSettings
from snndeep.samples.settings import PreprocessingSettings, SampleSettings
from snndeep.samples.split import SplitSettings
from snndeep.scans.settings import DicomSettings, Plausibility
from snndeep.settings import Settings, section, setting
from snndeep.store.pruning import PruneSettings
from snndeep.training.strategy import Strategy


@dataclass(frozen=True)
class MsdSettings(Settings):
    """The published archive of Task03_Liver."""

    urls: tuple[str, ...] = setting(
        ("https://msd-for-monai.s3-us-west-2.amazonaws.com/Task03_Liver.tar",),
        "Addresses of Task03_Liver.tar; they are tried in order.",
        pattern="^https?://.",
        min_items=1,
    )
    md5: str = setting(
        "a90ec6c4aa7f6a3d087205e23d4e6397", "Published checksum of the archive.", pattern="^[0-9a-f]{32}$"
    )
    bytes: int = setting(
        28925891584, "Published size in bytes; a server that announces another size has another file.", least=1
    )
    least_rate: float = setting(
        1000.0,
        "Bytes a second that a server must send, on average over a minute; a slower one is given up and the next address "
        "tried. 0 waits for any. Changes no result.",
        least=0,
    )


@dataclass(frozen=True)
class ExternalSettings(Settings):
    """A second data set, which takes no part in training."""

    path: str = setting(
        "",
        "Scans that the run's models are scored on and never see in training: a folder or a table, as for dataset.path; "
        "empty for none.",
    )
    labels: MaskLabels = section(MaskLabels, "What the labels of its masks mean.")


@dataclass(frozen=True)
class DatasetSettings(Settings):
    """Where the scans come from."""

    source: str = setting(
        "phantom",
        "phantom (made here), directory (your own) or msd (Task03_Liver, fetched).",
        choices=("phantom", "directory", "msd"),
    )
    path: str = setting(
        "",
        "For source directory, a folder with dataset.json, imagesTr and labelsTr, or a .csv or .tsv with columns image, mask, "
        "patient and, if wanted, label, series and others. For msd, Task03_Liver.tar or the folder it was unpacked to, used "
        "where it is; empty fetches it.",
    )
    cases: tuple[int, ...] = setting(
        (),
        "For source msd, the numbers of the cases to fetch and use; [] means all.",
        least=0,
        most=130,
        unique=True,
    )
    first: int = setting(
        0,
        "For source msd, use and fetch this many cases: the first with tumours and the first without, in the published "
        "proportion but at least four without where eight are asked for; 0 means all.",
        least=0,
        most=131,
    )
    labels: MaskLabels = section(MaskLabels, "What the labels of the masks mean; the number 0 is background.")
    plausibility: Plausibility = section(
        Plausibility, "Limits beyond which a scan is not a CT in HU, or its mask not one of the organ."
    )
    dicom: DicomSettings = section(DicomSettings, "How DICOM series are read.")
    cases_per_job: int = setting(
        12,
        "Cases per job; more means fewer processes to start, fewer means more jobs in parallel. Does not change results.",
        least=1,
    )
    on_bad_case: str = setting(
        "fail",
        "What a scan does that cannot be used or is implausible: fail (end the run), skip (continue without it and say so in "
        "the report), or warn (end the run if it cannot be used, keep it and say so if it is implausible).",
        choices=("fail", "skip", "warn"),
    )
    phantom: PhantomSettings = section(PhantomSettings, "The synthetic scans of source phantom.")
    msd: MsdSettings = section(MsdSettings, "The published archive of Task03_Liver.")
    external: ExternalSettings = section(ExternalSettings, "An external test set.")


@dataclass(frozen=True)
class TuningSettings(Strategy):
    """The hyperparameter search."""

    n_trials: int = setting(20, "Optuna trials per model and fold; raising it runs only the additional ones.", least=1)
    parts: int = setting(
        1,
        "Networks of a fold whose validation parts judge a trial, by the mean, at most splits.members. More of them judge "
        "better and take as many times longer. All networks of a fold take the settings found.",
        least=1,
    )
    workers: int = setting(
        1,
        "Jobs that share the search of a model, for a cluster. Each takes some of the folds, so more jobs than folds are "
        "not used. Does not change results.",
        least=1,
    )
    storage: str = setting(
        "",
        "Where finished trials are stored: empty for a journal file in the store, else the SQLAlchemy address of a database, "
        "such as postgresql+psycopg://user:${DB_PASSWORD}@host/name, where ${NAME} is read from the environment, as it is: a "
        "password needs no encoding. Does not change results.",
    )
    mode: str = setting(
        "parity",
        "parity (all backends search the same space) or native (a backend may use everything that it supports).",
        choices=("parity", "native"),
    )


@dataclass(frozen=True)
class Sections(Settings):
    """The configuration, apart from the sections of families."""

    run: str = setting(
        "demo", "Name of this run; its results go to results/<run>/.", pattern="^[A-Za-z0-9][A-Za-z0-9_-]*$"
    )
    seed: int = setting(7, "Every random number derives from this seed and the names of what it is for.", least=0)
    store: str = setting(
        "work",
        "Folder of the content-addressed intermediate files; several users and checkouts may share one.",
        pattern="^.",
    )
    durable: bool = setting(
        True,
        "Whether files are flushed to the disk before they get their name, so that a power failure leaves no empty files. "
        "Does not change results.",
    )
    prune: PruneSettings = section(
        PruneSettings, "What `snakemake prune` keeps although nothing uses it. Does not change results."
    )
    limits: LimitSettings = section(LimitSettings, "Bounds on what comes from outside. Changes no result.")
    dataset: DatasetSettings = section(DatasetSettings, "Where the scans come from.")
    features: FeatureSettings = section(FeatureSettings, "Conventions of feature extraction (IBSI).")
    samples: SampleSettings = section(SampleSettings, "Which slices are samples, and of which class.")
    splits: SplitSettings = section(SplitSettings, "Training, validation and test parts.")
    preprocessing: PreprocessingSettings = section(
        PreprocessingSettings, "Scaling and selection of features, fitted to each training part."
    )
    tuning: TuningSettings = section(TuningSettings, "The hyperparameter search.")
    evaluation: EvaluationSettings = section(EvaluationSettings, "How models are evaluated.")
    insight: InsightSettings = section(InsightSettings, "Feature importance of one trained model.")
    report: ReportSettings = section(ReportSettings, "The look of the report.")
