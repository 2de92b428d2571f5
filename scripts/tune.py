"""Search the hyperparameters of one model on every split."""

from pathlib import Path

from snndeep.backends.registry import load_backend
from snndeep.console import stage
from snndeep.encoding_file import EncodedSplit
from snndeep.learning.registry import load_rule
from snndeep.storage import read_npz, write_json
from snndeep.tuning import SearchSettings, open_journal, tune_split

with stage(snakemake.log[0]):
    backend, rule = load_backend(snakemake.wildcards.backend), load_rule(snakemake.wildcards.rule)
    search = SearchSettings(**snakemake.params.search)
    storage = open_journal(Path(snakemake.params.journal))
    tuned = {
        name: tune_split(name, EncodedSplit.from_arrays(read_npz(Path(path))), backend, rule, search, storage)
        for name, path in zip(snakemake.params.splits, snakemake.input.spikes, strict=True)
    }
    write_json(Path(snakemake.output.tuned), tuned, snakemake.params.provenance)
