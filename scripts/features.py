"""Extract the features of a batch of cases."""

from pathlib import Path

from snndeep.console import stage
from snndeep.labels import MaskLabels
from snndeep.radiomics.settings import FeatureSettings
from snndeep.samples.features import Extraction, extract_batch
from snndeep.store.files import write_json

PATHS = ("image", "label", "slices", "patient")

with stage(snakemake.log[0]):
    work = [Extraction(**{k: Path(v) if k in PATHS else v for k, v in item.items()}) for item in snakemake.params.work]
    settings, labels = FeatureSettings(**snakemake.params.settings), MaskLabels(**snakemake.params.labels)
    target = Path(snakemake.output.manifest)
    manifest = extract_batch(work, settings, labels, snakemake.params.skip_bad, target.parent)
    write_json(target, manifest, snakemake.params.provenance)
