"""Remove what neither the present configuration, nor a published run, nor a run of another checkout reaches."""

import sys
from collections.abc import Sequence
from pathlib import Path

from snndeep.console import stage
from snndeep.store.pruning import PruneSettings, Unreached, prune
from snndeep.store.publication import publications

with stage(snakemake.log[0]) as log:
    params = snakemake.params
    settings = PruneSettings.from_mapping(params.settings)

    def agree(doomed: Sequence[Unreached]) -> bool:
        """List what is about to be removed, and ask unless that was answered beforehand."""
        for found in doomed:
            log.info("nobody reaches %s, %.1f MB", found.name, found.size / 1e6)
        if settings.yes or not doomed:
            return True
        if sys.stdin is not None and sys.stdin.isatty():
            return input(f"Remove these {len(doomed)} folders? [y/N] ").strip().lower() in ("y", "yes")
        log.info("nothing was removed; to remove them: snakemake --cores 1 prune --config 'prune={yes: true}'")
        return False

    live = {*params.live, *(name for run in publications(Path(params.results)) for name in run.live)}
    outcome = prune(Path(params.store), live, settings, Path.cwd(), params.owner, agree)
    for found in outcome.removed:
        log.info("removed %s", found.name)
    log.info("removed %d folders, %.1f MB", len(outcome.removed), sum(found.size for found in outcome.removed) / 1e6)
    if outcome.young:
        log.info("left %d younger than %g h (prune.min_age_hours)", outcome.young, settings.min_age_hours)
    for name in outcome.forbidden:
        log.warning("left %s: no permission to remove it", name)
    for name, files in outcome.mixed.items():
        log.warning("left %s: SNNDeep did not write %s", name, ", ".join(files[:3]))
