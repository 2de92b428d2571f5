"""Make the archive of Task03_Liver ready: fetch it, or read its index where it is."""

from dataclasses import asdict
from pathlib import Path

from snndeep.console import stage
from snndeep.scans.msd_archive import Archive, make_ready
from snndeep.store.files import write_json

with stage(snakemake.log[0]):
    params, target = snakemake.params, Path(snakemake.output.index)
    tar = Path(params.tar) if params.tar else None
    members = make_ready(Archive(**params.published, folder=target.parent, tar=tar), params.whole)
    write_json(target, [asdict(member) for member in members.values()], params.stage)
