"""Fit scaling and selection of features to the training part of every split."""

from pathlib import Path

import pandas as pd

from snndeep.console import stage
from snndeep.samples.fit_preprocessing import fit_split
from snndeep.samples.settings import PreprocessingSettings
from snndeep.samples.split import Split
from snndeep.store.files import read_json, write_json
from snndeep.store.tables import read_table

with stage(snakemake.log[0]) as log:
    table = read_table(Path(snakemake.input.samples), "samples")
    paths = (snakemake.input.splits, snakemake.input.apart)
    splits = [Split.from_json(values) for path in paths for values in read_json(Path(path), "splits")]
    settings = PreprocessingSettings.from_mapping(snakemake.params.stage["config"])
    # The plan adds a digest of the file, so that other measurements have another address.
    path = settings.measurements.partition("#")[0]
    measured = pd.read_parquet(path) if settings.min_icc else None
    fitted = {split.name: fit_split(table, split, settings, measured).to_json() for split in splits}
    write_json(Path(snakemake.output.fitted), fitted, snakemake.params.stage)
    log.info("fitted on the training parts of %d splits", len(fitted))
