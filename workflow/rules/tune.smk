# Hyperparameters: one Optuna study per model and fold, without the fold's test part.
if PLAN.tune_shares():

    rule tune_worker:
        input:
            spikes=lambda wildcards: PLAN.spike_files(
                PLAN.encoder(wildcards.rule),
                chain.from_iterable(PLAN.tune_shares()[wildcards.worker]),
            ),
        output:
            done=update(
                f"{PLAN.store}/tune/{{address}}/{{backend}}.{{rule}}.{{worker}}.json"
            ),
        params:
            stage=record_of_tune,
            splits=kept_out(lambda wildcards: PLAN.tune_shares()[wildcards.worker]),
            journal=kept_out(journal_of),
        log:
            "logs/tune_worker/{address}.{backend}.{rule}.{worker}.log",
        benchmark:
            "logs/tune_worker/{address}.{backend}.{rule}.{worker}.tsv"
        conda:
            lambda wildcards: f"../../envs/{PLAN.environment(wildcards.backend)}.yaml"
        threads: 1
        resources:
            mem_mb=growing(2000),
            runtime=growing(1440, most=TWO_DAYS),
        script:
            "../../scripts/tune_worker.py"


# Collects the trials of the workers. Without workers, or if a trial is missing, it runs the remaining trials itself.
rule tune:
    input:
        workers=searched_by_workers,
        spikes=lambda wildcards: PLAN.spike_files(
            PLAN.encoder(wildcards.rule), chain.from_iterable(PLAN.searched)
        ),
    output:
        tuned=update(f"{PLAN.store}/tune/{{address}}/{{backend}}.{{rule}}.json"),
    params:
        stage=record_of_tune,
        journal=kept_out(journal_of),
    log:
        "logs/tune/{address}.{backend}.{rule}.log",
    benchmark:
        "logs/tune/{address}.{backend}.{rule}.tsv"
    conda:
        lambda wildcards: f"../../envs/{PLAN.environment(wildcards.backend)}.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        # With workers, this job only reads what they found.
        runtime=growing(60 if PLAN.tune_shares() else 1440, most=TWO_DAYS),
    script:
        "../../scripts/tune.py"
