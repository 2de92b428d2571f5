"""Store the CT slices for the report: the most certain right, the most certain wrong and the least certain decisions."""

from dataclasses import asdict
from pathlib import Path

from snndeep.console import stage
from snndeep.insight.shown_slices import MARGIN_MM, as_seen, choose_slices, judged_slices
from snndeep.labels import MaskLabels
from snndeep.scans.converted import nifti_of
from snndeep.store.content import as_planned
from snndeep.store.files import read_table, write_json, write_npz
from snndeep.volume.axial import read_axial_slice

with stage(snakemake.log[0]) as log:
    params, config = snakemake.params, snakemake.params.stage["config"]
    samples = read_table(Path(snakemake.input.samples), "samples")
    predictions = read_table(Path(snakemake.input.predictions), "evaluate")
    judged = judged_slices(samples, predictions, config["model"], config["protocol"])
    labels = MaskLabels.from_mapping(config["labels"])
    words, arrays = [], {}
    for number, chosen in enumerate(choose_slices(judged)):
        *paths, planned = params.cases[chosen.case]
        image, label = (nifti_of(Path(path)) for path in paths)
        with as_planned(image, planned[0]), as_planned(label, planned[1]):
            seen = read_axial_slice(chosen.case, image, label, labels.known, chosen.slice, MARGIN_MM)
        arrays[f"{number}/grey"], arrays[f"{number}/regions"] = as_seen(seen.intensity, seen.labels, labels)
        words.append({**asdict(chosen), "spacing": list(seen.spacing)})
        log.info("%s, class %d: %s", chosen.kind, chosen.label, chosen.sample)
    write_json(Path(snakemake.output.words), words, params.stage)
    write_npz(Path(snakemake.output.pictures), arrays, params.stage)
