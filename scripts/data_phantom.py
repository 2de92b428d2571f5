"""Make the synthetic scans of a batch of cases."""

from pathlib import Path

from snndeep.console import stage
from snndeep.phantom.cases import make_cases
from snndeep.store.files import record_provenance, write_json

with stage(snakemake.log[0]):
    target, provenance = Path(snakemake.output.manifest), snakemake.params.provenance
    manifest = make_cases(snakemake.params.settings, snakemake.params.cases, target.parent)
    for case in manifest.values():
        for kind in ("image", "label"):
            record_provenance(target.parent / case[kind], {**provenance, "made_with": target.name})
    write_json(target, manifest, provenance)
