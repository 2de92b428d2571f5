"""Write the quality page of the data: one card for each scan."""

from pathlib import Path

from snndeep.console import stage
from snndeep.insight.scan_quality import from_arrays
from snndeep.reporting.quality_page import quality_page
from snndeep.store.files import read_json, read_npz, write_text

with stage(snakemake.log[0]) as log:
    scans = []
    for facts, planes in zip(snakemake.input.facts, snakemake.input.planes, strict=True):
        arrays = read_npz(Path(planes), "quality")
        scans += [from_arrays(own, arrays, k) for k, own in enumerate(read_json(Path(facts), "quality"))]
    page = quality_page(snakemake.params.run, scans)
    write_text(Path(snakemake.output.page), page)
    log.info("%d scans, %.1f MB: %s", len(scans), len(page) / 1e6, snakemake.output.page)
