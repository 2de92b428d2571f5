# Scans and masks: synthetic, the user's own, or Task03_Liver.
if PLAN.scans.source == "phantom":

    rule data_phantom:
        output:
            manifest=update(PLAN.scans.data.path("{batch}.json")),
        params:
            stage=PLAN.scans.data.record(),
            cases=kept_out(
                lambda wildcards: {
                    case.name: [str(case.image), str(case.label)]
                    for case in PLAN.scans.data_batches[wildcards.batch]
                }
            ),
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


if PLAN.scans.source == "msd" and not PLAN.scans.in_place:

    # Addresses of mirrors may contain credentials, and another mirror must not re-run the job.
    rule archive_msd:
        output:
            index=update(PLAN.scans.archive.path("index.json")),
        params:
            stage=PLAN.scans.archive.record(),
            published=kept_out(PLAN.config["dataset"]["msd"]),
            tar=kept_out(PLAN.config["dataset"]["path"]),
            whole=kept_out(PLAN.scans.whole_archive),
        log:
            "logs/archive_msd.log",
        benchmark:
            "logs/archive_msd.tsv"
        conda:
            "../../envs/imaging.yaml"
        threads: 1
        resources:
            mem_mb=growing(1000),
            runtime=growing(2880, most=TWO_DAYS),
        script:
            "../../scripts/archive_msd.py"

    rule data_msd:
        input:
            index=archive_for,
        output:
            manifest=update(PLAN.scans.data.path("{case}.json")),
        params:
            stage=PLAN.scans.data.record(),
            index=kept_out(PLAN.scans.archive.path("index.json")),
            published=kept_out(PLAN.config["dataset"]["msd"]),
            tar=kept_out(PLAN.config["dataset"]["path"]),
            twin=kept_out(
                lambda wildcards: PLAN.scans.twin.path(f"{wildcards.case}.json")
            ),
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


if CONVERSIONS:

    rule convert:
        output:
            record=update(f"{PLAN.store}/convert/{{address}}/{RECORD}"),
        params:
            stage=lambda wildcards: CONVERSIONS[wildcards.address].stage.record(),
            request=kept_out(
                lambda wildcards: CONVERSIONS[wildcards.address].request.to_json()
            ),
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


if PLAN.scans.in_place:

    rule survey:
        input:
            records=[
                conversion.record for conversion in PLAN.scans.conversions.values()
            ],
        output:
            survey=update(PLAN.scans.survey.path("survey.json")),
        params:
            stage=PLAN.scans.survey.record(),
            cases=kept_out([case.to_json() for case in PLAN.scans.cases]),
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


# An example of a user's own data set; requested by name, never part of `all`.
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
