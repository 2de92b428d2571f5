"""Put the slices of all cases into one table of labelled samples."""

from pathlib import Path

from snndeep.console import stage
from snndeep.features import read_batches
from snndeep.samples import SampleSettings, assemble
from snndeep.storage import write_json, write_table

with stage(snakemake.log[0]) as log:
    slices, patients, skipped = read_batches([Path(manifest) for manifest in snakemake.input.manifests])
    samples = assemble(slices, SampleSettings(**snakemake.params.settings))
    log.info("%d samples of %d patients, %d diseased", len(samples), len(patients), samples["label"].sum())
    for path, table in ((snakemake.output.samples, samples), (snakemake.output.patients, patients)):
        write_table(Path(path), table, snakemake.params.provenance)
    write_json(Path(snakemake.output.skipped), skipped, snakemake.params.provenance)
