"""Train one model on every split with its tuned settings."""

from pathlib import Path

import numpy as np

from snndeep.backends.registry import load_backend
from snndeep.console import stage
from snndeep.learning.registry import load_rule
from snndeep.samples.split import first_member
from snndeep.spikes.encoded_split import EncodedSplit
from snndeep.store.files import read_json, read_npz, write_json, write_npz
from snndeep.training.fit import merge_settings, train_split

with stage(snakemake.log[0]) as log:
    config = snakemake.params.stage["config"]
    backend = load_backend(snakemake.wildcards.backend).on(config["device"])
    rule = load_rule(snakemake.wildcards.rule)
    tuned = read_json(Path(snakemake.input.tuned), "tune")
    model, scores, traces, record = {}, {}, {}, {}
    untuned = merge_settings(rule, config["settings"], {})
    for name, path in zip(config["splits"], snakemake.input.spikes, strict=True):
        data = EncodedSplit.from_arrays(read_npz(Path(path), "spikes"))
        settings = merge_settings(rule, config["settings"], tuned[first_member(name)]["best"])
        trained = train_split(name, data, backend, rule, settings, config["seed"], untuned)
        scores[f"{name}/fitted_on"] = np.array(list(trained.record["fitted_on"].values()))
        model |= {f"{name}/{key}": values for key, values in trained.parameters.items()}
        for part, values in trained.scores.items():
            scores |= {f"{name}/{part}.samples": data.samples[data.parts[part]], f"{name}/{part}.scores": values}
        traces |= {f"{name}/{key}": values for key, values in trained.trace.items()}
        record[name] = trained.record
        log.info(
            "%-10s %d epochs, validation AUC %.3f",
            name,
            len(trained.record["history"]),
            trained.record["validation_auc"],
        )
    write_npz(Path(snakemake.output.model), model, snakemake.params.stage)
    write_npz(Path(snakemake.output.scores), scores, snakemake.params.stage)
    write_npz(Path(snakemake.output.traces), traces, snakemake.params.stage)
    write_json(Path(snakemake.output.record), record, snakemake.params.stage)
