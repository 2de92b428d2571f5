"""Convert a scan in another format to NIfTI."""

from pathlib import Path

from snndeep.console import stage
from snndeep.scans.convert import convert
from snndeep.scans.source import ConversionRequest
from snndeep.store.files import write_json

with stage(snakemake.log[0]):
    params, path = snakemake.params, Path(snakemake.output.record)
    record = convert(ConversionRequest.from_json(params.request), path.parent, params.stage)
    write_json(path, record, params.stage)
