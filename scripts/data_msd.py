"""Bring one case of Task03_Liver of the Medical Segmentation Decathlon."""

from pathlib import Path

from snndeep.console import stage
from snndeep.download.archive import Member
from snndeep.scans.msd_archive import Archive
from snndeep.scans.msd_cases import bring_case
from snndeep.store.files import read_json, write_json

with stage(snakemake.log[0]):
    params, case, target = snakemake.params, snakemake.wildcards.case, Path(snakemake.output.manifest)
    members = {entry["name"]: Member(**entry) for entry in read_json(Path(params.index))}
    tar = Path(params.tar) if params.tar else None
    archive = Archive(**params.published, folder=Path(params.index).parent, tar=tar)
    write_json(target, {case: bring_case(case, members, archive, target.parent)}, params.stage)
