"""Make the synthetic scans of a batch of cases."""

from pathlib import Path

from snndeep.console import stage
from snndeep.phantom.cases import make_cases
from snndeep.storage import record_provenance, write_json

with stage(snakemake.log[0]):
    manifest = make_cases(snakemake.params.settings, snakemake.params.cases)
    write_json(Path(snakemake.output.manifest), manifest)
    record_provenance(Path(snakemake.output.manifest), snakemake.params.provenance)
