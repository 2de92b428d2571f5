"""Fetch the archive of Task03_Liver, or only its index, and write the index."""

from dataclasses import asdict
from pathlib import Path

from snndeep.console import stage
from snndeep.scans.msd_archive import NAME, Archive, make_ready
from snndeep.store.files import intact, record_provenance, write_json

with stage(snakemake.log[0]):
    params, target = snakemake.params, Path(snakemake.output.index)
    members = make_ready(Archive.from_settings(params.published, target.parent, params.tar), params.whole)
    fetched = target.parent / NAME
    if fetched.exists() and not intact(fetched):
        record_provenance(fetched, {**params.stage, "made_with": target.name})
    write_json(target, [asdict(member) for member in members.values()], params.stage)
