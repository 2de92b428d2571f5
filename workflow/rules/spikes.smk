# Spike trains of every split from one encoder.
rule spikes:
    input:
        samples=PLAN.samples.path("samples.parquet"),
        splits=PLAN.splits.path("splits.json"),
        preprocessing=PLAN.preprocessing.path("preprocessing.json"),
    output:
        spikes=update(
            expand(
                f"{PLAN.store}/spikes/{{{{address}}}}/{{{{encoder}}}}.{{split}}.npz",
                split=PLAN.split_names,
            )
        ),
    params:
        stage=lambda wildcards: current(
            PLAN.spikes(wildcards.encoder), wildcards
        ).record(),
    log:
        "logs/spikes/{address}.{encoder}.log",
    benchmark:
        "logs/spikes/{address}.{encoder}.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    script:
        "../../scripts/spikes.py"
