"""Remove what neither the present configuration, nor a published run, nor a run of another checkout reaches."""

from pathlib import Path

from snndeep.console import stage
from snndeep.store.upkeep import PruneSettings, prune, published

with stage(snakemake.log[0]) as log:
    params = snakemake.params
    live = {*params.live, *published(Path(params.results))}
    outcome = prune(Path(params.store), live, PruneSettings.from_mapping(params.settings), Path(params.lease))
    for name in outcome.removed:
        log.info("removed %s", name)
    log.info("removed %d folders, %.1f MB", len(outcome.removed), outcome.size / 1e6)
    if outcome.young:
        log.info("left %d younger than %g h (prune.min_age_hours)", outcome.young, params.settings["min_age_hours"])
    for name in outcome.foreign:
        log.warning("left %s: no permission to remove it", name)
