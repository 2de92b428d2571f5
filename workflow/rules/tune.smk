# Hyperparameters: one Optuna study per model and split, inside the split's training part.
rule tune:
    input:
        spikes=lambda wildcards: PLAN.spike_files(PLAN.encoder(wildcards.rule)),
    output:
        tuned=update(f"{PLAN.store}/tune/{{address}}/{{backend}}.{{rule}}.json"),
    params:
        splits=PLAN.split_names,
        search=lambda wildcards: PLAN.search(wildcards.backend, wildcards.rule),
        journal=lambda wildcards: PLAN.study(wildcards.backend, wildcards.rule).path(
            f"{wildcards.backend}.{wildcards.rule}.journal"
        ),
        provenance=lambda wildcards: current(
            PLAN.tune(wildcards.backend, wildcards.rule), wildcards
        ).provenance(),
    log:
        "logs/tune/{address}.{backend}.{rule}.log",
    benchmark:
        "logs/tune/{address}.{backend}.{rule}.tsv"
    conda:
        "../../envs/{backend}.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=1440,
    script:
        "../../scripts/tune.py"
