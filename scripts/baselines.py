"""Fit classical models on the same features and splits."""

from pathlib import Path

from snndeep.console import stage
from snndeep.samples.preprocessing import read_preprocessing
from snndeep.samples.split import Split
from snndeep.store.files import read_json, write_npz
from snndeep.store.tables import read_table
from snndeep.training.baselines import BASELINES, BaselineSettings, score_baselines

with stage(snakemake.log[0]) as log:
    paths = (snakemake.input.splits, snakemake.input.apart)
    scores = score_baselines(
        read_table(Path(snakemake.input.samples), "samples"),
        read_table(Path(snakemake.input.cases), "samples"),
        [Split.from_json(values) for path in paths for values in read_json(Path(path), "splits")],
        read_preprocessing(read_json(Path(snakemake.input.preprocessing), "preprocessing")),
        BaselineSettings.from_mapping(snakemake.params.stage["config"]),
    )
    log.info("scored %s", ", ".join(BASELINES))
    write_npz(Path(snakemake.output.scores), scores, snakemake.params.stage)
