"""Extract the features of a batch of cases."""

from pathlib import Path

from snndeep.console import stage
from snndeep.samples.extraction import Extraction
from snndeep.samples.features import extract_batch
from snndeep.scans.settings import Plausibility
from snndeep.store.files import write_json

with stage(snakemake.log[0]):
    params, target = snakemake.params, Path(snakemake.output.manifest)
    config = params.stage["config"]
    work, limits = [Extraction.from_json(values) for values in params.work], Plausibility(**config["plausibility"])
    manifest = extract_batch(work, limits, config["on_bad_case"], target.parent)
    write_json(target, manifest, params.stage)
