"""Fit scaling and selection of features to the training part of every split."""

from pathlib import Path

import pandas as pd

from snndeep.console import stage
from snndeep.samples.fit_preprocessing import fit_splits
from snndeep.samples.settings import PreprocessingSettings
from snndeep.samples.split import Split
from snndeep.store.files import read_json, write_json
from snndeep.store.tables import read_table

with stage(snakemake.log[0]) as log:
    table = read_table(Path(snakemake.input.samples), "samples")
    splits, apart = (
        [Split.from_json(values) for values in read_json(Path(path), "splits")]
        for path in (snakemake.input.splits, snakemake.input.apart)
    )
    config = dict(snakemake.params.stage["config"])
    seed = config.pop("seed")
    settings = PreprocessingSettings.from_mapping(config)
    measured = pd.read_parquet(snakemake.params.measurements) if settings.min_icc else None
    fitted = fit_splits(table, splits, apart, settings, seed, measured)
    written = {name: own.to_json() for name, own in fitted.items()}
    write_json(Path(snakemake.output.fitted), written, snakemake.params.stage)
    both = sum(fitted[split.name].representation == "both" for split in splits)
    log.info(
        "fitted on the training parts of %d splits; %d of %d take relative features too", len(fitted), both, len(splits)
    )
