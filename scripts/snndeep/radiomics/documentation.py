"""The page of all features and filters, written from the code: `make reference` writes it to docs/features.md."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields

from snndeep.radiomics import morphology
from snndeep.radiomics.families import FAMILIES, load_family
from snndeep.radiomics.family import Family
from snndeep.radiomics.feature import Feature
from snndeep.radiomics.filters.registry import FILTERS, filter_class
from snndeep.radiomics.presets import PRESETS
from snndeep.settings import RULES

MARK = "<!-- What follows is written by `make reference` from the code. -->"

_AGGREGATIONS = {
    "glcm": "2D slice-merged (SUJT), 2.5D merged (ZW7Z), 3D merged (IAZD)",
    "glcm_averaged": "2D averaged (BTW3), 2.5D direction-merged (JJUI), 3D averaged (ITBB)",
    "glrlm": "2D slice-merged (SUJT), 2.5D merged (ZW7Z), 3D merged (IAZD)",
    "glrlm_averaged": "2D averaged (BTW3), 2.5D direction-merged (JJUI), 3D averaged (ITBB)",
}
_MATRICES = "2D (8QNN), 2.5D (62GR), 3D (KOBO)"


def names() -> str:
    """Return names.json: by family its label, and by feature full name, unit and reference."""
    described = {"morphology": ("shape", morphology.FEATURES)}
    described |= {name: (family.label, family.features) for name, family in _all_families().items()}
    table = {
        name: {
            "label": label,
            "features": {feature.name: [feature.title, feature.unit, feature.code] for feature in features},
        }
        for name, (label, features) in described.items()
    }
    return json.dumps(table, indent=1, ensure_ascii=False) + "\n"


def page(measured: str) -> str:
    """Return the whole page.

    Args:
        measured: What a person wrote above the mark; it stays.
    """
    parts = [measured.split(MARK)[0].rstrip(), MARK, *_families(), *_filters(), *_presets()]
    return "\n\n".join(parts) + "\n"


def _all_families() -> dict[str, Family]:
    return {name: load_family(name) for name in FAMILIES}


def _families() -> Iterable[str]:
    yield (
        "## Every feature\n\nA column is called `[<dimension>.][<filter>.]<family>.<tag>`, without a dimension in the table of "
        "slices, with `2d`, `2_5d` or `3d` in that of patients. References are the identifiers of the IBSI reference manual "
        "(arXiv:1612.07003); a dash is a feature that it does not define. Features in bold are those of "
        "`feature_set: recommended`."
    )
    yield _table("morphology", "shape of the volume", "3D", morphology.FEATURES)
    for name, family in _all_families().items():
        aggregation = _AGGREGATIONS.get(name, _MATRICES) if family.aggregated else "region"
        if not family.of_volume:
            aggregation = (
                "slices alone; never on by default, because the size of the organ in a slice gives the answer away"
            )
        elif not family.of_slices:
            aggregation = "3D, patients alone"
        yield _table(name, family.title, aggregation, family.features)


def _table(name: str, title: str, aggregation: str, features: tuple[Feature, ...]) -> str:
    rows = [
        f"| {f'**{feature.title}**' if feature.recommended else feature.title} | `{feature.name}` | {feature.code or '-'} "
        f"| {feature.unit} |"
        for feature in features
    ]
    head = f"### `{name}`: {title}\n\nAggregation: {aggregation}.\n"
    return "\n".join([head, "| feature | tag | reference | unit |", "| --- | --- | --- | --- |", *rows])


def _filters() -> Iterable[str]:
    yield (
        "## Every filter\n\n`features.filters` is a list of filters, each with its name and parameters:\n\n"
        "```yaml\nfeatures:\n  filters:\n    - {filter: log, sigma: 3.0}\n    - {filter: wavelet, wavelet: coif1, band: LLH}\n"
        "```\n\n"
        "The patient table has all of them, the table of slices those that act in the plane. The grey levels of responses are "
        "`features.bin_number` bins of equal width. Definitions: IBSI 2 reference manual (arXiv:2006.05470)."
    )
    for name in FILTERS:
        kind = filter_class(name)
        lines = (kind.__doc__ or "").strip().splitlines()
        text = "\n".join([lines[0], *(line[4:] if line.startswith("    ") else line for line in lines[1:])])
        rows = [
            f"| `{field.name}` | `{field.default}` | {field.metadata[RULES].description} |"
            for field in fields(kind)
            if field.name != "filter"
        ]
        yield "\n".join([f"### `{name}`\n\n{text}\n\n| parameter | default | meaning |\n| --- | --- | --- |", *rows])


def _presets() -> Iterable[str]:
    yield "## Every preset\n\nWhat `features.preset` puts in the place of the single keys."
    for name, values in PRESETS.items():
        if values:
            rows = [f"- `{key}`: `{value}`" for key, value in values.items()]
            yield "\n".join([f"### `{name}`\n", *rows])
