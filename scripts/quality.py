"""Look at the scans of a batch: planes with the mask, HU in the organ, sizes and warnings."""

from pathlib import Path

from snndeep.console import stage
from snndeep.insight.scan_look import look_at
from snndeep.insight.scan_quality import to_arrays
from snndeep.labels import MaskLabels
from snndeep.scans.dataset import Case
from snndeep.scans.settings import Plausibility
from snndeep.store.files import write_json, write_npz

with stage(snakemake.log[0]) as log:
    params, config = snakemake.params, snakemake.params.stage["config"]
    labels, limits = MaskLabels.from_mapping(config["labels"]), Plausibility.from_mapping(config["plausibility"])
    resegmentation = tuple(config["resegmentation"]) if config["resegmentation"] else None
    facts, arrays = [], {}
    for number, values in enumerate(params.cases):
        found = look_at(Case.from_json(values), labels, resegmentation, limits)
        facts.append(found.facts)
        arrays |= to_arrays(found, number)
        log.info("%s: %s", found.facts["case"], found.facts.get("error") or f"{len(found.facts['flags'])} flags")
    write_json(Path(snakemake.output.facts), facts, params.stage)
    write_npz(Path(snakemake.output.planes), arrays, params.stage)
