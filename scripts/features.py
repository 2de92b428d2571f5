"""Extract the features of a batch of cases."""

from pathlib import Path

from snndeep.console import stage
from snndeep.labels import MaskLabels
from snndeep.radiomics.settings import FeatureSettings
from snndeep.samples.features import Extraction, extract_batch
from snndeep.scans.settings import Plausibility
from snndeep.store.files import write_json

with stage(snakemake.log[0]):
    params = snakemake.params
    work = [Extraction.from_json(values) for values in params.work]
    settings, labels = FeatureSettings(**params.settings), MaskLabels(**params.labels)
    limits, on_bad_case = Plausibility(**params.judged_by["plausibility"]), params.judged_by["on_bad_case"]
    target = Path(snakemake.output.manifest)
    manifest = extract_batch(work, settings, labels, limits, on_bad_case, target.parent)
    write_json(target, manifest, params.provenance)
