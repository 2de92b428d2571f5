"""Combine the slices of all cases in one table of labelled samples."""

from pathlib import Path

from snndeep.console import stage
from snndeep.samples.batches import read_batches
from snndeep.samples.duplicates import check_no_duplicates
from snndeep.samples.settings import SampleSettings
from snndeep.samples.table import Cohort, assemble
from snndeep.store.files import write_json
from snndeep.store.tables import write_table

with stage(snakemake.log[0]) as log:
    slices, cases, skipped = read_batches([Path(manifest) for manifest in snakemake.input.manifests])
    config = snakemake.params.stage["config"]
    cohort = Cohort(**config["cohort"])
    samples = assemble(slices, cohort, SampleSettings.from_mapping(config["samples"]))
    cases.insert(0, "patient", cases["case"].map(cohort.patients))
    cases = cases.assign(**cohort.columns(list(cases["case"])))
    check_no_duplicates(cases, samples)
    log.info(
        "%d samples of %d patients, %d diseased", len(samples), samples["patient"].nunique(), samples["label"].sum()
    )
    for path, table in ((snakemake.output.samples, samples), (snakemake.output.cases, cases)):
        write_table(Path(path), table, snakemake.params.stage)
    write_json(Path(snakemake.output.skipped), skipped, snakemake.params.stage)
