# The report, stored under its address and then published under a stable name.
rule report:
    input:
        metrics=PLAN.evaluate.path("metrics.json"),
        models=PLAN.evaluate.path("models.csv"),
        samples=PLAN.samples.path("samples.parquet"),
        cases=PLAN.samples.path("cases.parquet"),
        skipped=PLAN.samples.path("skipped.json"),
        preprocessing=PLAN.preprocessing.path("preprocessing.json"),
        records=trained("record.json"),
        tuned=searched(),
        traces=trained("traces.npz"),
        predictions=PLAN.evaluate.path("predictions.parquet"),
        insight=inspected(),
        picture_words=PLAN.pictures.path("pictures.json"),
        pictures=PLAN.pictures.path("pictures.npz"),
        external=[PLAN.external.path("external.json")] if PLAN.outside else [],
    output:
        report=update(PLAN.report.path("report.html")),
        figures=update(directory(PLAN.report.path("figures"))),
        tables=update(directory(PLAN.report.path("tables"))),
    params:
        stage=PLAN.report.record(),
    log:
        "logs/report.log",
    benchmark:
        "logs/report.tsv"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(3000),
        runtime=growing(60),
    script:
        "../../scripts/report.py"


rule publish:
    input:
        report=to_publish(PLAN.report.path("report.html")),
        figures=to_publish(PLAN.report.path("figures")),
        tables=to_publish(PLAN.report.path("tables")),
        evaluation=to_publish(
            [
                PLAN.evaluate.path(name)
                for name in (
                    "metrics.json",
                    "models.csv",
                    "folds.csv",
                    "patients.csv",
                    "comparisons.csv",
                    "cost.csv",
                    "predictions.parquet",
                )
            ]
        ),
        samples=to_publish(PLAN.samples.path("samples.parquet")),
        cases=to_publish(PLAN.samples.path("cases.parquet")),
        model_files=to_publish(rules.models.output.models),
        external=to_publish(
            [PLAN.external.path(name) for name in EXTERNAL] if PLAN.external else []
        ),
    output:
        report=report(
            f"{RESULTS}/report.html",
            caption="../report/report.rst",
            category="Report",
            labels={"what": "the report"},
        ),
        figures=report(
            directory(f"{RESULTS}/figures"),
            patterns=["{name}.svg"],
            caption="../report/figure.rst",
            category="Figures",
            labels={"figure": "{name}"},
        ),
        tables=report(
            directory(f"{RESULTS}/tables"),
            patterns=["{name}.csv"],
            caption="../report/table.rst",
            category="Tables",
            labels={"table": "{name}"},
        ),
        metrics=f"{RESULTS}/metrics.json",
        models=f"{RESULTS}/models.csv",
        folds=f"{RESULTS}/folds.csv",
        patients=f"{RESULTS}/patients.csv",
        comparisons=f"{RESULTS}/comparisons.csv",
        cost=f"{RESULTS}/cost.csv",
        predictions=f"{RESULTS}/predictions.parquet",
        samples=f"{RESULTS}/samples.parquet",
        cases=f"{RESULTS}/cases.parquet",
        model_files=directory(f"{RESULTS}/models"),
        record=f"{RESULTS}/run.json",
        external=[f"{RESULTS}/{name}" for name in EXTERNAL] if PLAN.external else [],
        live=f"{RESULTS}/provenance.json",
        mark=PUBLISHED[-1],
    params:
        record=describe(PLAN),
        stages=PLAN.addresses(),
        live=PLAN.live(),
        origin=kept_out(PLAN.scans.origin.to_json()),
        store=kept_out(str(PLAN.store)),
    log:
        "logs/publish.log",
    benchmark:
        "logs/publish.tsv"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(500),
        runtime=growing(10),
    script:
        "../../scripts/publish.py"
