# Inspection of one trained model, if the report shows it: permutation importance of features, and firing rates.
rule insight:
    input:
        metrics=PLAN.evaluate.path("metrics.json"),
        preprocessing=PLAN.preprocessing.path("preprocessing.json"),
        spikes=lambda wildcards: PLAN.spike_files(
            PLAN.encoder(wildcards.rule), PLAN.shown_splits
        ),
        model=lambda wildcards: PLAN.train(wildcards.backend, wildcards.rule).path(
            f"{wildcards.backend}.{wildcards.rule}.model.npz"
        ),
        record=lambda wildcards: PLAN.train(wildcards.backend, wildcards.rule).path(
            f"{wildcards.backend}.{wildcards.rule}.record.json"
        ),
    output:
        insight=update(
            f"{PLAN.store}/insight/{{address}}/{{backend}}.{{rule}}.insight.json"
        ),
    params:
        stage=lambda wildcards: current(
            PLAN.insight(wildcards.backend, wildcards.rule), wildcards
        ).record(),
    log:
        "logs/insight/{address}.{backend}.{rule}.log",
    benchmark:
        "logs/insight/{address}.{backend}.{rule}.tsv"
    conda:
        lambda wildcards: f"../../envs/{PLAN.environment(wildcards.backend)}.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(120),
    script:
        "../../scripts/insight.py"
