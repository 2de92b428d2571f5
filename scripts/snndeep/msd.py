"""Task03_Liver of the Medical Segmentation Decathlon: fetched once, checked, unpacked.

Simpson et al. 2019, arXiv:1902.09063; CC-BY-SA 4.0.
"""

from __future__ import annotations

import logging
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pooch

from snndeep.errors import DatasetError
from snndeep.storage import replacing, sha256_of

LOGGER = logging.getLogger(__name__)
ARCHIVE = "Task03_Liver.tar"


def fetch(url: str, md5: str, folder: Path, cases: Mapping[str, Sequence[str]]) -> dict[str, dict[str, str]]:
    """Fetch the archive and unpack the scans of the named cases.

    Args:
        url: Where the archive is.
        md5: Its published checksum.
        folder: Where archive and scans belong.
        cases: By case name, the final paths of image and label, below `folder`.

    Returns:
        By case name, the paths below `folder` and the SHA-256 of both files.

    Raises:
        DatasetError: If the archive cannot be fetched, is another one, or lacks a case.
    """
    LOGGER.info("fetching %s", url)
    try:
        archive = Path(pooch.retrieve(url, f"md5:{md5}", fname=ARCHIVE, path=folder, progressbar=True))
    except (OSError, ValueError) as error:
        raise DatasetError(
            "Task03_Liver could not be fetched.",
            where=url,
            found=f"{type(error).__name__}: {error}",
            expected=f"an archive with MD5 {md5}",
            remedy="Check the network and dataset.msd.url, or unpack the archive yourself and use source directory.",
        ) from error
    wanted = {
        Path(path).relative_to(folder).as_posix(): (name, kind, Path(path))
        for name, paths in cases.items()
        for kind, path in zip(("image", "label"), paths, strict=True)
    }
    manifest: dict[str, dict[str, str]] = {name: {} for name in cases}
    with tarfile.open(archive) as members:
        # Only regular members whose name is exactly one that is wanted are read; nothing else is unpacked.
        for member in members:
            name = member.name.removeprefix("./")
            if member.isreg() and name in wanted:
                case, kind, path = wanted.pop(name)
                with replacing(path) as temporary, temporary.open("wb") as target:
                    source = members.extractfile(member)
                    while block := source.read(1 << 20):
                        target.write(block)
                manifest[case] |= {kind: path.relative_to(folder).as_posix(), f"{kind}_sha256": sha256_of(path)}
    if wanted:
        raise DatasetError(
            "The archive lacks scans.",
            where=str(archive),
            found=f"{len(wanted)} missing, for instance {next(iter(wanted))}",
            expected="image and label of every case",
        )
    LOGGER.info("unpacked %d cases", len(manifest))
    return manifest
