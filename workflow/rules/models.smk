# Model files: one per model, with everything that a prediction for a new scan needs.
rule models:
    input:
        samples=PLAN.samples.path("samples.parquet"),
        cases=PLAN.samples.path("cases.parquet"),
        splits=PLAN.splits.path("splits.json"),
        preprocessing=PLAN.preprocessing.path("preprocessing.json"),
        model=trained("model.npz"),
        scores=trained("scores.npz"),
        record=trained("record.json"),
    output:
        models=[
            update(PLAN.model_files.path(f"{backend}.{rule}.npz"))
            for backend, rule in PLAN.models
        ],
    params:
        stage=PLAN.model_files.record(),
    log:
        "logs/models.log",
    benchmark:
        "logs/models.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
    script:
        "../../scripts/models.py"
