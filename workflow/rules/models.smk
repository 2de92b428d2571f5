# Model files: one per model, with all that a prediction for a new scan needs.
rule models:
    input:
        samples=PLAN.samples.path("samples.parquet"),
        cases=PLAN.samples.path("cases.parquet"),
        splits=PLAN.splits.path("splits.json"),
        spikes=[file for encoder in PLAN.encoders for file in PLAN.spike_files(encoder)],
        model=trained("model.npz"),
        scores=trained("scores.npz"),
        record=trained("record.json"),
    output:
        models=[
            update(PLAN.model_files.path(f"{backend}.{rule}.npz"))
            for backend, rule in PLAN.models
        ],
    params:
        models=PLAN.models,
        spikes={encoder: PLAN.spike_files(encoder) for encoder in PLAN.encoders},
        encoders={
            rule: {
                "name": PLAN.encoder(rule),
                "settings": PLAN.config["encoders"][PLAN.encoder(rule)],
            }
            for rule in PLAN.rules
        },
        features=PLAN.config["features"],
        labels=PLAN.config["dataset"]["labels"],
        plausibility=PLAN.config["dataset"]["plausibility"],
        samples=PLAN.config["samples"],
        evaluation=PLAN.config["evaluation"],
        seed=PLAN.config["seed"],
        provenance=PLAN.model_files.provenance(),
    log:
        "logs/models.log",
    benchmark:
        "logs/models.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
    script:
        "../../scripts/models.py"
