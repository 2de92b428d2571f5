"""Measure the importance of features and the firing rates of one trained model, if the report shows it."""

from pathlib import Path

import numpy as np

from snndeep.backends.registry import load_backend
from snndeep.console import stage
from snndeep.insight.feature_importance import scorer, split_importance
from snndeep.insight.firing import firing_rates
from snndeep.learning.registry import load_rule
from snndeep.seeds import derive_seed
from snndeep.spikes.encoded_split import EncodedSplit
from snndeep.store.files import read_json, read_npz, write_json

with stage(snakemake.log[0]) as log:
    config = snakemake.params.stage["config"]
    answer = read_json(Path(snakemake.input.metrics), "evaluate")["headline"][config["protocol"]]
    shown = f"{config['backend']}/{config['rule']}" in answer["of_each_rule"]
    importance, firing = {}, {}
    if shown:
        backend, rule = load_backend(config["backend"]), load_rule(config["rule"])
        preprocessing = read_json(Path(snakemake.input.preprocessing), "preprocessing")
        parameters = read_npz(Path(snakemake.input.model), "train")
        record = read_json(Path(snakemake.input.record), "train")
        for name, path in zip(config["splits"], snakemake.input.spikes, strict=True):
            data = EncodedSplit.from_arrays(read_npz(Path(path), "spikes"))
            own = {key.removeprefix(f"{name}/"): v for key, v in parameters.items() if key.startswith(f"{name}/")}
            model = rule.model(backend, rule.settings(**record[name]["settings"]), own)
            seed = derive_seed(config["seed"], "insight", name)
            importance[name] = split_importance(
                data, preprocessing[name]["features"], scorer(backend, model), config["insight"]["repeats"], seed
            )
            firing[name] = firing_rates(data, model, backend.load(data.trains, np.dtype(np.float32)))
            log.info("%s: %d features permuted", name, len(importance[name].get("features", ())))
    else:
        log.info("not shown: another network of its learning rule was chosen, or is identical")
    outcome = {"shown": shown, "importance": importance, "firing": firing}
    write_json(Path(snakemake.output.insight), outcome, snakemake.params.stage)
