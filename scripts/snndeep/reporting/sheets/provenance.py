"""Tables of provenance: addresses, digests, versions, machine and seeds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from snndeep.reporting.results import RunResults
from snndeep.reporting.sheets.sheet import Column, Sheet


def provenance_sheets(results: RunResults) -> Iterator[Sheet]:
    """Yield the tables of provenance."""
    facts = {
        "seed": str(results.config["seed"]),
        "seeds": "every random number is drawn from the seed and the names of what it is for",
        **results.machine,
    }
    yield _pairs("machine", "Seeds and machine", ("fact", "value"), facts)
    yield _pairs("versions", "Versions", ("package", "version"), results.versions)
    yield _pairs("addresses", "Addresses", ("stage", "address"), results.addresses)
    yield _pairs("digests", "SHA-256 of the files that this report was made from", ("file", "digest"), results.digests)


def _pairs(name: str, title: str, keys: tuple[str, str], values: Mapping[str, str]) -> Sheet:
    frame = pd.DataFrame(values.items(), columns=list(keys))
    return Sheet(name, title, "provenance", frame, tuple(Column(key, key) for key in keys), folded=True)
