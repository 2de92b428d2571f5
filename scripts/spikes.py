"""Encode the samples of every split as spike trains."""

from pathlib import Path

from snndeep.console import stage
from snndeep.samples.preprocessing import read_preprocessing
from snndeep.samples.split import Split
from snndeep.spikes.encode import encode_split
from snndeep.spikes.encoded_split import pack_splits
from snndeep.spikes.encoders.registry import load_encoder
from snndeep.store.files import read_json, write_npz
from snndeep.store.tables import read_table

with stage(snakemake.log[0]) as log:
    table = read_table(Path(snakemake.input.samples), "samples")
    splits, apart = (
        [Split.from_json(values) for values in read_json(Path(path), "splits")]
        for path in (snakemake.input.splits, snakemake.input.apart)
    )
    fitted = read_preprocessing(read_json(Path(snakemake.input.preprocessing), "preprocessing"))
    config = snakemake.params.stage["config"]
    encoder = load_encoder(**config["encoder"])
    for split, path in zip(splits, snakemake.output.spikes, strict=True):
        encoded = encode_split(table, split, fitted[split.name], encoder, config["seed"])
        write_npz(Path(path), encoded.to_arrays(), snakemake.params.stage)
        log.info("%s: %d channels, mean rate %.3f", split.name, encoded.trains.channels, encoded.trains.mean_rate())
    encoded = {split.name: encode_split(table, split, fitted[split.name], encoder, config["seed"]) for split in apart}
    write_npz(Path(snakemake.output.third_arm), pack_splits(encoded), snakemake.params.stage)
