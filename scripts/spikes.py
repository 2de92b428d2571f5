"""Encode the samples of every split as spike trains."""

from pathlib import Path

from snndeep.console import stage
from snndeep.evaluation.leakage import check_fit
from snndeep.samples.settings import PreprocessingSettings
from snndeep.samples.split import Split
from snndeep.spikes.encode import encode_split, refit
from snndeep.spikes.encoders.registry import load_encoder
from snndeep.store.files import read_json, read_table, write_npz

with stage(snakemake.log[0]) as log:
    table = read_table(Path(snakemake.input.samples))
    splits = [Split.from_json(values) for values in read_json(Path(snakemake.input.splits))]
    encoder = load_encoder(snakemake.wildcards.encoder, snakemake.params.encoder)
    settings = PreprocessingSettings(**snakemake.params.preprocessing)
    for split, path in zip(splits, snakemake.output.spikes, strict=True):
        encoded = encode_split(table, split, settings, encoder, snakemake.params.seed)
        check_fit(split.name, encoded.preprocessing, refit(table, split, settings).to_json())
        write_npz(Path(path), encoded.to_arrays(), snakemake.params.provenance)
        log.info("%s: %d channels, mean rate %.3f", split.name, encoded.trains.channels, encoded.trains.mean_rate())
