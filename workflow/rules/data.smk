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
            mem_mb=1500,
            runtime=30,
        script:
            "../../scripts/data_phantom.py"


if PLAN.source == "msd":

    rule data_msd:
        output:
            manifest=update(PLAN.data.path("manifest.json")),
        params:
            settings=PLAN.config["dataset"]["msd"],
            folder=PLAN.data.path(""),
            cases={case.name: [str(case.image), str(case.label)] for case in PLAN.cases},
            provenance=PLAN.data.provenance(),
        log:
            "logs/data_msd.log",
        benchmark:
            "logs/data_msd.tsv"
        conda:
            "../../envs/imaging.yaml"
        threads: 1
        resources:
            mem_mb=1000,
            runtime=720,
        script:
            "../../scripts/data_msd.py"


if PLAN.source == "directory":

    rule survey:
        output:
            survey=update(PLAN.survey.path("survey.json")),
        params:
            cases={case.name: [str(case.image), str(case.label)] for case in PLAN.cases},
            labels=PLAN.config["dataset"]["labels"],
            folds=PLAN.config["splits"]["folds"],
            skip_bad=PLAN.skip_bad,
            provenance=PLAN.survey.provenance(),
        log:
            "logs/survey.log",
        benchmark:
            "logs/survey.tsv"
        conda:
            "../../envs/imaging.yaml"
        threads: 1
        resources:
            mem_mb=2000,
            runtime=60,
        script:
            "../../scripts/survey.py"
