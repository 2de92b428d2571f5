"""Make the synthetic scans of a batch of cases."""

from pathlib import Path

from snndeep.console import stage
from snndeep.phantom.cases import make_cases
from snndeep.store.files import write_json

with stage(snakemake.log[0]):
    target = Path(snakemake.output.manifest)
    manifest = make_cases(snakemake.params.stage["config"], snakemake.params.cases, target.parent)
    write_json(target, manifest, snakemake.params.stage)
