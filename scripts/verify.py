"""Check every file that the present configuration reaches against its digest."""

from pathlib import Path

from snndeep.console import stage
from snndeep.store.upkeep import verify

with stage(snakemake.log[0]) as log:
    count = verify(Path(snakemake.params.store), snakemake.params.live, snakemake.params.targets)
    log.info("%d files are as they were written", count)
