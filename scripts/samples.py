"""Combine the slices of all cases in one table of labelled samples."""

from pathlib import Path

from snndeep.console import stage
from snndeep.samples.batches import read_samples
from snndeep.samples.settings import SampleSettings
from snndeep.samples.table import Cohort
from snndeep.store.files import write_json
from snndeep.store.tables import write_table

with stage(snakemake.log[0]) as log:
    config = snakemake.params.stage["config"]
    samples, cases, skipped = read_samples(
        [Path(manifest) for manifest in snakemake.input.manifests],
        Cohort(**config["cohort"]),
        SampleSettings.from_mapping(config["samples"]),
    )
    log.info(
        "%d samples of %d patients, %d diseased", len(samples), samples["patient"].nunique(), samples["label"].sum()
    )
    for path, table in ((snakemake.output.samples, samples), (snakemake.output.cases, cases)):
        write_table(Path(path), table, snakemake.params.stage)
    write_json(Path(snakemake.output.skipped), skipped, snakemake.params.stage)
