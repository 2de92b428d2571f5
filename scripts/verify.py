"""Check every file that the present configuration reaches, its provenance, its published copy, journals and leases."""

from pathlib import Path

from snndeep.console import stage
from snndeep.store.verification import verify
from snndeep.training.trials import verify_database, verify_journal

with stage(snakemake.log[0]) as log:
    params = snakemake.params
    count = verify(
        Path(params.store), params.live, params.targets, Path(params.results), params.run, growing=verify_journal
    )
    log.info("%d files are as they were written, finished trials included", count + verify_database(params.live))
