"""Store the CT slices for the report: chosen slices of each shown network with their neighbours, and one of each patient."""

from pathlib import Path

from snndeep.console import stage
from snndeep.insight.shown_slices import MARGIN_MM, as_seen, plan_of_pictures, samples_to_read
from snndeep.labels import MaskLabels
from snndeep.scans.dataset import Case
from snndeep.store.files import read_json, write_json, write_npz
from snndeep.store.tables import read_table
from snndeep.volume.axial import read_axial_slices

with stage(snakemake.log[0]) as log:
    params, config = snakemake.params, snakemake.params.stage["config"]
    samples = read_table(Path(snakemake.input.samples), "samples")
    predictions = read_table(Path(snakemake.input.predictions), "evaluate")
    answer = read_json(Path(snakemake.input.metrics), "evaluate")["headline"][config["protocol"]]
    words = plan_of_pictures(samples, predictions, answer["of_each_rule"], config["protocol"])
    labels = MaskLabels.from_mapping(config["labels"])
    spacings, arrays = {}, {}
    for name, wanted in samples_to_read(words).items():
        case = Case.from_json(params.cases[name])
        with case.image.opened() as image, case.label.opened() as label:
            seen = read_axial_slices(name, image, label, labels, list(wanted), MARGIN_MM)
        for sample, own in zip(wanted.values(), seen, strict=True):
            number = len(spacings)
            arrays[f"{number}/grey"], arrays[f"{number}/regions"] = as_seen(own.intensity, own.labels)
            spacings[sample] = list(own.spacing)
        log.info("%s: %d slices", name, len(wanted))
    write_json(
        Path(snakemake.output.words),
        {"words": words, "spacings": [[sample, *xy] for sample, xy in spacings.items()]},
        params.stage,
    )
    write_npz(Path(snakemake.output.pictures), arrays, params.stage)
