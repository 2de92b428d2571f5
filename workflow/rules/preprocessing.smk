# Scaling and selection of features, fitted to the training part of every split.
rule preprocessing:
    input:
        samples=PLAN.samples.path("samples.parquet"),
        splits=PLAN.splits.path("splits.json"),
        apart=PLAN.splits.path("apart.json"),
    output:
        fitted=update(PLAN.preprocessing.path("preprocessing.json")),
    params:
        stage=PLAN.preprocessing.record(),
        measurements=kept_out(PLAN.config["preprocessing"]["measurements"]),
    log:
        "logs/preprocessing.log",
    benchmark:
        "logs/preprocessing.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    script:
        "../../scripts/preprocessing.py"
