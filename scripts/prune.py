"""Remove what neither the present configuration nor a published run reaches."""

from pathlib import Path

from snndeep.console import stage
from snndeep.store import prune, published

with stage(snakemake.log[0]) as log:
    live = {*snakemake.params.live, *published(Path(snakemake.params.results))}
    removed, size = prune(Path(snakemake.params.store), live)
    for name in removed:
        log.info("removed %s", name)
    log.info("removed %d folders, %.1f MB", len(removed), size / 1e6)
