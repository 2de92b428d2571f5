"""Check every scan and mask of a user's data set before any long job."""

from pathlib import Path

from snndeep.console import stage
from snndeep.labels import MaskLabels
from snndeep.radiomics.settings import FeatureSettings
from snndeep.samples.feasibility import check_splits
from snndeep.samples.settings import SampleSettings
from snndeep.samples.split import SplitSettings
from snndeep.samples.table import Cohort
from snndeep.scans.dataset import Case
from snndeep.scans.settings import Plausibility
from snndeep.scans.survey import survey
from snndeep.store.files import write_json

with stage(snakemake.log[0]) as log:
    params, config = snakemake.params, snakemake.params.stage["config"]
    cases = [Case.from_json(values) for values in params.cases]
    features, labels = FeatureSettings.from_mapping(config["features"]), MaskLabels.from_mapping(config["labels"])
    limits = Plausibility.from_mapping(config["plausibility"])
    found = survey(cases, labels, features.resegmentation, limits, config["on_bad_case"])
    log.info("%d cases, %d of them diseased", len(found), sum(entry.diseased for entry in found.values()))
    log.info("%d cases with warnings", sum(bool(entry.found) for entry in found.values()))
    samples, splits = SampleSettings.from_mapping(config["samples"]), SplitSettings.from_mapping(config["splits"])
    check_splits(found, Cohort(**config["cohort"]), features.min_organ_area, samples, splits)
    words = {name: entry.to_json() for name, entry in found.items()}
    write_json(Path(snakemake.output.survey), words, params.stage)
