"""Fetch and unpack Task03_Liver of the Medical Segmentation Decathlon."""

from pathlib import Path

from snndeep.console import stage
from snndeep.msd import fetch
from snndeep.storage import write_json

with stage(snakemake.log[0]):
    settings = snakemake.params.settings
    manifest = fetch(settings["url"], settings["md5"], Path(snakemake.params.folder), snakemake.params.cases)
    write_json(Path(snakemake.output.manifest), manifest, snakemake.params.provenance)
