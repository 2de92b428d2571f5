"""Store the CT slices for the report: the most certain right, the most certain wrong and the least certain decisions."""

from dataclasses import asdict
from pathlib import Path

from snndeep.console import stage
from snndeep.insight.shown_slices import MARGIN_MM, as_seen, choose_slices, judged_slices
from snndeep.labels import MaskLabels
from snndeep.scans.dataset import Case
from snndeep.store.files import write_json, write_npz
from snndeep.store.tables import read_table
from snndeep.volume.axial import read_axial_slice

with stage(snakemake.log[0]) as log:
    params, config = snakemake.params, snakemake.params.stage["config"]
    samples = read_table(Path(snakemake.input.samples), "samples")
    predictions = read_table(Path(snakemake.input.predictions), "evaluate")
    judged = judged_slices(samples, predictions, config["model"], config["protocol"])
    labels = MaskLabels.from_mapping(config["labels"])
    words, arrays = [], {}
    for number, chosen in enumerate(choose_slices(judged)):
        case = Case.from_json(params.cases[chosen.case])
        with case.image.opened() as image, case.label.opened() as label:
            seen = read_axial_slice(chosen.case, image, label, labels, chosen.slice, MARGIN_MM)
        arrays[f"{number}/grey"], arrays[f"{number}/regions"] = as_seen(seen.intensity, seen.labels)
        words.append({**asdict(chosen), "spacing": list(seen.spacing)})
        log.info("%s, class %d: %s", chosen.kind, chosen.label, chosen.sample)
    write_json(Path(snakemake.output.words), words, params.stage)
    write_npz(Path(snakemake.output.pictures), arrays, params.stage)
