"""Check every scan and mask of a user's data set before any long job."""

from pathlib import Path

from snndeep.console import stage
from snndeep.labels import MaskLabels
from snndeep.scans.dataset import Case
from snndeep.scans.survey import survey
from snndeep.store.files import write_json

with stage(snakemake.log[0]) as log:
    params, config = snakemake.params, snakemake.params.stage["config"]
    labels = MaskLabels.from_mapping(config["labels"])
    found = survey([Case.from_json(values) for values in params.cases], labels, config["folds"], config["skip_bad"])
    log.info("%d cases, %d with lesions", len(found), sum(entry["diseased"] for entry in found.values()))
    write_json(Path(snakemake.output.survey), found, params.stage)
