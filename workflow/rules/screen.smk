# What a person sees while the workflow runs. Included first, so that it comes before Snakemake's own messages; jobs, dry runs
# and workflows that use this one as a module keep those.
import sys
from pathlib import Path

if (
    workflow.is_main_process
    and Path(workflow.main_snakefile).resolve()
    == Path(workflow.current_basedir, "../../Snakefile").resolve()
):
    sys.path[:0] = [
        str(Path(workflow.current_basedir, folder).resolve())
        for folder in ("../../scripts", "..")
    ]
    from screen_handler import install

    install(workflow.output_settings, workflow.resource_settings.cores or 1)
