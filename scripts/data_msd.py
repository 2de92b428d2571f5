"""Fetch or extract one case of Task03_Liver of the Medical Segmentation Decathlon."""

import os
from pathlib import Path

from snndeep.console import stage
from snndeep.download.archive import Member
from snndeep.scans.msd_archive import Archive
from snndeep.scans.msd_cases import FOLDERS, bring_case, compare_with_twin
from snndeep.store.files import read_json, record_provenance, write_json

with stage(snakemake.log[0]):
    params, case, target = snakemake.params, snakemake.wildcards.case, Path(snakemake.output.manifest)
    members = {entry["name"]: Member(**entry) for entry in read_json(Path(params.index), "archive")}
    archive = Archive.from_settings(params.published, Path(params.index).parent, params.tar)
    entry = bring_case(case, members, archive, target.parent)
    # The twin is the same case, fetched in the other way: from the checked archive, or alone.
    checked = "by_ranges" not in params.stage["config"]
    compare_with_twin(case, entry, Path(params.twin), checked)
    for kind in FOLDERS:
        record_provenance(target.parent / entry[kind], {**params.stage, "made_with": target.name})
    if not checked:
        entry["twin"] = os.path.relpath(params.twin, target.parent)
    write_json(target, {case: entry}, params.stage)
