# Inspection of one trained model: permutation importance of features, and firing rates.
rule insight:
    input:
        preprocessing=PLAN.preprocessing.path("preprocessing.json"),
        spikes=PLAN.spike_files(PLAN.encoder(PLAN.raster_model[1]), PLAN.shown_splits),
        model=looked_into("model.npz"),
        record=looked_into("record.json"),
    output:
        importance=update(PLAN.insight.path("importance.json")),
        firing=update(PLAN.insight.path("firing.json")),
    params:
        stage=PLAN.insight.record(),
    log:
        "logs/insight.log",
    benchmark:
        "logs/insight.tsv"
    conda:
        f"../../envs/{PLAN.environment(PLAN.raster_model[0])}.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(120),
    script:
        "../../scripts/insight.py"
