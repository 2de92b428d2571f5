# Features of every slice, several cases per job.
rule features:
    input:
        scans=lambda wildcards: scans_of(FEATURE_BATCHES[wildcards.address]),
    output:
        manifest=update(f"{PLAN.store}/features_batch/{{address}}/manifest.json"),
    params:
        stage=lambda wildcards: FEATURE_BATCHES[wildcards.address].stage.record(),
        work=kept_out(lambda wildcards: FEATURE_BATCHES[wildcards.address].work()),
    log:
        "logs/features/{address}.log",
    benchmark:
        "logs/features/{address}.tsv"
    conda:
        "../../envs/imaging.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(120),
    script:
        "../../scripts/features.py"
