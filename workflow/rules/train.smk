# One model for each backend and learning rule, trained on all splits with the tuned settings.
rule train:
    input:
        spikes=lambda wildcards: PLAN.spike_files(PLAN.encoder(wildcards.rule)),
        tuned=lambda wildcards: PLAN.tuned(wildcards.backend, wildcards.rule),
    output:
        model=update(f"{PLAN.store}/train/{{address}}/{{backend}}.{{rule}}.model.npz"),
        scores=update(f"{PLAN.store}/train/{{address}}/{{backend}}.{{rule}}.scores.npz"),
        traces=update(f"{PLAN.store}/train/{{address}}/{{backend}}.{{rule}}.traces.npz"),
        record=update(
            f"{PLAN.store}/train/{{address}}/{{backend}}.{{rule}}.record.json"
        ),
    params:
        stage=lambda wildcards: current(
            PLAN.train(wildcards.backend, wildcards.rule), wildcards
        ).record(),
    log:
        "logs/train/{address}.{backend}.{rule}.log",
    benchmark:
        "logs/train/{address}.{backend}.{rule}.tsv"
    conda:
        lambda wildcards: f"../../envs/{PLAN.environment(wildcards.backend)}.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(480, most=TWO_DAYS),
    script:
        "../../scripts/train.py"
