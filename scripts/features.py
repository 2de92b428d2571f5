"""Extract the features of a batch of cases."""

from pathlib import Path

from snndeep.console import stage
from snndeep.samples.extraction import Extraction
from snndeep.samples.features import extract_batch
from snndeep.store.files import write_json

with stage(snakemake.log[0]):
    params, target = snakemake.params, Path(snakemake.output.manifest)
    skip_bad = params.stage["config"]["on_bad_case"] == "skip"
    manifest = extract_batch([Extraction.from_json(values) for values in params.work], skip_bad, target.parent)
    write_json(target, manifest, params.stage)
