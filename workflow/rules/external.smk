# An external test set, scored with the model files of the run.
if PLAN.outside:

    rule external:
        input:
            models=rules.models.output.models,
            manifests=[
                batch.manifest for batch in PLAN.outside.scans.feature_batches.values()
            ],
        output:
            metrics=update(PLAN.external.path("external.json")),
            patients=update(PLAN.external.path("external_patients.csv")),
        params:
            stage=PLAN.external.record(),
        log:
            "logs/external.log",
        benchmark:
            "logs/external.tsv"
        conda:
            "../../envs/analysis.yaml"
        threads: 1
        resources:
            mem_mb=growing(4000),
            runtime=growing(60),
        script:
            "../../scripts/external.py"
