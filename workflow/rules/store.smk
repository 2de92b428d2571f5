# The store of intermediate files: check those in use, remove the others. Requested by name, never part of `all`.
localrules:
    verify,
    prune,


rule verify:
    params:
        store=str(PLAN.store),
        live=PLAN.live(),
        targets=PLAN.targets(),
        results="results",
        run=PLAN.config["run"],
    log:
        "logs/verify.log",
    conda:
        "../../envs/custom.yaml"
    threads: 1
    resources:
        mem_mb=growing(500),
        runtime=growing(120),
    script:
        "../../scripts/verify.py"


rule prune:
    params:
        store=str(PLAN.store),
        live=PLAN.live(),
        results="results",
        settings=PLAN.config["prune"],
        owner=owner_of(Path.cwd()),
    log:
        "logs/prune.log",
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=growing(500),
        runtime=growing(60),
    script:
        "../../scripts/prune.py"
