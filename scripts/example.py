"""Write a small synthetic data set with a table, as an example of a user's own data."""

from pathlib import Path

from snndeep.console import stage
from snndeep.phantom.example import write_example
from snndeep.phantom.settings import PhantomSettings

with stage(snakemake.log[0]) as log:
    settings = PhantomSettings.from_mapping(snakemake.params.settings)
    scans = write_example(Path(snakemake.output.table), settings)
    log.info("wrote %d scans of %d patients", scans, settings.patients)
