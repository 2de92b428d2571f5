"""Make the synthetic scans of a batch of cases."""

from pathlib import Path

from snndeep.console import stage
from snndeep.phantom.cases import make_cases
from snndeep.store.files import record_provenance, write_json

with stage(snakemake.log[0]):
    target, record = Path(snakemake.output.manifest), snakemake.params.stage
    manifest = make_cases(record["config"], snakemake.params.cases, target.parent)
    for case in manifest.values():
        for kind in ("image", "label"):
            record_provenance(target.parent / case[kind], {**record, "made_with": target.name})
    write_json(target, manifest, record)
