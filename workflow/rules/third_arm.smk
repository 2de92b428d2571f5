# The third arm: models of the first backend, trained by slice without the slices of the patients that are tested.
rule third_arm:
    input:
        spikes=lambda wildcards: PLAN.apart_file(PLAN.encoder(wildcards.rule)),
        tuned=lambda wildcards: PLAN.tuned(wildcards.backend, wildcards.rule),
    output:
        scores=update(
            f"{PLAN.store}/third_arm/{{address}}/{{backend}}.{{rule}}.scores.npz"
        ),
    params:
        stage=lambda wildcards: current(
            PLAN.third_arm(wildcards.rule), wildcards
        ).record(),
    log:
        "logs/third_arm/{address}.{backend}.{rule}.log",
    benchmark:
        "logs/third_arm/{address}.{backend}.{rule}.tsv"
    conda:
        "../../envs/{backend}.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(480, most=TWO_DAYS),
    script:
        "../../scripts/third_arm.py"
