"""Writing of a batch of synthetic cases."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from snndeep.phantom.generate import write_case
from snndeep.phantom.settings import PhantomSettings, case_index
from snndeep.store.files import sha256_of

LOGGER = logging.getLogger(__name__)


def make_cases(
    settings: Mapping[str, Any], cases: Mapping[str, Sequence[str]], folder: Path
) -> dict[str, dict[str, str]]:
    """Write the scans and masks of the named cases and return their manifest.

    Args:
        settings: The values of `PhantomSettings` without `patients`, which no case depends on.
        cases: By case name, the paths of image and label, inside `folder`.
        folder: The folder of the manifest, to which the paths in the manifest are relative.

    Returns:
        By case name, the paths and the SHA-256 digests of both files.
    """
    indices = {name: case_index(name) for name in cases}
    recipe = PhantomSettings.from_mapping({**settings, "patients": max(indices.values()) + 1})
    manifest: dict[str, dict[str, str]] = {}
    for name, (image, label) in cases.items():
        write_case(recipe, indices[name], Path(image), Path(label))
        manifest[name] = {
            "image": Path(image).relative_to(folder).as_posix(),
            "label": Path(label).relative_to(folder).as_posix(),
            "image_sha256": sha256_of(Path(image)),
            "label_sha256": sha256_of(Path(label)),
        }
    LOGGER.info("made %d synthetic cases", len(manifest))
    return manifest
