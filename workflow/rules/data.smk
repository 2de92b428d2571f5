# Scans and masks: synthetic, the user's own, or Task03_Liver.
if PLAN.source == "phantom":

    rule data_phantom:
        output:
            manifest=update(PLAN.data.path("{batch}.json")),
        params:
            settings=PLAN.data.config,
            cases=lambda wildcards: {
                case.name: [str(case.image), str(case.label)]
                for case in PLAN.data_batches[wildcards.batch]
            },
            provenance=PLAN.data.provenance(),
        log:
            "logs/data_phantom/{batch}.log",
        benchmark:
            "logs/data_phantom/{batch}.tsv"
        conda:
            "../../envs/imaging.yaml"
        threads: 1
        resources:
            mem_mb=growing(1500),
            runtime=growing(30),
        script:
            "../../scripts/data_phantom.py"


if PLAN.source == "msd" and not PLAN.in_place:

    # What says where the archive is comes from functions of the output: Snakemake then neither keeps it (addresses may
    # hold credentials) nor takes another mirror for a reason to run again.
    rule archive_msd:
        output:
            index=update(PLAN.archive.path("index.json")),
        params:
            published=lambda wildcards, output: PLAN.config["dataset"]["msd"],
            tar=lambda wildcards, output: PLAN.config["dataset"]["path"],
            whole=PLAN.whole_archive,
            provenance=PLAN.archive.provenance(),
        log:
            "logs/archive_msd.log",
        benchmark:
            "logs/archive_msd.tsv"
        conda:
            "../../envs/imaging.yaml"
        threads: 1
        resources:
            mem_mb=growing(1000),
            runtime=growing(2880),
        script:
            "../../scripts/archive_msd.py"

    rule data_msd:
        input:
            index=archive_for,
        output:
            manifest=update(PLAN.data.path("{case}.json")),
        params:
            index=PLAN.archive.path("index.json"),
            published=lambda wildcards, output: PLAN.config["dataset"]["msd"],
            tar=lambda wildcards, output: PLAN.config["dataset"]["path"],
            provenance=PLAN.data.provenance(),
        log:
            "logs/data_msd/{case}.log",
        benchmark:
            "logs/data_msd/{case}.tsv"
        wildcard_constraints:
            case="liver_[0-9]+",
        conda:
            "../../envs/imaging.yaml"
        threads: 1
        resources:
            mem_mb=growing(1000),
            runtime=growing(240),
        script:
            "../../scripts/data_msd.py"


if PLAN.in_place:

    rule convert:
        output:
            record=update(f"{PLAN.store}/convert/{{address}}/{RECORD}"),
        params:
            request=lambda wildcards: PLAN.conversions[
                wildcards.address
            ].request.to_json(),
            skip_bad=PLAN.skip_bad,
            provenance=lambda wildcards: PLAN.conversions[
                wildcards.address
            ].stage.provenance(),
        log:
            "logs/convert/{address}.log",
        benchmark:
            "logs/convert/{address}.tsv"
        conda:
            "../../envs/imaging.yaml"
        threads: 1
        resources:
            mem_mb=growing(4000),
            runtime=growing(60),
        script:
            "../../scripts/convert.py"

    rule survey:
        input:
            records=[conversion.record for conversion in PLAN.conversions.values()],
        output:
            survey=update(PLAN.survey.path("survey.json")),
        params:
            cases=[case.to_json() for case in PLAN.cases],
            settings=PLAN.survey.config,
            provenance=PLAN.survey.provenance(),
        log:
            "logs/survey.log",
        benchmark:
            "logs/survey.tsv"
        conda:
            "../../envs/imaging.yaml"
        threads: 1
        resources:
            mem_mb=growing(2000),
            runtime=growing(60),
        script:
            "../../scripts/survey.py"


# What a data set of one's own may look like; run by name, never as part of `all`.
rule example:
    output:
        table="example/table.csv",
    params:
        settings={"patients": 12, "shape": [64, 64, 16]},
    log:
        "logs/example.log",
    benchmark:
        "logs/example.tsv"
    conda:
        "../../envs/imaging.yaml"
    threads: 1
    resources:
        mem_mb=growing(1500),
        runtime=growing(10),
    script:
        "../../scripts/example.py"
