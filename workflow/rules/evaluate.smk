# Classical models for comparison, then the metrics of all models.
rule baselines:
    input:
        samples=PLAN.samples.path("samples.parquet"),
        cases=PLAN.samples.path("cases.parquet"),
        splits=PLAN.splits.path("splits.json"),
        preprocessing=PLAN.preprocessing.path("preprocessing.json"),
    output:
        scores=update(PLAN.baselines.path("baselines.scores.npz")),
    params:
        stage=PLAN.baselines.record(),
    log:
        "logs/baselines.log",
    benchmark:
        "logs/baselines.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(120),
    script:
        "../../scripts/baselines.py"


rule evaluate:
    input:
        samples=PLAN.samples.path("samples.parquet"),
        splits=PLAN.splits.path("splits.json"),
        baselines=PLAN.baselines.path("baselines.scores.npz"),
        scores=trained("scores.npz"),
        records=trained("record.json"),
        tuned=searched(),
    output:
        metrics=update(PLAN.evaluate.path("metrics.json")),
        models=update(PLAN.evaluate.path("models.csv")),
        folds=update(PLAN.evaluate.path("folds.csv")),
        patients=update(PLAN.evaluate.path("patients.csv")),
        cost=update(PLAN.evaluate.path("cost.csv")),
        comparisons=update(PLAN.evaluate.path("comparisons.csv")),
        predictions=update(PLAN.evaluate.path("predictions.parquet")),
    params:
        stage=PLAN.evaluate.record(),
    log:
        "logs/evaluate.log",
    benchmark:
        "logs/evaluate.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(120),
    script:
        "../../scripts/evaluate.py"
