"""Records of files that are gone.

Snakemake knows the manifest of a batch, not the scans or tables that it lists. Where these were deleted and are needed, the
manifest says what is no longer true; without it, Snakemake makes all of them again.
"""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterable, Iterator
from pathlib import Path

from snndeep.errors import UNREADABLE
from snndeep.plan.scan_plan import ScanPlan
from snndeep.plan.stages import Batch
from snndeep.scans.converted import ConvertedScan
from snndeep.scans.dataset import Case
from snndeep.store.files import provenance_path

LOGGER = logging.getLogger(__name__)


def forget_lost(scans: ScanPlan, read: bool, shown: bool) -> list[Path]:
    """Remove the records of what is gone and needed, and return them.

    Args:
        scans: The plan.
        read: Whether the tables of features have been read, so that they are no longer needed.
        shown: Whether the pictures of the scans have been made, so that the scans are no longer needed for them.
    """
    forgotten = []
    needed: list[Case] = [] if shown else list(scans.cases)
    for batch in scans.feature_batches.values():
        manifest = Path(batch.manifest)
        if manifest.exists() and not read and _lacks_tables(batch):
            forgotten.append(manifest)
        if shown and (manifest in forgotten or not manifest.exists()):
            needed += batch.cases
    forgotten += sorted({record for record in _lost_records(needed, scans) if record.exists()})
    for record in forgotten:
        LOGGER.warning("files that %s lists are gone, and will be made again", record)
        record.unlink(missing_ok=True)
        provenance_path(record).unlink(missing_ok=True)
    return forgotten


def _lacks_tables(batch: Batch) -> bool:
    """Tell whether a table is gone that a batch made, and not left out."""
    folders = {case.name: Path(stage.folder) for case, stage in zip(batch.cases, batch.extracted, strict=True)}
    gone = {
        case
        for case, folder in folders.items()
        if not ((folder / "slices.parquet").exists() and (folder / "patient.parquet").exists())
    }
    if not gone:
        return False
    with contextlib.suppress(*UNREADABLE):
        entries = json.loads(Path(batch.manifest).read_text(encoding="utf-8"))
        return any("skipped" not in entries[case] for case in gone)
    return False  # a manifest that cannot be read is named by who reads it


def _lost_records(cases: Iterable[Case], scans: ScanPlan) -> Iterator[Path]:
    """Return the records that list scans that are gone."""
    made = {} if scans.in_place else {case.name: batch for batch in scans.data_batches.values() for case in batch}
    for case in cases:
        for scan in (case.image, case.label):
            if isinstance(scan, ConvertedScan):
                if not scan.volume.exists() and not _refused(scan.record):
                    yield scan.record
            elif not scans.in_place and not scan.path.exists():
                yield from map(Path, scans.data_manifests(made[case.name] if scans.source == "phantom" else [case]))


def _refused(record: Path) -> bool:
    with contextlib.suppress(*UNREADABLE):
        return bool(json.loads(record.read_text(encoding="utf-8"))["refused"])
    return True
