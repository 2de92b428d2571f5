"""Convert a scan in another format to NIfTI."""

from pathlib import Path

from snndeep.console import stage
from snndeep.scans.convert import convert
from snndeep.store.files import write_json

with stage(snakemake.log[0]):
    params, path = snakemake.params, Path(snakemake.output.record)
    record = convert(Path(params.source), path.parent, params.stage, planned=params.stage["inputs"][0])
    write_json(path, record, params.stage)
