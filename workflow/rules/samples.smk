# One table of labelled slices, and one of patients.
rule samples:
    input:
        manifests=[batch.manifest for batch in PLAN.scans.feature_batches.values()],
        # A changed label may contradict the masks although all features exist.
        survey=[] if Path(PLAN.samples.path("samples.parquet")).exists() else surveyed(),
    output:
        samples=update(PLAN.samples.path("samples.parquet")),
        cases=update(PLAN.samples.path("cases.parquet")),
        skipped=update(PLAN.samples.path("skipped.json")),
    params:
        stage=PLAN.samples.record(),
    log:
        "logs/samples.log",
    benchmark:
        "logs/samples.tsv"
    conda:
        "../../envs/imaging.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    script:
        "../../scripts/samples.py"
