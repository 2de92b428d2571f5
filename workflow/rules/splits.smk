# Training, validation and test parts under every protocol.
rule splits:
    input:
        samples=PLAN.samples.path("samples.parquet"),
    output:
        splits=update(PLAN.splits.path("splits.json")),
        apart=update(PLAN.splits.path("apart.json")),
    params:
        stage=PLAN.splits.record(),
    log:
        "logs/splits.log",
    benchmark:
        "logs/splits.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(30),
    script:
        "../../scripts/splits.py"
