"""Run the trials of one model on a worker's share of the folds; `tune.py` collects them."""

from pathlib import Path

from snndeep.backends.registry import load_backend
from snndeep.console import stage
from snndeep.learning.registry import load_rule
from snndeep.spikes.encoded_split import EncodedSplit
from snndeep.store.files import read_npz, write_json
from snndeep.training.search import SearchSettings, run_trials
from snndeep.training.trials import FinishedTrials, open_storage, study_name

with stage(snakemake.log[0]):
    config, journal = snakemake.params.stage["config"], Path(snakemake.params.journal)
    backend = load_backend(snakemake.wildcards.backend).on(config["device"])
    rule = load_rule(snakemake.wildcards.rule)
    search = SearchSettings.from_stage(config)
    storage = open_storage(journal)
    paths = iter(snakemake.input.spikes)
    for names in snakemake.params.splits:
        splits = {name: EncodedSplit.from_arrays(read_npz(Path(next(paths)), "spikes")) for name in names}
        finished = FinishedTrials(storage, study_name(journal, names[0]))
        run_trials(splits, backend, rule, search, finished)
    write_json(Path(snakemake.output.done), snakemake.params.splits, snakemake.params.stage)
