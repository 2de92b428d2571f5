# The quality page of the data, to be looked at before any training; requested by name (`snakemake qc`), never part of `all`.
localrules:
    qc,


rule quality:
    input:
        scans=lambda wildcards: scans_to_look_at(
            PLAN.scans.quality_batches[wildcards.address]
        ),
    output:
        facts=update(f"{PLAN.store}/quality/{{address}}/facts.json"),
        planes=update(f"{PLAN.store}/quality/{{address}}/planes.npz"),
    params:
        stage=lambda wildcards: PLAN.scans.quality_batches[
            wildcards.address
        ].stage.record(),
        cases=kept_out(
            lambda wildcards: [
                case.to_json()
                for case in PLAN.scans.quality_batches[wildcards.address].cases
            ]
        ),
    log:
        "logs/quality/{address}.log",
    benchmark:
        "logs/quality/{address}.tsv"
    conda:
        "../../envs/imaging.yaml"
    threads: 1
    resources:
        mem_mb=growing(3000),
        runtime=growing(60),
    script:
        "../../scripts/quality.py"


rule qc:
    input:
        facts=[
            batch.stage.path("facts.json")
            for batch in PLAN.scans.quality_batches.values()
        ],
        planes=[
            batch.stage.path("planes.npz")
            for batch in PLAN.scans.quality_batches.values()
        ],
    output:
        page=f"{RESULTS}/qc.html",
    params:
        run=PLAN.config["run"],
    log:
        "logs/qc.log",
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    script:
        "../../scripts/qc.py"
