# CT slices for the report: certain and uncertain decisions with their neighbours, and one slice of each patient.
rule pictures:
    input:
        scans=scans_to_show(),
        samples=PLAN.samples.path("samples.parquet"),
        predictions=PLAN.evaluate.path("predictions.parquet"),
        metrics=PLAN.evaluate.path("metrics.json"),
    output:
        words=update(PLAN.pictures.path("pictures.json")),
        pictures=update(PLAN.pictures.path("pictures.npz")),
    params:
        stage=PLAN.pictures.record(),
        cases=kept_out({case.name: case.to_json() for case in PLAN.scans.cases}),
    log:
        "logs/pictures.log",
    benchmark:
        "logs/pictures.tsv"
    conda:
        "../../envs/imaging.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    script:
        "../../scripts/pictures.py"
