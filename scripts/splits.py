"""Split the samples into training, validation and test parts."""

from pathlib import Path

from snndeep.console import stage
from snndeep.samples.split import SplitSettings
from snndeep.samples.splitting import make_splits
from snndeep.store.files import read_table, write_json

with stage(snakemake.log[0]) as log:
    table = read_table(Path(snakemake.input.samples), "samples")
    splits = make_splits(
        table["sample"].to_numpy(str),
        table["label"].to_numpy(),
        table["patient"].to_numpy(str),
        SplitSettings.from_mapping(snakemake.params.stage["config"]),
    )
    log.info("%d splits of %d samples", len(splits), len(table))
    write_json(Path(snakemake.output.splits), [split.to_json() for split in splits], snakemake.params.stage)
