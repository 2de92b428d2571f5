"""Train one model on the splits of the third arm, with the settings found for the split by slice."""

from pathlib import Path

from snndeep.backends.registry import load_backend
from snndeep.console import stage
from snndeep.learning.registry import load_rule
from snndeep.spikes.encoded_split import unpack_splits
from snndeep.store.files import read_json, read_npz, write_npz
from snndeep.training.apart import Recipe, score_apart

with stage(snakemake.log[0]) as log:
    config = snakemake.params.stage["config"]
    backend = load_backend(snakemake.wildcards.backend).on(config["device"])
    rule = load_rule(snakemake.wildcards.rule)
    recipe = Recipe(backend, rule, config["settings"], config["members"], config["seed"])
    splits = unpack_splits(read_npz(Path(snakemake.input.spikes), "spikes"))
    scores = score_apart(splits, recipe, read_json(Path(snakemake.input.tuned), "tune"))
    log.info("trained on %d splits", len(splits))
    write_npz(Path(snakemake.output.scores), scores, snakemake.params.stage)
