"""The sections of the configuration. Those of a stage are its own settings; what belongs to no stage is described here.

The sections of families (encoders, learning rules and their search spaces) are made from the members, see
`snndeep.plan.configuration`.
"""

from __future__ import annotations

from dataclasses import dataclass

from snndeep.evaluation.settings import EvaluationSettings
from snndeep.insight.settings import InsightSettings
from snndeep.labels import MaskLabels
from snndeep.phantom.settings import PhantomSettings
from snndeep.radiomics.settings import FeatureSettings
from snndeep.reporting.settings import ReportSettings
from snndeep.samples.settings import PreprocessingSettings, SampleSettings
from snndeep.samples.split import SplitSettings
from snndeep.settings import Settings, section, setting
from snndeep.store.pruning import PruneSettings


@dataclass(frozen=True)
class MsdSettings(Settings):
    """What is published of Task03_Liver."""

    urls: tuple[str, ...] = setting(
        ("https://msd-for-monai.s3-us-west-2.amazonaws.com/Task03_Liver.tar",),
        "Where Task03_Liver.tar is fetched from; further addresses are tried in order.",
        pattern="^https?://.",
        min_items=1,
    )
    md5: str = setting("a90ec6c4aa7f6a3d087205e23d4e6397", "Its published checksum.", pattern="^[0-9a-f]{32}$")
    bytes: int = setting(
        28925891584, "Its published size; a server that announces another one has another file.", least=1
    )
    least_rate: float = setting(
        1000.0,
        "Bytes a second that a server must send, on average over a minute; a slower one is given up and the next address "
        "tried. 0 waits for any. Changes no result.",
        least=0,
    )


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
        "patient and, if wanted, label. For msd, Task03_Liver.tar or the folder it was unpacked to, used where it is; "
        "empty fetches it.",
    )
    cases: tuple[int, ...] = setting(
        (),
        "For source msd, the numbers of the cases to use and to fetch; [] means all.",
        least=0,
        most=130,
        unique=True,
    )
    first: int = setting(
        0, "For source msd, use and fetch this many cases, from number 0 on; 0 means all.", least=0, most=131
    )
    labels: MaskLabels = section(MaskLabels, "What the numbers of the masks mean; 0 is background.")
    cases_per_job: int = setting(
        12,
        "Cases that one job works on; more saves starts of processes, fewer spreads wider. Changes no result.",
        least=1,
    )
    on_bad_case: str = setting(
        "fail",
        "What a scan that cannot be used does, fail (end the run) or skip (resume without it and say so in the report).",
        choices=("fail", "skip"),
    )
    phantom: PhantomSettings = section(PhantomSettings, "The synthetic scans of source phantom.")
    msd: MsdSettings = section(MsdSettings, "What is published of Task03_Liver.")


@dataclass(frozen=True)
class TuningSettings(Settings):
    """The search of hyperparameters."""

    n_trials: int = setting(
        20, "Finished Optuna trials per model and split; raising it runs only the new ones.", least=1
    )
    workers: int = setting(
        1,
        "Jobs that share the search of a model, for a cluster. Each takes its share of the splits, so more than there are "
        "splits are not used. Changes no result.",
        least=1,
    )
    storage: str = setting(
        "",
        "Where finished trials are kept, empty for a journal file in the store, else a database as SQLAlchemy names it, such "
        "as postgresql+psycopg://user:${DB_PASSWORD}@host/name, where ${NAME} is taken from the environment. Changes no "
        "result.",
    )
    mode: str = setting(
        "parity",
        "parity (all backends search one space) or native (a backend may use all that it offers).",
        choices=("parity", "native"),
    )


@dataclass(frozen=True)
class Sections(Settings):
    """The configuration, apart from the sections of families."""

    run: str = setting(
        "demo", "Name of this run; its results go to results/<run>/.", pattern="^[A-Za-z0-9][A-Za-z0-9_-]*$"
    )
    seed: int = setting(7, "From this and the names of things every random number is derived.", least=0)
    store: str = setting(
        "work",
        "Folder of the content-addressed intermediates; several users and checkouts may share one.",
        pattern="^.",
    )
    durable: bool = setting(
        True,
        "Whether files are written through to the disk before they take their name, so that a power loss leaves no empty "
        "ones. Changes no result.",
    )
    prune: PruneSettings = section(
        PruneSettings, "What `snakemake prune` spares although nothing reaches it. Changes no result."
    )
    dataset: DatasetSettings = section(DatasetSettings, "Where the scans come from.")
    features: FeatureSettings = section(FeatureSettings, "Conventions of feature extraction (IBSI).")
    samples: SampleSettings = section(SampleSettings, "Which slices are samples, and of which class.")
    splits: SplitSettings = section(SplitSettings, "Training, validation and test parts.")
    preprocessing: PreprocessingSettings = section(
        PreprocessingSettings, "Scaling and selection of features, fitted on each training part."
    )
    tuning: TuningSettings = section(TuningSettings, "The search of hyperparameters.")
    evaluation: EvaluationSettings = section(EvaluationSettings, "How models are evaluated.")
    insight: InsightSettings = section(InsightSettings, "What one trained model looks at.")
    report: ReportSettings = section(ReportSettings, "The look of the report.")
