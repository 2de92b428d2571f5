"""Split the samples into training, validation and test parts."""

from pathlib import Path

from snndeep.console import stage
from snndeep.samples.split import SplitSettings
from snndeep.samples.splitting import make_splits, third_arm
from snndeep.store.files import write_json
from snndeep.store.tables import read_table

with stage(snakemake.log[0]) as log:
    table = read_table(Path(snakemake.input.samples), "samples")
    settings = SplitSettings.from_mapping(snakemake.params.stage["config"])
    cohort = (table["sample"].to_numpy(str), table["label"].to_numpy(), table["patient"].to_numpy(str))
    splits = make_splits(*cohort, settings)
    apart = third_arm(splits, *cohort, settings.seed)
    log.info("%d splits of %d samples, %d of the third arm", len(splits), len(table), len(apart))
    for path, made in ((snakemake.output.splits, splits), (snakemake.output.apart, apart)):
        write_json(Path(path), [split.to_json() for split in made], snakemake.params.stage)
