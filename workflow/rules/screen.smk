# What a person sees while the workflow runs. Included first, so that it comes before Snakemake's own messages; jobs, dry runs
# and workflows that use this one as a module keep those.
import sys
from pathlib import Path

from snakemake.sourcecache import LocalSourceFile

HERE = workflow.current_basedir
if (
    workflow.is_main_process
    and isinstance(HERE, LocalSourceFile)
    and Path(workflow.main_snakefile).resolve()
    in {Path(HERE, up, "Snakefile").resolve() for up in ("..", "../..")}
):
    sys.path[:0] = [
        str(Path(HERE, folder).resolve()) for folder in ("../../scripts", "..")
    ]
    from screen_handler import install

    install(workflow.output_settings, workflow.resource_settings.cores or 1)
